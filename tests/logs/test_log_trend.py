"""Errors of the last period against those of the periods before."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from rounds.checks import test_log_trend as checks
from rounds.fixtures.logs import LogPeriods, Period
from rounds.judge import Earlier, EarlierFigure, Observer
from rounds.outcome import Outcome
from rounds.probe import PROBES
from rounds.targets import Log

MakeLog = Callable[..., Log]
Stamped = Callable[[float, str], str]
Row = Callable[..., Any]
LOG = Log(name="app-log", path="/x", pattern="(?P<time>x)(?P<level>x)", time_format="epoch")
DAY = 86_400.0


def periods(*counts: int | None, **noise: int) -> LogPeriods:
    return LogPeriods(tuple(Period(count, noise) for count in counts), ())


def judged(expected: Any, seen: LogPeriods, earlier: Earlier | None = None) -> Observer:
    observer = Observer()
    checks.test_log_trend(expected, seen, earlier or Earlier(), observer)
    return observer


@pytest.mark.parametrize(
    ("counts", "outcome"),
    [
        ((20, 10, 10, 10, 10, 10, 10, 10), Outcome.OK),
        ((21, 10, 10, 10, 10, 10, 10, 10), Outcome.CRITICAL),
        ((10, 1, 1, 1, 1, 1, 1, 1), Outcome.OK),
        ((11, 1, 1, 1, 1, 1, 1, 1), Outcome.CRITICAL),
        ((11, 0, 0, 0, 0, 0, 0, 0), Outcome.CRITICAL),
        ((0, 0, 0, 0, 0, 0, 0, 0), Outcome.OK),
        ((50, 10, None, None, None, None, None, None), Outcome.UNKNOWN),
        ((50, 10, 10, 10, None, None, None, None), Outcome.CRITICAL),
        ((None,) * 8, Outcome.UNKNOWN),
    ],
)
def test_errors_may_not_climb_beyond_a_floor(row: Row, counts: tuple[int | None, ...], outcome: Outcome) -> None:
    assert judged(row(checks.LogTrend, log=LOG, levels=["ERROR"]), periods(*counts)).outcome is outcome


def test_periods_that_the_log_has_lost_are_known_from_earlier_rounds(row: Row) -> None:
    expected = row(checks.LogTrend, log=LOG, levels=["ERROR"])
    figures = [EarlierFigure(10.0, day * DAY + 600) for day in range(1, 8)] + [EarlierFigure(9_999.0, 60.0)]
    earlier = Earlier({checks.COUNT: figures})
    lost = periods(50, *[None] * 7)
    assert judged(expected, lost).outcome is Outcome.UNKNOWN
    observer = judged(expected, lost, earlier)
    assert (observer.outcome, observer.observations[-1].value) == (Outcome.CRITICAL, 5)
    assert judged(expected, periods(15, *[None] * 7), earlier).outcome is Outcome.OK


def test_a_silent_log_has_no_trend(row: Row) -> None:
    seen = LogPeriods(tuple(Period(0, {}) for _ in range(8)), ("app-log",))
    assert judged(row(checks.LogTrend, log=LOG, levels=["ERROR"]), seen).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(("until", "outcome"), [("2126-01-01", Outcome.OK), ("2026-01-01", Outcome.CRITICAL)])
def test_known_errors_climb_unseen_until_their_day(row: Row, until: str, outcome: Outcome) -> None:
    known = {"matching": "cold", "reason": "known", "owner": "ops", "until": until}
    seen = LogPeriods((Period(5, {"cold": 90}), *(Period(5, {}) for _ in range(7))), ())
    assert judged(row(checks.LogTrend, log=LOG, levels=["ERROR"], expected=[known]), seen).outcome is outcome


def test_more_than_the_rate_before_is_one_row(row: Row) -> None:
    asked = {"within": "15m", "periods": 96, "growth": 1, "floor": 0, "levels": ["ERROR"]}
    expected = row(checks.LogTrend, log=LOG, **asked)
    assert judged(expected, periods(0, *[0] * 96)).outcome is Outcome.OK
    assert judged(expected, periods(1, *[0] * 96)).outcome is Outcome.CRITICAL
    assert judged(expected, periods(2, *[2] * 96)).outcome is Outcome.OK
    assert judged(expected, periods(3, *[2] * 96)).outcome is Outcome.CRITICAL


@pytest.mark.usefixtures("state")
def test_periods_are_counted_from_the_log_as_far_as_it_reaches(app_log: MakeLog, path: Path, stamped: Stamped) -> None:
    lines = [stamped(24 * day + hour, "ERROR x") for day in (2, 1, 0) for hour in (20, 4, 3)]
    path.write_text(stamped(24 * 3 + 0.1, "INFO first") + "".join(lines))
    for _ in range(2):
        seen = PROBES["log_periods"].look(app_log(), (), DAY, 7, ("ERROR",), {}, (), False)
        assert [period.records for period in seen.periods] == [3, 3, 3, None, None, None, None, None]
    assert seen.silent == ()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "one of the two"),
        ({"levels": ["ERROR"], "matching": {"a": "b"}}, "one of the two"),
        ({"levels": ["ERROR"], "enough": 8}, "more than periods"),
        (
            {"levels": ["x"], "log": Log(name="bare", path="/x", pattern="(?P<time>x)", time_format="epoch")},
            "no group level",
        ),
    ],
)
def test_a_trend_that_could_judge_nothing_is_refused(row: Row, given: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        row(checks.LogTrend, **{"log": LOG, **given})
