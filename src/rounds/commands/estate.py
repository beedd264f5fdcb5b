"""`rounds estate`: starts the embedded BigShot to try things on; `rounds estate -- COMMAND` runs a command in it."""

import argparse
import os
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any


def add(commands: Any) -> None:
    words = commands.add_parser("estate", help="the embedded BigShot, to try things on", description=__doc__)
    words.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    try:
        from rounds.estate import Estate  # noqa: PLC0415 - needs the extra
    except ImportError as error:
        print(f"the estate needs the extra; from the clone: pip install '.[demo]' ({error})", file=sys.stderr)
        return 4
    # `rounds` and `pytest` of this environment are meant, also when nobody activated it.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    if options.extra and not shutil.which(options.extra[0], path=path):
        print(f"there is no command {options.extra[0]!r} here; the estate was not started", file=sys.stderr)
        return 4
    with Estate() as estate:
        if options.extra:
            env = os.environ | estate.env | {"PATH": path}
            return subprocess.run(options.extra, env=env, check=False).returncode
        print("# BigShot runs until Ctrl-C. In another shell:")
        print("\n".join(f"export {name}={shlex.quote(value)}" for name, value in estate.env.items()), flush=True)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})
    return 0
