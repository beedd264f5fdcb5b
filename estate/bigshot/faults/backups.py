import datetime as dt
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...fault import fault
from ..backups import LATEST, archives
from ..estate import BigShot


@contextmanager
def put_back(path: Path) -> Iterator[None]:
    """Give the file back its bytes and its time."""
    content, seen = path.read_bytes(), path.stat()
    try:
        yield
    finally:
        path.write_bytes(content)
        os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns))


@contextmanager
def pointing(pointer: Path, name: str) -> Iterator[None]:
    """Let the pointer lead elsewhere for a while."""
    before, seen = pointer.readlink(), pointer.lstat()
    point(pointer, name)
    try:
        yield
    finally:
        point(pointer, str(before))
        os.utime(pointer, ns=(seen.st_atime_ns, seen.st_mtime_ns), follow_symlinks=False)


def point(pointer: Path, name: str) -> None:
    pointer.unlink()
    pointer.symlink_to(name)


@fault(
    "last night's backup is missing",
    "bigshot.backup.daily-fresh",
    "bigshot.backup.status-endpoint",
)
def backup_missing(estate: BigShot) -> Iterator[None]:
    folder = estate.home / "backups"
    *_, previous, newest = archives(folder)
    aside = estate.root / newest.name
    with pointing(folder / LATEST, previous.name):
        newest.rename(aside)
        yield
        aside.rename(newest)


@fault(
    "the newest archive lost its last kilobyte",
    "bigshot.backup.tar-integrity",
    may_redden={"bigshot.recovery.latest-pointer": "it leads to the damaged archive"},
)
def backup_truncated(estate: BigShot) -> Iterator[None]:
    newest = archives(estate.home / "backups")[-1]
    seen = newest.stat()
    with put_back(newest):
        os.truncate(newest, seen.st_size - 1024)
        os.utime(newest, ns=(seen.st_atime_ns, seen.st_mtime_ns))
        yield


@fault("the backup status endpoint keeps reporting an old success", "bigshot.backup.status-endpoint")
def backup_status_old(estate: BigShot) -> Iterator[None]:
    path = estate.home / "backup_status.json"
    old = archives(estate.home / "backups")[-4]
    finished = dt.datetime.fromtimestamp(old.stat().st_mtime, dt.UTC).isoformat()
    with put_back(path):
        last = json.loads(path.read_text())["last_backup"] | {"file": old.name, "finished_at": finished}
        path.write_text(json.dumps({"last_backup": last}))
        yield


@fault("latest_backup.tar.gz still leads to last week's backup", "bigshot.recovery.latest-pointer")
def pointer_old(estate: BigShot) -> Iterator[None]:
    folder = estate.home / "backups"
    with pointing(folder / LATEST, archives(folder)[0].name):
        yield
