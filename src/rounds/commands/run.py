"""`rounds run daily`: prints the pytest line of a round, and runs it."""

import argparse
import os
import shlex
import sys
from pathlib import Path
from typing import Any

from rounds.invocation import mistake_in, pytest_line
from rounds.text import say


def add(commands: Any) -> None:
    words = commands.add_parser("run", help="look, judge and report: one round", description=__doc__)
    words.add_argument(
        "batch", nargs="?", default="", help="daily, weekly, … or any -m expression; everything when left out"
    )
    words.add_argument("--systems", metavar="DIR", help="folder with one folder a system (default: systems)")
    words.add_argument(
        "--system", action="append", default=[], metavar="NAME", help="only this system; may be repeated"
    )
    words.add_argument("--id", action="append", default=[], metavar="ID", help="only this expectation; may be repeated")
    words.add_argument("--deadline", metavar="TIME", help="the whole round ends after this, e.g. 10m (default: 1h)")
    words.add_argument("--wait", metavar="TIME", help="wait so long for another round of the batch (default: 0)")
    words.add_argument("--reports", metavar="DIR", help="where reports go (default: reports)")
    words.add_argument("--state", metavar="DIR", help="where history is kept (default: .rounds)")
    words.add_argument("--history", metavar="URL", help="a PostgreSQL with the history: '${NAME}' or file:/path")
    words.add_argument("--keep", metavar="TIME", help="for how long history is kept (default: 400d)")
    words.add_argument("--strict", action="store_true", help="a warning makes the round fail, too")
    words.add_argument(
        "--quiet", action="store_true", help="print nothing when everything is ok; a warning is told (for cron)"
    )
    words.add_argument("--durations", action="store_true", help="say for each system where the time went")
    words.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    why = mistake_in(options.history or "")
    if why:
        say(f"--history: {why}", sys.stderr)
        sys.exit(4)
    line = pytest_line(options, Path.cwd())
    if not options.quiet:
        print(f"$ {shlex.join(line)}", flush=True)
    os.execv(sys.executable, [sys.executable, "-m", *line])  # noqa: S606 - signals reach the round itself this way
