"""Backups of Redis are whole, and a server can load them."""

from typing import Annotated

from pydantic import Field

from rounds.checks.acting import Acting
from rounds.checks.answers import observe_age
from rounds.expectation import Expectation
from rounds.fixtures.backups import Archive
from rounds.fixtures.redis_files import RedisBackup
from rounds.fixtures.redis_restore import RedisRestored
from rounds.judge import Observer
from rounds.limits import Limit, at_least, at_most
from rounds.quantities import Size
from rounds.targets import Backups, Redis


class RedisBackupWhole(Expectation):
    """What the newest backup must hold: a snapshot (RDB), an append-only file, or a folder or tar with a set of both.

    Of several snapshots in one backup each is read. `age` is that of the snapshot by its own clock: a script that
    copies an old one under a new name is seen; commands after it have no clock, so `age` is unknown then. A copy of
    an append-only file in use may end within a command, which a server leaves out: `cut_tail` says how much may be.
    """

    backups: Backups
    age: Limit = at_most(90000, unit="s")
    keys: Limit = at_least(1)
    cut_tail: Limit = at_most(0, unit="B")
    unpacked_at_most: Size = 20e9


def test_redis_backup(expected: RedisBackupWhole, redis_backup: RedisBackup, observe: Observer) -> None:
    """The newest backup of Redis can be read to its end, and is as new as its name says.

    Remedy: keep the damaged file; start BGSAVE, wait until INFO persistence says rdb_last_bgsave_status:ok, and copy
    the snapshot anew (it is replaced by renaming, so a copy is never torn). An old snapshot under a new name: the save
    fails, and the script copies what is left: read the server's log.
    """
    contents = redis_backup.contents
    if _is_missing(redis_backup.folder, redis_backup.archive, contents.failure, observe):
        return
    what = contents.kind if contents.files == 1 else f"{contents.files} {contents.kind}s"
    observe("newest backup", "whole", note=f"{what}, written by {_writer(redis_backup)}")
    seen = contents.snapshot
    if seen is not None and not seen.has_checksum:
        observe.unknown("checksum", "the server writes none (rdbchecksum no): only a restore can tell")
    _observe_age(expected, redis_backup, observe)
    if contents.kind == "snapshot":
        observe("keys of its first database", seen.keys if seen else None, expected.keys)
    else:
        observe("keys of its snapshot or commands", contents.commands + ((seen and seen.keys) or 0), expected.keys)
        observe("after the last whole command", contents.cut_tail_bytes, expected.cut_tail)


def _observe_age(expected: RedisBackupWhole, backup: RedisBackup, observe: Observer) -> None:
    seen, is_snapshot = backup.contents.snapshot, backup.contents.kind == "snapshot"
    made = seen.made_epoch_seconds if seen else None
    age = None if made is None else backup.looked_at_epoch_seconds - made
    why = "append-only files do not tell when they were written"
    if age is not None and (is_snapshot or not expected.age.verdict(age).badness):
        observe_age(observe, "age of the snapshot", age, expected.age)
    elif is_snapshot:
        observe.unknown("age of the snapshot", "it does not tell when it was made")
    elif "age" in expected.model_fields_set:
        observe.unknown("age of the commands", f"{why}: leave `age` out, and judge them with `backup-fresh`")
    else:
        observe("age of the commands", "not told", note=f"{why}: `backup-fresh` judges the file")


def _writer(backup: RedisBackup) -> str:
    seen = backup.contents.snapshot
    return f"{seen.writer}, version {seen.version}" if seen else "a server that does not say its name"


class RedisRestore(Acting):
    """What a throwaway server must hold after it loaded the newest backup, and the share of the `live` server's keys.

    Keys that have expired since count as restored. The restore needs as much memory as the live server's data.
    """

    backups: Backups
    live: Redis | None = None
    keys: Limit = at_least(1)
    share: Limit = at_least(95, unit="%")
    took: Limit = at_most(3600, unit="s")
    allow_cut_tail: Annotated[bool, Field(description="an append-only file may end within a command")] = False
    unpacked_at_most: Size = 20e9
    memory_at_most: Size = 4e9


def test_redis_restore(
    expected: RedisRestore, redis_restored: RedisRestored, live_keys: int | None, observe: Observer
) -> None:
    """The newest backup of Redis was restored into a server of its own, which is gone again.

    Remedy: load the backup before it by hand (`valkey-server --port 7777 --dir COPY --dbfilename FILE`) to find the
    last good one, keep that, and make a new one. Too few keys: look for a FLUSHDB, an eviction, or a snapshot of
    another server; `valkey-check-rdb` and `valkey-check-aof` say where a file breaks.
    """
    if _is_missing(redis_restored.folder, redis_restored.archive, redis_restored.failure, observe):
        return
    by_database = redis_restored.keys or {}
    keys, expired = sum(by_database.values()), redis_restored.expired_keys
    where = ", ".join(f"{count} in db{number}" for number, count in sorted(by_database.items())[:5])
    note = "; ".join(filter(None, [where, f"{expired} expired since" if expired else "", redis_restored.server]))
    observe("keys restored", keys + expired, expected.keys, note=note)
    if expected.live is not None and live_keys:
        observe("of the live keys", 100 * (keys + expired) / live_keys, expected.share, note=f"{live_keys} live")
    elif expected.live is not None:
        observe.critical("of the live keys", "the live server is empty", live_keys)
    observe("time to restore", redis_restored.took_seconds, expected.took)


def _is_missing(folder: str, archive: Archive | None, failure: str, observe: Observer) -> bool:
    if archive is None:
        observe.critical("newest backup", f"there is no backup in {folder}", "missing")
    elif failure:
        observe.critical("newest backup", f"{archive.name}: {failure}", "not whole")
    else:
        return False
    return True
