"""Which entries a cache holds, and what is said of caches that are incomplete, cleared or stale."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from rounds.checks import test_cache_changes as changes
from rounds.checks import test_cache_entries as entries
from rounds.checks import test_file_cache as ttl
from rounds.fixtures import file_cache as looks
from rounds.judge import Observer
from rounds.outcome import Outcome
from rounds.probe import PROBES, CouldNotLook
from rounds.targets import FileCache, RunReport

HOUR, DAY = 3600, 86_400


def html(age: float, **meta: object) -> dict[str, object]:
    return {"meta": {"fetched_at": datetime.fromtimestamp(time.time() - age, UTC).isoformat(), **meta}, "html": "<p>"}


def look(cache: FileCache) -> looks.CacheFolder:
    seen: looks.CacheFolder = PROBES["cache_folder"].look(cache)
    return seen


def ttl_judged(row: Callable[..., Any], cache: FileCache, **given: Any) -> Observer:
    observer, expected = Observer(), row(ttl.CacheTtl, cache=cache, **given)
    ttl.test_cache_ttl(expected, look(cache), PROBES["served_names"].look(expected.served), observer)
    return observer


def entries_judged(row: Callable[..., Any], cache: FileCache, **given: Any) -> Observer:
    observer, expected = Observer(), row(entries.CacheEntries, cache=cache, **given)
    reports = PROBES["cache_reports"].look(expected.run, expected.rejected, expected.counted)
    entries.test_cache_entries(expected, look(cache), reports, observer)
    return observer


def cleared_judged(row: Callable[..., Any], cache: FileCache, **given: Any) -> Observer:
    observer, expected = Observer(), row(entries.CacheCleared, cache=cache, **given)
    entries.test_cache_cleared(expected, look(cache), PROBES["last_run"].look(expected.run), observer)
    return observer


def changes_judged(row: Callable[..., Any], cache: FileCache, report: RunReport, **given: Any) -> Observer:
    observer, expected = Observer(), row(changes.CacheInvalidated, cache=cache, changes=report, **given)
    changes.test_cache_invalidated(expected, look(cache), PROBES["source_changes"].look(report), observer)
    return observer


@pytest.mark.usefixtures("filled")
def test_a_healthy_cache_is_ok(row: Callable[..., Any], cache: FileCache) -> None:
    for observer in (ttl_judged(row, cache), ttl_judged(row, cache, kinds=["html"]), entries_judged(row, cache)):
        assert observer.outcome is Outcome.OK, observer.summary


def test_an_empty_or_missing_cache_is_critical(row: Callable[..., Any], cache: FileCache) -> None:
    assert ttl_judged(row, cache).outcome is Outcome.CRITICAL
    assert entries_judged(row, cache).outcome is Outcome.CRITICAL
    Path(cache.path).rmdir()
    for judged in (ttl_judged, entries_judged, cleared_judged):
        assert judged(row, cache).outcome is Outcome.CRITICAL
        assert "there is no folder" in judged(row, cache).summary


@pytest.mark.usefixtures("filled")
def test_each_kind_must_have_entries(row: Callable[..., Any], cache: FileCache) -> None:
    for path in Path(cache.path, "html").iterdir():
        path.unlink()
    observer = entries_judged(row, cache)
    assert observer.outcome is Outcome.CRITICAL
    assert observer.summary == "html entries is 0, allowed is at least 1"
    assert entries_judged(row, cache, kinds=["json"]).outcome is Outcome.OK


@pytest.mark.usefixtures("filled")
def test_a_folder_that_its_owner_cannot_write_is_critical(row: Callable[..., Any], cache: FileCache) -> None:
    Path(cache.path).chmod(0o555)
    observer = entries_judged(row, cache)
    Path(cache.path).chmod(0o755)
    assert observer.outcome is Outcome.CRITICAL
    assert "cache is writable is no, allowed is yes (its owner may not write into it (mode 555))" in observer.summary


@pytest.mark.usefixtures("filled")
def test_files_of_no_kind_are_told(row: Callable[..., Any], cache: FileCache, put: Callable[..., Path]) -> None:
    put("html/.gitkeep", b"")
    Path(cache.path, "html", "new.json.tmp").write_text("being written")
    assert entries_judged(row, cache).outcome is Outcome.OK
    put("stray.txt", b"x")
    put("html/deeper/a.json", html(0))
    observer = entries_judged(row, cache)
    assert observer.outcome is Outcome.WARNING
    assert "files of no kind is 2" in observer.summary


@pytest.mark.usefixtures("filled")
def test_a_refresh_renews_every_entry_of_its_source(
    row: Callable[..., Any], cache: FileCache, put: Callable[..., Path], tmp_path: Path
) -> None:
    log = tmp_path / "scraper.log"
    run = RunReport(
        name="refresh", path=str(log), pattern=r"^(?P<time>\S+ \S+) INFO refresh of aerc_calendar begins", time_format="%Y-%m-%d %H:%M:%S"
    )  # fmt: skip
    asked = {"files": "html/aerc_calendar_*.json", "run": run}

    def begun(*ages: float) -> Observer:
        stamps = [time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(time.time() - age)) for age in ages]
        log.write_text("".join(f"{stamp} INFO refresh of aerc_calendar begins\nmore\n" for stamp in stamps))
        return entries_judged(row, cache, **asked)

    assert begun(9 * HOUR, 5 * HOUR).outcome is Outcome.OK
    observer = begun(9 * HOUR, 2.5 * HOUR)
    assert observer.outcome is Outcome.CRITICAL
    assert "entries from before the run is 2, allowed is at most 0" in observer.summary
    assert begun().outcome is Outcome.UNKNOWN
    assert begun(-DAY).outcome is Outcome.CRITICAL
    assert begun(5 * HOUR).outcome is Outcome.OK
    put("html/aerc_calendar_9.json", {"no": "time"})
    assert begun(5 * HOUR).outcome is Outcome.CRITICAL
    assert entries_judged(row, cache, files="html/gone_*.json", run=run).outcome is Outcome.CRITICAL


@pytest.mark.usefixtures("filled")
def test_what_a_validation_rejected_must_be_gone(
    row: Callable[..., Any], cache: FileCache, put: Callable[..., Path], tmp_path: Path
) -> None:
    report = tmp_path / "validation.json"
    rejected = RunReport(name="validation", path=str(report), time="at", names="failed", name_field="file")

    def told(*names: str) -> Observer:
        report.write_text(json.dumps({"at": time.time() - HOUR / 2, "failed": [{"file": name} for name in names]}))
        return entries_judged(row, cache, rejected=rejected)

    assert told().outcome is Outcome.OK
    assert told("html/gone.json").outcome is Outcome.OK
    observer = told("aerc_calendar_3.json", "html/gone.json")
    assert observer.outcome is Outcome.CRITICAL
    assert "rejected entries still there is 1, allowed is at most 0 (html/aerc_calendar_3.json)" in observer.summary
    put("html/aerc_calendar_3.json", html(60))
    assert told("aerc_calendar_3.json").outcome is Outcome.OK, "it was made anew after it"
    report.write_text('{"failed": [{"fil": "x"}]}')
    with pytest.raises(CouldNotLook, match="have no name"):
        entries_judged(row, cache, rejected=rejected)


@pytest.mark.usefixtures("filled")
def test_a_count_must_agree_with_the_source(row: Callable[..., Any], cache: FileCache, tmp_path: Path) -> None:
    report = tmp_path / "count.json"
    counted = RunReport(name="rows", path=str(report), count="rows")
    for said, outcome in (
        ("5", Outcome.OK),
        ("6", Outcome.CRITICAL),
        ("[1,2,3,4,5]", Outcome.OK),
        ("null", Outcome.UNKNOWN),
    ):
        report.write_text(f'{{"rows": {said}}}')
        assert entries_judged(row, cache, kinds=["html"], counted=counted).outcome is outcome


@pytest.mark.usefixtures("filled")
def test_a_clear_leaves_nothing_but_the_folder_and_what_is_spared(
    row: Callable[..., Any], cache: FileCache, put: Callable[..., Path], tmp_path: Path
) -> None:
    stamp = tmp_path / "cleared.json"
    run = RunReport(name="clear", path=str(stamp), time="at")
    stamp.write_text(json.dumps({"at": time.time() - 30 * DAY}))
    assert cleared_judged(row, cache).outcome is Outcome.CRITICAL
    assert cleared_judged(row, cache, run=run).outcome is Outcome.OK, "all was made after the clear"
    selective = {"files": "**/aerc_calendar_*.json", "spared": ["external-api"]}
    assert "entries left is 5" in cleared_judged(row, cache, **selective).summary
    for path in Path(cache.path, "html").iterdir():
        path.unlink()
    assert cleared_judged(row, cache, **selective).outcome is Outcome.OK
    for path in [*Path(cache.path).glob("*/*.json")]:
        path.unlink()
    assert cleared_judged(row, cache).outcome is Outcome.OK
    put(".hidden", b"left by a star")
    assert "entries left is 1, allowed is at most 0 (.hidden)" in cleared_judged(row, cache).summary
    assert "external-api entries is 0" in cleared_judged(row, cache, **selective).summary


@pytest.mark.usefixtures("filled")
def test_entries_of_a_source_that_changed_must_be_newer(
    row: Callable[..., Any], cache: FileCache, put: Callable[..., Path], tmp_path: Path
) -> None:
    report = tmp_path / "sources.json"
    known = RunReport(name="sources", path=str(report), names="sources")

    def told(source: str, **details: object) -> Observer:
        report.write_text(json.dumps({"sources": {source: details}}))
        return changes_judged(row, cache, known)

    def http(age: float) -> str:
        return time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() - age))

    assert told("aerc_calendar", last_modified=http(5 * HOUR)).outcome is Outcome.OK
    observer = told("aerc_calendar", last_modified=http(2.5 * HOUR))
    assert observer.outcome is Outcome.CRITICAL
    assert "entries from before a change is 2" in observer.summary
    assert told("gemini", last_modified=http(5 * DAY)).outcome is Outcome.OK
    assert told("gemini", last_modified=http(DAY / 2)).outcome is Outcome.CRITICAL
    for number in range(5):
        put(f"html/aerc_calendar_{number}.json", html(number * HOUR, sha256="abc"))
    assert told("aerc_calendar", hash="abc").outcome is Outcome.OK
    assert told("aerc_calendar", hash="abd").outcome is Outcome.CRITICAL
    assert told("aerc_calendar").outcome is Outcome.UNKNOWN
    assert told("aerc_calendar", last_modified=http(-DAY)).outcome is Outcome.UNKNOWN
    assert told("nobody", hash="abc").outcome is Outcome.UNKNOWN
    report.write_text('{"sources": {}}')
    assert changes_judged(row, cache, known).outcome is Outcome.CRITICAL


def test_a_name_that_is_written_without_a_pattern_and_a_kind_that_is_unknown_are_refused(
    row: Callable[..., Any], cache: FileCache
) -> None:
    with pytest.raises(ValidationError, match="needs a name_pattern"):
        FileCache.model_validate({"path": "/x", "kinds": {"a": {"files": "*", "ttl": "1h", "recorded_in": "name"}}})
    with pytest.raises(ValidationError, match="the cache has no kind 'htm'"):
        row(ttl.CacheTtl, cache=cache, kinds=["htm"])
    with pytest.raises(ValidationError, match="dotted paths"):
        RunReport(name="r", path="/x")
