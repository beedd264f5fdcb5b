import time
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from rounds.checks.test_data_volume import DataVolume, test_data_volume
from rounds.judge import Observer
from rounds.outcome import Outcome

test_data_volume.__test__ = False
HOUR, DAY = 3600, 86400
Fixture = Callable[..., Any]


@pytest.fixture
def full(judge: Fixture, row: Fixture, table: Any) -> Callable[..., Observer]:
    """Judge the volume of the table."""
    return lambda **given: judge(test_data_volume, row(DataVolume, dataset=table.dataset(), **given))


def hours(table: Any, rows: Callable[[int], int], upto: int = 24 * 9) -> int:
    """Fill the hours: `rows` of how many full hours ago; tells when the current one began."""
    if time.time() % HOUR > HOUR - 5:
        time.sleep(6)  # the hour must not end between here and the look
    current = int(time.time()) // HOUR * HOUR
    moments = [current - back * HOUR + 10 + n for back in range(1, upto) for n in range(rows(back))]
    table.add(*moments, current + 1)
    return current


def said(seen: Observer, name: str) -> Any:
    return next((each for each in seen.observations if each.name == name), None)


def test_each_of_the_last_hours_as_full_as_that_hour_usually_is_holds(table: Any, full: Fixture) -> None:
    hours(table, lambda back: 4 if back % 24 < 12 else 20)
    seen = full(judged=24)
    assert seen.outcome is Outcome.OK, seen.summary
    assert said(seen, "fewest rows in a full hour").value == 4
    assert said(seen, "rows against the usual").value == 100


def test_an_hour_without_rows_is_critical_though_nothing_lists_it(table: Any, full: Fixture) -> None:
    hours(table, lambda back: 0 if back == 5 else 4)
    seen = full(judged=24)
    assert seen.outcome is Outcome.CRITICAL
    assert "there are none in 1 of 24" in seen.summary
    assert full(judged=4).outcome is Outcome.OK


def test_an_hour_without_rows_is_critical_even_where_few_are_usual(table: Any, full: Fixture) -> None:
    hours(table, lambda back: 0 if back == 1 else 1)
    assert full().outcome is Outcome.CRITICAL


def test_a_third_of_the_usual_is_critical_and_says_which_hour(table: Any, full: Fixture) -> None:
    hours(table, lambda back: 3 if back == 2 else 9)
    seen = full(judged=3)
    assert seen.outcome is Outcome.CRITICAL
    assert "3, usually 9" in said(seen, "rows against the usual").note


def test_a_quiet_hour_is_compared_with_quiet_hours_unless_all_are_meant(table: Any, full: Fixture) -> None:
    hours(table, lambda back: 2 if back % 24 == 1 else 20)
    assert full().outcome is Outcome.OK
    assert full(against="all").outcome is Outcome.CRITICAL


def test_one_bad_day_before_moves_the_median_not_but_the_mean(table: Any, full: Fixture) -> None:
    hours(table, lambda back: 90 if back == 1 + 24 else 4)
    assert full().outcome is Outcome.OK
    assert full(usual="mean").outcome is Outcome.CRITICAL


def test_far_too_many_rows_are_told_where_the_row_asks(table: Any, full: Fixture) -> None:
    hours(table, lambda back: 40 if back == 1 else 4)
    assert full().outcome is Outcome.OK
    assert full(highest="300%").outcome is Outcome.CRITICAL


def test_hours_before_without_rows_count_as_none(table: Any, full: Fixture) -> None:
    """Else the mean of the hours that had some would be the usual."""
    hours(table, lambda back: 4 if back == 1 or back > 24 * 4 or back % 24 != 1 else 0)
    seen = full(usual="mean")
    assert said(seen, "rows against the usual").value == pytest.approx(100 * 7 / 4)


@pytest.mark.parametrize("empty", [Outcome.CRITICAL, Outcome.UNKNOWN])
def test_a_table_without_rows_is_never_good(full: Fixture, empty: Outcome) -> None:
    assert full(empty=str(empty)).outcome is empty


def test_where_nothing_is_usual_nothing_is_bad_but_some_are_good(table: Any, full: Fixture) -> None:
    hours(table, lambda back: 0 if back % 24 == 1 and back > 1 else 4)
    assert full().outcome is Outcome.OK
    assert full(highest="300%").outcome is Outcome.UNKNOWN


def test_too_little_past_is_unknown(table: Any, full: Fixture) -> None:
    hours(table, lambda _: 4, upto=24 * 3)
    seen = full()
    assert seen.outcome is Outcome.UNKNOWN
    assert "2 before" in seen.summary
    assert "4 are due" in seen.summary
    assert full(enough=2).outcome is Outcome.OK


def test_the_current_hour_is_not_judged(table: Any, full: Fixture) -> None:
    hours(table, lambda _: 50)
    assert full().outcome is Outcome.OK


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/New_York"])
def test_days_begin_in_the_zone_of_the_dataset(table: Any, judge: Fixture, row: Fixture, zone: str) -> None:
    import datetime as dt  # noqa: PLC0415 - only here
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - only here

    today = dt.datetime.now(ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0)
    begun = [int((today - dt.timedelta(days=day)).timestamp()) for day in range(10)]  # where clocks change, too
    made = [(day, begun[day] + n * HOUR) for day in range(1, 10) for n in range(24 if day > 1 else 6)]
    table.add(*[at for day, at in made if at < begun[day - 1]])
    given = {"dataset": table.dataset(timezone=zone), "unit": "day"}
    seen = judge(test_data_volume, row(DataVolume, **given))
    assert said(seen, "fewest rows in a full day").value == 6
    assert said(seen, "fewest rows in a full day").note.startswith(
        f"began {today - dt.timedelta(days=1):%Y-%m-%d 00:00}"
    )
    assert said(seen, "rows against the usual").value == 25
    assert judge(test_data_volume, row(DataVolume, **given, lowest="20%")).outcome is Outcome.OK


def test_a_sunday_is_compared_with_sundays(table: Any, full: Fixture) -> None:
    today = int(time.time()) // DAY * DAY
    table.add(*[today - day * DAY + n for day in range(1, 40) for n in range(2 if day % 7 == 1 else 30)])
    assert full(unit="day").outcome is Outcome.CRITICAL
    assert full(unit="day", against="same", back="28d").outcome is Outcome.OK


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"window": "24h"}, "made of judged and back"),
        ({"back": "3h"}, "at least 24 h"),
        ({"unit": "day", "against": "same", "back": "3d"}, "at least 7 d"),
    ],
)
def test_what_cannot_be_compared_is_refused(given: Any, words: str, table: Any, row: Fixture) -> None:
    with pytest.raises(ValidationError, match=words):
        row(DataVolume, dataset=table.dataset(), **given)
    with pytest.raises(ValidationError, match="names no time"):
        row(DataVolume, dataset=table.dataset(time=None))
