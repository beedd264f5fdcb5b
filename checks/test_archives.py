"""Backup archives are whole, and restore commands find the newest."""

from rounds.expectation import Expectation
from rounds.fixtures.archives import Contents
from rounds.fixtures.backups import Pointer
from rounds.judge import Observer
from rounds.limits import Limit, at_least, at_most, exactly
from rounds.quantities import Size, shown
from rounds.targets import Backups

_NEWEST = "the newest good archive"


class NewestArchive(Expectation):
    """How the newest archive is read: to its end, with database dumps among its members, each of `dump_bytes`."""

    backups: Backups
    dump: str = r"\.sql$"
    end_marker: str = "PostgreSQL database dump complete"
    unpacked_at_most: Size = 1e11
    dump_bytes: Limit = at_least(1000, unit="B")


class TarIntegrity(NewestArchive):
    """What the newest archive must hold."""

    empty_files: Limit = at_most(warning=0)
    unsafe_names: Limit = at_most(0)


def test_tar_integrity(expected: TarIntegrity, newest_contents: Contents, observe: Observer) -> None:
    """The newest archive can be read to its end and holds a complete dump of the database.

    Remedy: keep the damaged archive, make a new backup now, and test it with this row; then look for a full volume, a
    backup that was killed, or a broken copy. Until then the archive before it is the one to restore.
    """
    archive = newest_contents.archive
    if archive is None:
        observe.critical("newest archive", f"there is no backup in {expected.backups.path}", "missing")
        return
    fault = _unread(expected, newest_contents)
    if fault:
        observe.critical("newest archive", f"{archive.name}: {fault}", "not whole")
        return
    observe("newest archive", "whole", exactly("whole"), note=archive.name)
    observe("unpacked size", newest_contents.unpacked_bytes, unit="B")
    if newest_contents.members == 0:
        observe.critical("members", f"{archive.name} holds nothing", 0)
    if newest_contents.dumps == 0:
        observe.critical("database dumps", f"no member of {archive.name} matches {expected.dump}", 0)
    else:
        observe("smallest database dump", newest_contents.smallest_dump_bytes, expected.dump_bytes)
    for name, members, limit in (
        ("dumps without end marker", newest_contents.incomplete_dumps, at_most(0)),
        ("empty files", newest_contents.empty_files, expected.empty_files),
        ("members with unsafe paths", newest_contents.unsafe_names, expected.unsafe_names),
    ):
        observe(name, len(members), limit, note=", ".join(members[:5]))


class LatestPointer(NewestArchive):
    """The fixed name in the backup folder that restore commands use: a link to the newest archive, or a copy of it."""

    link: str


def test_latest_pointer(
    expected: LatestPointer, pointer: Pointer, newest_contents: Contents, observe: Observer
) -> None:
    """The name that restore commands use leads to the newest good archive.

    Remedy: link it anew with `ln -sfn ARCHIVE LINK` after that archive passed its test, and let the backup program do
    this at its end; nobody should have to think of it in an emergency.
    """
    newest = newest_contents.archive
    name = "what restore commands find"
    if pointer.leads_to is None:
        observe.critical(name, f"{pointer.path} does not exist", "nothing")
    elif pointer.leads_nowhere:
        why = f"{pointer.path} leads to {pointer.leads_to}, which does not exist"
        observe.critical(name, why, "nothing")
    elif newest is None:
        why = f"there is no backup in {expected.backups.path}; {pointer.path} leads to {pointer.leads_to}"
        observe.critical(name, why, "no backup")
    elif not _is_good(expected, newest_contents):
        say = observe.critical if pointer.is_newest else observe.unknown
        found = "an archive that is not good" if pointer.is_newest else "another than the newest archive"
        say(name, f"{newest.name} is the newest archive and is not good; it leads to {pointer.leads_to}", found)
    else:
        found = _NEWEST if pointer.is_newest else "another archive"
        observe(name, found, exactly(_NEWEST), note=f"it leads to {pointer.leads_to}, the newest is {newest.name}")


def _unread(expected: NewestArchive, contents: Contents) -> str:
    if contents.is_stopped:
        return f"it unpacks to more than {shown(expected.unpacked_at_most, 'B')}, so reading was stopped"
    return contents.failure


def _is_good(expected: NewestArchive, contents: Contents) -> bool:
    if contents.failure or contents.is_stopped or contents.incomplete_dumps or not contents.dumps:
        return False
    return not expected.dump_bytes.verdict(contents.smallest_dump_bytes).is_bad
