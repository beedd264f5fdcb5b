"""`rounds drill bigshot`: puts each fault into the embedded estate and shows which expectations turn red."""

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any

from rounds.inventory.mistakes import nearest

if TYPE_CHECKING:
    from rounds.drill import Step


def add(commands: Any) -> None:
    words = commands.add_parser(
        "drill", help="break the estate on purpose and see each check turn red", description=__doc__
    )
    words.add_argument("system", choices=["bigshot"])
    words.add_argument("--batch", default="daily", help="which rows to judge (default: daily)")
    words.add_argument("--fault", action="append", default=[], metavar="NAME", help="only this fault; may be repeated")
    words.add_argument("--json", action="store_true", help="the same for programs")
    words.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from rounds.stage import NoEstate, staged  # noqa: PLC0415 - needs the extra

    try:
        from rounds.drill import drill  # noqa: PLC0415 - needs the extra
        from rounds.estate.faults import FAULTS  # noqa: PLC0415 - needs the extra
    except ImportError as error:
        print(f"drills need the extra; from the clone: pip install '.[demo]' ({error})", file=sys.stderr)
        return 4
    for name in options.fault:
        if name not in FAULTS:
            print(f"there is no fault {name!r}{nearest(name, FAULTS)}", file=sys.stderr)
            return 4
    faults = [FAULTS[name] for name in options.fault or FAULTS]
    try:
        with staged(options.system, options.batch) as stage:
            steps = drill(stage, faults, options.batch, _hush if options.json else _tell)
    except NoEstate as error:
        print(error, file=sys.stderr)
        return 4
    wrong = [step for step in steps if not step.is_right]
    if options.json:
        print(json.dumps([step.as_json() for step in steps], indent=1))
    else:
        print(f"{len(steps) - len(wrong)} of {len(steps)} steps went as they should")
    return 1 if wrong else 0


def _hush(step: "Step") -> None:
    """Say nothing while JSON is made."""


def _tell(step: "Step") -> None:
    print(f"{'right' if step.is_right else 'WRONG'}  {step.seconds:5.1f} s  {step.name}: {step.says}")
    for name, words in sorted(step.turned.items()):
        mark = "  turned" if name in step.should else "   may  " if name in step.may else "SHOULD NOT"
        print(f"    {mark:<10}  {name}  {words}")
    for name in step.missing:
        print(f"    DID NOT     {name}")
    sys.stdout.flush()
