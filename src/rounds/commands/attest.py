"""`rounds attest`: record that something was done which no program can see; without an ID, what is due."""

import argparse
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rounds.attestation import (
    Attestation,
    Unreadable,
    add_attestation,
    allowed,
    newest_of,
    read_attestations,
    shown_moment,
)
from rounds.quantities import shown
from rounds.reports.text import line
from rounds.text import say

if TYPE_CHECKING:
    from rounds.inventory.load import Row

CHECK = "attestation-fresh"
_SOON = 7 * 86_400


class Refused(Exception):  # noqa: N818 - what was asked for is not done; the text says why
    """Nothing was recorded."""


def add(commands: Any) -> None:
    words = commands.add_parser(
        "attest", help="record what a person did, such as a quarterly exercise", description=__doc__
    )
    words.add_argument("id", nargs="?", metavar="ID", help="the row; without one, all such rows are listed")
    words.add_argument("--by", metavar="WHO", help="who says so")
    words.add_argument("--note", metavar="TEXT", help="what was done, and where more is written")
    words.add_argument("--result", metavar="TEXT", help="what came of it, where the row wants to know")
    words.add_argument(
        "--at", metavar="TIME", help="when it was done: 2026-11-20, or a time with its zone (default: now)"
    )
    words.add_argument("--list", action="store_true", help="only list the rows, the most urgent first")
    words.add_argument("--systems", metavar="DIR", type=Path, default=Path("systems"), help="where the systems are")
    words.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    try:
        rows, mistakes = _rows(options.systems)
        if options.id is None or options.list:
            return _list(rows, mistakes, options)
        say(_record(_row(options.id, rows, mistakes), options))
    except (Refused, Unreadable) as refused:
        say(line(str(refused)), sys.stderr)
        return 4
    return 0


def _rows(systems: Path) -> tuple[list["Row"], list[Any]]:
    """Every row of the inventory, and its mistakes: those in other rows, or an unset variable, do not matter here."""
    from rounds.inventory.found import find_checks  # noqa: PLC0415 - the other commands start faster without
    from rounds.inventory.load import load  # noqa: PLC0415 - the same
    from rounds.select import own_checks  # noqa: PLC0415 - the same

    inventory = load(systems, find_checks([own_checks(), systems]))
    return inventory.rows, inventory.mistakes


def _row(asked: str, rows: list["Row"], mistakes: list[Any]) -> "Row":
    from rounds.inventory.mistakes import nearest  # noqa: PLC0415 - as above

    known = {row.id: row for row in rows}
    if asked not in known:
        fitting = [row.id for row in rows if row.check == CHECK]
        first = f"; {min(mistakes)}" if mistakes and not fitting else ""
        raise Refused(f"there is no row {asked!r}{nearest(asked, fitting)}{first}")
    if known[asked].check != CHECK:
        raise Refused(f"{asked} is checked by {known[asked].check}: no person's word can stand for that")
    return known[asked]


def _path(row: "Row") -> Path:
    from rounds.targets import Attestations  # noqa: PLC0415 - as above

    name = row.data.get("attestations")
    target = row.targets.built.get(name) if isinstance(name, str) else None
    if isinstance(target, Attestations):
        return Path(target.path)
    own = [str(mistake) for mistake in row.targets.document.mistakes if f"targets.{name}" in mistake.path]
    raise Refused("; ".join([f"{row.id}: attestations names no target of kind attestations: {name!r}", *own]))


def _limit(row: "Row") -> Any:
    try:
        return allowed(row.data.get("when") or (), row.data.get("age"))
    except ValueError as error:
        raise Refused(f"{row.document.file}:{row.document.line(row.place)}: {row.id}: {error}") from None


def _read(path: Path) -> tuple[Attestation, ...]:
    try:
        return read_attestations(path) or ()
    except OSError as error:
        raise Refused(f"{path} cannot be read: {error.strerror}") from None


def _record(row: "Row", options: argparse.Namespace) -> str:
    """Add the attestation and say what holds now; raises Refused or Unreadable."""
    path, limit = _path(row), _limit(row)
    given = {key: " ".join((getattr(options, key) or "").split()) for key in ("by", "note", "result")}
    missing = [f"--{key}" for key in ("by", "note") if not given[key]]
    missing += ["--result"] if row.data.get("result") and not given["result"] else []
    if missing:
        raise Refused(f"{' and '.join(missing)} must be given: nothing was recorded")
    earlier = newest_of(_read(path), row.id)
    moment = _moment(options.at)
    if earlier and moment < earlier.epoch_seconds:
        raise Refused(f"{shown_moment(moment)} lies before the last one, by {earlier.by}, {earlier.day}")
    told = Attestation(row.id, moment, given["by"], given["note"], given["result"])
    try:
        add_attestation(path, told)
    except FileNotFoundError:
        raise Refused(f"there is no folder {path.parent} for {path.name}: nothing was recorded") from None
    except OSError as error:
        raise Refused(f"{path} cannot be written: {error.strerror}; nothing was recorded") from None
    holds = f"{row.id}: attested by {told.by}, {told.day}: {told.note}"
    return f"{line(holds)}\n{_until(moment, limit)}\nwritten to {path}; commit it if it is in a repository"


def _until(moment: float, limit: Any) -> str:
    """`ok until …, critical from …`."""
    warns, fails = (
        None if bound is None else shown_moment(moment + bound) for bound in (limit.warning, limit.critical)
    )
    first = f"it holds until {warns or fails}"
    return f"{first}, and is critical from {fails} on" if warns and fails else first


def _moment(written: str | None) -> float:
    """The time somebody typed, or now; to whole seconds, since that is what is written. Raises Refused."""
    now = float(int(time.time()))
    if written is None:
        return now
    try:
        found = datetime.fromisoformat(written.strip())
    except ValueError:
        raise Refused(f"--at {written}: no time can be read; 2026-11-20 or 2026-11-20T14:00+01:00 is due") from None
    if len(written.strip()) == len("2026-11-20"):
        found = found.replace(tzinfo=UTC)
    if found.tzinfo is None:
        raise Refused(f"--at {written}: add the zone, such as {written.strip()}Z for UTC or {written.strip()}+01:00")
    try:
        moment = float(int(found.timestamp()))
    except (OverflowError, ValueError):
        raise Refused(f"--at {written}: there is no such time") from None
    if moment > now:
        raise Refused(f"--at {written}: {shown_moment(moment)} lies in the future")
    return moment


def _list(rows: list["Row"], mistakes: list[Any], options: argparse.Namespace) -> int:
    """Every row that waits for a person's word, the most urgent first."""
    if any((options.by, options.note, options.result, options.at)):
        raise Refused("which row? `rounds attest ID --by WHO --note …`; `rounds attest` lists the rows")
    asked = [_row(options.id, rows, mistakes)] if options.id else [row for row in rows if row.check == CHECK]
    if not asked:
        raise Refused(f"no row has the check {CHECK}" + (f"; {min(mistakes)}" if mistakes else ""))
    told = sorted(_state(row) for row in asked)
    width = max(len(name) for _, name, _ in told)
    say("\n".join(f"{name:<{width}}  {line(words)}" for _, name, words in told))
    return 0


def _state(row: "Row") -> tuple[float, str, str]:
    """Until when it holds (Unix seconds), its id, and that in words."""
    try:
        path, limit = _path(row), _limit(row)
        newest = newest_of(_read(path), row.id)
    except (Refused, Unreadable) as refused:
        return float("-inf"), row.id, f"unknown: {refused}"
    if newest is None:
        return 0.0, row.id, "never attested"
    first = limit.warning if limit.warning is not None else limit.critical
    ends = newest.epoch_seconds + first
    left = ends - time.time()
    due = f"due since {shown(-left, 's')}" if left < 0 else f"due in {shown(left, 's')}"
    word = "overdue" if left < 0 else "soon" if left < _SOON else "ok"
    return ends, row.id, f"{word}: {due}; {newest.day} by {newest.by}: {newest.note}"
