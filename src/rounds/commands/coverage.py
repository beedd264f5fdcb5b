"""`rounds coverage`: every expectation of the runbook with its section, check and last outcome, or `missing`."""

import argparse
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rounds.expectation import CADENCES
from rounds.history import History
from rounds.inventory.document import read_document
from rounds.inventory.mistakes import nearest

RUNBOOK = "runbook.yaml"


@dataclass(frozen=True)
class Covered:
    """One expectation of a runbook and what Rounds does about it; `check` is empty while nothing does."""

    id: str
    section: str
    when: list[str]
    check: str
    outcome: str
    since: str


def add(commands: Any) -> None:
    words = commands.add_parser(
        "coverage", help="what of the runbook is checked, and what is missing", description=__doc__
    )
    words.add_argument("systems", nargs="*", metavar="SYSTEM", help="all systems when left out")
    words.add_argument("--when", choices=[word.replace("_", "-") for word in CADENCES], help="only this cadence")
    words.add_argument("--folder", metavar="DIR", type=Path, default=Path("systems"), help="where the systems are")
    words.add_argument("--state", metavar="DIR", type=Path, default=Path(".rounds"), help="where history is kept")
    words.add_argument("--json", action="store_true", help="the same for programs")
    words.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    known = {path.parent.name: path for path in sorted(options.folder.glob(f"*/{RUNBOOK}"))}
    unknown = [name for name in options.systems if name not in known]
    for name in unknown:
        print(f"no system {name!r} with a {RUNBOOK} in {options.folder}{nearest(name, known)}", file=sys.stderr)
    if unknown or not known:
        return 4
    outcomes = History(options.state).since()
    covered = [
        each
        for name in options.systems or known
        for each in covered_in(known[name], outcomes)
        if not options.when or options.when in each.when
    ]
    print(json.dumps([asdict(each) for each in covered], indent=1) if options.json else _table(covered))
    return 1 if any(not each.check for each in covered) else 0


def covered_in(runbook: Path, outcomes: dict[str, tuple[str, str]]) -> list[Covered]:
    """Each expectation of one system's runbook.yaml, in its order, beside the row that checks it."""
    expected = read_document(runbook).data or []
    rows = read_document(runbook.parent / "expectations.yaml").data or []
    checks = {row["id"]: row["check"] for row in rows}
    return [
        Covered(
            each["id"], each["section"], each["when"], checks.get(each["id"], ""), *outcomes.get(each["id"], ("", ""))
        )
        for each in expected
    ]


def _table(covered: list[Covered]) -> str:
    width = max((len(each.id) for each in covered), default=0)
    width_check = max((len(each.check or "missing") for each in covered), default=0)
    lines = [
        f"{each.id:<{width}}  {each.check or 'missing':<{width_check}}  {each.outcome or '-':<8}  {each.section}"
        for each in covered
    ]
    checked = sum(bool(each.check) for each in covered)
    summary = f"{checked} of {len(covered)} expectations are checked, {len(covered) - checked} are missing"
    return "\n".join([*lines, summary])
