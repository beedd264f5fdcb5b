"""How old cached entries are, by their own record, and what is said of it."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from rounds.checks import test_file_cache as ttl
from rounds.fixtures import file_cache as looks
from rounds.fixtures.stamps import moment
from rounds.judge import Observer
from rounds.outcome import Outcome
from rounds.probe import PROBES, CouldNotLook, RunbookDisagrees
from rounds.targets import FileCache, RunReport

HOUR, DAY = 3600, 86_400


def html(age: float, **meta: object) -> dict[str, object]:
    return {"meta": {"fetched_at": datetime.fromtimestamp(time.time() - age, UTC).isoformat(), **meta}, "html": "<p>"}


def created(age: float, factor: float = 1, **also: object) -> dict[str, object]:
    return {"created": (time.time() - age) * factor, **also}


def look(cache: FileCache) -> looks.CacheFolder:
    seen: looks.CacheFolder = PROBES["cache_folder"].look(cache)
    return seen


def ttl_judged(row: Callable[..., Any], cache: FileCache, **given: Any) -> Observer:
    observer, expected = Observer(), row(ttl.CacheTtl, cache=cache, **given)
    ttl.test_cache_ttl(expected, look(cache), PROBES["served_names"].look(expected.served), observer)
    return observer


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize(
    ("name", "document", "words"),
    [
        (
            "html/old.json",
            html(30 * HOUR),
            "age of the oldest html entry is 30",
        ),
        ("structured/old.json", created(13 * HOUR), "age of the oldest json entry is 13"),
        ("api/old.json", created(8 * DAY, 1000), "age of the oldest external-api entry is 8"),
        ("html/ahead.json", html(-365 * DAY), "entries from the future is 1, allowed is at most 0 (html/ahead.json)"),
        ("html/undated.json", {"meta": {}}, "entries without a time is 1, allowed is at most 0 (html/undated.json)"),
        ("html/list.json", [1, 2], "entries without a time is 1"),
        ("html/true.json", {"meta": {"fetched_at": True}}, "entries without a time is 1"),
        ("html/broken.json", b'{"meta": {"fetched_at": "2026-1', "html/broken.json: it is no JSON"),
        ("html/deep.json", b"[" * 100_000, "html/deep.json: "),
        ("html/empty.json", b"", "html/empty.json: it is empty"),
        ("html/binary.json", b"\xff\xfe\x00\x81", "html/binary.json: "),
    ],
)
def test_an_entry_that_may_not_be_used_is_critical(  # noqa: PLR0913, PLR0917 - pytest's fixtures
    row: Callable[..., Any], cache: FileCache, put: Callable[..., Path], name: str, document: object, words: str
) -> None:
    put(name, document)
    observer = ttl_judged(row, cache)
    assert observer.outcome is Outcome.CRITICAL
    assert words in observer.summary


@pytest.mark.usefixtures("filled")
def test_a_copied_cache_is_as_old_as_it_says_and_not_as_its_files(
    row: Callable[..., Any], cache: FileCache, put: Callable[..., Path]
) -> None:
    put("html/old.json", html(30 * HOUR))
    for path in Path(cache.path).rglob("*.json"):
        path.touch()
    assert ttl_judged(row, cache).outcome is Outcome.CRITICAL


@pytest.mark.usefixtures("filled")
def test_most_entries_must_be_fresh_and_none_far_too_old(
    row: Callable[..., Any], cache: FileCache, put: Callable[..., Path]
) -> None:
    asked = {"age": "300%", "fresh": "90%"}
    put("html/old.json", html(30 * HOUR))
    assert ttl_judged(row, cache, **asked).outcome is Outcome.OK
    put("html/older.json", html(71 * HOUR))
    observer = ttl_judged(row, cache, **asked)
    assert observer.outcome is Outcome.CRITICAL
    assert "share within its time to live is 88.2 %, allowed is at least 90 % (15 of 17)" in observer.summary
    put("html/older.json", html(73 * HOUR))
    assert "allowed is at most 3 d" in ttl_judged(row, cache, **asked).summary


@pytest.mark.usefixtures("filled")
def test_only_what_the_last_run_used_counts_where_it_tells(
    row: Callable[..., Any], cache: FileCache, put: Callable[..., Path], tmp_path: Path
) -> None:
    put("html/old.json", html(30 * HOUR))
    report = tmp_path / "run.json"
    served = RunReport(name="last-run", system="trail", path=str(report), time="begun", names="cache.hits")

    def told(*names: str, age: float = HOUR) -> Observer:
        report.write_text(json.dumps({"begun": time.time() - age, "cache": {"hits": names}}))
        return ttl_judged(row, cache, served=served)

    assert told("aerc_calendar_4").outcome is Outcome.OK
    assert told("html/old.json").outcome is Outcome.CRITICAL
    assert told(f"{cache.path}/html/old.json").outcome is Outcome.CRITICAL
    assert told("html/old.json", age=10 * HOUR).outcome is Outcome.OK, "it was young enough then"
    report.write_text('{"begun": 5}')
    with pytest.raises(CouldNotLook, match="neither a list nor a mapping at cache"):
        ttl_judged(row, cache, served=served)
    report.unlink()
    with pytest.raises(RunbookDisagrees):
        ttl_judged(row, cache, served=served)


def test_half_an_entry_that_is_being_written_is_none_yet(cache: FileCache) -> None:
    path = Path(cache.path, "html", "a.json")
    path.parent.mkdir()
    path.write_text('{"meta"')
    assert look(cache).entries == ()


def test_times_may_stand_in_a_sidecar_a_name_or_the_file_system(cache: FileCache, put: Callable[..., Path]) -> None:
    kinds = {
        "pages": {"files": "*.html", "ttl": "1h", "recorded_in": "sidecar", "sidecar": "{stem}.meta", "time": "at"},
        "named": {"files": "*.json", "ttl": "1h", "recorded_in": "name", "name_pattern": r"_(?P<time>\d{8}_\d{6})\."},
        "plain": {"files": "*.bin", "ttl": "1h", "recorded_in": "mtime"},
    }
    other = FileCache.model_validate({"name": "other", "path": cache.path, "kinds": kinds})
    put("a.html", b"<p>")
    put("a.meta", {"at": "2026-11-22T05:30:00Z"})
    put("b.html", b"<p>")
    put("alone.meta", {"at": 1})
    put("aerc_20261122_053000.json", b"x")
    put("aerc_2026.json", b"x")
    written = put("c.bin", b"x").stat().st_mtime
    seen = look(other)
    made = {entry.name: entry.made_epoch_seconds for entry in seen.entries}
    at = 1795325400.0
    assert made == {
        "a.html": at,
        "b.html": None,
        "aerc_20261122_053000.json": at,
        "aerc_2026.json": None,
        "c.bin": written,
    }
    assert seen.orphans == ("alone.meta",)


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        (1795325400, 1795325400.0),
        (1795325400123, 1795325400.123),
        (" 1795325400.5 ", 1795325400.5),
        ("2026-11-22T05:30:00Z", 1795325400.0),
        ("2026-11-22 06:30:00+01:00", 1795325400.0),
        ("Sun, 22 Nov 2026 05:30:00 GMT", 1795325400.0),
        ("2026-11-22T05:30:00", 1795325400.0),
        (0, None),
        (-5, None),
        (10**310, None),
        (float("nan"), None),
        ("yesterday", None),
        ("", None),
        (None, None),
        ({}, None),
    ],
)  # fmt: skip
def test_stamps_are_read_as_programs_write_them(written: object, seconds: float | None) -> None:
    assert moment(written) == seconds
