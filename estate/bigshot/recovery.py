"""What people did and wrote down: restores that were tried, a failover that was tried, and yesterday's recovery."""

import datetime as dt
import json
import os
from pathlib import Path

from . import backups
from .database import Database

RECORDS = "restores.jsonl"
ATTESTED = "attestations.jsonl"
BEGUN = "begun"
KEPT = "before-%Y%m%d_%H%M%S.tar.gz"
RESTORED_TABLES = ("domains", "jobs", "users")
FAILOVER = "bigshot.recovery.failover-tested"


def write(home: Path, database: Database) -> None:
    """A restore last week and one last month, a failover six weeks ago, a recovery yesterday."""
    folder = home / "recovery"
    folder.mkdir()
    now = dt.datetime.now(dt.UTC).replace(microsecond=0)
    rows = counted(database)
    records = [restored(now - dt.timedelta(days=days), rows, seconds) for days, seconds in ((38, 1260), (9, 1140))]
    (folder / RECORDS).write_text("".join(f"{json.dumps(each)}\n" for each in records))
    (folder / ATTESTED).write_text(f"{json.dumps(failed_over(now - dt.timedelta(days=43)))}\n")
    recover(home, now - dt.timedelta(hours=26))


def counted(database: Database) -> dict[str, int]:
    sql = " UNION ALL ".join(f"SELECT '{table}', count(*) FROM {table}" for table in RESTORED_TABLES)  # noqa: S608 - our own names
    return dict(database.query(sql))


def restored(when: dt.datetime, rows: dict[str, int], seconds: int) -> dict[str, object]:
    """A record of a restore in development, as the team writes it."""
    backup = (when - dt.timedelta(hours=7)).strftime(backups.NIGHTLY)
    told = {"at": when.isoformat(), "backup": backup, "outcome": "ok", "seconds": seconds}
    return told | {"rows": rows, "expected": rows, "by": "ops, in development"}


def failed_over(when: dt.datetime) -> dict[str, str]:
    """What `rounds attest` writes down."""
    told = {"id": FAILOVER, "at": f"{when:%Y-%m-%dT%H:%M:%SZ}", "by": "M. Okafor"}
    note = "stopped the first host, the second served after a change of DNS"
    return told | {"note": note, "result": "served again after 11 minutes, no job lost"}


def recover(home: Path, when: dt.datetime) -> None:
    """Note a recovery from the newest backup of that time, which began when the state before it had been kept."""
    nightly = backups.archives(home / "backups")
    used = [path for path in nightly if path.stat().st_mtime < when.timestamp()][-1]
    before = when - dt.timedelta(minutes=10)
    backups.put(used, home / "recovery" / before.strftime(KEPT), before)
    begun = home / "recovery" / BEGUN
    begun.write_text(f"{used.name}\n")
    os.utime(begun, (when.timestamp(), when.timestamp()))


def kept(home: Path) -> Path:
    """The copy of the state before the recovery."""
    return next((home / "recovery").glob("before-*"))


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def rewrite(path: Path, told: list[dict[str, object]]) -> None:
    path.write_text("".join(f"{json.dumps(each)}\n" for each in told))
