"""`rounds demo`: BigShot's daily round on the embedded estate; with `--break NAME`, a fault is put in first."""

import argparse
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from rounds.inventory.mistakes import nearest


def add(commands: Any) -> None:
    words = commands.add_parser("demo", help="a daily round on the embedded estate", description=__doc__)
    words.add_argument("--break", dest="fault", metavar="NAME", help="put this fault in first; 'list' shows all")
    words.add_argument("--batch", default="daily", help="which rows to judge (default: daily)")
    words.add_argument("--reports", metavar="DIR", type=Path, default=Path("reports"), help="where reports go")
    words.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from rounds.stage import NoEstate, staged  # noqa: PLC0415 - needs the extra

    try:
        from rounds.estate.faults import FAULTS  # noqa: PLC0415 - needs the extra
    except ImportError as error:
        print(f"the demo needs the extra; from the clone: pip install '.[demo]' ({error})", file=sys.stderr)
        return 4
    if options.fault == "list":
        print("\n".join(f"{name:<28} {fault.says}" for name, fault in sorted(FAULTS.items())))
        return 0
    if options.fault and options.fault not in FAULTS:
        print(
            f"there is no fault {options.fault!r}{nearest(options.fault, FAULTS)}; --break list shows all",
            file=sys.stderr,
        )
        return 4
    begun = time.monotonic()
    print("Starting BigShot (PostgreSQL, Redis, Celery, nginx, its backend) under one temporary folder …", flush=True)
    try:
        with ExitStack() as running:
            stage = running.enter_context(staged("bigshot", options.batch))
            print(f"It runs, with a day of history, after {time.monotonic() - begun:.1f} s.", flush=True)
            if options.fault:
                running.enter_context(FAULTS[options.fault].put_into(stage.estate))
                print(f"Broken on purpose: {FAULTS[options.fault].says}.", flush=True)
            print(f"Inside this estate runs: rounds run {options.batch}", flush=True)
            line = stage.command(options.batch, options.reports.resolve())
            code = subprocess.run(line, cwd=stage.folder, env=stage.env, check=False).returncode
    except NoEstate as error:
        print(error, file=sys.stderr)
        return 4
    if code == 0 and not options.fault:
        print("To see red: `demo --break list` names what can be broken, `drill bigshot` breaks it one by one.")
    return code
