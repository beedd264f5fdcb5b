"""The judgements on logs: healthy and broken facts side by side."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from rounds.checks import test_access_log as access_checks
from rounds.checks import test_logs as checks
from rounds.fixtures.logs import LogRecords, Requests, Tally
from rounds.judge import Observer
from rounds.outcome import Outcome
from rounds.targets import Log

PATTERN = "(?P<time>x)(?P<level>x)(?P<code>x)(?P<status>x)(?P<seconds>x)"
LOG = Log(name="app-log", path="/x", pattern=PATTERN, time_format="epoch")
BARE = Log(name="bare-log", path="/x", pattern="(?P<time>x)", time_format="epoch")
QUIET = LogRecords(100, {}, {}, 0, 5.0, 0)
WELL = Requests(1000, {"200": 970, "404": 20, "502": 10}, 1000, 0.01, 0.4, 0.9, 0)
Row = Callable[..., Any]


@pytest.fixture
def observer() -> Observer:
    return Observer()


def tally(count: int) -> Tally:
    return Tally(count, ("the newest of them",) if count else ())


def levels(**counts: int) -> LogRecords:
    return replace(QUIET, kinds={(level, ""): tally(count) for level, count in counts.items()})


@pytest.mark.parametrize(
    ("seen", "outcome"),
    [
        (levels(INFO=90, ERROR=3), Outcome.OK),
        (levels(ERROR=9, CRITICAL=1), Outcome.OK),
        (levels(ERROR=9, CRITICAL=2), Outcome.CRITICAL),
        (levels(INFO=90), Outcome.OK),
        (replace(QUIET, records=0, newest_age_seconds=None), Outcome.CRITICAL),
        (replace(QUIET, records=0, newest_age_seconds=None, records_ahead=50), Outcome.CRITICAL),
        (replace(QUIET, records_ahead=1), Outcome.UNKNOWN),
        (replace(QUIET, records=1, foreign_lines=900), Outcome.UNKNOWN),
        (replace(QUIET, records=100, foreign_lines=301), Outcome.UNKNOWN),
        (replace(QUIET, records=100, foreign_lines=300), Outcome.OK),
        (replace(QUIET, records=1, foreign_lines=20), Outcome.OK),
        (replace(QUIET, records=1, stray_lines=900), Outcome.OK),
    ],
)
def test_few_errors_may_be_logged_and_something_must_be(
    row: Row, observer: Observer, seen: LogRecords, outcome: Outcome
) -> None:
    checks.test_log_record_count(row(checks.LogRecordCount, log=LOG, levels=["error", "CRITICAL"]), seen, observer)
    assert observer.outcome is outcome


@pytest.mark.parametrize(
    ("kinds", "outcome"),
    [
        ({("LOG", "57P01"): 9, ("ERROR", "42P01"): 10}, Outcome.OK),
        ({("ERROR", "42P01"): 11}, Outcome.CRITICAL),
        ({("ERROR", "53100"): 1}, Outcome.CRITICAL),
        ({("ERROR", "57P01"): 1}, Outcome.CRITICAL),
        ({("ERROR", "57014"): 1}, Outcome.OK),
        ({("FATAL", "28P01"): 1}, Outcome.CRITICAL),
        ({("PANIC", "XX000"): 1}, Outcome.CRITICAL),
    ],
)
def test_severe_levels_and_codes_have_a_limit_of_their_own(
    row: Row, observer: Observer, kinds: dict[tuple[str, str], int], outcome: Outcome
) -> None:
    severe = {"severe_levels": ["FATAL", "PANIC"], "severe_codes": ["53", "57P", "58", "XX"], "severe": 0}
    expected = row(checks.LogRecordCount, log=LOG, levels=["ERROR"], **severe)
    seen = replace(QUIET, kinds={kind: tally(count) for kind, count in kinds.items()})
    checks.test_log_record_count(expected, seen, observer)
    assert observer.outcome is outcome


@pytest.mark.parametrize(("unauthorized", "outcome"), [(18, Outcome.OK), (30, Outcome.CRITICAL)])
def test_matching_records_are_judged_together(
    row: Row, observer: Observer, unauthorized: int, outcome: Outcome
) -> None:
    expected = row(checks.LogRecordCount, log=LOG, matching={"failed logins": "a", "unauthorised": "b"}, count=20)
    seen = replace(QUIET, matches={"failed logins": tally(2), "unauthorised": tally(unauthorized)})
    checks.test_log_record_count(expected, seen, observer)
    assert observer.outcome is outcome
    assert f"{unauthorized} unauthorised" in observer.observations[-1].note


@pytest.mark.parametrize(("left", "outcome"), [(0, Outcome.OK), (1, Outcome.CRITICAL)])
def test_events_must_be_acknowledged(row: Row, observer: Observer, left: int, outcome: Outcome) -> None:
    expected = row(checks.LogRecordCount, log=LOG, matching={"events": "a"}, acknowledged_by="b", count=0)
    checks.test_log_record_count(expected, replace(QUIET, matches={"events": tally(left)}, acknowledged=3), observer)
    assert observer.outcome is outcome


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "by levels or by matching"),
        ({"levels": ["ERROR"], "matching": {"a": "b"}}, "by levels or by matching"),
        ({"matching": {"a": "("}}, "no regular expression"),
        ({"levels": ["ERROR"], "log": BARE}, "no group level"),
        ({"matching": {"a": "b"}, "severe_codes": ["53"], "log": BARE}, "no group code"),
    ],
)
def test_a_row_that_could_count_nothing_is_refused(row: Row, given: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        row(checks.LogRecordCount, **{"log": LOG, **given})


@pytest.mark.parametrize(
    ("seen", "outcome"),
    [
        (WELL, Outcome.OK),
        (replace(WELL, statuses={"200": 989, "502": 11}), Outcome.CRITICAL),
        (replace(WELL, statuses={"200": 899, "404": 101}), Outcome.CRITICAL),
        (replace(WELL, count=0, statuses={}), Outcome.UNKNOWN),
        (replace(WELL, count=3, statuses={"200": 2, "500": 1}), Outcome.OK),
        (replace(WELL, count=3, statuses={"200": 1, "500": 2}), Outcome.CRITICAL),
        (replace(WELL, stray_lines=100), Outcome.UNKNOWN),
        (replace(WELL, stray_lines=10), Outcome.OK),
    ],
)
def test_shares_of_failed_requests_are_judged(row: Row, observer: Observer, seen: Requests, outcome: Outcome) -> None:
    expected = row(access_checks.AccessLogStatus, log=LOG, client_errors="10%")
    access_checks.test_access_log_status(expected, seen, observer)
    assert observer.outcome is outcome


@pytest.mark.parametrize(
    ("seen", "outcome"),
    [
        (WELL, Outcome.OK),
        (replace(WELL, seconds_p95=0.501), Outcome.CRITICAL),
        (replace(WELL, timed=5, seconds_p95=0.501), Outcome.UNKNOWN),
        (replace(WELL, timed=5, seconds_p95=0.4), Outcome.OK),
        (replace(WELL, count=0), Outcome.UNKNOWN),
        (replace(WELL, timed=0, seconds_p95=None), Outcome.UNKNOWN),
        (replace(WELL, absurd_times=100), Outcome.UNKNOWN),
        (replace(WELL, absurd_times=5), Outcome.OK),
    ],
)
def test_the_slowest_twentieth_is_left_out_when_there_are_enough(
    row: Row, observer: Observer, seen: Requests, outcome: Outcome
) -> None:
    access_checks.test_http_latency(row(access_checks.HttpLatency, log=LOG), seen, observer)
    assert observer.outcome is outcome


@pytest.mark.parametrize(
    ("model", "group"), [(access_checks.AccessLogStatus, "status"), (access_checks.HttpLatency, "seconds")]
)
def test_an_access_log_without_the_figure_is_refused(row: Row, model: Any, group: str) -> None:
    with pytest.raises(ValidationError, match=f"no group {group}"):
        row(model, log=BARE)
