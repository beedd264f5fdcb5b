"""Backups are kept well: with room for the next one, closed to others, and not on the disk of what they protect."""

import re
from typing import Annotated

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from rounds.checks.answers import observe_age
from rounds.expectation import Expectation
from rounds.fixtures.backup_keeping import Access, Accesses, Apart, Room
from rounds.judge import Observer
from rounds.limits import Limit, at_least, at_most, exactly
from rounds.quantities import Duration, shown
from rounds.targets import Backups


class InFolder(Expectation):
    """A row that asks what only a folder can tell."""

    backups: Backups

    @model_validator(mode="after")
    def _is_a_folder(self) -> "InFolder":
        if self.backups.bucket is not None:
            raise ValueError(f"{self.backups.name} are in a bucket, of which nobody can tell this")
        return self


class BackupSpace(InFolder):
    """How many more backups must fit, each as large as the largest of the last seven."""

    times: Limit = at_least(2)


def test_backup_space(expected: BackupSpace, backup_room: Room, observe: Observer) -> None:
    """There is room for the next backup.

    Remedy: a full volume leaves a cut backup, and often no word of it. See what else lies there (`du -xh -d1`), whether
    the clean-up of old backups still runs, and enlarge the volume; never remove the newest good one.
    """
    largest = backup_room.largest
    if largest is None:
        observe.critical("free space", f"there is no backup in {backup_room.folder} to tell what is needed", "unknown")
        return
    note = f"{shown(backup_room.free_bytes, 'B')} are free, {largest.name} has {shown(largest.size_bytes, 'B')}"
    observe("backups for which there is room", backup_room.free_bytes / largest.size_bytes, expected.times, note=note)
    observe("free space", backup_room.free_bytes, unit="B")


def _octal(given: object) -> object:
    """YAML takes 0640 without quotes for another number."""
    if not isinstance(given, str) or not re.fullmatch(r"0?[0-7]{3}", given):
        raise ValueError('is an octal number in quotes, such as "0640"')
    return given


Mode = Annotated[
    str, BeforeValidator(_octal), WithJsonSchema({"type": "string", "description": 'octal, in quotes: "0640"'})
]


class BackupPermissions(InFolder):
    """The most that may be allowed on each file of a backup, who must own it, and a folder not open to everybody."""

    mode: Mode = "0640"
    owner: Annotated[str | None, Field(description="the user who must own each file, if it matters")] = None


def test_backup_permissions(expected: BackupPermissions, backup_accesses: Accesses, observe: Observer) -> None:
    """Nobody can read or change backups who must not: they hold all the data, passwords and tokens too.

    Remedy: `chmod` them, and set `umask 027` (or 077) in the backup script, or the next one is open again. If they lay
    open to others for long, find out who has accounts there; a folder all may write to lets anybody swap a backup.
    """
    allowed = int(expected.mode, 8)
    files = backup_accesses.files
    if not files:
        observe.critical("files", f"there is no backup in {backup_accesses.folder.name}", 0)
        return
    beyond = [each for each in files if each.mode & ~allowed]
    observe("files", len(files))
    observe("files that allow too much", len(beyond), at_most(0), note=_told(beyond))
    if expected.owner is not None:
        foreign = [each for each in files if each.owner != expected.owner]
        note = ", ".join(f"{each.name} is {each.owner}'s" for each in foreign[:5])
        observe("files of another owner", len(foreign), at_most(0), note=note)
    folder = backup_accesses.folder
    who = "everybody" if folder.mode & 0o002 else "its owner and group" if folder.mode & 0o020 else "its owner"
    observe("the folder can be changed by", who, exactly("its owner", "its owner and group"), note=_told([folder]))


def _told(found: list[Access]) -> str:
    return ", ".join(f"{each.name} has {each.mode:04o}" for each in found[:5])


class BackupVolume(InFolder):
    """What the backups protect, and where a copy lies if that is on the same disk."""

    protects: Annotated[str, Field(description="a path on the same machine: the database file, the data directory")]
    offsite: Annotated[Backups | None, Field(description="where the copies lie that make up for it")] = None
    age: Annotated[Limit, Field(description="of that copy of the newest backup")] = at_most(86_400, unit="s")
    uploaded_within: Annotated[
        Duration,
        Field(description="how long a copy may be on its way; for so long the one before may be older by as much"),
    ] = 3600.0


def test_backup_volume(expected: BackupVolume, backups_apart: Apart, observe: Observer) -> None:
    """Losing one disk does not take the data and its backups at once.

    Remedy: write backups to another disk, or copy each elsewhere and test that it arrived. Until then the next failed
    disk is the end of both.
    """
    name, seen = "on the disk of what they protect", backups_apart
    if not seen.shared:
        observe(name, "no", exactly("no"), note=f"{seen.folder} and {expected.protects}")
        return
    same = f"{seen.folder} and {expected.protects} lie on {', '.join(seen.shared)}"
    if seen.newest is None and seen.on_its_way:
        observe.unknown(name, f"{same}, and {seen.on_its_way.name} may still be on its way to {seen.offsite}", "yes")
    elif seen.newest is None:
        observe.critical(name, f"{same}, and there is no backup", "yes")
    elif seen.copy is None:
        there = (
            f"{seen.offsite} has no copy of {seen.newest.name} with its size" if seen.offsite else "no copy is named"
        )
        observe.critical(name, f"{same}, and {there}", "yes")
    elif seen.copy_shares:
        observe.critical(name, f"{same}, and so does the copy in {seen.offsite}", "yes")
    else:
        observe(name, f"yes, with a copy in {seen.offsite}", note=same)
        age = seen.looked_at_epoch_seconds - seen.copy.recorded_epoch_seconds
        allowed, note = expected.age, seen.copy.name
        if seen.on_its_way:
            allowed, note = allowed.later(expected.uploaded_within), f"{note}; {seen.on_its_way.name} may be on its way"
        observe_age(observe, "age of the copy", age, allowed, note)
