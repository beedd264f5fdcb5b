"""`rounds history ID`: outcomes and figures of an expectation over time, the newest last; `--html` draws them."""

import argparse
import fnmatch
import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rounds.history import History
from rounds.history_place import add_place, history_of
from rounds.inventory.mistakes import nearest
from rounds.invocation import reports_folder
from rounds.past import Entry, Known
from rounds.quantities import shown
from rounds.reports.text import line
from rounds.store import StoreError
from rounds.text import say

_BARS = "▁▂▃▄▅▆▇█"
_MOST_BARS = 60
_MOST_ROUNDS = 30
_MOST_DRAWN_ROUNDS = 20_000
_NO_UNIT = Known("", "", "null")


def add(commands: Any) -> None:
    words = commands.add_parser("history", help="outcomes and figures of an expectation over time", description=__doc__)
    words.add_argument(
        "id",
        metavar="ID",
        nargs="*",
        help="the expectation, such as bigshot.resources.disk-usage; --html takes several",
    )
    words.add_argument(
        "--limit", metavar="N", type=_count, help=f"so many rounds at most (default: {_MOST_ROUNDS}; with --html all)"
    )
    words.add_argument("--json", action="store_true", help="the same for programs")
    words.add_argument(
        "--html", metavar="DIR", type=Path, help="write pages into this folder, of these ID or patterns, or of all"
    )
    words.add_argument("--reports", metavar="DIR", type=Path, help="where rounds are (default: as they have it)")
    add_place(words)
    words.set_defaults(run=run)


def _count(given: str) -> int:
    if not given.isdigit() or int(given) < 1:
        raise argparse.ArgumentTypeError(f"{given!r} is not a number of rounds, such as 30")
    return int(given)


def run(options: argparse.Namespace) -> int:
    try:
        history = history_of(options)
    except ValueError as error:
        say(line(str(error)), sys.stderr)
        return 4
    if options.html is None and len(options.id) != 1:
        say("one ID is due, such as bigshot.resources.disk-usage (--html takes several, or none for all)", sys.stderr)
        return 4
    try:
        return _say(options, history) if options.html is None else _draw(options, history)
    except StoreError as error:
        say(line(f"the history cannot be read: {error}"), sys.stderr)
        return 1


def _say(options: argparse.Namespace, history: History) -> int:
    (expectation,) = options.id
    entries = history.entries(expectation, options.limit or _MOST_ROUNDS)
    if not entries:
        return _never_judged(expectation, history)
    known = history.known(expectation)
    say(_as_json(expectation, entries, known) if options.json else "\n".join(_lines(expectation, entries, known)))
    return 0


def _never_judged(given: str, history: History) -> int:
    names = history.names()
    why = nearest(given, names) if names else f": {history.store.place} has no round yet"
    say(line(f"{given!r} was never judged{why}"), sys.stderr)
    return 4


def _draw(options: argparse.Namespace, history: History) -> int:
    """A page of each, and one that links to them."""
    from rounds.reports import whole  # noqa: PLC0415 - the terminal needs none of it
    from rounds.reports.history_pages import newest_records, pages_of_stories, story_of_course  # noqa: PLC0415

    all_names = history.names()
    wanted = options.id or ["*"]
    names = [name for name in all_names if any(_is_meant(name, given) for given in wanted)]
    for given in wanted:
        if not any(_is_meant(name, given) for name in names):
            return _never_judged(given, history)
    records = newest_records(names, reports_folder(options.reports))
    most = options.limit or _MOST_DRAWN_ROUNDS
    stories = (
        story_of_course(
            name, history.course(name, records[name][0] if name in records else None, most), records.get(name)
        )
        for name in names
    )
    try:
        for name, page in pages_of_stories(stories):
            with whole(options.html / name, is_safe=False) as unfinished:
                unfinished.write_text(page, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        say(line(f"the pages cannot be written to {options.html}: {error.strerror}"), sys.stderr)
        return 1
    say(line(f"{options.html / 'index.html'}: {len(names)} {'pages' if len(names) > 1 else 'page'}"))
    return 0


def _is_meant(name: str, given: str) -> bool:
    return name == given or fnmatch.fnmatchcase(name, given)


def _as_json(expectation: str, entries: list[Entry], known: dict[str, Known]) -> str:
    last = entries[-1]
    told = {
        "expectation": expectation,
        "outcome": last.outcome,
        "since": last.since,
        "figures": [
            {"name": name, "unit": each.unit, "allowed": each.allowed, "limit": json.loads(each.limit)}
            for name, each in sorted(known.items())
        ],
        "rounds": [asdict(entry) | {"at": _moment(entry.at).replace(" UTC", "Z")} for entry in entries],
    }
    return json.dumps(told, indent=1)


def _lines(expectation: str, entries: list[Entry], known: dict[str, Known]) -> list[str]:
    last = entries[-1]
    since = f" since {last.since[:10]} {last.since[11:16]} UTC" if last.since else ""
    counts = {
        outcome: sum(entry.outcome == outcome for entry in entries) for outcome in sorted({e.outcome for e in entries})
    }
    counted = ", ".join(f"{count} {outcome}" for outcome, count in counts.items())
    said = [line(f"{expectation}: {last.outcome}{since}; {counted} in the last {_rounds(len(entries))}")]
    names = list(dict.fromkeys(name for entry in reversed(entries) for name in entry.figures))
    wide = max(map(len, names), default=0)
    said += [f"  {line(name):<{wide}}  {_course(name, entries, known.get(name, _NO_UNIT))}" for name in names]
    said.append("")
    for entry in entries:
        figures = [f"{name} {shown(value, known.get(name, _NO_UNIT).unit)}" for name, value in entry.figures.items()]
        said.append(line(f"{_moment(entry.at)}  {entry.outcome:<8}  {', '.join(figures)}").rstrip())
    return said


def _rounds(count: int) -> str:
    return f"{count} rounds" if count > 1 else "round"


def _course(name: str, entries: list[Entry], known: Known) -> str:
    """`▁▂▅█ 12 % to 91 %, last 91 %, allowed at most 90 %`; a round without the figure is a gap."""
    figures = [entry.figures.get(name) for entry in entries]
    there = [figure for figure in figures if figure is not None]
    least, most = min(there), max(there)
    bars = "".join(_bar(figure, least, most) for figure in figures[-_MOST_BARS:])
    span = shown(least, known.unit) if least == most else f"{shown(least, known.unit)} to {shown(most, known.unit)}"
    allowed = f", allowed {known.allowed}" if known.allowed else ""
    return f"{bars} {span}, last {shown(there[-1], known.unit)}{line(allowed)}"


def _bar(figure: float | None, least: float, most: float) -> str:
    if figure is None:
        return " "
    if not 0 < most - least < float("inf"):
        return _BARS[3]
    return _BARS[round((figure - least) / (most - least) * (len(_BARS) - 1))]


def _moment(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S} UTC"
