import datetime as dt
from collections.abc import Iterator

from ...fault import fault
from ..estate import TrailBlaze
from ..logs import DEBUG_RUN, append, line

TRACEBACK = """\
Traceback (most recent call last):
  File "/app/api/events.py", line 88, in listing
    return sorted(rides, key=lambda ride: ride["date"])
KeyError: 'date'
"""


@fault("the API logs 11 errors", "trailblaze.logs.recent-errors")
def errors_logged(estate: TrailBlaze) -> Iterator[None]:
    now = dt.datetime.now(dt.UTC)
    words = "geocoding failed, the place is left empty"
    append(estate.home / "logs" / "app.log", [line(now, "ERROR", words, place=n) for n in range(11)])
    yield


@fault("the scraper of aerc_calendar ended with an exception", "trailblaze.logs.scraper-errors")
def scraper_fails(estate: TrailBlaze) -> Iterator[None]:
    record = line(dt.datetime.now(dt.UTC), "ERROR", "run failed", "aerc_calendar", exc_info=TRACEBACK)
    append(estate.home / "logs" / "scrapers.log", [record])
    yield


@fault(
    "one line in ten is a traceback as plain text",
    "trailblaze.logs.structure",
    "trailblaze.logs.exceptions-500",
)
def plain_tracebacks(estate: TrailBlaze) -> Iterator[None]:
    now = dt.datetime.now(dt.UTC)
    some = [line(now, "INFO", "GET /v1/events", path="/v1/events", status=200)] * 10
    append(estate.home / "logs" / "app.log", [*some, TRACEBACK] * 10)
    yield


@fault("the application could not connect to its database", "trailblaze.health.db-connectivity")
def connection_failed(estate: TrailBlaze) -> Iterator[None]:
    words = 'connection to server at "database", port 5432 failed: Connection refused'
    append(estate.home / "logs" / "app.log", [line(dt.datetime.now(dt.UTC), "ERROR", words)])
    yield


@fault("a debugging run prints no figures of the cache", "trailblaze.logs.debug-run-metrics")
def debug_figures_missing(estate: TrailBlaze) -> Iterator[None]:
    path = estate.home / "logs" / "aerc_calendar-debug.log"
    path.write_text("".join(each for each in DEBUG_RUN.splitlines(keepends=True) if "metrics" not in each))
    yield
    path.write_text(DEBUG_RUN)
