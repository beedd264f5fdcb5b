"""Series of backups day by day and week by week, and when each is finished: by the calendar of the names' zone."""

import datetime as dt
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from rounds.checks import test_backup_finished as finished
from rounds.checks import test_backup_sets as sets
from rounds.fixtures.backups import Archive, Archives, LeftOut
from rounds.judge import Observer
from rounds.outcome import Outcome
from rounds.targets import Backups

OK, CRITICAL, UNKNOWN = Outcome.OK, Outcome.CRITICAL, Outcome.UNKNOWN


def seen_on(
    *days: dt.datetime, now: dt.datetime, modified_later: float = 1800, left_out: tuple[LeftOut, ...] = ()
) -> Archives:
    found = tuple(
        Archive(f"a-{day:%Y%m%d}", "/x", day.timestamp(), day.timestamp() + modified_later, 5000)
        for day in sorted(days, reverse=True)
    )
    return Archives("/srv/backups", len(found), found[0] if found else None, now.timestamp(), found, left_out)


BERLIN = ZoneInfo("Europe/Berlin")
SET = Backups(
    name="backups",
    path="/srv/backups",
    pattern=r"a-(?P<time>\d+)",
    timezone="Europe/Berlin",
    time_formats=("%Y%m%d%H%M",),
)


def berlin(*when: int) -> dt.datetime:
    return dt.datetime(*when, tzinfo=BERLIN)  # type: ignore[misc,arg-type]


def judge_series(row: Callable[..., Any], seen: Archives, **given: Any) -> Observer:
    observer = Observer()
    sets.test_backup_series(row(sets.BackupSeries, backups=SET, **given), seen, None, observer)
    return observer


def test_days_are_those_of_the_names_zone(row: Callable[..., Any]) -> None:
    nights = [berlin(2026, 10, day, 0, 30) for day in range(20, 32)]  # over the end of summer time
    seen = seen_on(*nights, now=berlin(2026, 11, 1, 0, 15))
    assert judge_series(row, seen, back="12d").outcome is OK
    late = [berlin(2026, 10, day, 23, 55) for day in range(20, 25)] + [
        berlin(2026, 10, day, 0, 5) for day in range(26, 32)
    ]
    seen = seen_on(*late, now=berlin(2026, 10, 31, 8))
    assert "Sun 2026-10-25" in judge_series(row, seen, back="10d").summary
    assert judge_series(row, seen, back="10d", after_midnight="6h").outcome is OK


def test_weekly_backups_are_due_on_their_day(row: Callable[..., Any]) -> None:
    fridays = [berlin(2026, 11, 20, 18), berlin(2026, 11, 13, 18), berlin(2026, 10, 30, 18)]
    seen = seen_on(*fridays, berlin(2026, 11, 7, 18), now=berlin(2026, 11, 27, 12))
    told = judge_series(row, seen, weekday="friday", back="30d")
    assert told.outcome is CRITICAL
    assert "without a backup is 1, allowed is at most 0 (Fri 2026-11-06)" in told.summary
    assert judge_series(row, seen, every="7d", back="30d").outcome is OK
    assert "2026-10-16 to 2026-10-22" in judge_series(row, seen, every="7d", back="42d").summary


def test_a_young_system_is_not_asked_for_what_was_before(row: Callable[..., Any]) -> None:
    seen = seen_on(berlin(2026, 11, 20, 1), berlin(2026, 11, 21, 1), now=berlin(2026, 11, 22, 12))
    assert judge_series(row, seen).outcome is CRITICAL
    assert judge_series(row, seen, since="2026-11-20").outcome is OK
    assert judge_series(row, seen, since="2026-11-22").outcome is UNKNOWN


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"every": "36h"}, "whole days"),
        ({"weekday": "friday", "every": "1d"}, "once a week"),
        ({"weekday": "friday", "back": "3d"}, "shorter than the time"),
        ({"weekday": "freitag"}, "friday"),
    ],
)
def test_a_series_that_makes_no_sense_is_refused(row: Callable[..., Any], given: dict[str, str], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        row(sets.BackupSeries, backups=SET, **given)


SUNDAY = berlin(2026, 11, 22, 1)
MORNING = berlin(2026, 11, 23, 7)
SATURDAY = berlin(2026, 11, 21, 1)


def judge_finished(row: Callable[..., Any], seen: Archives, **given: Any) -> Observer:
    observer = Observer()
    finished.test_backup_finished(row(finished.BackupFinished, **({"backups": SET} | given)), seen, observer)
    return observer


def unfinished(begun: dt.datetime) -> LeftOut:
    return LeftOut("a-new", "is still being written", begun.timestamp(), begun.timestamp() + 60)


@pytest.mark.parametrize(
    ("seen", "given", "outcome", "words"),
    [
        (seen_on(SUNDAY, now=MORNING), {"before": "02:00"}, OK, "a-20261122: Sun 2026-11-22 01:30"),
        (
            seen_on(SUNDAY, now=MORNING, modified_later=5400),
            {"before": "02:00"},
            CRITICAL,
            "02:00 is 30 min, allowed is at most 0 s (a-20261122: Sun 2026-11-22 02:30)",
        ),
        (seen_on(SUNDAY, now=MORNING), {"before": "01:00"}, CRITICAL, "30 min"),
        (
            seen_on(berlin(2026, 11, 22, 2, 10), now=MORNING, modified_later=3000),
            {"before": "02:00"},
            CRITICAL,
            "written after 02:00 is 60 min",
        ),
        (
            seen_on(berlin(2026, 11, 21, 23), now=MORNING, modified_later=9000),
            {"before": "02:00", "weekday": "saturday"},
            OK,
            "",
        ),
        (
            seen_on(SATURDAY, now=MORNING),
            {"before": "02:00", "weekday": "sunday"},
            CRITICAL,
            "none was begun on a sunday",
        ),
        (
            seen_on(SUNDAY, SATURDAY, now=MORNING, modified_later=5400),
            {"before": "02:00", "weekday": "saturday"},
            CRITICAL,
            "a-20261121",
        ),
        (
            seen_on(SATURDAY, now=berlin(2026, 11, 22, 3), left_out=(unfinished(SUNDAY),)),
            {"before": "02:00"},
            CRITICAL,
            "a-new is still being written",
        ),
        (
            seen_on(SATURDAY, now=berlin(2026, 11, 22, 1, 30), left_out=(unfinished(SUNDAY),)),
            {"before": "02:00"},
            OK,
            "",
        ),
        (seen_on(SUNDAY, now=berlin(2026, 12, 1, 7)), {"before": "02:00"}, CRITICAL, "age of the backup is 9.25 d"),
        (seen_on(SUNDAY, now=MORNING, modified_later=5400), {"took": "1h"}, CRITICAL, "time taken is 90 min"),
        (seen_on(SUNDAY, now=MORNING), {"took": "1h"}, OK, ""),
    ],
)
def test_a_backup_is_finished_in_time(
    row: Callable[..., Any], seen: Archives, given: dict[str, Any], outcome: Outcome, words: str
) -> None:
    told = judge_finished(row, seen, **given)
    assert (told.outcome, told.summary) == (outcome, told.summary if words in told.summary else words)


def test_a_name_that_tells_only_the_day_is_due_that_day(row: Callable[..., Any]) -> None:
    daily = SET.model_copy(update={"time_formats": ("%Y%m%d",)})
    late = Archive(
        "a-20261122", "/x", berlin(2026, 11, 22, 2, 30).timestamp(), berlin(2026, 11, 22, 2, 30).timestamp(), 5,
        vague_seconds=86_399,
    )  # fmt: skip
    seen = Archives("/srv/backups", 1, late, MORNING.timestamp(), (late,))
    told = judge_finished(row, seen, backups=daily, before="02:00", weekday="sunday")
    assert told.outcome is CRITICAL
    assert "time taken" not in told.summary
    both = SET.model_copy(update={"time_formats": ("%Y%m%d%H%M", "%Y%m%d")})
    assert "does not tell at what time it was begun" in judge_finished(row, seen, backups=both, took="1h").summary


def test_a_name_that_tells_the_hour_need_not_be_like_all_others(row: Callable[..., Any]) -> None:
    both = SET.model_copy(update={"time_formats": ("%Y%m%d%H%M", "%Y%m%d")})
    seen = seen_on(berlin(2026, 11, 21, 23), now=MORNING, modified_later=3000)
    assert judge_finished(row, seen, backups=both, before="02:00").outcome is OK


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "says when it must be finished"),
        ({"before": "2am"}, "match pattern"),
        ({"took": "1h", "backups": SET.model_copy(update={"time_formats": ("%Y%m%d",)})}, "names with a time of day"),
    ],
)
def test_when_it_must_be_finished_is_said(row: Callable[..., Any], given: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        row(finished.BackupFinished, **({"backups": SET} | given))
