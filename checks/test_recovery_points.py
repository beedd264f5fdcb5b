"""What would be lost today: how old the newest backup is that can be trusted."""

from typing import Annotated

from pydantic import Field

from rounds.checks.answers import observe_age
from rounds.checks.backup_reading import ReadBackup
from rounds.fixtures.recovery_points import RecoveryPoint
from rounds.judge import Observer
from rounds.limits import Limit, at_most
from rounds.quantities import shown


class RecoveryPointAge(ReadBackup):
    """How old the newest good backup may be, counted from the date in its name: from there on, data would be lost."""

    age: Limit = at_most(86400, unit="s")
    back_to: Annotated[int, Field(ge=1, le=1000, description="how many are read at most, the newest first")] = 7


def test_recovery_point(expected: RecoveryPointAge, recovery_point: RecoveryPoint, observe: Observer) -> None:
    """The newest backup that passes its reading is young enough.

    Remedy: make a backup now and test it; then find out why the newer ones are damaged, or why none was made. A daily
    backup that takes an hour leaves more than 24 hours between two: make them more often than the objective says.
    """
    name, good = "age of the newest good backup", recovery_point.good
    newer = "; ".join(f"{damaged}: {why}" for damaged, why in list(recovery_point.damaged.items())[:3])
    if good is None:
        found = f"none of the newest {recovery_point.read} of {recovery_point.count} backups is good ({newer})"
        none = f"there is no backup in {recovery_point.folder}"
        observe.critical(name, found if recovery_point.count else none, "unknown")
        return
    age = recovery_point.looked_at_epoch_seconds - good.recorded_epoch_seconds
    observe_age(observe, name, age, expected.age, f"{good.name}, {newer}" if newer else good.name)
    count = len(recovery_point.damaged)
    if count:
        lost = shown(age, "s")
        observe.warning("newer backups that are damaged", f"{newer}; a restore would go back {lost}", count)
    else:
        observe("newer backups that are damaged", 0)
