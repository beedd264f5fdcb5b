import json
from collections.abc import Iterator
from typing import Any

from ...control import told
from ...fault import fault
from ..cache import altered, rewritten
from ..estate import TrailBlaze
from ..pages import THIS_MONTH, page


def data_of(path: Any) -> list[dict[str, Any]]:
    data: list[dict[str, Any]] = json.loads(path.read_text())["data"]
    return data


@fault("an event ends before it begins", "trailblaze.data-quality.event-dates")
def event_backwards(estate: TrailBlaze) -> Iterator[None]:
    ((number,),) = estate.database.query(
        "INSERT INTO events (name, location, date_start, date_end, source, updated_at) "
        "VALUES ('Ride', 'Camp', current_date, current_date - 1, 'aerc_calendar', now()) RETURNING id"
    )
    yield
    estate.database.query("DELETE FROM events WHERE id = %s", number)


@fault("an event has no end", "trailblaze.data-quality.event-dates")
def event_without_end(estate: TrailBlaze) -> Iterator[None]:
    ((number, before),) = estate.database.query("SELECT id, date_end::text FROM events ORDER BY id DESC LIMIT 1")
    estate.database.query("UPDATE events SET date_end = NULL WHERE id = %s", number)
    yield
    estate.database.query("UPDATE events SET date_end = %s::date WHERE id = %s", before, number)


@fault(
    "the calendar is served with other CSS classes, and a run that ends well finds no row",
    "trailblaze.data-quality.source-structure",
)
def page_rebuilt(estate: TrailBlaze) -> Iterator[None]:
    with estate.sources.told(route="GET /aerc*", text=page("aerc_calendar", THIS_MONTH, "c-event__row")):
        found = estate.scrapers.found("aerc_calendar")
        number = estate.database.add_run("aerc_calendar", "5 minutes", 0, found)
        yield
    estate.database.query("DELETE FROM scraper_runs WHERE id = %s", number)


@fault("version 2 no longer answers where an event is", "trailblaze.data-quality.v2-schema")
def field_dropped(estate: TrailBlaze) -> Iterator[None]:
    with told(estate.home / "api", v2_drops="location"):
        yield


@fault("an event of a page is missing in its entry", "trailblaze.data-quality.html-json-count")
def event_lost(estate: TrailBlaze) -> Iterator[None]:
    entry = estate.cache.named("aerc_calendar_*.events.json")[2]
    with altered(entry, data=data_of(entry)[1:]):
        yield


@fault("a field of a cached event has another name", "trailblaze.data-quality.cache-schema")
def field_renamed(estate: TrailBlaze) -> Iterator[None]:
    entry = estate.cache.named("trail_conditions_*.events.json")[1]
    first, *others = data_of(entry)
    renamed = {("place" if name == "location" else name): value for name, value in first.items()}
    with altered(entry, data=[renamed, *others]):
        yield


@fault(
    "a cached entry was corrupt when the validated run began, which told of it, made it anew and ended well",
    "trailblaze.data-quality.validated-run",
)
def entry_corrupt(estate: TrailBlaze) -> Iterator[None]:
    entry, log = estate.cache.named("aerc_calendar_*.events.json")[0], estate.scrapers.validated
    with rewritten(log, ""):
        with rewritten(entry, entry.read_text()[:200]):
            estate.scrapers.validate()
        yield
