"""What the checks say of good and of bad backups."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from rounds.checks import test_archives as archive_checks
from rounds.checks import test_backups as checks
from rounds.fixtures.answers import Answer
from rounds.fixtures.archives import Contents
from rounds.fixtures.backups import Archive, Archives, Pointer
from rounds.judge import Observer
from rounds.outcome import Outcome
from rounds.targets import Backups, Endpoint

HOUR = 3600
NOW = 1795330800.0
FOLDER = Backups(name="backups", system="shop", path="/srv/backups", pattern="(?P<time>.*)")
API = Endpoint(name="api", system="shop", url="http://localhost:5000")


def aged(seconds: float, modified: float | None = None) -> Archives:
    made, written = NOW - seconds, NOW - (seconds if modified is None else modified)
    return Archives("/srv/backups", 8, Archive("newest.tar.gz", "/srv/backups/newest.tar.gz", made, written, 4711), NOW)


NONE = Archives("/srv/backups", 0, None, NOW)


@pytest.mark.parametrize(
    ("seen", "outcome", "words"),
    [
        (aged(3 * HOUR), Outcome.OK, "newest.tar.gz"),
        (aged(25 * HOUR), Outcome.OK, ""),
        (aged(26 * HOUR), Outcome.CRITICAL, "is 26 h, allowed is at most 25 h"),
        (aged(-2 * HOUR), Outcome.CRITICAL, "future"),
        (aged(-30), Outcome.OK, ""),
        (aged(3 * HOUR, modified=30 * HOUR), Outcome.CRITICAL, "between its name and its modification is 27 h"),
        (aged(3 * HOUR, modified=2 * HOUR), Outcome.OK, ""),
        (NONE, Outcome.CRITICAL, "there is no backup in /srv/backups"),
    ],
)
def test_the_newest_backup_must_be_young_and_its_times_must_agree(
    row: Callable[..., Any], seen: Archives, outcome: Outcome, words: str
) -> None:
    observer = Observer()
    checks.test_backup_fresh(row(checks.BackupFresh, backups=FOLDER, age="25h"), seen, observer)
    assert observer.outcome is outcome
    assert words in observer.summary


ARCHIVE = aged(HOUR).newest
GOOD = Contents(ARCHIVE, unpacked_bytes=9000, members=3, dumps=1, smallest_dump_bytes=8000)


@pytest.mark.parametrize(
    ("seen", "outcome", "words"),
    [
        (GOOD, Outcome.OK, "newest.tar.gz"),
        (Contents(None), Outcome.CRITICAL, "there is no backup in /srv/backups"),
        (replace(GOOD, failure="it is cut short"), Outcome.CRITICAL, "newest.tar.gz: it is cut short"),
        (replace(GOOD, is_stopped=True), Outcome.CRITICAL, "unpacks to more than 10 GB"),
        (replace(GOOD, members=0, dumps=0), Outcome.CRITICAL, "newest.tar.gz holds nothing"),
        (replace(GOOD, dumps=0), Outcome.CRITICAL, "no member of newest.tar.gz matches"),
        (replace(GOOD, smallest_dump_bytes=37), Outcome.CRITICAL, "smallest database dump is 37 B"),
        (replace(GOOD, smallest_dump_bytes=0), Outcome.CRITICAL, "smallest database dump is 0 B"),
        (replace(GOOD, failure="it is cut short"), Outcome.CRITICAL, "newest archive is not whole ("),
        (replace(GOOD, incomplete_dumps=("database.sql",)), Outcome.CRITICAL, "database.sql"),
        (replace(GOOD, unsafe_names=("../../etc/passwd",)), Outcome.CRITICAL, "../../etc/passwd"),
        (replace(GOOD, empty_files=("settings.yaml",)), Outcome.WARNING, "settings.yaml"),
    ],
)
def test_the_newest_archive_must_be_whole_and_hold_a_dump(
    row: Callable[..., Any], seen: Contents, outcome: Outcome, words: str
) -> None:
    observer = Observer()
    expected = row(archive_checks.TarIntegrity, backups=FOLDER, unpacked_at_most="10 GB")
    archive_checks.test_tar_integrity(expected, seen, observer)
    assert observer.outcome is outcome
    assert words in observer.summary


TO_NEWEST = Pointer("/srv/backups/latest", "newest.tar.gz", leads_nowhere=False, is_newest=True)
TO_OLDER = Pointer("/srv/backups/latest", "older.tar.gz", leads_nowhere=False, is_newest=False)
DAMAGED = replace(GOOD, failure="it is cut short")


@pytest.mark.parametrize(
    ("pointer", "contents", "outcome", "words"),
    [
        (TO_NEWEST, GOOD, Outcome.OK, ""),
        (TO_OLDER, GOOD, Outcome.CRITICAL, "to older.tar.gz, the newest is newest.tar.gz"),
        (replace(TO_OLDER, leads_to=None), GOOD, Outcome.CRITICAL, "/srv/backups/latest does not exist"),
        (replace(TO_OLDER, leads_nowhere=True), GOOD, Outcome.CRITICAL, "older.tar.gz, which does not exist"),
        (TO_OLDER, Contents(None), Outcome.CRITICAL, "there is no backup in /srv/backups"),
        (TO_NEWEST, DAMAGED, Outcome.CRITICAL, "is not good"),
        (TO_NEWEST, replace(GOOD, dumps=0), Outcome.CRITICAL, "is not good"),
        (TO_NEWEST, replace(GOOD, smallest_dump_bytes=37), Outcome.CRITICAL, "is not good"),
        (replace(TO_OLDER, leads_to=None), GOOD, Outcome.CRITICAL, "what restore commands find is nothing ("),
        (TO_OLDER, DAMAGED, Outcome.UNKNOWN, "is not good; it leads to older.tar.gz"),
    ],
)
def test_the_pointer_must_lead_to_the_newest_good_archive(
    row: Callable[..., Any], pointer: Pointer, contents: Contents, outcome: Outcome, words: str
) -> None:
    observer = Observer()
    expected = row(archive_checks.LatestPointer, backups=FOLDER, link="latest")
    archive_checks.test_latest_pointer(expected, pointer, contents, observer)
    assert observer.outcome is outcome
    assert words in observer.summary


def told(status: str | None, seconds_ago: float | None, code: int = 200) -> Answer:
    last = {"status": status, "finished": None if seconds_ago is None else NOW - seconds_ago}
    url = "http://localhost:5000/backup"
    return Answer(url, code, 0.02, "", {"last": last}, "", "", with_credentials=True, looked_at_epoch_seconds=NOW)


@pytest.mark.parametrize(
    ("answer", "seen", "outcome", "words"),
    [
        (told("success", 3 * HOUR), aged(3 * HOUR), Outcome.OK, ""),
        (told("success", 2 * HOUR), aged(4 * HOUR, modified=2 * HOUR), Outcome.OK, ""),
        (told("failed", 3 * HOUR), aged(3 * HOUR), Outcome.CRITICAL, "status is failed"),
        (told(None, 3 * HOUR), aged(3 * HOUR), Outcome.CRITICAL, "status is missing"),
        (told("success", 30 * HOUR), aged(30 * HOUR), Outcome.CRITICAL, "age of the last backup is 30 h"),
        (told("success", 24 * HOUR), aged(3 * HOUR), Outcome.CRITICAL, "the newest archive is 21 h"),
        (told("success", 3 * HOUR), aged(51 * HOUR), Outcome.CRITICAL, "the newest archive is 48 h"),
        (told("success", -3 * HOUR), aged(3 * HOUR), Outcome.CRITICAL, "future"),
        (told("success", None), aged(3 * HOUR), Outcome.CRITICAL, "no time is told"),
        (told("success", 3 * HOUR), NONE, Outcome.CRITICAL, "there is no backup"),
        (told("success", 3 * HOUR, code=500), aged(3 * HOUR), Outcome.CRITICAL, "http status is 500"),
        (told("success", 3 * HOUR, code=401), aged(3 * HOUR), Outcome.UNKNOWN, "the token was refused"),
    ],
)
def test_what_is_told_of_the_last_backup_must_be_good_and_true(
    row: Callable[..., Any], answer: Answer, seen: Archives, outcome: Outcome, words: str
) -> None:
    names = {"path": "/backup", "status": "last.status", "finished": "last.finished"}
    observer = Observer()
    checks.test_backup_status(row(checks.BackupStatus, endpoint=API, backups=FOLDER, **names), answer, seen, observer)
    assert observer.outcome is outcome
    assert words in observer.summary
