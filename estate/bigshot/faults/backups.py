"""Backups that are not there, not whole, or not what is told of them."""

import contextlib
import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ... import dumps
from ...damage import changed, cut_by_1_kb, set_aside
from ...damage.kept import added
from ...fault import fault
from ..backups import BEFORE_UPDATE, LATEST, archives, prepared, put, report, weekly
from ..estate import BigShot


@contextmanager
def pointing(home: Path, newest: Path) -> Iterator[None]:
    """Let the pointer lead elsewhere for a while."""
    pointer = home / "backups" / LATEST
    with set_aside(pointer):
        pointer.symlink_to(newest.name)
        yield


@contextmanager
def told(home: Path, newest: Path) -> Iterator[None]:
    """Let the status endpoint tell of another backup for a while."""
    with changed(home / "backup_status.json", lambda _: report(home, newest)):
        yield


# What is older than 25 hours is beyond the objective of 24 hours, too.
@fault("last night's backup is missing", "bigshot.backup.daily-fresh", "bigshot.recovery.rto-rpo")
def backup_missing(estate: BigShot) -> Iterator[None]:
    with set_aside(archives(estate.home / "backups")[-1]):
        yield


# The newest archive is the one that was made before the update.
@fault(
    "the newest archive lost its last kilobyte",
    "bigshot.backup.tar-integrity",
    "bigshot.backup.pre-update",
    may_redden={"bigshot.recovery.latest-pointer": "it leads to the damaged archive"},
)
def backup_truncated(estate: BigShot) -> Iterator[None]:
    with cut_by_1_kb(prepared(estate.home)):
        yield


@fault("the backup status endpoint keeps reporting an old success", "bigshot.backup.status-endpoint")
def backup_status_old(estate: BigShot) -> Iterator[None]:
    with told(estate.home, archives(estate.home / "backups")[-4]):
        yield


@fault("latest_backup.tar.gz still leads to last week's backup", "bigshot.recovery.latest-pointer")
def pointer_old(estate: BigShot) -> Iterator[None]:
    with pointing(estate.home, archives(estate.home / "backups")[0]):
        yield


@fault("an update begins with yesterday's backup", "bigshot.backup.pre-update")
def update_unprepared(estate: BigShot) -> Iterator[None]:
    newest, nightly = prepared(estate.home), archives(estate.home / "backups")[-1]
    yesterday = dt.datetime.fromtimestamp(newest.stat().st_mtime, dt.UTC) - dt.timedelta(days=1)
    with contextlib.ExitStack() as stack:
        stack.enter_context(set_aside(newest))
        old = stack.enter_context(added(newest.with_name(yesterday.strftime(BEFORE_UPDATE))))
        put(nightly, old, yesterday)
        stack.enter_context(pointing(estate.home, nightly))
        stack.enter_context(told(estate.home, nightly))
        yield


# Of the last two, one at least is a Friday before today.
@fault("nobody made a weekly backup on two Fridays", "bigshot.backup.weekly", "bigshot.backup.weekly-archived")
def fridays_skipped(estate: BigShot) -> Iterator[None]:
    with set_aside(*weekly(estate.home)[-2:]):
        yield


@fault(
    "the newest weekly archive lost its last kilobyte",
    "bigshot.backup.weekly-integrity",
    "bigshot.backup.weekly-archived",
)
def weekly_truncated(estate: BigShot) -> Iterator[None]:
    with cut_by_1_kb(weekly(estate.home)[-1]):
        yield


@fault("a weekly archive of two months ago is gone", "bigshot.backup.weekly-archived")
def archived_removed(estate: BigShot) -> Iterator[None]:
    with set_aside(weekly(estate.home)[-9]):
        yield


@fault("somebody called a daily archive backup.tar.gz", "bigshot.backup.naming-consistent")
def archive_misnamed(estate: BigShot) -> Iterator[None]:
    newest = archives(estate.home / "backups")[-1]
    with added(newest.with_name("backup.tar.gz")) as path:
        dumps.copied(newest, path)
        yield
