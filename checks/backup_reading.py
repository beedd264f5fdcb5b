"""What rows on the contents of backups have in common: how one is read, and what it must be then."""

import fnmatch
from typing import Annotated

from pydantic import Field

from rounds.expectation import Expectation
from rounds.fixtures.content_facts import DUMP_KINDS, Contents, Dump
from rounds.judge import Observer
from rounds.limits import Limit, at_least, at_most, exactly
from rounds.pattern import Pattern
from rounds.quantities import Size
from rounds.targets import Backups

DUMPS = r"\.(sql|dump|pgdump|backup)(\.(gz|bz2|xz|zst|age|gpg))*$"
NEWEST = "newest backup"


class ReadBackup(Expectation):
    """How a backup is read: to its end, with database dumps in it that match `dump`, or begin as pg_dump's do."""

    backups: Backups
    dump: Annotated[Pattern | None, Field(description="names of dumps in an archive; null: none is due")] = DUMPS
    end_marker: Annotated[str, Field(description="due in the last kB of a dump in SQL; empty: that of pg_dump")] = ""
    unpacked_at_most: Size = 1e11


class NewestBackup(ReadBackup):
    """What the newest backup must be at least: each dump of `dump_bytes`, with `rows` in all of them together."""

    also: Annotated[
        tuple[Backups, ...], Field(description="more places of the same backups: the newest of all is read")
    ] = ()
    dump_bytes: Limit = at_least(1000, unit="B")
    rows: Annotated[Limit, Field(description="in all dumps together, where they can be counted")] = at_least(1)

    def fault(self, contents: Contents) -> str:
        """The first thing that makes it no good; "" for none."""
        dumps = [dump for dump in contents.dumps if dump.kind in (*DUMP_KINDS, "text")]
        if contents.fault_as_backup(self.dump):
            return contents.fault_as_backup(self.dump)
        if self.dump and any(self.dump_bytes.verdict(dump.size_bytes).is_bad for dump in dumps):
            return "a database dump in it is too small"
        counted = rows_in(contents)
        return "too few rows are in it" if counted is not None and self.rows.verdict(counted).is_bad else ""


class WholeBackup(NewestBackup):
    """What else its members must be."""

    empty_files: Limit = at_most(warning=0)
    may_be_empty: Annotated[tuple[str, ...], Field(description="globs over the last part of a name")] = (
        "__init__.py", "py.typed", ".gitkeep", ".keep", ".placeholder",
    )  # fmt: skip
    unsafe_names: Limit = at_most(0)
    links_outside: Limit = at_most(warning=0)


def rows_in(contents: Contents) -> int | None:
    """The rows of all its dumps; None where there is no dump whose rows can be counted."""
    counted = [sum(dump.rows.values()) for dump in contents.dumps if dump.kind in DUMP_KINDS]
    return sum(counted) if counted else None


def observe_contents(expected: WholeBackup, contents: Contents, observe: Observer) -> bool:
    """Judge what was read; False when there was nothing to judge further."""
    archive = contents.archive
    if archive is None:
        places = " or ".join(each.address for each in (expected.backups, *expected.also))
        observe.critical(NEWEST, f"there is no backup in {places}", "missing")
        return False
    if contents.failure:
        observe.critical(NEWEST, f"{archive.name}: {contents.failure}", "not whole")
        return False
    observe(NEWEST, "whole", exactly("whole"), note=archive.name)
    observe("unpacked size", contents.unpacked_bytes, unit="B")
    if contents.kind in ("tar", "folder") and not contents.members:
        observe.critical("members", f"{archive.name} holds nothing", 0)
    _observe_dumps(expected, contents, observe)
    _observe_members(expected, contents, observe)
    if contents.notes:
        observe("what could not be seen", "; ".join(contents.notes))
    return True


def _observe_dumps(expected: WholeBackup, contents: Contents, observe: Observer) -> None:
    name = contents.archive.name if contents.archive else ""
    if expected.dump and not contents.dumps and contents.kind != "base backup":
        observe.critical("database dumps", f"no member of {name} matches {expected.dump}, or begins as a dump", 0)
    if not contents.dumps:
        return
    failed = [dump for dump in contents.dumps if dump.failure]
    observe("dumps that are not whole", len(failed), at_most(0), note="; ".join(_told(dump) for dump in failed[:3]))
    sized = [dump.size_bytes for dump in contents.dumps if dump.kind in (*DUMP_KINDS, "text")]
    if expected.dump and sized:
        observe("smallest database dump", min(sized), expected.dump_bytes)
    counted = rows_in(contents)
    if counted is not None and not failed:
        observe("rows in its dumps", counted, expected.rows)


def _told(dump: Dump) -> str:
    return f"{dump.name}: {dump.failure}"


def _observe_members(expected: WholeBackup, contents: Contents, observe: Observer) -> None:
    if contents.kind not in ("tar", "folder"):
        return
    empty = [
        member.name for member in contents.files if member.kind == "file" and not member.size_bytes
        and not any(fnmatch.fnmatchcase(member.name.rpartition("/")[2], glob) for glob in expected.may_be_empty)
    ]  # fmt: skip
    for name, names, limit in (
        ("empty files", empty, expected.empty_files),
        ("members with unsafe paths", contents.unsafe_names, expected.unsafe_names),
        ("links that lead outside", contents.links_outside, expected.links_outside),
    ):
        observe(name, len(names), limit, note=", ".join(names[:5]))
