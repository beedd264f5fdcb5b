"""`rounds estate`: starts embedded systems to try things on; `rounds estate -- COMMAND` runs a command in them."""

import argparse
import os
import shlex
import shutil
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from rounds.estates import NoEstate, add_systems, chosen


def add(commands: Any) -> None:
    words = commands.add_parser("estate", help="the embedded systems, to try things on", description=__doc__)
    add_systems(words, "bigshot")
    words.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    # `rounds` and `pytest` of this environment are meant, also when nobody activated it.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    if options.extra and not shutil.which(options.extra[0], path=path):
        print(f"there is no command {options.extra[0]!r} here; the estate was not started", file=sys.stderr)
        return 4
    try:
        return _run_in(chosen(options.systems), options.extra, path)
    except NoEstate as error:
        print(error, file=sys.stderr)
        return 4


def _run_in(systems: list[str], command: list[str], path: str) -> int:
    from rounds.estate import EstateError, estate_of  # noqa: PLC0415 - needs the extra

    with ExitStack() as running:
        try:
            estates = [running.enter_context(estate_of(system)()) for system in systems]
        except EstateError as error:
            raise NoEstate(str(error)) from error
        env = {name: value for estate in estates for name, value in estate.env.items()}
        if command:
            return subprocess.run(command, env=os.environ | env | {"PATH": path}, check=False).returncode
        print(f"# {', '.join(systems)} until Ctrl-C. In another shell:")
        print("\n".join(f"export {name}={shlex.quote(value)}" for name, value in env.items()), flush=True)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})
        return 0
