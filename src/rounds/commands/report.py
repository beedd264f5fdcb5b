"""`rounds report`: makes the reports of a round again from its journal, also of one that was killed."""

import argparse
import sys
from pathlib import Path
from typing import Any

from rounds.history_place import add_place, history_of
from rounds.invocation import reports_folder
from rounds.journal import JOURNAL, newest_folders, point_latest, read_journal
from rounds.running import remember


def add(commands: Any) -> None:
    words = commands.add_parser("report", help="make a round's reports again from its journal", description=__doc__)
    words.add_argument("folder", nargs="?", type=Path, help="the round's folder (default: the newest)")
    words.add_argument("--reports", metavar="DIR", type=Path, help="where rounds are (default: as they have it)")
    add_place(words)
    words.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from rounds.reports import write_all  # noqa: PLC0415 - the other commands start faster without

    reports = reports_folder(options.reports)
    folder = options.folder or next(iter(newest_folders(reports)), None)
    if folder is None or not (folder / JOURNAL).is_file():
        print(f"there is no round in {folder or reports} (no {JOURNAL})", file=sys.stderr)
        return 4
    try:
        told = read_journal(folder)
    except (ValueError, KeyError, TypeError) as error:
        print(f"{folder / JOURNAL} cannot be read: {error}", file=sys.stderr)
        return 1
    if told.ended == "still running":
        print(f"the round in {folder} is still running; its reports will be there when it ends", file=sys.stderr)
        return 1
    try:
        history = history_of(options)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 4
    problems = remember(told, history) + write_all(told, folder)
    if folder.parent.resolve() == reports.resolve() and folder == next(iter(newest_folders(reports)), None):
        point_latest(folder)
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"{folder / 'report.html'}: {told.outcome}, {told.ended}")
    return 1 if problems else 0
