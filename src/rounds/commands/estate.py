"""`rounds estate`: starts the embedded BigShot to try things on; `rounds estate -- COMMAND` runs a command in it."""

import argparse
import os
import shlex
import signal
import subprocess
import sys
from typing import Any


def add(commands: Any) -> None:
    words = commands.add_parser("estate", help="the embedded BigShot, to try things on", description=__doc__)
    words.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    try:
        from rounds.estate import Estate  # noqa: PLC0415 - needs the extra
    except ImportError as error:
        print(f"the estate needs the extra: pip install 'rounds[demo]' ({error})", file=sys.stderr)
        return 4
    with Estate() as estate:
        if options.extra:
            return subprocess.run(options.extra, env=os.environ | estate.env, check=False).returncode
        print("# BigShot runs until Ctrl-C. In another shell:")
        print("\n".join(f"export {name}={shlex.quote(value)}" for name, value in estate.env.items()), flush=True)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})
    return 0
