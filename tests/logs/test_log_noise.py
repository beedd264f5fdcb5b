"""Known records are left out until a day; what one value of a group has counts; several logs count together."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from rounds.checks import test_logs as checks
from rounds.fixtures.logs import Counted, LogRecords, Tally
from rounds.judge import Observer
from rounds.outcome import Outcome
from rounds.targets import Log

MakeLog = Callable[..., Log]
Count = Callable[..., LogRecords]
Stamped = Callable[[float, str], str]
Row = Callable[..., Any]
LOG = Log(name="app-log", path="/x", pattern="(?P<time>x)(?P<level>x)", time_format="epoch")
OTHER = Log(name="other-log", path="/y", pattern="(?P<time>x)(?P<level>x)", time_format="epoch")
KNOWN = {"matching": "cache is cold", "reason": "the cache fills itself", "owner": "ops@example.org"}
QUIET = LogRecords(1000, {}, {}, 0, 5.0, 0)


def judged(expected: Any, seen: LogRecords) -> Observer:
    observer = Observer()
    checks.test_log_record_count(expected, seen, observer)
    return observer


def figures(observer: Observer) -> dict[str, Any]:
    return {each.name: each.value for each in observer.observations}


def test_known_records_are_counted_apart(
    app_log: MakeLog, path: Path, count: Count, stamped: Stamped, row: Row
) -> None:
    path.write_text(stamped(1, "ERROR cache is cold") * 20 + stamped(1, "ERROR broken") * 3 + stamped(1, "INFO fine"))
    expected = row(checks.LogRecordCount, log=LOG, levels=["ERROR"], expected=[{**KNOWN, "until": "2126-01-01"}])
    seen = count(app_log(), expected=expected.expected)
    assert seen.kinds[("ERROR", "")].count == 3
    assert seen.noise["cache is cold"].kinds[("ERROR", "")].count == 20
    observer = judged(expected, seen)
    assert observer.outcome is Outcome.OK
    assert figures(observer)["expected records left out"] == 20
    noted = next(each for each in observer.observations if each.name == "expected records left out")
    assert noted.note == "20 until 2126-01-01: the cache fills itself (ops@example.org)"


def test_known_records_count_again_after_their_day(row: Row) -> None:
    noise = {"cache is cold": Counted({("ERROR", ""): Tally(20, ("cold",))})}
    expected = row(checks.LogRecordCount, log=LOG, levels=["ERROR"], expected=[{**KNOWN, "until": "2026-01-01"}])
    observer = judged(expected, replace(QUIET, noise=noise))
    assert observer.outcome is Outcome.CRITICAL
    assert figures(observer)["records no longer expected"] == 20
    assert figures(observer)["records of these levels"] == 20


@pytest.mark.parametrize("missing", ["reason", "owner", "until", "matching"])
def test_known_records_have_a_reason_an_owner_and_an_end(row: Row, missing: str) -> None:
    given = {key: value for key, value in {**KNOWN, "until": "2126-01-01"}.items() if key != missing}
    with pytest.raises(ValidationError, match=missing):
        row(checks.LogRecordCount, log=LOG, levels=["ERROR"], expected=[given])


def test_the_value_of_a_group_with_most_records_is_judged(
    app_log: MakeLog, path: Path, count: Count, stamped: Stamped, row: Row
) -> None:
    lines = [stamped(1, f"ERROR data_source:{name} failed") for name in ("bids", "bids", "news", "bids", "web")]
    path.write_text("".join(lines) + stamped(1, "INFO data_source:bids fetched") * 9)
    matching = {"failures": r" ERROR .*data_source:(?P<source>\w+)"}
    seen = count(app_log(), levels=(), matching=matching, by="source")
    assert {value: tally.count for value, tally in seen.values.items()} == {"bids": 3, "news": 1, "web": 1}
    rows = [row(checks.LogRecordCount, log=LOG, matching=matching, by="source", count=most) for most in (3, 2)]
    assert [judged(each, seen).outcome for each in rows] == [Outcome.OK, Outcome.CRITICAL]
    assert "source: bids" in judged(rows[1], seen).summary
    assert judged(rows[1], replace(seen, values={}, matches={})).outcome is Outcome.OK


def test_more_values_than_can_be_kept_are_counted_together(
    app_log: MakeLog, path: Path, count: Count, stamped: Stamped
) -> None:
    path.write_text("".join(stamped(1, f"ERROR user={number}") for number in range(800)))
    seen = count(app_log(), levels=(), matching={"users": r"user=(?P<user>\d+)"}, by="user")
    assert (seen.values["all others"].count, seen.matches["users"].count) == (300, 800)


def test_several_logs_count_together_and_each_must_be_written(
    app_log: MakeLog, path: Path, count: Count, stamped: Stamped
) -> None:
    path.write_text(stamped(1, "ERROR one") * 6)
    second, third = path.with_name("worker.txt"), path.with_name("silent.txt")
    second.write_text(stamped(1, "ERROR two") * 5)
    third.write_text("")
    logs = [app_log(name=each.stem, path=str(each), rotated=None) for each in (second, third)]
    seen = count(app_log(), also=(logs[0],))
    assert (seen.kinds[("ERROR", "")].count, seen.records, seen.silent) == (11, 11, ())
    assert count(app_log(), also=tuple(logs)).silent == ("silent",)


def test_a_log_of_several_that_is_silent_is_critical() -> None:
    base = {"id": "a.b.c", "check": "x", "when": ["daily"], "runbook": "x", "log": "app-log", "levels": ["ERROR"]}
    targets = {"targets": {"app-log": LOG, "other-log": OTHER}}
    expected = checks.LogRecordCount.model_validate({**base, "also": ["other-log"]}, context=targets)
    assert judged(expected, QUIET).outcome is Outcome.OK
    observer = judged(expected, replace(QUIET, silent=("other-log",)))
    assert observer.outcome is Outcome.CRITICAL
    assert "other-log" in observer.summary
    may_be_quiet = checks.LogRecordCount.model_validate({**base, "also": ["other-log"], "records": 0}, context=targets)
    assert judged(may_be_quiet, replace(QUIET, silent=("other-log",))).outcome is Outcome.OK


@pytest.mark.parametrize(
    ("bad", "records", "outcome"),
    [(1, 100, Outcome.OK), (6, 100, Outcome.CRITICAL), (2, 3, Outcome.OK), (60, 2000, Outcome.OK)],
)
def test_the_share_of_bad_records_is_judged(row: Row, bad: int, records: int, outcome: Outcome) -> None:
    expected = row(checks.LogRecordCount, log=LOG, levels=["ERROR"], count=1000, share="5%")
    seen = replace(QUIET, records=records, kinds={("ERROR", ""): Tally(bad)})
    assert judged(expected, seen).outcome is outcome


def test_what_was_estimated_is_said_so(row: Row) -> None:
    expected = row(checks.LogRecordCount, log=LOG, levels=["ERROR"])
    noted = judged(expected, replace(QUIET, is_estimated=True)).observations[0]
    assert "estimated" in noted.note


def test_a_traceback_is_found_behind_the_first_line(
    app_log: MakeLog, path: Path, count: Count, stamped: Stamped
) -> None:
    trace = "Traceback (most recent call last):\n  File x\nKeyError: 'Traceback'\n"
    path.write_text(stamped(1, "ERROR broke") + trace + stamped(1, "INFO no Traceback here") + stamped(1, "INFO on"))
    asked = {"levels": (), "matching": {"tracebacks": "^Traceback "}}
    assert count(app_log(), **asked).matches["tracebacks"].count == 0
    assert count(app_log(), **asked, continued=True).matches["tracebacks"].count == 1
