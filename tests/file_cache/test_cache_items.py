"""What stands in cached entries: its form, and whether it is as much as the page has rows."""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from rounds.checks import test_cache_contents as checks
from rounds.fixtures.html_rows import rows_in
from rounds.judge import Observer
from rounds.outcome import Outcome
from rounds.probe import PROBES, CouldNotLook, RunbookDisagrees
from rounds.selector import steps_of
from rounds.targets import FileCache

Put = Callable[..., Path]
SCHEMA = {
    "type": "object",
    "required": ["id", "name"],
    "properties": {"id": {"type": "integer"}, "name": {"type": "string"}},
}
EVENTS: list[Any] = [{"id": number, "name": "Ride"} for number in range(3)]


def page(rows: int) -> str:
    cells = "".join(f'<tr class="odd ride"><td>Ride {number}' for number in range(rows))
    return f'<table><thead><tr><th>Name<tbody>{cells}<!-- <tr class="ride"> --></table>'


@pytest.fixture
def shaped(row: Any, cache: FileCache, tmp_path: Path) -> Callable[..., Observer]:
    """Judge the structured entries by a schema."""

    def judged(schema: object = SCHEMA, **given: Any) -> Observer:
        file = tmp_path / "event.json"
        file.write_text(schema if isinstance(schema, str) else json.dumps(schema))
        fields = {"kinds": ["json"], "items": "data", "schema_file": str(file)} | given
        expected, observer = row(checks.CacheSchema, cache=cache, **fields), Observer()
        look = PROBES["cache_shapes"].look
        seen = look(cache, expected.chosen, expected.items, expected.schema_file, expected.deadline)
        checks.test_cache_schema(expected, seen, observer)
        return observer

    return judged


def test_entries_whose_items_all_fit_are_good(put: Put, shaped: Any) -> None:
    for number in range(3):
        put(f"structured/{number}.json", {"data": EVENTS})
    put("api/of_another_kind.json", {"data": [1]})
    seen = shaped()
    assert seen.outcome is Outcome.OK
    assert "items that do not fit is 0, allowed is at most 0 (of 9)" in seen.summary


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"data": [*EVENTS, {"id": 4, "title": "Ride"}]}, "structured/1.json, item 4: name is missing"),
        ({"data": [{"id": None, "name": "Ride"}]}, "item 1: id is null, not integer"),
        ({"data": ["Ride"]}, "item 1: it is string, not object"),
        ({"data": []}, "entries without items is 1, allowed is at most 0 (structured/1.json)"),
        ({"data": {"0": EVENTS[0]}}, "entries without items is 1"),
        ({"events": EVENTS}, "entries without items is 1"),
        ([], "entries without items is 1"),
        (b'{"data": [{"id"', "unreadable entries is 1, allowed is at most 0 (structured/1.json: it is no JSON"),
        (b"", "unreadable entries is 1"),
        (b"[" * 100_000, "unreadable entries is 1"),
    ],
)
def test_an_entry_of_another_form_is_bad(put: Put, shaped: Any, document: object, words: str) -> None:
    put("structured/0.json", {"data": EVENTS})
    put("structured/1.json", document)
    seen = shaped()
    assert seen.outcome is Outcome.CRITICAL
    assert words in seen.summary


def test_no_entry_and_no_cache_are_never_good(shaped: Any, cache: FileCache) -> None:
    assert shaped().outcome is Outcome.CRITICAL
    Path(cache.path).rmdir()
    assert "there is no folder" in shaped().summary


def test_an_entry_that_is_being_written_is_not_judged(put: Put, shaped: Any, cache: FileCache) -> None:
    put("structured/0.json", {"data": EVENTS})
    Path(cache.path, "structured/1.json").write_text('{"data": [{"id"')
    assert shaped().outcome is Outcome.OK


@pytest.mark.parametrize("schema", [{}, {"type": "object"}, "{", "[" * 100_000])
def test_a_schema_that_proves_nothing_is_no_look(put: Put, shaped: Any, schema: object) -> None:
    put("structured/0.json", {"data": EVENTS})
    with pytest.raises(CouldNotLook):
        shaped(schema)


def test_what_nobody_judged_of_a_schema_is_unknown(put: Put, shaped: Any) -> None:
    put("structured/0.json", {"data": EVENTS})
    assert shaped(SCHEMA | {"minProperties": 9}).outcome is Outcome.UNKNOWN


def test_a_schema_that_is_gone_is_the_runbooks_error(shaped: Any) -> None:
    with pytest.raises(RunbookDisagrees, match="nowhere"):
        shaped(schema_file="/nowhere")


@pytest.fixture
def counted(row: Any, cache: FileCache) -> Callable[..., Observer]:
    """Judge pages against entries."""

    def judged(row_is: str = "tr.ride", **given: Any) -> Observer:
        where = {"page": "pages/*.html", "entry": "structured/*.json", "row": row_is, "events": "data"}
        expected, observer = row(checks.CacheRowsMatch, cache=cache, pages={"rides": where}, **given), Observer()
        checks.test_cache_rows_match(expected, PROBES["page_counts"].look(cache, expected.pages, None), observer)
        return observer

    return judged


@pytest.fixture
def pages(put: Put) -> None:
    for month in ("07", "08"):
        put(f"pages/{month}.html", page(3).encode())
        put(f"structured/{month}.json", {"data": EVENTS})


@pytest.mark.usefixtures("pages")
def test_pages_with_as_many_rows_as_events_are_good(counted: Any) -> None:
    seen = counted()
    assert seen.outcome is Outcome.OK
    assert "pages of rides is 2" in seen.summary


@pytest.mark.usefixtures("pages")
@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("structured/07.json", {"data": EVENTS[1:]}, "difference on pages of rides is 1, allowed is at most 0 (pages/07.html: 3 rows, 2 events)"),
        ("pages/07.html", page(9).encode(), "difference on pages of rides is 6"),
        ("pages/07.html", page(3).replace("ride", "event").encode(), "without rows is 1, allowed is at most 0 (pages/07.html)"),
        ("pages/07.html", b"", "without rows is 1"),
        ("structured/07.json", {"data": []}, "without events is 1"),
        ("structured/07.json", {"events": EVENTS}, "without events is 1"),
        ("structured/07.json", b"{", "that cannot be read is 1"),
        ("pages/09.html", page(3).encode(), "without events is 1, allowed is at most 0 (pages/09.html)"),
        ("structured/09.json", {"data": EVENTS}, "that are gone, of entries is 1, allowed is at most 0 (structured/09.json)"),
    ],
)  # fmt: skip
def test_a_page_that_differs_from_its_entry_is_bad(
    put: Put, counted: Any, name: str, content: object, words: str
) -> None:
    put(name, content)
    seen = counted()
    assert seen.outcome is Outcome.CRITICAL
    assert words in seen.summary


def test_a_page_and_its_entry_both_without_rows_are_bad(put: Put, counted: Any) -> None:
    put("pages/07.html", page(0).encode())
    put("structured/07.json", {"data": []})
    assert counted().outcome is Outcome.CRITICAL


def test_no_page_and_no_cache_are_never_good(counted: Any, cache: FileCache) -> None:
    assert counted().outcome is Outcome.CRITICAL
    Path(cache.path).rmdir()
    assert "there is no folder" in counted().summary


@pytest.mark.usefixtures("pages")
def test_a_page_that_was_fetched_just_now_waits_for_its_entry(put: Put, counted: Any) -> None:
    os.utime(put("pages/09.html", page(3).encode()), (time.time(), time.time()))
    assert counted().outcome is Outcome.OK


def test_when_all_is_being_written_nobody_can_tell(put: Put, counted: Any) -> None:
    os.utime(put("pages/09.html", page(3).encode()), (time.time(), time.time()))
    assert counted().outcome is Outcome.UNKNOWN


@pytest.mark.usefixtures("pages")
def test_what_may_not_be_read_is_no_finding(cache: FileCache, counted: Any, as_nobody: Any) -> None:
    unread = Path(cache.path, "pages/07.html")
    counted()  # what is imported when it is first needed may be unreadable for nobody
    unread.chmod(0)
    for folder in unread.parents:
        if "pytest-of-" in str(folder):  # never the machine's own folder for all
            folder.chmod(0o755)
    with as_nobody(), pytest.raises(CouldNotLook, match="may not be read"):
        counted()


@pytest.mark.parametrize(
    ("html", "selector", "rows"),
    [
        (page(3), "tr", 4), (page(3), "tbody tr", 3), (page(3), "thead tr", 1), (page(3), "table tr.odd.ride", 3),
        ('<div id=a><p class="x">1<p class="x">2</div><p class="x">3', "#a .x", 2),
        ('<ul><li data-day="1">a<li data-day="2">b<li>c</ul>', "li[data-day]", 2),
        ('<ul><li data-day="1">a<li data-day=2>b</ul>', 'li[data-day="2"]', 1),
        ("<script>'<tr class=ride>'</script><template><tr class=ride></template>", "tr.ride", 0),
        ("<TR CLASS='ride'><td><table><tr class=ride></table>", "tr.ride", 2),
        ("<tr class=rides><tr class='a-ride'>", "tr.ride", 0), ("</div></div><br><tr class=ride>", "tr.ride", 1),
        ("<div><br/><tr class=ride/></div>", "div tr", 1), ("<tr class=ride", "tr.ride", 0), ("", "tr", 0),
        ("<a><b></a><b>", "a b", 1), ("x" * 10_000 + "&amp;<tr", "*", 0),
    ],
)  # fmt: skip
def test_rows_are_counted_as_a_browser_would_see_them(html: str, selector: str, rows: int) -> None:
    assert rows_in(html, selector) == rows


@pytest.mark.parametrize("selector", ["", " ", "tr > td", "tr:first-child", "tr,td", "tr.", "[a", "a[b~=c]"])
def test_a_selector_that_is_not_known_is_refused(row: Any, cache: FileCache, selector: str) -> None:
    with pytest.raises(ValueError, match="no selector"):
        steps_of(selector)
    where = {"page": "pages/*.html", "entry": "structured/*.json", "row": selector}
    with pytest.raises(ValidationError, match="no selector"):
        row(checks.CacheRowsMatch, cache=cache, pages={"rides": where})


def test_the_name_of_a_page_stands_for_one_thing(row: Any, cache: FileCache) -> None:
    where = {"page": "pages/*/*.html", "entry": "structured/*.json", "row": "tr"}
    with pytest.raises(ValidationError, match="pattern"):
        row(checks.CacheRowsMatch, cache=cache, pages={"rides": where})
