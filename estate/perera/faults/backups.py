"""Backups that are not there, not whole, late, misnamed, or in one place only."""

import contextlib
import datetime as dt
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...damage import Victim, changed, copied_under_a_new_name, cut_by_1_kb, days_missing, set_aside
from ...dumps import stamp
from ...fault import fault
from .. import backups
from ..databases import altered
from ..estate import Perera
from ..exports import BUCKET

NOT_EQUAL = "the copy off-site is of another size than the newest here"
OLDER = "the newest that is left here was copied off-site longer ago"
HOUR = 3600


@contextmanager
def without_younger(paths: list[Path], seconds: float) -> Iterator[None]:
    """Backups that are younger are gone."""
    young = [path for path in paths if path.stat().st_mtime > time.time() - seconds]
    if not young:
        yield
        return
    with set_aside(*young):
        yield


@fault(
    "the job of 01:00 did not run",
    "perera.backup.daily-fresh",
    may_redden={
        "perera.backup.separate-volume": OLDER,
        "perera.backup.finishes-before-vacuum": "early on a Monday, that of Sunday goes with it",
    },
)
def backup_not_made(estate: Perera) -> Iterator[None]:
    with without_younger(backups.copies(estate.home), 25.5 * HOUR):
        yield


@fault("three nights in the middle of the month have no backup", "perera.backup.no-missing-day")
def nights_missing(estate: Perera) -> Iterator[None]:
    *older, newest = backups.copies(estate.home)
    with days_missing(Victim(newest, "sqlite", tuple(older))):
        yield


@fault(
    "the backup of Sunday took until 02:30",
    "perera.backup.finishes-before-vacuum",
    may_redden={"perera.backup.separate-volume": OLDER},
)
def sunday_backup_late(estate: Perera) -> Iterator[None]:
    """On a Sunday before that hour it is the Sunday before: today's was not made yet."""
    now = dt.datetime.now(dt.UTC)
    ends = {path: ended(path) for path in backups.copies(estate.home) if ended(path).weekday() == 6}
    sunday, end = [(path, end) for path, end in ends.items() if end < now][-1]
    before = sunday.stat().st_mtime
    with without_younger(list(ends), time.time() - before):
        stamp(sunday, end)
        yield
        stamp(sunday, before)


def ended(copy: Path) -> dt.datetime:
    """02:30 of the day of a copy."""
    day = dt.datetime.strptime(copy.name, backups.COPY).replace(tzinfo=dt.UTC)
    return day + dt.timedelta(hours=2, minutes=30)


@fault(
    "the backups of the last nights are on the disk of the database, and nowhere else", "perera.backup.separate-volume"
)
def not_copied_offsite(estate: Perera) -> Iterator[None]:
    """Not only the last: for an hour it may be on its way."""
    with contextlib.ExitStack() as stack:
        for copy in backups.copies(estate.home)[-backups.OFFSITE :]:
            stack.enter_context(estate.bucket.without(BUCKET, backups.key_of(copy)))
        yield


@fault("the dump of a month ago was copied to today's name, with its date", "perera.backup.manual-naming")
def old_dump_renamed(estate: Perera) -> Iterator[None]:
    *older, newest = backups.dated(estate.home)
    with copied_under_a_new_name(Victim(newest, "plain", tuple(older))):
        yield


@fault(
    "the newest copy lost its last page",
    "perera.backup.sqlite-copy-integrity",
    may_redden={
        "perera.backup.rows-match-live": "a copy that is not whole cannot be counted",
        "perera.backup.separate-volume": NOT_EQUAL,
    },
)
def copy_truncated(estate: Perera) -> Iterator[None]:
    with changed(backups.copies(estate.home)[-1], lambda path: os.truncate(path, path.stat().st_size - 4096)):
        yield


@fault(
    "no backup was made, and the sqlite3 that was to verify it made an empty file",
    "perera.backup.sqlite-copy-integrity",
    may_redden={
        "perera.backup.rows-match-live": "the newest copy holds nothing",
        "perera.backup.daily-fresh": "the job of 01:00 did not run",
        "perera.backup.separate-volume": OLDER,
    },
)
def verified_what_is_not_there(estate: Perera) -> Iterator[None]:
    newest = backups.copies(estate.home)[-1]
    with set_aside(newest) as (kept,):
        newest.touch()
        stamp(newest, kept.stat().st_mtime + 60)
        yield


@fault("a fifth of the leads is missing in the newest copy", "perera.backup.rows-match-live")
def copy_lacks_leads(estate: Perera) -> Iterator[None]:
    with altered(backups.copies(estate.home)[-1], "DELETE FROM leads WHERE id % 5 = 0"):
        yield


@fault("the newest dump lost its last kilobyte", "perera.backup.pg-dump-complete")
def dump_truncated(estate: Perera) -> Iterator[None]:
    with cut_by_1_kb(backups.dated(estate.home)[-1]):
        yield


@fault(
    "an update begins with last night's backup as the newest",
    "perera.backup.pre-update-db",
    may_redden={"perera.backup.separate-volume": OLDER},
)
def update_without_backup(estate: Perera) -> Iterator[None]:
    """Before two in the morning last night's is younger than an hour: then it is the one from the night before."""
    saved = [backups.before_update(estate.home), *backups.copies(estate.home)]
    with without_younger(saved, 1.1 * HOUR):
        yield


@fault("a second update began, and config.yml.bak is of last year", "perera.backup.pre-update-config")
def configuration_saved_last_year(estate: Perera) -> Iterator[None]:
    copy = estate.home / "config.yml.bak"
    with set_aside(copy):
        shutil.copyfile(min(estate.home.glob("config.yml.2*")), copy)
        stamp(copy, dt.datetime.now(dt.UTC) - dt.timedelta(days=365))
        yield
