"""What a name of a backup tells: every date that can be written, in every zone, and names that are none."""

import datetime as dt
import random
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from rounds.fixtures.backup_names import Names, Span
from rounds.targets import Backups


def named(*formats: str, zone: str = "UTC", pattern: str = r"db-(?P<time>.+)\.dump") -> Names:
    formats = formats or ("%Y%m%d_%H%M%S", "%Y%m%d")
    return Names(Backups(path="/x", pattern=pattern, time_formats=formats, timezone=zone))


def span(stamp: str, *formats: str, zone: str = "UTC") -> Span | None:
    return named(*formats, zone=zone).span(f"db-{stamp}.dump")


def at(*when: int, zone: str = "UTC", fold: int = 0) -> float:
    return dt.datetime(*when, tzinfo=ZoneInfo(zone), fold=fold).timestamp()  # type: ignore[arg-type,misc]


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Apia"])
def test_every_moment_and_every_day_is_read_as_it_was_written(zone: str) -> None:
    chance = random.Random(f"names {zone}")  # noqa: S311 - the same each time
    for _ in range(2000):
        moment = chance.randrange(946_684_800, 4_102_444_800)
        when = dt.datetime.fromtimestamp(moment, ZoneInfo(zone))
        exact = span(f"{when:%Y%m%d_%H%M%S}", zone=zone)
        assert exact
        assert exact.first <= moment <= exact.last
        assert exact.last - exact.first in (0, 3600)  # an hour that came twice
        day = span(f"{when:%Y%m%d}", zone=zone)
        assert day
        assert day.first <= moment <= day.last
        assert dt.datetime.fromtimestamp(day.first, ZoneInfo(zone)).date() == when.date()
        assert dt.datetime.fromtimestamp(day.last, ZoneInfo(zone)).date() == when.date()


def test_days_on_which_clocks_change_are_as_long_as_they_are() -> None:
    for stamp, hours in (("20260329", 23), ("20261025", 25), ("20261026", 24)):
        found = span(stamp, zone="Europe/Berlin")
        assert found
        assert found.last - found.first + 1 == hours * 3600
    assert span("20261025_023000", zone="Europe/Berlin") == Span(
        at(2026, 10, 25, 2, 30, zone="Europe/Berlin"), at(2026, 10, 25, 2, 30, zone="Europe/Berlin", fold=1)
    )


@pytest.mark.parametrize(
    ("stamp", "form", "first", "last"),
    [
        ("2026-11-22T0530", "%Y-%m-%dT%H%M", (2026, 11, 22, 5, 30), (2026, 11, 22, 5, 30, 59)),
        ("2026112205", "%Y%m%d%H", (2026, 11, 22, 5), (2026, 11, 22, 5, 59, 59)),
        ("202611", "%Y%m", (2026, 11, 1), (2026, 11, 30, 23, 59, 59)),
        ("202612", "%Y%m", (2026, 12, 1), (2026, 12, 31, 23, 59, 59)),
        ("2026", "%Y", (2026, 1, 1), (2026, 12, 31, 23, 59, 59)),
        ("2026-W47-7", "%G-W%V-%u", (2026, 11, 22), (2026, 11, 22, 23, 59, 59)),
        ("2026-326", "%Y-%j", (2026, 11, 22), (2026, 11, 22, 23, 59, 59)),
        ("2026-11-22T05:30:00Z", "iso", (2026, 11, 22, 5, 30), (2026, 11, 22, 5, 30)),
        ("2026-11-22T06:30:00+0100", "%Y-%m-%dT%H:%M:%S%z", (2026, 11, 22, 5, 30), (2026, 11, 22, 5, 30)),
        ("2026-11-22", "iso", (2026, 11, 22), (2026, 11, 22, 23, 59, 59)),
        ("1795325400", "epoch", (2026, 11, 22, 5, 30), (2026, 11, 22, 5, 30)),
        ("22Nov26-0530AM", "%d%b%y-%I%M%p", (2026, 11, 22, 5, 30), (2026, 11, 22, 5, 30, 59)),
    ],
)
def test_a_date_means_as_much_as_it_tells(stamp: str, form: str, first: tuple[int], last: tuple[int]) -> None:
    assert span(stamp, form) == Span(at(*first), at(*last))


@pytest.mark.parametrize(
    "stamp",
    ["20261322", "20260230", "20261122_250000", "20261122_056000", "00000000", "2026112", "latest", "", "99991231"],
)
def test_a_date_that_does_not_exist_is_none(stamp: str) -> None:
    assert span(stamp) is None
    assert named().fits(f"db-{stamp}.dump") == bool(stamp)


def test_a_group_that_took_no_part_is_no_date() -> None:
    names = named(pattern=r"db(?:-(?P<time>\d+))?\.dump")
    assert names.fits("db.dump")
    assert names.span("db.dump") is None


@pytest.mark.parametrize(
    ("name", "whole"),
    [
        ("db-20261122.dump.part", "db-20261122.dump"),
        ("db-20261122.dump.tmp", "db-20261122.dump"),
        ("db-20261122.dump.TMP", "db-20261122.dump"),
        ("db-20261122.dump.partial.3", "db-20261122.dump"),
        ("db-20261122.dump~", "db-20261122.dump"),
        (".db-20261122.dump.Xy12zQ", "db-20261122.dump"),
        (".db-20261122.dump.swp", "db-20261122.dump"),
        ("old/.db-20261122.dump.Xy12zQ", None),
        ("db-20261122.dump_failed", "db-20261122.dump"),
        ("db-20261122.dump.restoring", "db-20261122.dump"),
        ("db-20261122.dump", None),
        ("db-20261122.dump.gz", None),
        ("other.part", None),
        ("part", None),
        ("", None),
    ],
)
def test_what_a_program_writes_to_before_is_known(name: str, whole: str | None) -> None:
    assert named().unfinished(name) == whole


def test_a_wide_pattern_takes_no_checksum_and_no_unfinished_file_for_a_backup() -> None:
    names = named(pattern=r"db-(?P<time>\d{8}).*")
    assert names.fits("db-20261122.dump.gz")
    assert names.fits("db-20261122.dump.gz.gpg")
    for beside in (".sha256", ".md5", ".sig", ".SHA512SUM", ".log"):
        assert not names.fits(f"db-20261122.dump.gz{beside}")
    assert names.unfinished("db-20261122.dump.gz.part") == "db-20261122.dump.gz"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"time_formats": ["%H%M%S"]}, "is no format with a year"),
        ({"time_formats": ["%Y%Q"]}, "is no format with a year"),
        ({"time_formats": []}, "at least 1 item"),
        ({"timezone": "Mars/Olympus"}, "is no time zone that is known here"),
        ({"timezone": "../../etc/passwd"}, "is no time zone that is known here"),
        ({"pattern": r"(?P<time>\d+"}, "not a regular expression"),
    ],
)
def test_what_no_name_can_be_read_by_is_refused(given: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Backups.model_validate({"path": "/x", "pattern": r"(?P<time>\d+)"} | given)


def test_whether_names_tell_the_hour_is_known() -> None:
    assert Backups(path="/x", pattern="(?P<time>.*)", time_formats=("%Y%m%d_%H%M", "epoch", "iso")).names_the_hour
    assert Backups(path="/x", pattern="(?P<time>.*)").names_the_hour  # some of them do
    assert not Backups(path="/x", pattern="(?P<time>.*)", time_formats=("%Y%m%d",)).names_the_hour
