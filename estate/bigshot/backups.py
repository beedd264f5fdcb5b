"""Nightly archives of a week and weekly ones of a quarter, with a real dump, among what only looks like backups."""

import datetime as dt
import json
from pathlib import Path

from .. import dumps

LATEST = "latest_backup.tar.gz"
NIGHTLY = "bigshot_backup_%Y%m%d_%H%M%S.tar.gz"
WEEKLY = "weekly-%Y%m%d.tar.gz"
ARCHIVED = f"%Y%m/{WEEKLY}"
BEFORE_UPDATE = "pre-update-%Y%m%d.tar.gz"
CONFIG = b"site:\n  name: bigshot\n  language: en\njobs:\n  parallel: 2\n"
NIGHTS = 8
FRIDAYS = 14
FRIDAY = 4


def make(home: Path, dump: bytes) -> None:
    """Everything up to now: an update is about to begin, and was prepared for 20 minutes ago."""
    folder, old = home / "backups", home / "archive" / "backups"
    (folder / "tmp").mkdir()
    nights = dumps.lately(NIGHTS)
    newest = archive(folder / nights[-1].strftime(NIGHTLY), dump, nights[-1])
    nightly = dumps.past(newest, NIGHTLY, nights)
    *before, last = fridays(dt.datetime.now(dt.UTC).replace(microsecond=0))
    put(newest, folder / last.strftime(WEEKLY), last)
    for friday in before:
        put(newest, old / friday.strftime(ARCHIVED), friday)
    before_update(home, newest)
    dumps.checksums(folder / "checksums.sha256", nightly)
    (folder / f"{newest.name}.part").write_bytes(newest.read_bytes()[:4096])


def archive(path: Path, dump: bytes, when: dt.datetime) -> Path:
    manifest = {
        "created_at": when.isoformat(),
        "database": "bigshot",
        "files": ["database.sql", "config/settings.yaml"],
    }
    members = {
        "database.sql": dump,
        "config/settings.yaml": CONFIG,
        "manifest.json": json.dumps(manifest, indent=2).encode(),
    }
    return dumps.archive(path, members, when)


def put(source: Path, path: Path, when: dt.datetime) -> Path:
    """The same archive under another name, as old as that says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return dumps.stamp(dumps.copied(source, path), when)


def fridays(now: dt.datetime) -> list[dt.datetime]:
    """The evening of each Friday up to now, the newest last; today's may have to be earlier."""
    begun = now.replace(hour=0, minute=0, second=0) - dt.timedelta(days=(now.weekday() - FRIDAY) % 7)
    newest = max(begun, min(begun + dt.timedelta(hours=17), now - dt.timedelta(minutes=5)))
    return [newest - dt.timedelta(weeks=weeks) for weeks in range(FRIDAYS - 1, -1, -1)]


def before_update(home: Path, source: Path) -> None:
    """Make the backup before an update: the newest of all, which is reported and which the pointer leads to."""
    when = dt.datetime.now(dt.UTC).replace(microsecond=0) - dt.timedelta(minutes=20)
    made = put(source, home / "backups" / when.strftime(BEFORE_UPDATE), when)
    (home / "backups" / LATEST).symlink_to(made.name)
    report(home, made)


def archives(folder: Path) -> list[Path]:
    """List the nightly archives, oldest first."""
    return sorted(folder.glob("bigshot_backup_*.tar.gz"))


def weekly(home: Path) -> list[Path]:
    """List the weekly archives, oldest first; the last one is not in the archive yet."""
    found = [*(home / "backups").glob("weekly-*"), *(home / "archive" / "backups").rglob("weekly-*")]
    return sorted(found, key=lambda path: path.name)


def prepared(home: Path) -> Path:
    """The backup that was made before the update, the newest of all."""
    return max((home / "backups").glob("pre-update-*"))


def report(home: Path, newest: Path) -> None:
    """Write what the backup program reports at its end, for the status endpoint."""
    seen = newest.stat()
    finished = dt.datetime.fromtimestamp(seen.st_mtime, dt.UTC).isoformat()
    last = {"status": "success", "file": newest.name, "finished_at": finished, "size_bytes": seen.st_size}
    (home / "backup_status.json").write_text(json.dumps({"last_backup": last}))
