"""Real SQLite databases: leads that belong to owners, with an index, in a folder of their own."""

import importlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from rounds.targets import Sqlite

for _looks in ("sqlite_files", "sql"):
    importlib.import_module(f"rounds.fixtures.{_looks}")  # what it looks with is in PROBES then

SCHEMA = """
CREATE TABLE owners (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE leads (id INTEGER PRIMARY KEY, owner_id INTEGER REFERENCES owners (id), name TEXT, note TEXT);
CREATE TABLE archived (id INTEGER PRIMARY KEY, name TEXT);
CREATE INDEX leads_by_name ON leads (name);
"""
LEADS = 2000


def fill(path: Path, leads: int = LEADS, journal: str = "delete") -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute(f"PRAGMA journal_mode = {journal}")
        database.executescript(SCHEMA)
        database.execute("BEGIN")
        database.executemany("INSERT INTO owners VALUES (?, ?)", ((n, f"owner {n}") for n in range(1, 11)))
        rows = ((n, n % 10 + 1, f"lead {n}", f"note; of\n{n} 'quoted' " * 8) for n in range(1, leads + 1))
        database.executemany("INSERT INTO leads VALUES (?, ?, ?, ?)", rows)
        database.execute("COMMIT")


def change(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        for statement in statements:
            database.execute(statement)


def listing(folder: Path) -> list[tuple[str, int, int]]:
    return sorted((path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in folder.iterdir())


@pytest.fixture
def file(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    path = folder / "leads.db"
    fill(path)
    return path


@pytest.fixture
def wal(tmp_path: Path) -> Path:
    """A database with a write-ahead log that nobody has open."""
    folder = tmp_path / "data"
    folder.mkdir()
    path = folder / "leads.db"
    fill(path, journal="wal")
    return path


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody may enter, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="rounds-sqlite-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


@pytest.fixture
def database(file: Path) -> Sqlite:
    return Sqlite(name="leads", system="perera", path=str(file))


@pytest.fixture
def overwrite() -> Callable[[Path, int], None]:
    """Put other bytes in the place of one page of 4096."""

    def overwritten(path: Path, page: int) -> None:
        with path.open("r+b") as file:
            file.seek(page * 4096)
            file.write(os.urandom(4096))

    return overwritten
