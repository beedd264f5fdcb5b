"""Perera's nightly copies are as old as its rows allow, whatever the hour and the day of the week."""

import datetime as dt

import pytest

from rounds.estate.perera.backups import OFFSITE, nights

HOUR = dt.timedelta(hours=1)
SUNDAY = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)


@pytest.fixture(params=range(7), ids=lambda day: f"{SUNDAY + dt.timedelta(days=day):%a}")
def moments(request) -> list[dt.datetime]:
    """Of one day, close together in the hours around the job."""
    minutes = [*range(0, 240, 3), *range(240, 1440, 60)]
    return [SUNDAY + dt.timedelta(days=request.param, minutes=minute) for minute in minutes]


def test_the_newest_is_less_than_a_day_old_and_no_day_is_missing(moments):
    for now in moments:
        made = nights(now)
        assert now - 24 * HOUR + HOUR / 6 < made[-1] < now - HOUR / 6
        assert {each.date() for each in made} >= {now.date() - dt.timedelta(days=days) for days in range(1, 31)}


def test_without_what_is_younger_than_an_hour_the_night_before_is_still_fresh(moments):
    for now in moments:
        assert [each for each in nights(now) if each < now - 1.1 * HOUR][-1] > now - 25 * HOUR


def test_there_is_a_sunday_of_the_last_eight_days_and_it_was_done_before_two(moments):
    for now in moments:
        sundays = [each for each in nights(now) if each.weekday() == 6]
        assert sundays[-1] > now - dt.timedelta(days=8)
        assert all(each.hour < 2 for each in sundays)


def test_of_those_off_site_one_is_always_due(moments):
    """Without them the fault is seen; the very last may be on its way."""
    for now in moments:
        assert nights(now)[-OFFSITE] < now - HOUR
