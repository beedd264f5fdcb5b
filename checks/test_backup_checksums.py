"""Backups are what their checksum files say."""

from typing import Annotated

from pydantic import Field

from rounds.expectation import Expectation
from rounds.fixtures.backup_checksums import Checksums
from rounds.judge import Observer
from rounds.limits import Limit, at_most, exactly
from rounds.targets import Backups


class BackupChecksums(Expectation):
    """Files that differ from their checksum, or that one names and that are not there."""

    backups: Backups
    newest_only: Annotated[bool, Field(description="compare the newest backup alone, not all that are named")] = False
    different: Limit = at_most(0)
    missing: Limit = at_most(0)


def test_backup_checksums(expected: BackupChecksums, backup_checksums: Checksums, observe: Observer) -> None:
    """Every file that a checksum file names is there and as it says, and the newest backup is among them.

    Remedy: a file that differs was damaged, or written anew after its checksum was made: keep it, compare it with
    another copy, and make a new backup now. A name that is missing: was it removed by the clean-up, and the list not?
    """
    if not backup_checksums.lists:
        observe.critical("checksum files", f"there is none in {backup_checksums.folder}", 0)
        return
    observe("checksum files", len(backup_checksums.lists), note=", ".join(backup_checksums.lists[:3]))
    if backup_checksums.newest is None:
        observe.critical("newest backup", f"there is no backup in {backup_checksums.folder}", "missing")
    else:
        found = "named" if backup_checksums.is_newest_named else "not named"
        observe("newest backup", found, exactly("named"), note=backup_checksums.newest.name)
    observe("files as their checksum says", len(backup_checksums.equal))
    for name, names, limit in (
        ("files that differ from their checksum", backup_checksums.different, expected.different),
        ("files that are named and missing", backup_checksums.missing, expected.missing),
    ):
        observe(name, len(names), limit, note=", ".join(names[:5]))
    if backup_checksums.unread:
        why = f"the time was over before these were read: {', '.join(backup_checksums.unread[:5])}"
        observe.unknown("files not compared", why, len(backup_checksums.unread))
