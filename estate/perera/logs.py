"""The past of Perera's log: today's file, and five days that were rotated, all but the newest of them compressed."""

import datetime as dt
import gzip
import os
from collections.abc import Iterator
from pathlib import Path

from .stand_ins.records import SOURCES, record

Record = tuple[dt.datetime, str]
DAYS = 5
ROTATED = dt.timedelta(hours=10)  # ago
DAY = dt.timedelta(days=1)
USUAL_ERRORS = 9  # of a day before today


def write_past(logs: Path) -> None:
    """Write the log as the newest rotation is about to find it: the day before it is in app.log yet."""
    now = dt.datetime.now(dt.UTC)
    save(logs / "app.log", [*calm(now - ROTATED - DAY, now - ROTATED), *noise(now - ROTATED, USUAL_ERRORS)])
    for number in range(2, DAYS + 1):
        end = now - ROTATED - (number - 1) * DAY
        path = logs / f"app.log.{number}.gz"
        path.write_bytes(gzip.compress(text([*calm(end - DAY, end), *noise(end, USUAL_ERRORS)]).encode(), 1))
        os.utime(path, times=(end.timestamp(), end.timestamp()))


def rotate(logs: Path) -> None:
    """Rename the log as logrotate does, and put today's file in its place; the signal is the caller's."""
    now = dt.datetime.now(dt.UTC)
    begun = (now - ROTATED).timestamp()
    draft = logs / ".app.log.new"
    save(draft, [*calm(now - ROTATED, now - dt.timedelta(seconds=20)), *noise(now, 2)])
    (logs / "app.log").rename(logs / "app.log.1")
    draft.rename(logs / "app.log")
    os.utime(logs / "app.log.1", times=(begun, begun))


def save(path: Path, records: list[Record]) -> None:
    path.write_text(text(records))


def text(records: list[Record]) -> str:
    return "".join(line for _, line in sorted(records, key=lambda each: each[0]))


def calm(since: dt.datetime, until: dt.datetime) -> Iterator[Record]:
    when, number = since, 0
    while when < until:
        message = f"data_source:{SOURCES[number % len(SOURCES)]} has {number % 11} new leads, 0 errors"
        yield when, record(when, "sources", "INFO", message)
        when += dt.timedelta(seconds=173 + number % 13)
        number += 1


def noise(end: dt.datetime, errors: int) -> Iterator[Record]:
    """Yield some errors, never many of one source, and a dozen warnings; a former day's errors are older than a day."""
    for number in range(errors):
        when = end - dt.timedelta(hours=(1 if errors < USUAL_ERRORS else 14.5) + number, minutes=13)
        yield when, record(when, "sources", "ERROR", f"data_source:{SOURCES[number % 4]} timed out after 30 s")
    for number in range(12):
        when = end - dt.timedelta(minutes=31 * (1 + number))
        yield when, record(when, "quality", "WARNING", f"lead {7000 + number} has no telephone number")
