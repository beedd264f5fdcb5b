"""Backup archives are whole, and restore commands find the newest."""

from pydantic import model_validator

from rounds.checks.backup_reading import NewestBackup, WholeBackup, observe_contents
from rounds.fixtures.backup_pointer import Pointer
from rounds.fixtures.content_facts import Contents
from rounds.judge import Observer
from rounds.limits import exactly

_NEWEST = "the newest good archive"


class TarIntegrity(WholeBackup):
    """What the newest archive must hold."""


def test_tar_integrity(expected: TarIntegrity, newest_contents: Contents, observe: Observer) -> None:
    """The newest archive can be read to its end and holds a complete dump of the database.

    Remedy: keep the damaged archive, make a new backup now, and test it with this row; then look for a full volume, a
    backup that was killed, or a broken copy. Until then the archive before it is the one to restore.
    """
    if newest_contents.archive and not newest_contents.failure and newest_contents.kind != "tar":
        name = newest_contents.archive.name
        observe.critical("kind", f"{name} is no archive, but: {newest_contents.kind}", newest_contents.kind)
    observe_contents(expected, newest_contents, observe)


class LatestPointer(NewestBackup):
    """The fixed name beside the backups that restore commands use: the newest backup, a link to it, or a copy of it."""

    link: str

    @model_validator(mode="after")
    def _lies_beside_them(self) -> "LatestPointer":
        if self.also:
            raise ValueError("link lies beside `backups`, and leads to the newest of these: leave out also")
        return self


def test_latest_pointer(
    expected: LatestPointer, pointer: Pointer, newest_contents: Contents, observe: Observer
) -> None:
    """The name that restore commands use leads to the newest good backup.

    Remedy: link it anew with `ln -sfn ARCHIVE LINK` (in a bucket: copy the object) after that backup passed its test,
    and let the backup program do this at its end; nobody should have to think of it in an emergency.
    """
    newest = newest_contents.archive
    name = "what restore commands find"
    if pointer.leads_to is None:
        observe.critical(name, f"{pointer.path} does not exist", "nothing")
    elif pointer.leads_nowhere:
        why = f"{pointer.path} leads to {pointer.leads_to}, which does not exist"
        observe.critical(name, why, "nothing")
    elif newest is None:
        why = f"there is no backup in {expected.backups.address}; {pointer.path} leads to {pointer.leads_to}"
        observe.critical(name, why, "no backup")
    elif fault := expected.fault(newest_contents):
        say = observe.critical if pointer.is_newest else observe.unknown
        found = "an archive that is not good" if pointer.is_newest else "another than the newest archive"
        why = f"{newest.name} is the newest archive and is not good ({fault}); it leads to {pointer.leads_to}"
        say(name, why, found)
    else:
        found = _NEWEST if pointer.is_newest else "another archive"
        observe(name, found, exactly(_NEWEST), note=f"it leads to {pointer.leads_to}, the newest is {newest.name}")
