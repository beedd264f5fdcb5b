"""The newest backup is whole and holds what it must, as far as reading it can tell; only a restore tells more."""

import re
from typing import Annotated, Literal

from pydantic import Field, model_validator

from rounds.checks.answers import observe_age
from rounds.checks.backup_reading import WholeBackup, observe_contents
from rounds.fixtures.backup_checksums import Checksums
from rounds.fixtures.content_facts import DUMP_KINDS, Contents
from rounds.fixtures.packed_folder import PackedFolder
from rounds.judge import Observer
from rounds.limits import Limit, at_least, at_most, exactly
from rounds.pattern import Pattern
from rounds.targets import Folder

Kind = Literal[
    "tar", "folder", "plain dump", "cluster dump", "custom dump", "directory dump", "base backup", "sqlite", "rdb",
    "aof", "text",
]  # fmt: skip


class BackupIntegrity(WholeBackup):
    """What the newest backup is, and must hold. Of `all_of`, every file that is older than the backup must be in it."""

    format: Annotated[Kind | None, Field(description="what it must be, where not any kind will do")] = None
    holds: Annotated[tuple[Pattern, ...], Field(description="one member's name at least must match each")] = ()
    tables: dict[str, int] = Field(default_factory=dict, description="least rows by table, with or without schema")
    all_of: Annotated[Folder | None, Field(description="a folder that is packed into it")] = None
    ignored: Annotated[tuple[str, ...], Field(description="globs over files of that folder that are not due")] = ()
    summed: Annotated[bool, Field(description="a checksum file beside it names it, and it is as that says")] = False

    @model_validator(mode="after")
    def _looks_in_one_place(self) -> "BackupIntegrity":
        if self.also and (self.summed or self.all_of):
            raise ValueError("all_of and summed look beside the newest of `backups` alone: leave out also")
        return self


def test_backup_integrity(
    expected: BackupIntegrity,
    newest_contents: Contents,
    packed_folder: PackedFolder,
    newest_checksum: Checksums | None,
    observe: Observer,
) -> None:
    """The newest backup can be read to its end and holds what it must.

    Remedy: keep the damaged backup, make a new one now, and test it with this row; then look for a full volume, a
    backup that was killed, a dump that failed before it was packed, or a broken copy. Until then the backup before it
    is the one to restore.
    """
    _observe_whole(expected, newest_contents, packed_folder, observe)
    _observe_checksum(newest_checksum, observe)


class PreChangeBackup(BackupIntegrity):
    """The same of a backup that was just made, before a change."""

    age: Limit = at_most(3600, unit="s")


def test_pre_change_backup(
    expected: PreChangeBackup,
    newest_contents: Contents,
    packed_folder: PackedFolder,
    newest_checksum: Checksums | None,
    observe: Observer,
) -> None:
    """A backup was made right before the change, and can be read to its end.

    Remedy: do not begin. Make a backup now, under a name of its own so that the one before stays, and look at this row
    again; a dump that failed leaves its file behind, too.
    """
    archive = newest_contents.archive
    if archive:
        age = newest_contents.looked_at_epoch_seconds - archive.recorded_epoch_seconds
        observe_age(observe, "age of the newest backup", age, expected.age, archive.name)
    _observe_whole(expected, newest_contents, packed_folder, observe)
    _observe_checksum(newest_checksum, observe)


def _observe_whole(expected: BackupIntegrity, contents: Contents, packed: PackedFolder, observe: Observer) -> None:
    if not observe_contents(expected, contents, observe):
        return
    if expected.format:
        observe("kind", contents.kind, exactly(expected.format))
    for pattern in expected.holds:
        _observe_member(pattern, contents, observe)
    for table, least in expected.tables.items():
        _observe_table(table, least, contents, observe)
    if packed.folder:
        _observe_folder(packed, observe)


def _observe_checksum(seen: Checksums | None, observe: Observer) -> None:
    if seen is None or seen.newest is None:
        return
    if seen.unread:
        observe.unknown("checksum", "the time was over before it was compared")
        return
    found = "not named" if not seen.is_newest_named else "different" if seen.different else "equal"
    observe("checksum", found, exactly("equal"), note=", ".join(seen.lists[:3]) or "there is no checksum file")


def _observe_member(pattern: str, contents: Contents, observe: Observer) -> None:
    name = f"members that match {pattern}"
    count = sum(bool(re.search(pattern, member.name)) for member in contents.files)
    if not count and not contents.is_all_listed:
        observe.unknown(
            name, f"only the first {len(contents.files)} of {contents.members} members were kept in mind", 0
        )
    else:
        observe(name, count, at_least(1))


def _observe_table(table: str, least: int, contents: Contents, observe: Observer) -> None:
    name = f"rows of {table}"
    dumps = [dump for dump in contents.dumps if dump.kind in DUMP_KINDS]
    counted = [
        rows for dump in dumps for each, rows in dump.rows.items() if each == table or each.endswith(f".{table}")
    ]
    if counted:
        observe(name, sum(counted), at_least(least))
    elif dumps:
        observe.critical(name, f"no rows of {table} are in the dump", "none")
    else:
        observe.unknown(name, f"rows cannot be counted in this kind of backup: {contents.kind}")


def _observe_folder(packed: PackedFolder, observe: Observer) -> None:
    name = f"files of {packed.folder} that are due in it"
    if not packed.files:
        observe.critical(name, "the folder itself holds no file", 0)
    elif not packed.older:
        observe.unknown(name, f"all {packed.files} files are newer than the backup: nothing can be compared", 0)
    else:
        observe(name, packed.older)
    for word, names in (("are missing in it", packed.missing), ("differ from it", packed.different)):
        observe(f"files that {word}", len(names), at_most(0), note=", ".join(names[:5]))
    if packed.changed:
        observe("files that changed while it was packed", len(packed.changed), note=", ".join(packed.changed[:5]))
