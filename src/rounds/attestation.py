"""Attestations: what a person says was done, one line of JSON each, in a file that is only ever added to."""

import errno
import json
import math
import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rounds.limits import Limit, at_most

DAY = 86_400
CADENCES = {"daily": (1, 1), "weekly": (7, 1), "monthly": (31, 3), "quarterly": (92, 7)}
"""For each cadence how many days an attestation holds, and how many more it is only warned of."""

_LARGEST_BYTES = 20_000_000
_LONGEST_LINE = 16_384


class Unreadable(Exception):  # noqa: N818 - it says what is wrong with a person's file
    """A file of attestations of which nobody can tell what it holds; the text says where and why."""


@dataclass(frozen=True)
class Attestation:
    """Who says of which row that it was done, and when (Unix seconds)."""

    id: str
    epoch_seconds: float
    by: str
    note: str
    result: str = ""

    @property
    def day(self) -> str:
        return shown_moment(self.epoch_seconds)


def shown_moment(epoch_seconds: float) -> str:
    """`2026-11-22 14:05 UTC`."""
    return f"{datetime.fromtimestamp(epoch_seconds, UTC):%Y-%m-%d %H:%M} UTC"


def allowed(when: Iterable[str], age: object = None) -> Limit:
    """How old an attestation may be, in seconds, by a row's `age` or else its shortest cadence; raises ValueError."""
    if age is not None:
        return at_most(unit="s").written(age)
    timed = [CADENCES[cadence] for cadence in when if cadence in CADENCES]
    if not timed:
        raise ValueError(f"a row that is not {', '.join(CADENCES)} says how old an attestation may be: age: 92d")
    days, slack = min(timed)
    return at_most((days + slack) * DAY, warning=days * DAY, unit="s")


def newest_of(attestations: Iterable[Attestation], row: str) -> Attestation | None:
    """The newest of one row, by its own time: after a merge in git the last line need not be the newest."""
    return max((each for each in attestations if each.id == row), key=lambda each: each.epoch_seconds, default=None)


def read_attestations(path: Path) -> tuple[Attestation, ...] | None:
    """All that a file holds; None where there is no file. Raises Unreadable with the file, and the line."""
    try:
        with _opened(path, os.O_RDONLY) as file:
            data = file.read(_LARGEST_BYTES + 1)
    except FileNotFoundError:
        return None
    if len(data) > _LARGEST_BYTES:
        raise Unreadable(f"{path} is larger than {_LARGEST_BYTES // 10**6} MB")
    lines = data.split(b"\n")
    return tuple(_attestation(path, number, line) for number, line in enumerate(lines, 1) if line.strip())


def add_attestation(path: Path, attestation: Attestation) -> None:
    """Add one line, whole and at once, so that two who do it together lose nothing. Raises OSError, Unreadable."""
    stamp = datetime.fromtimestamp(attestation.epoch_seconds, UTC)
    told = {"id": attestation.id, "at": f"{stamp:%Y-%m-%dT%H:%M:%SZ}", "by": attestation.by, "note": attestation.note}
    told |= {"result": attestation.result} if attestation.result else {}
    line = f"{json.dumps(told, ensure_ascii=False)}\n".encode()
    if len(line) > _LONGEST_LINE:
        raise Unreadable(
            f"{len(line)} bytes are too much for one line: put the report elsewhere and name it in the note"
        )
    with _opened(path, os.O_RDWR | os.O_APPEND | os.O_CREAT) as file:
        size = os.fstat(file.fileno()).st_size
        is_cut = size > 0 and os.pread(file.fileno(), 1, size - 1) != b"\n"  # an editor may leave the end off
        whole = b"\n" + line if is_cut else line
        if file.write(whole) != len(whole):
            raise OSError(errno.ENOSPC, "the line could be written only in part: take its beginning out again")
        os.fsync(file.fileno())


def _opened(path: Path, flags: int) -> Any:
    """The file, unbuffered: what is written goes out as one. A pipe would wait for ever, and is refused."""
    descriptor = os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC, 0o666)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise Unreadable(f"{path} is no regular file")
    return os.fdopen(descriptor, "r+b" if flags & os.O_RDWR else "rb", buffering=0)


def _attestation(path: Path, number: int, line: bytes) -> Attestation:
    where = f"{path}:{number}"
    try:
        told = json.loads(line)
    except (ValueError, RecursionError):
        raise Unreadable(f"{where}: is no JSON, so nobody can tell whose line it is") from None
    if not isinstance(told, dict):
        raise Unreadable(f"{where}: is no mapping with id, at, by, note")
    for key in ("id", "by", "note"):
        if not isinstance(told.get(key), str) or not told[key].strip():
            raise Unreadable(f"{where}: has no {key}")
    result = told.get("result", "")
    if not isinstance(result, str):
        raise Unreadable(f"{where}: the result is no text")
    moment = _moment(told.get("at"))
    if moment is None:
        raise Unreadable(f"{where}: has no time `at` such as 2026-11-22T14:05:00Z")
    return Attestation(told["id"], moment, told["by"].strip(), told["note"].strip(), result.strip())


def _moment(written: object) -> float | None:
    try:
        found = datetime.fromisoformat(written) if isinstance(written, str) else None
        seconds = found.timestamp() if found and found.tzinfo else math.nan
    except (ValueError, OverflowError):
        return None
    return seconds if math.isfinite(seconds) else None
