"""What rows have in common that are judged only after a recovery."""

from typing import Annotated

import pytest
from pydantic import Field, model_validator

from rounds.checks.acting import Acting
from rounds.checks.restored_state import is_restored
from rounds.fixtures.recovered import Recovered
from rounds.judge import Observer
from rounds.quantities import Duration, shown
from rounds.targets import Host, RestoreDrill


class AfterRecovery(Acting):
    """What rows share that are judged only after a recovery.

    Whoever begins one makes the file `recovery` (here, or on `host`), whose first line may name the backup that is
    restored; without it that is the newest from before the file was made. After `recovery_lasts` it is over.
    """

    drill: RestoreDrill
    host: Host | None = None
    recovery: Annotated[str, Field(pattern="^/", description="a file that stands for a recovery")]
    recovery_lasts: Duration = 259_200.0

    @model_validator(mode="after")
    def _has_a_live_database(self) -> "AfterRecovery":
        if self.drill.live is None:
            raise ValueError(f"the drill {self.drill.name} names no live database to compare with")
        return self


def of_a_recovery(expected: AfterRecovery, recovered: Recovered | None) -> Recovered:
    """What was seen; without a recovery the row is skipped."""
    if recovered is None:
        lasts = shown(expected.recovery_lasts, "s")
        pytest.skip(f"nothing was recovered: there is no {expected.recovery}, or it is older than {lasts}")
    return recovered


def is_comparable(seen: Recovered, observe: Observer) -> bool:
    """Observe whether both sides are there: the backup, restored once more, and the live database."""
    observe("time since the recovery began", seen.age_seconds, unit="s", note=seen.recovery.backup)
    if not is_restored(seen.restored, observe):
        return False
    live = seen.restored.live
    hindrance = seen.hindrance or (live.hindrance if live else "it was not counted")
    if hindrance:
        observe.unknown("live database", hindrance, "not seen")
    return not hindrance
