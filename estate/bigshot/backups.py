"""A week of backups, the newest from the real pg_dump, among things that only look like backups."""

import datetime as dt
import gzip
import hashlib
import io
import json
import os
import tarfile
from pathlib import Path

LATEST = "latest_backup.tar.gz"
CONFIG = "site:\n  name: bigshot\n  language: en\njobs:\n  parallel: 2\n"


def make(folder: Path, dump: str) -> None:
    now = dt.datetime.now(dt.UTC).replace(microsecond=0)
    (folder / "tmp").mkdir()
    for days in range(7, 0, -1):
        archive(folder, now - dt.timedelta(days=days, hours=3), dump)
    archive(folder, now - dt.timedelta(days=4, hours=5), dump, weekly=True)
    newest = archive(folder, now - dt.timedelta(hours=3), dump)
    (folder / LATEST).symlink_to(newest.name)
    report(folder, newest)
    sums = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}" for path in archives(folder)]
    (folder / "checksums.sha256").write_text("\n".join(sums) + "\n")
    part = folder / f"bigshot_backup_{now:%Y%m%d_%H%M%S}.tar.gz.part"
    part.write_bytes(newest.read_bytes()[:4096])


def archive(folder: Path, when: dt.datetime, dump: str, *, weekly: bool = False) -> Path:
    path = folder / (f"weekly-{when:%Y%m%d}.tar.gz" if weekly else f"bigshot_backup_{when:%Y%m%d_%H%M%S}.tar.gz")
    manifest = {
        "created_at": when.isoformat(),
        "database": "bigshot",
        "files": ["database.sql", "config/settings.yaml"],
    }
    members = {"database.sql": dump, "config/settings.yaml": CONFIG, "manifest.json": json.dumps(manifest, indent=2)}
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, text in members.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime, info.mode = len(text.encode()), int(when.timestamp()), 0o640
            tar.addfile(info, io.BytesIO(text.encode()))
    path.write_bytes(gzip.compress(buffer.getvalue(), 6, mtime=int(when.timestamp())))
    os.utime(path, (when.timestamp(), when.timestamp()))
    return path


def archives(folder: Path) -> list[Path]:
    """List the daily archives, oldest first."""
    return sorted(folder.glob("bigshot_backup_*.tar.gz"))


def report(folder: Path, newest: Path) -> None:
    """Write what the backup program reports at its end, for the status endpoint."""
    seen = newest.stat()
    finished = dt.datetime.fromtimestamp(seen.st_mtime, dt.UTC).isoformat()
    last = {"status": "success", "file": newest.name, "finished_at": finished, "size_bytes": seen.st_size}
    (folder.parent / "backup_status.json").write_text(json.dumps({"last_backup": last}))
