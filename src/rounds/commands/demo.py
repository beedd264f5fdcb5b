"""`rounds demo`: a daily round on the embedded estate of a system; with `--break NAME`, a fault is put in first."""

import argparse
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rounds.estates import NoEstate, add_systems, chosen
from rounds.inventory.mistakes import nearest

if TYPE_CHECKING:
    from rounds.estate import Fault

    Faults = dict[str, tuple[str, Fault]]


def add(commands: Any) -> None:
    words = commands.add_parser("demo", help="a daily round on the embedded estate", description=__doc__)
    add_systems(words, "bigshot")
    words.add_argument("--break", dest="fault", metavar="NAME", help="put this fault in first; 'list' shows all")
    words.add_argument("--batch", default="daily", help="which rows to judge (default: daily)")
    words.add_argument("--reports", metavar="DIR", type=Path, default=Path("reports"), help="where reports go")
    words.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    try:
        systems = chosen(options.systems)
        faults = _faults(systems)
        if options.fault == "list":
            print("\n".join(f"{name:<28} {fault.says}" for name, (_, fault) in sorted(faults.items())))
            return 0
        code = _demonstrated(systems, _named(faults, options.fault), options)
    except NoEstate as error:
        print(error, file=sys.stderr)
        return 4
    if code == 0 and not options.fault:
        print("To see red: `demo --break list` names what can be broken, `drill bigshot` breaks it one by one.")
    return code


def _named(faults: "Faults", name: str | None) -> "tuple[str, Fault] | None":
    if name and name not in faults:
        raise NoEstate(f"there is no fault {name!r}{nearest(name, faults)}; --break list shows all")
    return faults[name] if name else None


def _demonstrated(systems: list[str], broken: "tuple[str, Fault] | None", options: argparse.Namespace) -> int:
    from rounds.stage import staged  # noqa: PLC0415 - needs the extra

    begun = time.monotonic()
    print(f"Starting {', '.join(systems)} with real servers under one temporary folder each …", flush=True)
    with ExitStack() as running:
        stage = running.enter_context(staged(systems, options.batch))
        print(f"It runs, with a past, after {time.monotonic() - begun:.1f} s.", flush=True)
        if broken:
            system, fault = broken
            running.enter_context(fault.put_into(stage.estates[system]))
            print(f"Broken on purpose: {fault.says}.", flush=True)
        print(f"Inside this estate runs: rounds run {options.batch}", flush=True)
        line = stage.command(options.batch, options.reports.resolve())
        return subprocess.run(line, cwd=stage.folder, env=stage.env, check=False).returncode


def _faults(systems: list[str]) -> "Faults":
    """The system and the fault for each name; the first system's, should two have one of a name."""
    from rounds.estate import faults_of  # noqa: PLC0415 - needs the extra

    return {name: (system, fault) for system in reversed(systems) for name, fault in faults_of(system).items()}
