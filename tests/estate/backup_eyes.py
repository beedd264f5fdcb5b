"""What rows on backups see of those of the shop: by finding, by reading, by restoring."""

import importlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from shop import Shop

from rounds.checks import (
    test_backup_integrity,
    test_backup_keeping,
    test_backup_names,
    test_backup_sets,
    test_backups,
    test_redis_backup,
    test_restore,
    test_sqlite,
)
from rounds.estate.damage import Kind, Sight
from rounds.judge import Earlier, Observer
from rounds.probe import PROBES, CouldNotLook
from rounds.targets import Backups, Postgres, Redis, RestoreDrill, Sqlite

for _looks in (
    "backups",
    "backup_keeping",
    "backup_readable",
    "backup_strays",
    "backup_contents",
    "restored",
    "sqlite_files",
    "redis_files",
    "redis_restore",
):
    importlib.import_module(f"rounds.fixtures.{_looks}")

TIMES = r"(?P<time>\d{8}_\d{6})"
PATTERNS: dict[Kind, str] = {
    "plain": rf"shop_{TIMES}\.sql", "packed": rf"shop_{TIMES}\.sql\.gz", "archive": rf"shop_{TIMES}\.tar\.gz",
    "custom": rf"shop_{TIMES}\.dump", "directory": rf"shop_{TIMES}", "base": rf"base_{TIMES}",
    "sqlite": rf"leads_{TIMES}\.db", "redis": rf"dump_{TIMES}\.rdb",
}  # fmt: skip
Row = Callable[..., Any]
Case = tuple[Any, Any, dict[str, Any]]


def target(shop: Shop, kind: Kind, folder: Path | None = None, suffix: str | None = None) -> Backups:
    """The backups of a kind; or others of it, in a folder of their own."""
    each = "folder" if kind in ("directory", "base") else "file"
    pattern = PATTERNS[kind] if suffix is None else f"shop_{TIMES}{re.escape(suffix)}"
    path = str(folder or shop.root / "backups" / kind)
    return Backups(name=kind, system="shop", path=path, pattern=pattern, each=each, settled="1s")


def rows(shop: Shop, kind: Kind, sight: Sight, backups: Backups) -> Iterator[Case]:
    """The checks by which such a backup is seen: check, model, parameters."""
    if sight == "finding":
        nights = 2 if kind == "base" else 7
        yield test_backups.test_backup_fresh, test_backups.BackupFresh, {"backups": backups}
        yield test_backup_names.test_backup_names, test_backup_names.BackupNames, {"backups": backups}
        yield test_backup_sets.test_backup_size, test_backup_sets.BackupSize, {"backups": backups}
        yield (
            test_backup_sets.test_backup_series,
            test_backup_sets.BackupSeries,
            {"backups": backups, "back": f"{nights - 1}d"},
        )
        yield test_backup_keeping.test_backup_permissions, test_backup_keeping.BackupPermissions, {"backups": backups}
    elif kind == "sqlite":
        leads = {"backups": backups, "tables": ["leads"]}
        if sight == "reading":
            yield test_sqlite.test_sqlite_backup, test_sqlite.SqliteBackupWhole, leads
        else:
            live = Sqlite(name="live", system="shop", path=str(shop.leads))
            yield test_sqlite.test_sqlite_rows_match, test_sqlite.SqliteRowsMatch, leads | {"live": live}
    elif kind == "redis":
        if sight == "reading":
            yield test_redis_backup.test_redis_backup, test_redis_backup.RedisBackupWhole, {"backups": backups}
        else:
            live = Redis(name="live", system="shop", url=SecretStr(shop.cache.url()))
            yield (
                test_redis_backup.test_redis_restore,
                test_redis_backup.RedisRestore,
                {"backups": backups, "live": live, "acts": True},
            )
    elif sight == "reading":
        yield test_backup_integrity.test_backup_integrity, test_backup_integrity.BackupIntegrity, {"backups": backups}
    else:
        yield test_restore.test_restore_drill, test_restore.FullRestore, _drill(shop, backups)


def _drill(shop: Shop, backups: Backups) -> dict[str, Any]:
    live = Postgres(name="live", system="shop", dsn=SecretStr(shop.database.superuser))
    index = "SELECT count(*) = 1 FROM pg_indexes WHERE indexname = 'sales_at'"
    drill = RestoreDrill(
        name="drill", system="shop", backups=backups, live=live, newest={"sales": "at"}, conditions={"the index on the day is there": index}
    )  # fmt: skip
    return {"drill": drill, "tables": ["shops", "sales"], "share": "85%", "acts": True}


def looked(shop: Shop, row: Row, kind: Kind, sight: Sight, backups: Backups | None = None) -> Observer:
    """What all those rows observe, together; what could not be looked at is unknown."""
    observe = Observer()
    for check, model, given in rows(shop, kind, sight, backups or target(shop, kind)):
        try:
            _judged(row(model, **given), check, observe)
        except CouldNotLook as error:
            observe.unknown("look", str(error))
    return observe


def _judged(expected: Any, check: Any, observe: Observer) -> None:
    facts = {}
    for name in check.__annotations__:
        if name in PROBES:
            probe = PROBES[name]
            facts[name] = probe.look(**{each: getattr(expected, each, None) for each in probe.arguments})
    more = {"earlier": Earlier()} if "earlier" in check.__annotations__ else {}
    check(expected=expected, observe=observe, **facts, **more)
