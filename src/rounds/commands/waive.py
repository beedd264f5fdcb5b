"""`rounds waive ID --for 3d --owner WHO --reason WHY`: adds a waiver to the file of its system; `--list` shows all.

The row is still looked at, and what comes of it is shown, but it does not alarm until the waiver ends. The file is
systems/NAME/waivers.yaml, for review like the rows beside it.
"""

import argparse
import fnmatch
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rounds.quantities import read, shown
from rounds.reports.text import line
from rounds.text import printable, say

if TYPE_CHECKING:
    from rounds.inventory.load import Inventory
    from rounds.waivers.entries import Entry, Filed


class Refused(Exception):  # noqa: N818 - what was asked for is not done; the text says why
    """Nothing was waived."""


def add(commands: Any) -> None:
    words = commands.add_parser("waive", help="let a known fault not alarm for a while", description=__doc__)
    words.add_argument("id", nargs="?", metavar="ID", help="the row, or a pattern with * of rows of one system")
    words.add_argument("--for", dest="lasts", metavar="TIME", help="how long, such as 3d")
    words.add_argument("--owner", metavar="WHO", help="who answers for it")
    words.add_argument("--reason", metavar="WHY", help="why it need not alarm")
    words.add_argument("--ticket", metavar="TICKET", default="", help="where it is followed up")
    words.add_argument("--from", dest="begins", metavar="TIME", help="when it begins, 2026-12-01T00:00:00Z (now)")
    words.add_argument("--list", action="store_true", help="only list the waivers, the one that ends first on top")
    words.add_argument("--systems", metavar="DIR", type=Path, default=Path("systems"), help="where the systems are")
    words.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from rounds.waivers.file import NotAdded  # noqa: PLC0415 - the other commands start faster without

    try:
        longest = _longest()
        inventory = _inventory(options.systems, longest)
        if options.list or options.id is None:
            return _list(inventory)
        say(_waive(inventory, options, longest))
    except (Refused, NotAdded) as refused:
        say(printable(str(refused)), sys.stderr)
        return 4
    return 0


def _longest() -> float:
    from rounds.invocation import setting  # noqa: PLC0415 - as above

    given = setting("rounds_longest_waiver", Path.cwd()) or "90d"
    try:
        return read(given, "s")
    except ValueError as error:
        raise Refused(f"rounds_longest_waiver: {error}") from None


def _inventory(systems: Path, longest: float) -> "Inventory":
    """All systems. Mistakes in their rows do not matter here, those in the files of waivers do."""
    from rounds.inventory.found import find_checks  # noqa: PLC0415 - as above
    from rounds.inventory.load import load  # noqa: PLC0415 - the same
    from rounds.inventory.mistakes import told  # noqa: PLC0415 - the same
    from rounds.select import own_checks  # noqa: PLC0415 - the same
    from rounds.waivers.entries import WAIVERS  # noqa: PLC0415 - the same

    inventory = load(systems, find_checks([own_checks(), systems]), (), longest)
    mistakes = [each for each in inventory.mistakes if Path(each.file).name == WAIVERS]
    mistakes = mistakes or (inventory.mistakes if not inventory.rows else [])
    if mistakes:
        raise Refused(told(mistakes))
    return inventory


def _waive(inventory: "Inventory", options: argparse.Namespace, longest: float) -> str:
    """Add the entry and say what it covers; raises Refused or NotAdded."""
    from rounds.waivers.entries import WAIVERS  # noqa: PLC0415 - the same
    from rounds.waivers.file import add_to_file  # noqa: PLC0415 - as above

    rows = _rows(inventory, options.id)
    entry = _entry(options, longest)
    known = _known(inventory, rows)
    path = options.systems / rows[0].partition(".")[0] / WAIVERS
    at = add_to_file(path, entry)
    named = entry.id if len(rows) == 1 else f"{entry.id} ({len(rows)} rows)"
    until = f"until {entry.until:%Y-%m-%d %H:%M} UTC by {entry.owner}"
    return line(f"{named} is waived {until}: {path}:{at}. Let it be reviewed.{known}")


def _known(inventory: "Inventory", rows: list[str]) -> str:
    """Which waiver covers all these rows already; empty if none does."""
    now = datetime.now(UTC)
    held = [each for each in inventory.filed if each.entry.holds(now) and all(map(each.entry.covers, rows))]
    if not held:
        return ""
    last = max(held, key=lambda each: each.entry.until)
    until = f"until {last.entry.until:%Y-%m-%d %H:%M} UTC"
    return f" {last.entry.id} was waived {until} already ({last.where}): the one that ends last counts."


def _rows(inventory: "Inventory", asked: str) -> list[str]:
    from rounds.inventory.mistakes import nearest  # noqa: PLC0415 - as above

    known = [row.id for row in inventory.rows]
    if "*" in asked.partition(".")[0]:
        raise Refused(f"{asked!r} must begin with a system: each system has its own file of waivers")
    rows = [id_ for id_ in known if id_ == asked or ("*" in asked and fnmatch.fnmatchcase(id_, asked))]
    if not rows:
        raise Refused(f"there is no row {asked!r}{nearest(asked, known)}")
    return rows


def _entry(options: argparse.Namespace, longest: float) -> "Entry":
    from rounds.waivers.entries import Entry  # noqa: PLC0415 - as above
    from rounds.waivers.waiver import utc, wrong_times  # noqa: PLC0415 - the same

    given = {name: " ".join((getattr(options, name) or "").split()) for name in ("lasts", "owner", "reason", "ticket")}
    words = {"lasts": "--for", "owner": "--owner", "reason": "--reason"}
    if missing := [option for name, option in words.items() if not given[name]]:
        raise Refused(f"{' and '.join(missing)} must be given: nothing was waived")
    try:
        begins = utc(options.begins) if options.begins else datetime.now(UTC).replace(microsecond=0)
        until = begins + timedelta(seconds=_seconds(given.pop("lasts"), longest))
    except (ValueError, OverflowError) as error:
        raise Refused(f"{error}: nothing was waived") from None
    if problem := wrong_times(begins, until, longest):
        raise Refused(f"{options.id}: {problem}: nothing was waived")
    return Entry.model_validate(given | {"id": options.id, "from": begins, "until": until})


def _seconds(lasts: str, longest: float) -> float:
    """Raises ValueError also for more than is allowed."""
    seconds = read(lasts, "s")
    if seconds > longest:
        raise ValueError(f"{lasts} is too long: {shown(longest, 's')} at most (rounds_longest_waiver)")
    return seconds


def _list(inventory: "Inventory") -> int:
    for each in sorted(inventory.filed, key=lambda each: each.entry.until):
        entry = each.entry
        ticket = f", {entry.ticket}" if entry.ticket else ""
        count = sum(entry.covers(row.id) for row in inventory.rows)
        rows = "" if count == 1 else f" ({count or 'no'} rows)"
        say(line(f"{_state(each):<28} {entry.id}{rows}: {entry.reason} ({entry.owner}{ticket}) {each.where}"))
    if not inventory.filed:
        say("nothing is waived")
    return 0


def _state(filed: "Filed") -> str:
    """`ends in 3 d`, `ended 2 d ago`, `begins in 5 h`."""
    entry, now = filed.entry, datetime.now(UTC)
    if entry.begins and now < entry.begins:
        return f"begins in {_apart(entry.begins - now)}"
    return f"ends in {_apart(entry.until - now)}" if now < entry.until else f"ended {_apart(now - entry.until)} ago"


def _apart(time: timedelta) -> str:
    seconds = time.total_seconds()
    return shown(seconds // 60 * 60 if seconds > 60 else seconds // 1, "s")
