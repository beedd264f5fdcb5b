from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...fault import fault
from ..cache import CLEARED, DROPPED, HOUR, REFRESHED, VALIDATED, altered, stamp
from ..estate import TrailBlaze

GIB = 1024**3


@contextmanager
def aside(*paths: Path) -> Iterator[None]:
    """Take files away for a while."""
    for path in paths:
        path.rename(path.parent.parent / path.name)
    try:
        yield
    finally:
        for path in paths:
            (path.parent.parent / path.name).rename(path)


@fault(
    "the HTML cache is empty, and nothing was fetched",
    "trailblaze.cache.layers-present",
    "trailblaze.cache.ttl-html",
    "trailblaze.cache.entries-timestamped",
    "trailblaze.cache.freshness-distribution",
    "trailblaze.cache.invalid-entries-dropped",
)
def pages_emptied(estate: TrailBlaze) -> Iterator[None]:
    with aside(*estate.cache.named("*.html.json")):
        yield


@fault("a page is cached since 30 hours", "trailblaze.cache.ttl-html")
def page_too_old(estate: TrailBlaze) -> Iterator[None]:
    with altered(estate.cache.named("trail_conditions_*.html.json")[0], cached_at=stamp(30 * HOUR)):
        yield


@fault("events are cached since 13 hours", "trailblaze.cache.ttl-json")
def events_too_old(estate: TrailBlaze) -> Iterator[None]:
    with altered(estate.cache.named("trail_conditions_*.events.json")[0], cached_at=stamp(13 * HOUR)):
        yield


@fault("a comparison is cached since 7 hours", "trailblaze.cache.ttl-db-comparison")
def comparison_too_old(estate: TrailBlaze) -> Iterator[None]:
    with altered(estate.cache.named("trail_conditions_*.diff.json")[0], cached_at=stamp(7 * HOUR)):
        yield


@fault("an answer of Gemini that nothing uses is cached since 8 days", "trailblaze.cache.ttl-external-api")
def answer_too_old(estate: TrailBlaze) -> Iterator[None]:
    with altered(estate.cache.unused, cached_at=stamp(8 * 24 * HOUR)):
        yield


@fault(
    "the last run used an answer of Gemini that was 9 days old",
    "trailblaze.cache.entries-timestamped",
    "trailblaze.cache.ttl-external-api",
)
def old_answer_served(estate: TrailBlaze) -> Iterator[None]:
    with altered(estate.cache.named("gemini_*.api.json")[0], cached_at=stamp(9 * 24 * HOUR)):
        yield


@fault(
    "an entry says that it was made next year",
    "trailblaze.cache.entries-timestamped",
    "trailblaze.cache.ttl-json",
    "trailblaze.cache.freshness-distribution",
)
def entry_from_the_future(estate: TrailBlaze) -> Iterator[None]:
    with altered(estate.cache.named("trail_conditions_*.events.json")[0], cached_at=stamp(-365 * 24 * HOUR)):
        yield


@fault(
    "half of the events were cached before their time to live, too many of all entries",
    "trailblaze.cache.freshness-distribution",
    "trailblaze.cache.ttl-json",
)
def entries_not_renewed(estate: TrailBlaze) -> Iterator[None]:
    with altered(*estate.cache.named("trail_conditions_*.events.json"), cached_at=stamp(14 * HOUR)):
        yield


@fault(
    "an entry was there before the clear",
    "trailblaze.cache.cleared",
    "trailblaze.cache.refresh-run",
)
def entry_survived_the_clear(estate: TrailBlaze) -> Iterator[None]:
    with altered(estate.cache.named("aerc_calendar_*.events.json")[0], cached_at=stamp(CLEARED + HOUR)):
        yield


@fault("the run with a forced refresh left an entry as it was", "trailblaze.cache.refresh-run")
def entry_not_refreshed(estate: TrailBlaze) -> Iterator[None]:
    with altered(estate.cache.named("aerc_calendar_*.events.json")[0], cached_at=stamp((CLEARED + REFRESHED) / 2)):
        yield


@fault(
    "somebody cleared the cache with its folder",
    "trailblaze.cache.cleared",
    "trailblaze.cache.layers-present",
    "trailblaze.cache.ttl-html",
    "trailblaze.cache.ttl-json",
    "trailblaze.cache.ttl-db-comparison",
    "trailblaze.cache.ttl-external-api",
    "trailblaze.cache.entries-timestamped",
    "trailblaze.cache.invalidated-on-change",
    "trailblaze.cache.invalid-entries-dropped",
    "trailblaze.cache.refresh-run",
    "trailblaze.cache.size",
    "trailblaze.cache.freshness-distribution",
    "trailblaze.data-quality.html-json-count",
    "trailblaze.data-quality.cache-schema",
)
def cache_removed(estate: TrailBlaze) -> Iterator[None]:
    with aside(estate.cache.folder):
        yield


@fault("a source published a new calendar, and the old one stays cached", "trailblaze.cache.invalidated-on-change")
def source_changed(estate: TrailBlaze) -> Iterator[None]:
    told = {"aerc_calendar": {"last_modified": stamp(60), "hash": "aerc_calendar-2"}}
    with altered(estate.cache.state / "sources.json", sources=told):
        yield


@fault("an entry that failed its validation is still there", "trailblaze.cache.invalid-entries-dropped")
def invalid_entry_kept(estate: TrailBlaze) -> Iterator[None]:
    page = estate.cache.write_page("trail_conditions", "2026-06", VALIDATED + HOUR)
    estate.cache.write(DROPPED, "trail_conditions", VALIDATED + HOUR)
    yield
    (estate.cache.folder / DROPPED).unlink()
    page.unlink()


@fault("the cache has grown to 2 GiB", "trailblaze.cache.size")
def cache_grown(estate: TrailBlaze) -> Iterator[None]:
    huge = estate.cache.folder / "pages" / "huge.html"
    with huge.open("wb") as file:
        file.truncate(2 * GIB)  # a file with a hole: it takes no room of yours
    yield
    huge.unlink()
