"""A month of nightly dumps with their checksums, and what is saved right before maintenance."""

import datetime as dt
import tarfile
from pathlib import Path

from .. import dumps
from ..postgres import Postgres

NAMED = "pricewatch_%Y%m%d_%H%M%S.sql.gz"
SUMS = "checksums.sha256"
BEFORE_MAINTENANCE = "pre_maintenance_backup.sql"
CONFIGURATION = "config_backup.tar.gz"


def make(home: Path, database: Postgres) -> None:
    """The newest dump is five minutes old, each other a day older than the one after it."""
    folder = home / "backups"
    folder.mkdir()
    now = dt.datetime.now(dt.UTC).replace(microsecond=0) - dt.timedelta(minutes=5)
    newest = dumps.dump(database, folder / now.strftime(NAMED))
    all_of_them = dumps.past(newest, NAMED, [now - dt.timedelta(days=days) for days in range(30, -1, -1)])
    dumps.checksums(folder / SUMS, all_of_them)
    before_maintenance(home, database, now)


def before_maintenance(home: Path, database: Postgres, when: dt.datetime) -> None:
    dumps.stamp(dumps.dump(database, home / BEFORE_MAINTENANCE), when)
    dumps.stamp(home / "config", when - dt.timedelta(hours=1))
    archive = home / CONFIGURATION
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(home / "config", "config")
    dumps.stamp(archive, when)


def nightly(home: Path) -> list[Path]:
    """The dumps of the nights, oldest first."""
    return sorted((home / "backups").glob("pricewatch_*.sql.gz"))
