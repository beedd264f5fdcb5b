"""`rounds status`: one line about the last round, for people and for Nagios (exit 0, 1, 2, 3)."""

import argparse
import json
import math
import sys
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from rounds.cadence import due_within
from rounds.causes import causes_of
from rounds.invocation import reports_folder
from rounds.journal import newest_folders, read_journal
from rounds.outcome import Outcome
from rounds.quantities import read, shown
from rounds.reports.results import read_results
from rounds.round import Round
from rounds.text import printable, say

_CODES = {Outcome.WARNING: 1, Outcome.CRITICAL: 2, Outcome.UNKNOWN: 3}
_WORDS = ("OK", "WARNING", "CRITICAL", "UNKNOWN")
_LONGEST = 200
_CLOCKS_DIFFER = 60.0  # seconds that the clocks of two machines may differ, where reports are shared


@dataclass(frozen=True)
class Status:
    """What is to be said of a batch: a Nagios code, a sentence, and perfdata."""

    code: int
    sentence: str
    perfdata: str = ""


def add(commands: Any) -> None:
    words = commands.add_parser("status", help="one line about the last round", description=__doc__)
    words.add_argument("batch", nargs="?", help="daily, weekly, … (default: whatever ran last)")
    words.add_argument("--nagios", action="store_true", help="one line with perfdata, exit 0/1/2/3")
    words.add_argument("--json", action="store_true", help="the same for programs")
    words.add_argument(
        "--max-age", metavar="TIME", help="older than this is unknown (default: by the batch, daily 26h)"
    )
    words.add_argument("--reports", metavar="DIR", type=Path, help="where rounds are (default: as they have it)")
    words.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    try:
        max_age = read(options.max_age, "s") if options.max_age else None
    except ValueError as error:
        say(printable(f"--max-age: {error}"), sys.stderr)
        return 4 if not options.nagios else 3
    try:
        status = status_of(reports_folder(options.reports), options.batch, max_age)
    except Exception as error:  # noqa: BLE001 - whatever lies there: Nagios takes a traceback's exit 1 for a warning
        status = Status(3, f"the last round cannot be read: {str(error) or type(error).__name__}")
    sentence = " ".join(printable(status.sentence).replace("|", "/").split())
    sentence = sentence if len(sentence) <= _LONGEST else sentence[: _LONGEST - 1] + "…"
    if options.json:
        say(json.dumps({"status": _WORDS[status.code], "sentence": sentence, "perfdata": status.perfdata}))
    else:
        perfdata = f" | {status.perfdata}" if options.nagios and status.perfdata else ""
        say(f"ROUNDS {_WORDS[status.code]}: {sentence}{perfdata}")
    return status.code


def status_of(reports: Path, batch: str | None, max_age: float | None) -> Status:
    """The status of a batch from its last round; raises when that cannot be read."""
    told = last_round(reports, batch)
    if told is None:
        return Status(
            3, f"no round {f'of batch {batch} ' if batch else ''}in {reports}: run `rounds run {batch or 'daily'}`"
        )
    age = time.time() - datetime.fromisoformat(told.finished_at or told.started_at).timestamp()
    allowed = max_age if max_age is not None else due_within(told.batch)
    perfdata = _perfdata(told, age, allowed)
    if age < -_CLOCKS_DIFFER:
        ahead = f"the last {told.batch} round ended {shown(-age, 's')} in the future"
        return Status(3, f"{ahead}: the clock here or the clock there is wrong")
    if age > allowed:
        return Status(
            3, f"the last {told.batch} round is {shown(age, 's')} old, allowed is {shown(allowed, 's')}", perfdata
        )
    return Status(_CODES.get(told.outcome, 0), _sentence(told, age), perfdata)


def last_round(reports: Path, batch: str | None) -> Round | None:
    """The newest round of a batch that has ended, by itself or not; a round that runs now is passed over."""
    for folder in newest_folders(reports):
        whole = folder / "results.json"
        try:
            told = read_results(whole) if whole.is_file() else read_journal(folder)
        except ValueError:
            raise
        except Exception as error:
            raise ValueError(f"{folder} holds no round: {type(error).__name__}") from error
        if told.ended != "still running" and (batch is None or batch.replace("_", "-") == told.batch):
            return told
    return None


def _sentence(told: Round, age: float) -> str:
    bad = [record for record in told.worst_first if record.outcome in _CODES]
    when = f"{told.batch} round of {shown(max(age, 0), 's')} ago"
    ok = told.counts[Outcome.OK]
    if not told.records and not told.problems:
        return f"{when}: nothing was judged"
    if not bad and not told.problems:
        rest = [f"{count} {outcome}" for outcome, count in told.counts.items() if count and outcome is not Outcome.OK]
        held = f"{ok} of {len(told.records)} expectations hold" if ok else "no expectation was held against the system"
        return ", ".join([f"{when}: {held}", *rest])
    problems = [f"problem: {problem}" for problem in told.problems]
    causes = causes_of(told)
    told_once = {record.id for cause in causes for record in cause.records}
    others = [record for record in bad if record.id not in told_once]
    first = [f"{record.id}: {record.summary}" for record in others][:1]
    reasons = [f"{cause.reason} ({len(cause.records)} row{'s' if len(cause.records) > 1 else ''})" for cause in causes]
    is_worse = bool(others) and others[0].outcome is Outcome.CRITICAL
    said = [*first, *reasons] if is_worse else [*reasons, *first]
    return "; ".join([f"{when}: {len(bad)} of {len(told.records)} not ok", *problems, *said])


def _perfdata(told: Round, age: float, allowed: float) -> str:
    if not math.isfinite(told.seconds):
        raise ValueError(f"its duration is {told.seconds}")
    counts = [f"'{outcome}'={count};;;0;{len(told.records)}" for outcome, count in told.counts.items()]
    return " ".join([*counts, f"'age'={max(age, 0):.0f}s;;{allowed:.0f};0", f"'duration'={told.seconds:.3f}s;;;0"])
