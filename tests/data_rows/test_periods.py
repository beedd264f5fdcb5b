"""Hours and days: each full one of the window is due."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from rounds.checks import test_data_fresh as fresh
from rounds.checks import test_data_nulls as nulls
from rounds.checks import test_data_rows as rows
from rounds.checks import test_data_texts as texts
from rounds.checks.dataset_periods import full_periods, said_of_period
from rounds.outcome import Outcome

from .conftest import Shop, Verdict

Judged = Callable[..., Verdict]
OK, CRITICAL, UNKNOWN = Outcome.OK, Outcome.CRITICAL, Outcome.UNKNOWN
UTC_ZONE, PARIS = ZoneInfo("UTC"), ZoneInfo("Europe/Paris")
HOUR, DAY = 3600, 86400


def count(judged: Judged, **given: Any) -> Verdict:
    return judged(rows.test_data_rows, rows.DataRows, **given)


def seconds(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.fixture(autouse=True)
def half_past() -> float:
    """How many seconds ago the middle of the last full hour was; no new one begins before the test is over."""
    while HOUR - time.time() % HOUR < 20:
        time.sleep(0.2)
    return time.time() % HOUR + HOUR / 2


def test_only_full_hours_are_due() -> None:
    now = seconds("2026-03-10 14:20")
    due = [said_of_period(each, "hour", UTC_ZONE) for each in full_periods("hour", 3.5 * HOUR, now, UTC_ZONE)]
    assert due == ["2026-03-10 11:00 UTC", "2026-03-10 12:00 UTC", "2026-03-10 13:00 UTC"]
    on_the_hour = seconds("2026-03-10 14:00")
    assert len(full_periods("hour", 2 * HOUR, on_the_hour, UTC_ZONE)) == 2
    assert len(full_periods("hour", 2 * HOUR, on_the_hour + 1, UTC_ZONE)) == 1


def test_days_are_those_of_the_zone() -> None:
    now = seconds("2026-03-10 23:30")
    assert [said_of_period(each, "day", UTC_ZONE) for each in full_periods("day", 2 * DAY, now, UTC_ZONE)] == [
        "2026-03-09"
    ]
    paris = full_periods("day", 2.5 * DAY, now, PARIS)
    assert [said_of_period(each, "day", PARIS) for each in paris] == ["2026-03-09", "2026-03-10"]
    assert paris[-1] == seconds("2026-03-09 23:00")
    after_the_clocks_changed = full_periods("day", 4 * DAY, seconds("2026-03-31 12:00"), PARIS)
    assert [said_of_period(each, "day", PARIS) for each in after_the_clocks_changed] == [
        "2026-03-28", "2026-03-29", "2026-03-30",
    ]  # fmt: skip


def test_each_full_hour_needs_its_rows(shop: Shop, judged: Judged, half_past: float) -> None:
    for hours in range(4):
        shop.add_some(2, ago=half_past + hours * HOUR)
    hourly = {"per": "hour", "window": "5h"}
    assert count(judged, **hourly, rows=2).outcome is OK
    few = count(judged, **hourly, rows=3)
    assert few.summary.startswith("rows is 2, allowed is at least 3 (20")
    shop.run("DELETE FROM prices WHERE id IN (3, 4)")
    lost = count(judged, **hourly)
    gone = datetime.fromtimestamp((time.time() - half_past - HOUR) // HOUR * HOUR, UTC)
    assert lost.outcome is CRITICAL
    assert lost.summary == f"hours without rows is 1 ({gone:%Y-%m-%d %H:%M} UTC)"
    assert count(judged, **hourly, missing="unknown").outcome is UNKNOWN


def test_the_hour_that_is_not_over_is_not_judged(shop: Shop, judged: Judged, half_past: float) -> None:
    for hours in range(4):
        shop.add(ago=half_past + hours * HOUR)
    shop.add_some(3, ago=0.0, price=None)
    hourly: dict[str, Any] = {"per": "hour", "window": "5h", "columns": ["price"]}
    assert judged(nulls.test_data_nulls, nulls.DataNulls, **hourly).outcome is OK
    shop.add(ago=half_past, price=None)
    found = judged(nulls.test_data_nulls, nulls.DataNulls, **hourly, nulls="49%")
    assert found.outcome is CRITICAL
    assert "50 % (1 of 2 rows)" in found.summary


def test_of_no_hour_there_is_no_good_one(judged: Judged) -> None:
    found = count(judged, per="hour", window="10h")
    assert (found.outcome, found.summary.endswith("and 4 more)")) == (CRITICAL, True)
    assert found.observer.observations[0].value == 9


def test_days_are_judged_in_the_zone_of_the_dataset(shop: Shop, judged: Judged) -> None:
    """A row a minute after midnight in Tokyo is one of the day that has begun there."""
    zone = ZoneInfo("Asia/Tokyo")
    midnight = datetime.now(zone).replace(hour=0, minute=0, second=0, microsecond=0).timestamp()
    dataset = shop.dataset(timezone="Asia/Tokyo")
    shop.add(ago=time.time() - midnight - 60)
    daily: dict[str, Any] = {"dataset": dataset, "per": "day", "window": "2d"}
    assert count(judged, **daily).outcome is CRITICAL
    shop.add(ago=time.time() - midnight + 60)
    assert count(judged, **daily).outcome is OK


def test_times_that_carry_no_zone_are_in_that_of_the_dataset(shop: Shop, judged: Judged) -> None:
    """What Tokyo's clocks say is nine hours ahead of UTC, and no time of tomorrow."""
    shop.run("ALTER TABLE prices ADD COLUMN seen_at TIMESTAMP")
    tokyo = shop.dataset(timezone="Asia/Tokyo", time="seen_at")
    for hours in range(3):
        local = datetime.fromtimestamp(time.time() - hours * HOUR, ZoneInfo("Asia/Tokyo"))
        shop.add(seen_at=local.strftime("%Y-%m-%d %H:%M:%S"))
    assert judged(fresh.test_data_fresh, fresh.DataFresh, dataset=tokyo, age="5min").outcome is OK
    assert judged(texts.test_data_no_future, texts.DataNoFuture, dataset=tokyo).outcome is OK
    assert count(judged, dataset=tokyo, window="90min", rows=2, most=2).outcome is OK
    assert count(judged, dataset=tokyo, window="3h", per="hour").outcome is OK
