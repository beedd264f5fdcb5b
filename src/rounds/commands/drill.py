"""`rounds drill`: puts each fault into a system's embedded estate and shows which expectations turn red."""

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any

from rounds.estates import EVERY, NoEstate, add_systems, chosen
from rounds.inventory.mistakes import nearest

if TYPE_CHECKING:
    from rounds.drill import Step
    from rounds.estate import Fault


def add(commands: Any) -> None:
    words = commands.add_parser(
        "drill", help="break the estate on purpose and see each check turn red", description=__doc__
    )
    add_systems(words, EVERY)
    words.add_argument("--batch", default="", help="which rows to judge (default: all)")
    words.add_argument("--fault", action="append", default=[], metavar="NAME", help="only this fault; may be repeated")
    words.add_argument(
        "--restore",
        choices=("due", "always"),
        default="due",
        help="restore backups only with faults that name a row which restores (due), or in every round",
    )
    words.add_argument("--json", action="store_true", help="the same for programs")
    words.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    try:
        systems = chosen(options.systems)
        faults = _faults(systems, options.fault)
        steps = [step for system in systems if faults[system] for step in _drilled(system, faults[system], options)]
    except NoEstate as error:
        print(error, file=sys.stderr)
        return 4
    wrong = [step for step in steps if not step.is_right]
    if options.json:
        print(json.dumps([step.as_json() for step in steps], indent=1))
    else:
        print(f"{len(steps) - len(wrong)} of {len(steps)} steps went as they should")
    return 1 if wrong else 0


def _faults(systems: list[str], names: list[str]) -> "dict[str, list[Fault]]":
    """The faults of each system, or those of these names. Raises NoEstate when there is none of a name."""
    from rounds.estate import faults_of  # noqa: PLC0415 - needs the extra

    found = {system: faults_of(system) for system in systems}
    known = [name for faults in found.values() for name in faults]
    for name in names:
        if name not in known:
            raise NoEstate(f"there is no fault {name!r}{nearest(name, known)}")
    return {
        system: [fault for name, fault in faults.items() if not names or name in names]
        for system, faults in found.items()
    }


def _drilled(system: str, faults: "list[Fault]", options: argparse.Namespace) -> "list[Step]":
    from rounds.drill import drill  # noqa: PLC0415 - needs the extra
    from rounds.stage import staged  # noqa: PLC0415 - needs the extra

    with staged([system], options.batch) as stage:
        tell = _hush if options.json else _tell
        return drill(stage, system, faults, options.batch, tell, restore=options.restore)


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
