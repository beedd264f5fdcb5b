"""Backup folders, with files put into them."""

import datetime as dt
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from rounds.targets import Backups

PATTERN = r"^(?:shop_backup_|weekly-)(?P<time>\d{8}(?:_\d{6})?)\.tar\.gz$"


@pytest.fixture
def backups(tmp_path: Path) -> Backups:
    folder = tmp_path / "backups"
    folder.mkdir()
    return Backups(name="backups", system="shop", path=str(folder), pattern=PATTERN)


@pytest.fixture
def put(backups: Backups) -> Callable[..., Path]:
    """Put a file into the folder: `put("weekly-20261122.tar.gz", data, "2026-11-22 05:30")` (modified then, in UTC)."""

    def made(name: str, data: bytes = b"an archive", modified: str = "2026-11-22 05:30") -> Path:
        path = Path(backups.path, name)
        path.write_bytes(data)
        moment = dt.datetime.fromisoformat(modified).replace(tzinfo=dt.UTC).timestamp()
        os.utime(path, (moment, moment))
        return path

    return made
