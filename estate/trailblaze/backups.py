"""What TrailBlaze saves: a month of nightly dumps, one by hand before a change, base backups, and tried recoveries."""

import datetime as dt
import json
import shutil
import subprocess
from pathlib import Path

from .. import dumps
from ..part import EstateError, clean_env
from ..postgres import Postgres

RECORDED = Path(__file__).with_name("recorded")
SCRIPTS = ("backup.sh", "archive_wal.sh")
NAMED = "trailblaze-%Y%m%d_%H%M%S.backup"
BASE = "base-%Y%m%d_%H%M%S"
TRIED = (12, 42, 73)
"""How many days ago a recovery was tried."""


def lay_out(home: Path, database: Postgres) -> None:
    """The folders and scripts; the archive belongs to the server, which writes into it."""
    for folder in ("scripts", "backups/manual", "base", "wal"):
        (home / folder).mkdir(parents=True)
    database.servant.own(home / "wal")
    for name in SCRIPTS:
        shutil.copy(RECORDED / name, home / "scripts" / name)
        (home / "scripts" / name).chmod(0o755)


def make(home: Path, database: Postgres) -> None:
    """The newest nightly dump is three hours old, that from before a change five minutes, the base backup two days."""
    folder, now = home / "backups", dt.datetime.now(dt.UTC).replace(microsecond=0)
    manual = folder / "manual" / (now - dt.timedelta(minutes=5)).strftime(NAMED)
    made(home, database, manual.parent).rename(manual)
    dumps.stamp(manual, now - dt.timedelta(minutes=5))
    nights = dumps.lately(30)
    newest = dumps.copied(manual, folder / nights[-1].strftime(NAMED))
    dumps.past(newest, NAMED, nights)
    weekly = now - dt.timedelta(days=2)
    dumps.stamp(dumps.base_backup(database, home / "base" / weekly.strftime(BASE)), weekly)
    records(home).write_text("".join(map(_tried, sorted(TRIED, reverse=True))))


def made(home: Path, database: Postgres, folder: Path) -> Path:
    """Let the script make a dump in a folder that has none."""
    login = {"PGHOST": "127.0.0.1", "PGPORT": str(database.port), "PGUSER": database.name}
    env = clean_env() | login | {"PGPASSWORD": database.passwords[database.name], "BACKUP_DIR": str(folder)}
    env["PATH"] = f"{database.bin}:{env['PATH']}"
    done = subprocess.run(
        [str(home / "scripts" / "backup.sh")], env=env, capture_output=True, text=True, check=False, cwd=home
    )
    if done.returncode:
        raise EstateError(f"backup.sh failed: {done.stderr}")
    return next(folder.glob("*.backup"))


def nightly(home: Path) -> list[Path]:
    """The dumps of the nights, oldest first."""
    return sorted((home / "backups").glob("trailblaze-*.backup"))


def records(home: Path) -> Path:
    """Where it is written down that a recovery was tried."""
    return home / "state" / "recoveries.jsonl"


def _tried(days: int) -> str:
    when = dt.datetime.now(dt.UTC) - dt.timedelta(days=days)
    told = {
        "at": when.isoformat(timespec="seconds"), "backup": (when - dt.timedelta(hours=5)).strftime(NAMED),
        "outcome": "ok", "seconds": 1140 + days, "by": "operations, on a new host",
    }  # fmt: skip
    return json.dumps(told) + "\n"
