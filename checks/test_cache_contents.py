"""Caches in folders hold what was really on the pages, in the form that is due."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from rounds.checks.cached import OfCache
from rounds.expectation import Expectation
from rounds.fixtures.cache_contents import CacheShapes, PageCount, PageCounts
from rounds.judge import Observer
from rounds.limits import Limit, at_least, at_most
from rounds.selector import Selector
from rounds.targets import FileCache


class CacheSchema(OfCache):
    """How many items of the entries may not fit a schema; each entry holds a list of them that is not empty."""

    items: Annotated[str, Field(description="dotted path of the list in an entry; empty: the entry is the list")] = ""
    schema_file: Annotated[str, Field(min_length=1, description="a JSON Schema of an item, on this machine")]
    entries: Limit = at_least(1)
    misfitting: Limit = at_most(0)


def test_cache_schema(expected: CacheSchema, cache_shapes: CacheShapes, observe: Observer) -> None:
    """Every item of every cached entry has the form that is due.

    Remedy: an entry alone: remove it and run its scraper with a forced refresh. All of a source: its page or its
    scraper changed; mend that first. All of them: does the schema belong to the release that runs?
    """
    if cache_shapes.missing:
        observe.critical("cache", cache_shapes.missing, "missing")
        return
    found = cache_shapes.entries
    observe("entries", len(found), expected.entries)
    unreadable = [f"{each.name}: {each.failure}" for each in found if each.failure]
    observe("unreadable entries", len(unreadable), at_most(0), note="; ".join(unreadable[:3]))
    empty = [each.name for each in found if not each.items and not each.failure]
    observe("entries without items", len(empty), at_most(0), note=", ".join(empty[:5]))
    told = [f"{each.name}, {each.misfits[0]}" for each in found if each.misfits]
    wrong = sum(each.misfitting for each in found)
    of = f"of {sum(each.items or 0 for each in found)}"
    observe("items that do not fit", wrong, expected.misfitting, note="; ".join(told[:3]) or of)
    if cache_shapes.unjudged:
        why = f"nobody judged its {', '.join(cache_shapes.unjudged[:5])}"
        observe.unknown("schema", why, len(cache_shapes.unjudged))


class Pages(BaseModel):
    """The cached pages of a source and the entries that were made of them: `*` stands for the same in both globs."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
    page: Annotated[str, Field(pattern=r"^[^*]*\*[^*]*$", description="glob below the cache, with one *")]
    entry: Annotated[str, Field(pattern=r"^[^*]*\*[^*]*$", description="glob below the cache, with one *")]
    row: Selector
    events: Annotated[str, Field(description="dotted path of the list in an entry; empty: the entry is the list")] = ""


class CacheRowsMatch(Expectation):
    """By how much the events of a cached page may differ from the rows in its HTML; both must be there."""

    cache: FileCache
    pages: Annotated[dict[str, Pages], Field(min_length=1, description="by source")]
    difference: Limit = at_most(0)


def test_cache_rows_match(expected: CacheRowsMatch, page_counts: PageCounts, observe: Observer) -> None:
    """As many events were extracted from each cached page as it has rows.

    Remedy: open the page that is named and compare it with its entry: which row is missing, and what is odd about it?
    No row at all: the source has changed its HTML, or sends another page (a notice, a log-in); mend the scraper.
    """
    if page_counts.missing:
        observe.critical("cache", page_counts.missing, "missing")
        return
    for source in expected.pages:
        pages = [each for each in page_counts.pages if each.source == source]
        settled = [each for each in pages if not (each.is_being_written and _is_odd(each))]
        if pages and not settled:
            observe.unknown(f"pages of {source}", "all are being written just now", len(pages))
        else:
            _observe_pages(source, settled, expected, observe)


def _is_odd(page: PageCount) -> bool:
    return page.rows != page.events or not page.rows


def _observe_pages(source: str, pages: list[PageCount], expected: CacheRowsMatch, observe: Observer) -> None:
    observe(f"pages of {source}", len(pages), at_least(1))
    broken = [f"{each.name}: {each.failure}" for each in pages if each.failure]
    alone = [each.name for each in pages if not each.failure and each.rows is None]
    without = [each.name for each in pages if not each.failure and not each.rows and each.rows is not None]
    empty = [each.name for each in pages if not each.failure and each.rows and not each.events]
    for name, found in (
        ("that cannot be read", broken),
        ("that are gone, of entries", alone),
        ("without rows", without),
        ("without events", empty),
    ):
        observe(f"pages of {source} {name}", len(found), at_most(0), note=", ".join(found[:5]))
    both = [each for each in pages if each.rows and each.events]
    worst = max(both, key=_difference, default=None)
    if worst is not None:
        note = f"{worst.name}: {worst.rows} rows, {worst.events} events"
        observe(f"largest difference on pages of {source}", _difference(worst), expected.difference, note=note)


def _difference(page: PageCount) -> int:
    return abs((page.rows or 0) - (page.events or 0))
