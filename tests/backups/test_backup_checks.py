"""What the checks say of good and of bad backups."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from rounds.checks import test_backups as checks
from rounds.fixtures.answers import Answer
from rounds.fixtures.backups import Archive, Archives
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


@pytest.mark.parametrize(
    ("size", "others", "outcome"),
    [(500, 7, Outcome.OK), (499, 7, Outcome.CRITICAL), (499, 3, Outcome.CRITICAL), (499, 2, Outcome.OK)],
)
def test_a_row_may_ask_for_a_share_of_the_usual_size_too(
    row: Callable[..., Any], size: int, others: int, outcome: Outcome
) -> None:
    made = [
        Archive(f"{days}.gz", "", NOW - days * 24 * HOUR, NOW - days * 24 * HOUR, 1000) for days in range(others + 1)
    ]
    made[0] = replace(made[0], size_bytes=size)
    observer = Observer()
    seen = Archives("/srv/backups", len(made), made[0], NOW, tuple(made))
    checks.test_backup_fresh(row(checks.BackupFresh, backups=FOLDER, age="24h", share="50%"), seen, observer)
    assert observer.outcome is outcome


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
