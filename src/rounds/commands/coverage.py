"""`rounds coverage`: every expectation of the runbook with its check and last outcome, or why it has none."""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rounds.expectation import CADENCES
from rounds.history_place import add_place, history_of
from rounds.inventory.document import Document, read_document
from rounds.inventory.mistakes import Mistake, nearest
from rounds.reports.text import line
from rounds.store import StoreError
from rounds.text import say

RUNBOOK = "runbook.yaml"
EXPECTATIONS = "expectations.yaml"
_CADENCES = tuple(word.replace("_", "-") for word in CADENCES)
_UNSET = "is not set"  # how document.py tells of a variable: only a round needs their values


@dataclass(frozen=True)
class Covered:
    """One expectation of a runbook and what Rounds does about it; `why` says why it is not checked, or is empty."""

    id: str
    section: str
    when: list[str]
    check: str
    outcome: str
    since: str
    why: str


class Broken(Exception):  # noqa: N818 - it holds mistakes of the user, it is not an error of ours
    """A system whose files cannot be held against each other: its mistakes."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__("\n".join(map(str, sorted(set(mistakes)))))


def add(commands: Any) -> None:
    words = commands.add_parser(
        "coverage", help="what of the runbook is checked, and what is missing", description=__doc__
    )
    words.add_argument("system", nargs="*", metavar="SYSTEM", help="all systems when left out")
    words.add_argument("--when", choices=_CADENCES, help="only this cadence")
    words.add_argument("--area", action="append", default=[], help="only this area (health, logs, …); may be repeated")
    words.add_argument("--systems", metavar="DIR", type=Path, default=Path("systems"), help="where the systems are")
    add_place(words)
    words.add_argument("--json", action="store_true", help="the same for programs")
    words.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    folders = {path.parent.name: path.parent for path in sorted(options.systems.glob(f"*/{EXPECTATIONS}"))}
    folders |= {path.parent.name: path.parent for path in sorted(options.systems.glob(f"*/{RUNBOOK}"))}
    unknown = [name for name in options.system if name not in folders]
    for name in unknown:
        say(line(f"no system {name!r} in {options.systems}{nearest(name, folders)}"), sys.stderr)
    if not folders:
        say(line(f"no system in {options.systems}: a system is a folder with {EXPECTATIONS} and {RUNBOOK}"), sys.stderr)
    if unknown or not folders:
        return 4
    chosen = [folders[name] for name in options.system or sorted(folders)]
    outcomes = _outcomes(options)
    try:
        covered = [each for folder in chosen for each in covered_in(folder, outcomes, options.when)]
    except Broken as broken:
        say(str(broken), sys.stderr)
        return 4
    areas = {_area(each) for each in covered}
    for name in set(options.area) - areas:
        say(line(f"no expectation is of area {name!r}{nearest(name, areas)}"), sys.stderr)
        return 4
    covered = [each for each in covered if not options.area or _area(each) in options.area]
    without = [folder.name for folder in chosen if not (folder / RUNBOOK).exists()]
    for name in without:
        say(line(f"{name} has no {RUNBOOK}: without one nothing can be missing"), sys.stderr if options.json else None)
    say(json.dumps([asdict(each) for each in covered], indent=1) if options.json else _table(covered))
    return 1 if any(each.why and each.id.partition(".")[0] not in without for each in covered) else 0


def _area(covered: Covered) -> str:
    return covered.id.split(".")[1] if covered.id.count(".") == 2 else ""


def _outcomes(options: argparse.Namespace) -> dict[str, tuple[str, str]]:
    try:
        return history_of(options).since()
    except (StoreError, ValueError) as error:
        say(line(f"the history cannot be read, so no outcomes are shown: {error}"), sys.stderr)
        return {}


def covered_in(folder: Path, outcomes: dict[str, tuple[str, str]], asked: str | None = None) -> Iterator[Covered]:
    """Each expectation of one system's runbook, in its order, beside the row that checks it; raises Broken.

    Without a runbook the rows themselves are told. `asked` is the only cadence that matters, if one is named.
    """
    from rounds.inventory.found import find_checks  # noqa: PLC0415 - the other commands start faster without
    from rounds.select import own_checks  # noqa: PLC0415 - the same

    rows = {row["id"]: row for row in _rows(folder / EXPECTATIONS, ("id", "check"))}
    runbook = folder / RUNBOOK
    expected = _rows(runbook, ("id", "section", "when")) if runbook.exists() else list(rows.values())
    checks = find_checks([own_checks(), folder])
    for each in expected:
        when = _cadences(each)
        if asked is None or asked in when:
            row = rows.get(each["id"])
            why = _why_not(row, [asked] if asked else when, checks)
            section = str(each.get("section") or each.get("runbook", ""))
            check = row["check"] if row else ""
            yield Covered(each["id"], section, when, check, *outcomes.get(each["id"], ("", "")), why)


def _cadences(row: dict[str, Any]) -> list[str]:
    when = row.get("when")
    return [str(word) for word in when] if isinstance(when, list) else []


def _rows(path: Path, due: tuple[str, ...]) -> list[dict[str, Any]]:
    """The mappings in a list of a YAML file, each with the keys that are due; raises Broken otherwise."""
    document = read_document(path)
    rows = document.data if isinstance(document.data, list) else []
    if not rows and not document.mistakes:
        what = "is empty: it lists no expectation" if not document.data else "is not a list of expectations (- id: …)"
        document.mistake((), what)
    for index, row in enumerate(rows):
        _refuse(document, index, row, due)
    mistakes = [mistake for mistake in document.mistakes if not mistake.what.endswith(_UNSET)]
    if mistakes:
        raise Broken(mistakes)
    return rows


def _refuse(document: Document, index: int, row: Any, due: tuple[str, ...]) -> None:
    if not isinstance(row, dict):
        document.mistake((index,), "is not a mapping with keys such as id and when")
        return
    for key in due:
        if not (_cadences(row) if key == "when" else isinstance(row.get(key), str)):
            document.mistake((index, key), f"{key} is missing")
    for word in _cadences(row):
        if word not in _CADENCES:
            document.mistake((index, "when"), f"{word!r} is no cadence{nearest(word, _CADENCES)}")


def _why_not(row: dict[str, Any] | None, due: list[str], checks: Any) -> str:
    """Why an expectation is not checked when it is due; empty if it is."""
    if row is None:
        return "missing"
    if row["check"] not in checks:
        return f"no check {row['check']!r}"
    if row.get("skip"):
        return f"skipped: {row['skip']}"
    never = [word for word in due if word not in _cadences(row)]
    return f"not run {', '.join(never)}" if never else ""


def _table(covered: list[Covered]) -> str:
    width = max((len(line(each.id)) for each in covered), default=0)
    shown = [each.why or each.check for each in covered]
    width_check = min(max((len(line(text)) for text in shown), default=0), 60)
    lines = [
        f"{line(each.id):<{width}}  {line(text):<{width_check}}  {line(each.outcome) or '-':<8}  {line(each.section)}"
        for each, text in zip(covered, shown, strict=True)
    ]
    missing = sum(each.why == "missing" for each in covered)
    unchecked = sum(bool(each.why) for each in covered) - missing
    checked = len(covered) - missing - unchecked
    summary = f"{checked} of {len(covered)} expectations are checked, {missing} are missing"
    return "\n".join([*lines, summary + (f", {unchecked} are not checked as the runbook asks" if unchecked else "")])
