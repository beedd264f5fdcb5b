"""The past of TrailBlaze's logs, in the format that the API goes on with: one JSON object a line."""

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PATHS = ("/v1/events", "/v2/events", "/v1/assistant/status", "/v1/events", "/health")
DEBUG_RUN = """\
scrapers.aerc_calendar: started, SCRAPER_DEBUG=true
scrapers.aerc_calendar: 24 pages, 186 events
cache metrics: hits: 38, misses: 2, size: 1.4 MB
scrapers.aerc_calendar: finished in 141.2 s
"""


def line(when: dt.datetime, level: str, message: str, service: str = "api", **context: Any) -> str:
    """One record; its request has a number of its own."""
    record = {
        "timestamp": when.isoformat(timespec="milliseconds"), "level": level, "service": service,
        "request_id": f"{int(when.timestamp() * 1e6):032x}", "message": message, "context": context,
    }  # fmt: skip
    return json.dumps(record) + "\n"


def write_past(logs: Path) -> None:
    now = dt.datetime.now(dt.UTC)
    records = [*requests(now), *trouble(now)]
    (logs / "app.log").write_text("".join(text for _, text in sorted(records)))
    (logs / "scrapers.log").write_text("".join(text for _, text in sorted(runs(now))))
    (logs / "aerc_calendar-debug.log").write_text(DEBUG_RUN)


def requests(now: dt.datetime) -> Iterator[tuple[dt.datetime, str]]:
    for number in range(1700):
        when, path = now - dt.timedelta(seconds=30 + 55 * number), PATHS[number % len(PATHS)]
        yield when, line(when, "INFO", f"GET {path}", path=path, status=200, user_id=number % 40 or None)


def trouble(now: dt.datetime) -> Iterator[tuple[dt.datetime, str]]:
    """Three errors of an ordinary day, none of them in the last hours."""
    for hours in (5, 11, 20):
        when = now - dt.timedelta(hours=hours)
        yield when, line(when, "ERROR", "geocoding failed, the place is left empty", place=f"Camp {hours}")
        yield when, line(when, "WARNING", "slow answer of Gemini", seconds=4.2)


def runs(now: dt.datetime) -> Iterator[tuple[dt.datetime, str]]:
    for number in range(6):
        for service in ("aerc_calendar", "trail_conditions"):
            when = now - dt.timedelta(minutes=90) - number * dt.timedelta(hours=6)
            yield when, line(when, "INFO", "started, failed: 0", service, run=number)
            end = when + dt.timedelta(seconds=150)
            yield end, line(end, "INFO", "finished, 186 events, 0 errors", service, run=number)


def append(path: Path, lines: list[str]) -> None:
    with path.open("a") as file:
        file.write("".join(lines))
