"""The journal of a round on disk (`records.jsonl`), written line by line, so that a killed round can still be told.

First line: the round and every expectation it should judge. Then one line a record. Last line: how it ended.
"""

import fcntl
import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from rounds.outcome import Outcome
from rounds.record import Record
from rounds.round import Round, now

JOURNAL = "records.jsonl"
LATEST = "latest"


class Journal:
    """Writes one round's journal. Lines are handed to the kernel at once: `kill -9` loses none of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._file = (folder / JOURNAL).open("x", encoding="utf-8", errors="backslashreplace")
        fcntl.flock(self._file, fcntl.LOCK_EX)  # held as long as the round lives, however it ends

    def begin(self, told: Round, expected: list[Record]) -> None:
        """Write what should be judged: one blank record (unknown, not judged) an expectation."""
        self._write({"round": told.head(), "expected": [blank.as_json() for blank in expected]})

    def add(self, record: Record) -> None:
        self._write({"record": record.as_json()})

    def end(self, told: Round) -> None:
        self._write({"end": told.head()})
        self._file.close()

    def _write(self, line: dict[str, Any]) -> None:
        self._file.write(json.dumps(line, ensure_ascii=False, default=str) + "\n")
        self._file.flush()


def new_folder(reports: Path, batch: str) -> Path:
    """Make the folder `<time>-<batch>` for a new round; a second round in the same second gets a number."""
    stamp = now()[:19].replace("-", "").replace(":", "") + "Z"
    for number in range(1, 1000):
        folder = reports / (f"{stamp}-{batch}" if number == 1 else f"{stamp}-{batch}-{number}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        return folder
    raise FileExistsError(f"{reports} holds a thousand rounds of this second")


def point_latest(folder: Path) -> None:
    """Let `reports/latest` point at this round, without a moment in which it points nowhere."""
    temporary = folder.parent / f".{LATEST}-{os.getpid()}"
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(folder.name)
    temporary.replace(folder.parent / LATEST)


def newest_folders(reports: Path) -> list[Path]:
    """The folders of all rounds, the newest first (their names begin with the time)."""
    return sorted((path.parent for path in reports.glob(f"*/{JOURNAL}") if not path.parent.is_symlink()), reverse=True)


def worst_of_each(records: list[Record]) -> list[Record]:
    """One record an expectation: the worst, should there be several; of the equally bad the last."""
    worst: dict[str, Record] = {}
    for record in records:
        known = worst.get(record.id)
        if known is None or record.outcome.badness >= known.outcome.badness:
            worst[record.id] = record
    return list(worst.values())


def complete(told: Round, expected: list[Record], why: Callable[[str], str]) -> None:
    """Add an unknown record for every expectation that has none: nothing is green by accident."""
    told.records = worst_of_each(told.records)
    judged = {record.id for record in told.records}
    missing = [blank for blank in expected if blank.id not in judged]
    told.records += [
        replace(blank, outcome=Outcome.UNKNOWN, summary=_not_judged(blank, why(blank.id)), judged_at=now())
        for blank in missing
    ]


def _not_judged(blank: Record, why: str) -> str:
    """Why there is no verdict, and what the last attempt brought if the row has a retry and was to be judged again."""
    if not blank.attempts:
        return f"not judged: {why}"
    last = blank.attempts[-1]
    return f"not judged: {why}; attempt {len(blank.attempts)}: {last['outcome']}: {last['summary']}"


def read_journal(folder: Path) -> Round:
    """The round as far as its journal goes; what was not judged is unknown.

    Raises OSError when there is no journal and ValueError when its first line is not whole.
    """
    lines = (folder / JOURNAL).read_bytes().split(b"\n")
    first = json.loads(lines[0])
    told = Round(**first["round"])
    expected = [Record.from_json(data) for data in first["expected"]]
    for line in lines[1:]:
        data = _whole(line)
        if "record" in data:
            told.records.append(Record.from_json(data["record"]))
        elif "end" in data:
            told = replace(Round(**data["end"]), records=told.records)
    if not told.ended:
        told.ended = "still running" if _is_held(folder / JOURNAL) else "killed"
        told.problems.append(f"the round did not end by itself: it was {told.ended}")
    told.records = worst_of_each(told.records)
    complete(told, expected, lambda _: f"the round was {told.ended}")
    return told


def _whole(line: bytes) -> dict[str, Any]:
    try:
        data = json.loads(line)
    except ValueError:  # the line that was being written when the process was killed
        return {}
    return data if isinstance(data, dict) else {}


def _is_held(journal: Path) -> bool:
    """Whether the process that writes a journal still lives: its lock goes with it."""
    with journal.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
    return False
