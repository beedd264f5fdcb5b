"""`rounds run daily`: prints the pytest line of a round, and runs it."""

import argparse
import os
import shlex
import sys
from pathlib import Path
from typing import Any

_CONFIGURATIONS = ("pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg")
# Loading every installed plugin costs more than a small round; where pytest is configured, that decides.
_PLUGINS = ["--disable-plugin-autoload", "--import-mode=importlib", "-p", "rounds.plugin", "-p", "xdist.plugin"]


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
    words.add_argument("--deadline", metavar="TIME", help="the whole round ends after this, e.g. 10m")
    words.add_argument("--reports", metavar="DIR", help="where reports go (default: reports)")
    words.add_argument("--strict", action="store_true", help="a warning makes the round fail, too")
    words.add_argument("--quiet", action="store_true", help="print nothing when everything is ok (for cron)")
    words.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    line = pytest_line(options, Path.cwd())
    if not options.quiet:
        print(f"$ {shlex.join(line)}", flush=True)
    os.execv(sys.executable, [sys.executable, "-m", *line])  # noqa: S606 - signals reach the round itself this way


def pytest_line(options: argparse.Namespace, folder: Path) -> list[str]:
    """The pytest command line that does the same round."""
    line = ["pytest"]
    if options.batch:
        line += ["-m", options.batch]
    if options.systems or not _is_configured(folder):
        line += ["--systems", options.systems or "systems"]
    if not _is_configured(folder):
        line += _PLUGINS
    for name in ("system", "id"):
        for value in getattr(options, name):
            line += [f"--{name}", value]
    line += ["--round-deadline", options.deadline] if options.deadline else []
    line += ["--reports", options.reports] if options.reports else []
    line += ["--fail-on-warning"] if options.strict else []
    line += ["--quiet-when-ok"] if options.quiet else []
    return [*line, *options.extra]


def _is_configured(folder: Path) -> bool:
    """Whether pytest's own configuration, here or above, turns rounds on."""
    for place in (folder, *folder.parents):
        found = [place / name for name in _CONFIGURATIONS if (place / name).is_file()]
        if found:
            return any("rounds_systems" in path.read_text(encoding="utf-8", errors="replace") for path in found)
    return False
