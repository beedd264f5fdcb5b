"""What a log does not tell is no sign that all is well; and noise is not what somebody forgot to look at."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from rounds.checks import test_access_log as access
from rounds.checks import test_log_patterns as patterns
from rounds.checks import test_log_trend as trends
from rounds.checks import test_logs as checks
from rounds.fixtures import log_groups  # noqa: F401 - it brings its probe
from rounds.fixtures.logs import LogPeriods, LogRecords, Period
from rounds.judge import Earlier, Observer
from rounds.outcome import Outcome
from rounds.probe import PROBES
from rounds.targets import Log

MakeLog = Callable[..., Log]
Count = Callable[..., LogRecords]
Stamped = Callable[[float, str], str]
JSON: dict[str, Any] = {"pattern": None, "json_fields": {"time": "time", "level": "log.level"}, "time_format": "epoch"}
DAY = 86_400.0


def told(**fields: Any) -> str:
    return json.dumps({"time": time.time() - 60, **fields}) + "\n"


def errors(seen: LogRecords) -> int:
    return sum(tally.count for tally in [*seen.kinds.values(), *seen.matches.values()])


@pytest.mark.parametrize("matching", ["", ".*", "^", r"\S", "(?i)[a-z]?"])
def test_noise_that_fits_everything_is_refused(app_log: MakeLog, row: Any, matching: str) -> None:
    noise = {"matching": matching, "reason": "known", "owner": "ops", "until": "2099-01-01"}
    with pytest.raises(ValidationError, match="fits whatever is recorded"):
        row(checks.LogRecordCount, log=app_log(), levels=["ERROR"], expected=[noise])


def test_noise_that_was_prolonged_does_not_count_again(app_log: MakeLog, row: Any) -> None:
    noise = [
        {"matching": "cold start", "reason": "known", "owner": "ops", "until": until}
        for until in ("2020-01-01", "2099-01-01")
    ]
    expected = row(trends.LogTrend, log=app_log(), levels=["ERROR"], expected=noise, enough=1, periods=1)
    seen = LogPeriods((Period(0, {"cold start": 90}), Period(0, {})), (), records=500)
    observer = Observer()
    trends.test_log_trend(expected, seen, Earlier(), observer)
    assert observer.outcome is Outcome.OK


@pytest.mark.parametrize("unread", [{"unlevelled": 400}, {"foreign_lines": 9_000}, {"records_ahead": 5}])
def test_a_trend_of_what_cannot_be_read_is_unknown(app_log: MakeLog, row: Any, unread: dict[str, int]) -> None:
    expected = row(trends.LogTrend, log=app_log(), levels=["ERROR"], enough=1, periods=1)
    observer = Observer()
    seen = LogPeriods((Period(0, {}), Period(0, {})), (), records=500, **unread)
    trends.test_log_trend(expected, seen, Earlier(), observer)
    assert observer.outcome is Outcome.UNKNOWN


def test_a_trend_tells_what_it_could_not_read(app_log: MakeLog, path: Path) -> None:
    path.write_text("".join(told(severity="ERROR") for _ in range(30)))
    seen = PROBES["log_periods"].look(app_log(**JSON), (), DAY, 1, ("ERROR",), {}, (), continued=False)
    assert (seen.records, seen.unlevelled, seen.foreign_lines) == (30, 30, 0)


def test_requests_without_a_status_are_not_good_ones(app_log: MakeLog, path: Path, row: Any) -> None:
    log = app_log(**{**JSON, "json_fields": {"time": "time", "status": "status"}})
    path.write_text(told(code=500) * 200)
    observer = Observer()
    access.test_access_log_status(row(access.AccessLogStatus, log=log), PROBES["log_requests"].look(log, DAY), observer)
    assert observer.outcome is Outcome.UNKNOWN
    assert "requests without a status" in observer.summary


@pytest.mark.parametrize(("fields", "outcome"), [({"severity": "ERROR"}, Outcome.UNKNOWN), ({}, Outcome.OK)])
def test_rows_on_contents_tell_of_records_without_a_level(
    app_log: MakeLog, path: Path, row: Any, fields: dict[str, Any], outcome: Outcome
) -> None:
    path.write_text(told(**(fields or {"log": {"level": "info"}})) * 30)
    expected = row(patterns.LogErrorPatterns, log=app_log(**JSON))
    seen = PROBES["error_groups"].look(expected.log, (), DAY, None, expected.levels, None, "", None)
    observer = Observer()
    patterns.test_log_error_patterns(expected, seen, observer)
    assert observer.outcome is outcome
