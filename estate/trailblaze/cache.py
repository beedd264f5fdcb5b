"""What TrailBlaze's scrapers leave behind: cached entries, and what they tell of their runs."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

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
                (self.folder / "pages" / f"{source}_{month}.html").write_text(f"<h1>{source} {month}</h1>\n")
                for kind, ago in ages.items():
                    self.write(f"{source}_{month}.{kind}.json", source, ago)
        for number in range(10):
            self.write(f"gemini_place-{number}.api.json", "gemini", (1 + number % 5) * 24 * HOUR)
        self._report()

    def write(self, name: str, source: str, ago: float) -> None:
        """Make an entry of so long ago."""
        entry = {"source": source, "cached_at": stamp(ago), "data": [name] * 20}
        if ".html." in name:
            entry |= {"content_hash": f"{source}-1", "page": f"pages/{name.removesuffix('.json')}"}
        (self.folder / name).write_text(json.dumps(entry))

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


@contextmanager
def altered(*paths: Path, **changes: Any) -> Iterator[None]:
    """Change some keys of JSON files for a while."""
    before = {path: path.read_text() for path in paths}
    for path, text in before.items():
        path.write_text(json.dumps(json.loads(text) | changes))
    try:
        yield
    finally:
        for path, text in before.items():
            path.write_text(text)
