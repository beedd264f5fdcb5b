"""A month of nightly copies, the newest of them off-site too, and what is saved before an update or a change."""

import datetime as dt
from pathlib import Path

from .. import dumps
from ..bucket import BucketServer
from ..postgres import Postgres
from .exports import BUCKET

COPY = "leads.db.%Y%m%d"
DUMP = "leads_%Y%m%d.sql"
BEFORE_UPDATE = "leads.db.%Y%m%d_%H%M%S"
DAYS = 30
OFFSITE = 2


def nights(now: dt.datetime) -> list[dt.datetime]:
    """When the job of 01:00 was done, oldest first: today at 01:05 if that is well past, each day before at 01:40.

    So the night before is less than 24 hours ago until the next is done, and less than 25 for an hour after that.
    """
    today = now.replace(hour=1, minute=5, second=0, microsecond=0)
    before = [today.replace(minute=40) - dt.timedelta(days=days) for days in range(DAYS, 0, -1)]
    return [*before, today] if today < now - dt.timedelta(minutes=10) else before


def make_copies(home: Path) -> None:
    """The nightly copies of SQLite, and the one before the update that is about to begin."""
    folder = home / "data" / "backups"
    folder.mkdir()
    now = dt.datetime.now(dt.UTC)
    moments = nights(now)
    newest = dumps.sqlite_copy(home / "data" / "leads.db", folder / moments[-1].strftime(COPY))
    dumps.past(newest, COPY, moments)
    begun = now - dt.timedelta(minutes=5)
    dumps.stamp(dumps.copied(newest, folder / begun.strftime(BEFORE_UPDATE)), begun)


def make_dumps(home: Path, database: Postgres) -> None:
    """The nightly dumps of PostgreSQL."""
    moments = nights(dt.datetime.now(dt.UTC))
    newest = dumps.dump(database, home / "data" / "backups" / moments[-1].strftime(DUMP))
    dumps.past(newest, DUMP, moments)


def upload(home: Path, bucket: BucketServer) -> None:
    """The last copies went off-site a few minutes after they were made."""
    for path in copies(home)[-OFFSITE:]:
        bucket.put(BUCKET, key_of(path), path, modified=path.stat().st_mtime + 300)


def key_of(copy: Path) -> str:
    return f"backups/{copy.name}"


def copy_configuration(home: Path) -> None:
    """The configuration was changed three weeks and three days ago, with a copy before each; and saved just now."""
    now = dt.datetime.now(dt.UTC)
    config = home / "config.yml"
    text = config.read_text()
    changes = [now - dt.timedelta(days=24), now - dt.timedelta(days=3)]
    for changed, was in zip(
        changes, (_without(text, "phoenix_permits", "news_feed"), _without(text, "news_feed")), strict=True
    ):
        before = changed - dt.timedelta(minutes=10)
        copy = home / before.strftime("config.yml.%Y%m%d")
        copy.write_text(was)
        dumps.stamp(copy, before)
    dumps.stamp(config, changes[-1])
    saved = home / "config.yml.bak"
    saved.write_text(text)
    dumps.stamp(saved, now - dt.timedelta(minutes=5))


def _without(text: str, *sources: str) -> str:
    """The configuration before some sources were switched on."""
    entries = text.split("  - name: ")
    return "  - name: ".join(each for each in entries if not each.startswith(sources))


def copies(home: Path) -> list[Path]:
    """The nightly copies of SQLite, oldest first."""
    return sorted((home / "data" / "backups").glob(f"leads.db.{'[0-9]' * 8}"))


def before_update(home: Path) -> Path:
    return next((home / "data" / "backups").glob("leads.db.*_*"))


def dated(home: Path) -> list[Path]:
    """The nightly dumps of PostgreSQL, oldest first."""
    return sorted((home / "data" / "backups").glob("leads_*.sql"))
