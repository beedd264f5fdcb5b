"""Backups in two places, as where weekly ones are moved to an archive: the newest of all is read, or each of them."""

import datetime as dt
import gzip
import io
import os
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from rounds.checks import test_archives as archives
from rounds.checks import test_backup_integrity as integrity
from rounds.checks import test_backup_sets as sets
from rounds.fixtures.backup_readable import damaged_archives
from rounds.fixtures.backups import archives_anywhere
from rounds.fixtures.content_facts import Contents
from rounds.judge import Observer
from rounds.outcome import Outcome
from rounds.probe import PROBES
from rounds.targets import Backups

OK, CRITICAL = Outcome.OK, Outcome.CRITICAL
SQL = r"\.sql$"
DUMP = """\
--
-- PostgreSQL database dump
--

COPY public.domains (id) FROM stdin;
{rows}
\\.


--
-- PostgreSQL database dump complete
--

""".format(rows="\n".join(map(str, range(1000)))).encode()
Row = Callable[..., Any]
PROBED = (damaged_archives, archives_anywhere)  # their probes are known then


@pytest.fixture
def here(tmp_path: Path) -> Backups:
    return Backups(
        name="weekly", system="shop", path=str(tmp_path), pattern=r"weekly-(?P<time>\d{8})\.tar\.gz", settled="0s"
    )


@pytest.fixture
def archive(tmp_path: Path) -> Backups:
    (tmp_path / "archive" / "202611").mkdir(parents=True)
    pattern = r"\d{6}/weekly-(?P<time>\d{8})\.tar\.gz"
    path = str(tmp_path / "archive")
    return Backups(name="archive", system="shop", path=path, pattern=pattern, subfolders=True, settled="0s")


def put(place: Backups, weeks_ago: int, *, cut: int = 0) -> Path:
    """An archive of the last Friday but so many."""
    now = dt.datetime.now(dt.UTC)
    friday = now - dt.timedelta(days=(now.weekday() - 4) % 7 or 7, weeks=weeks_ago)
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        info = tarfile.TarInfo("database.sql")
        info.size = len(DUMP)
        tar.addfile(info, io.BytesIO(DUMP))
    data = gzip.compress(buffer.getvalue())
    path = Path(place.path, "202611" if place.subfolders else "", f"weekly-{friday:%Y%m%d}.tar.gz")
    path.write_bytes(data[: len(data) - cut])
    os.utime(path, (friday.timestamp(), friday.timestamp()))
    return path


def seen(name: str, expected: Any) -> Any:
    probe = PROBES[name]
    return probe.look(*(getattr(expected, argument) for argument in probe.arguments))


def series(row: Row, here: Backups, archive: Backups, **given: Any) -> Observer:
    expected = row(sets.BackupSeries, backups=archive, also=(here,), weekday="friday", back="28d", dump=SQL, **given)
    observer = Observer()
    damaged = seen("damaged_archives", expected)
    sets.test_backup_series(expected, seen("archives_anywhere", expected), damaged, observer)
    return observer


def test_each_is_read_and_a_damaged_one_does_not_count(row: Row, here: Backups, archive: Backups) -> None:
    put(here, 0)
    for weeks in (1, 2, 3):
        put(archive, weeks)
    assert series(row, here, archive, readable=True).outcome is OK
    cut = put(archive, 2, cut=20)
    told = series(row, here, archive, readable=True)
    assert told.outcome is CRITICAL
    assert "damaged backups is 1, allowed is at most 0 (" in told.summary
    assert f"{cut.name}: it is cut short" in told.summary
    assert "without a backup is 1" in told.summary
    assert series(row, here, archive).outcome is OK
    put(here, 2)
    assert series(row, here, archive, readable=True).outcome is OK


def test_one_that_is_older_than_what_is_asked_for_is_not_read(row: Row, here: Backups, archive: Backups) -> None:
    for weeks in range(4):
        put(archive, weeks)
    put(archive, 12, cut=20)
    assert series(row, here, archive, readable=True).outcome is OK


@pytest.mark.parametrize("newest_here", [True, False])
def test_the_newest_of_all_is_read(row: Row, here: Backups, archive: Backups, newest_here: bool) -> None:
    expected = row(archives.TarIntegrity, backups=here, also=(archive,), dump=SQL)
    newest = put(here if newest_here else archive, 0)
    put(archive if newest_here else here, 1, cut=20)
    contents: Contents = seen("newest_contents", expected)
    assert contents.archive is not None
    assert contents.archive.path == str(newest)
    observer = Observer()
    archives.test_tar_integrity(expected, contents, observer)
    assert observer.outcome is OK
    newest.write_bytes(newest.read_bytes()[:-20])
    os.utime(newest, (contents.archive.modified_epoch_seconds,) * 2)
    observer = Observer()
    archives.test_tar_integrity(expected, seen("newest_contents", expected), observer)
    assert observer.outcome is CRITICAL


def test_both_places_are_named_when_there_is_none(row: Row, here: Backups, archive: Backups) -> None:
    expected = row(archives.TarIntegrity, backups=here, also=(archive,))
    observer = Observer()
    archives.test_tar_integrity(expected, seen("newest_contents", expected), observer)
    assert observer.outcome is CRITICAL
    assert f"there is no backup in {here.path} or {archive.path}" in observer.summary


def test_what_lies_beside_the_newest_is_asked_of_one_place(row: Row, here: Backups, archive: Backups) -> None:
    with pytest.raises(ValidationError, match="leave out also"):
        row(integrity.BackupIntegrity, backups=here, also=(archive,), summed=True)
    with pytest.raises(ValidationError, match="leave out also"):
        row(archives.LatestPointer, backups=here, also=(archive,), link="latest.tar.gz")
