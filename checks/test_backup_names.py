"""Backups are named as they are to be, and their names are true."""

from typing import Annotated

from pydantic import Field

from rounds.expectation import Expectation
from rounds.fixtures.backup_strays import NamesSeen
from rounds.judge import Observer
from rounds.limits import Limit, at_least, at_most
from rounds.quantities import Duration, shown
from rounds.targets import Backups


class BackupNames(Expectation):
    """Which names in the place are judged, what else may lie there, and how far a name's date may be from the truth."""

    backups: Backups
    files: Annotated[str, Field(description="glob of the names that are judged")] = "*"
    others: Annotated[tuple[str, ...], Field(description="globs of what may lie there besides, such as latest*")] = ()
    difference: Annotated[Duration, Field(gt=0, description="between the date and the last modification")] = 86_400.0
    strays: Limit = at_most(0)
    differing: Limit = at_most(0)
    present: Limit = at_least(1)


def test_backup_names(expected: BackupNames, backup_names: NamesSeen, observe: Observer) -> None:
    """Every backup is named by the rule, and was written when its name says.

    Remedy: clean-up, restore commands and people go by these names. Rename what was named wrongly, move strays away,
    and mend the script that named them. Where date and modification disagree, ask who copied it, and look inside.
    """
    observe("backups", len(backup_names.backups), expected.present, note=f"in {backup_names.folder}")
    strays = backup_names.strays
    observe("names by no rule", len(strays), expected.strays, note=", ".join(strays[:5]))
    impossible = backup_names.impossible
    observe("dates that do not exist", len(impossible), at_most(0), note=", ".join(impossible[:5]))
    apart = {each.name: abs(each.modified_epoch_seconds - each.recorded_epoch_seconds) for each in backup_names.backups}
    differing = sorted((name for name in apart if apart[name] > expected.difference), key=lambda name: -apart[name])
    note = ", ".join(f"{name} by {shown(apart[name], 's')}" for name in differing[:5])
    observe("dates that differ from the modification", len(differing), expected.differing, note=note)
