"""Drills: a check is believed after it was seen red. A fault is put into an estate, a round runs, it is taken out."""

import time
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from typing import Any

import yaml

from rounds.estate.fault import Fault
from rounds.outcome import Outcome
from rounds.round import Round
from rounds.stage import Stage, own_systems

RESTORING = ("restore-drill", "table-restore-drill", "restored-state", "recovered-data")
_NO_RESTORES = ("-k", " and ".join(f"not test_{check.replace('-', '_')}" for check in RESTORING))
_GOOD = (Outcome.OK, Outcome.SKIPPED, Outcome.WAIVED)


@dataclass(frozen=True)
class Step:
    """One round of a drill: what turned, with its outcome and words, and what should have."""

    name: str
    says: str
    turned: dict[str, str]
    should: list[str]
    may: list[str]
    seconds: float
    round_seconds: float

    @property
    def missing(self) -> list[str]:
        """What should have turned and did not."""
        return sorted(set(self.should) - self.turned.keys())

    @property
    def too_many(self) -> list[str]:
        """What turned and neither should have nor may."""
        return sorted(self.turned.keys() - {*self.should, *self.may})

    @property
    def is_right(self) -> bool:
        return not self.missing and not self.too_many

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"missing": self.missing, "too_many": self.too_many, "right": self.is_right}


def drill(  # noqa: PLR0913 - one drill, said in full
    stage: Stage,
    system: str,
    faults: Iterable[Fault],
    batch: str,
    tell: Callable[[Step], None],
    *,
    restore: str = "due",
) -> list[Step]:
    """Healthy, then each fault, then healed; `tell` hears of each step as it is done.

    A restore takes longer than all else in a round: backups are restored when nothing is broken, and with the faults
    that name a row which restores; with `restore="always"` in every round.
    """
    restoring = _restoring(system)
    steps = [_step(stage, batch, "healthy", "nothing is broken")]
    tell(steps[0])
    for fault in faults:
        begun = time.monotonic()
        spared = restore == "due" and restoring.isdisjoint({*fault.reddens, *fault.may_redden})
        with fault.put_into(stage.estates[system]):
            told = stage.round(batch, *(_NO_RESTORES if spared else ()))
        steps.append(_judged(told, fault, time.monotonic() - begun))
        tell(steps[-1])
    steps.append(_step(stage, batch, "healed", "every fault was taken out again"))
    tell(steps[-1])
    return steps


def _restoring(system: str) -> set[str]:
    """The rows of a system that restore a backup."""
    rows = yaml.safe_load((own_systems() / system / "expectations.yaml").read_text(encoding="utf-8"))
    return {row["id"] for row in rows if row["check"] in RESTORING}


def _step(stage: Stage, batch: str, name: str, says: str) -> Step:
    begun = time.monotonic()
    told = stage.round(batch)
    return _judged(told, Fault(name, says, frozenset(), lambda _: nullcontext()), time.monotonic() - begun)


def _judged(told: Round, fault: Fault, seconds: float) -> Step:
    turned = {
        record.id: f"{record.outcome}: {record.summary}" for record in told.records if record.outcome not in _GOOD
    }
    should, may = sorted(fault.reddens), sorted(fault.may_redden)
    return Step(fault.name, fault.says, turned, should, may, round(seconds, 2), told.seconds)
