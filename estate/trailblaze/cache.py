"""What TrailBlaze's scrapers leave behind: cached entries, and what they tell of their runs."""

import contextlib
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from . import pages

HOUR = 3600.0
MONTHS = [f"2026-{month:02d}" for month in range(7, 13)]
CLEARED, REFRESHED, RUN, VALIDATED = 4 * HOUR, 3 * HOUR, 1.5 * HOUR, 1 * HOUR
"""How long ago aerc_calendar's entries were cleared and refreshed, the last run began, and entries were validated."""
AGES = {
    "aerc_calendar": {"html": 2.9 * HOUR, "events": 2.8 * HOUR, "diff": 2.7 * HOUR},
    "trail_conditions": {"html": 10 * HOUR, "events": 8 * HOUR, "diff": 4 * HOUR},
}
CHANGED = {"aerc_calendar": 20 * HOUR, "trail_conditions": 72 * HOUR}
DROPPED = "trail_conditions_2026-06.events.json"


def stamp(ago: float) -> str:
    return datetime.fromtimestamp(time.time() - ago, UTC).isoformat(timespec="seconds")


class Cache:
    """The folder of the cache, and the folder of reports beside it."""

    def __init__(self, home: Path) -> None:
        self.folder, self.state = home / "cache", home / "state"

    def fill(self) -> None:
        (self.folder / "pages").mkdir(parents=True)
        self.state.mkdir()
        for source, ages in AGES.items():
            for month in MONTHS:
                self.write_page(source, month, ages["html"])
                for kind, ago in ages.items():
                    self.write(f"{source}_{month}.{kind}.json", source, ago)
        for number in range(10):
            self.write(f"gemini_place-{number}.api.json", "gemini", (1 + number % 5) * 24 * HOUR)
        self._report()

    def write(self, name: str, source: str, ago: float) -> None:
        """Make an entry of so long ago."""
        entry: dict[str, Any] = {"source": source, "cached_at": stamp(ago), "data": [name] * 20}
        if ".events." in name:
            entry["data"] = pages.events(source, month_of(name, source))
        if ".html." in name:
            entry |= {"content_hash": f"{source}-1", "page": f"pages/{name.removesuffix('.json')}"}
        written(self.folder / name, json.dumps(entry), ago)

    def write_page(self, source: str, month: str, ago: float) -> Path:
        """Make the page of a month, as it was fetched so long ago."""
        return written(self.folder / "pages" / f"{source}_{month}.html", pages.page(source, month), ago)

    def named(self, pattern: str) -> list[Path]:
        return sorted(self.folder.glob(pattern))

    @property
    def unused(self) -> Path:
        """An answer of Gemini that the last run did not use."""
        return self.named("gemini_*")[-1]

    def _report(self) -> None:
        served = [path.name for path in self.named("aerc_calendar_*") + self.named("gemini_*") if path != self.unused]
        reports: dict[str, Any] = {
            "cleared": {"cleared_at": stamp(CLEARED), "selected": "aerc_calendar_*.json"},
            "refresh": {"started_at": stamp(REFRESHED), "scraper": "aerc_calendar"},
            "last_run": {"started_at": stamp(RUN), "scraper": "aerc_calendar", "cache": {"served": served}},
            "validation": {"finished_at": stamp(VALIDATED), "inconsistent": [{"file": DROPPED, "reason": "row count"}]},
            "sources": {
                "sources": {
                    source: {"last_modified": stamp(ago), "hash": f"{source}-1"} for source, ago in CHANGED.items()
                }
            },
        }
        for name, report in reports.items():
            (self.state / f"{name}.json").write_text(json.dumps(report))


def month_of(name: str, source: str) -> str:
    return name.removeprefix(f"{source}_").partition(".")[0]


def written(path: Path, text: str, ago: float) -> Path:
    """Write a file as it would have been so many seconds ago."""
    path.write_text(text)
    os.utime(path, (time.time() - ago, time.time() - ago))
    return path


@contextmanager
def altered(*paths: Path, **changes: Any) -> Iterator[None]:
    """Change some keys of JSON files for a while."""
    with contextlib.ExitStack() as rewritten_meanwhile:
        for path in paths:
            text = json.dumps(json.loads(path.read_text()) | changes)
            rewritten_meanwhile.enter_context(rewritten(path, text))
        yield


@contextmanager
def rewritten(path: Path, text: str) -> Iterator[None]:
    """Let a file hold something else for a while, as old as it was."""
    before, when = path.read_text(), path.stat().st_mtime_ns
    path.write_text(text)
    os.utime(path, ns=(when, when))
    try:
        yield
    finally:
        path.write_text(before)
        os.utime(path, ns=(when, when))
