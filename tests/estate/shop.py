"""A small shop with real servers, and backups of it in every form: what damage is tried on."""

import contextlib
import datetime as dt
import hashlib
import sqlite3
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from rounds.estate import dumps
from rounds.estate.damage import Kind, Victim
from rounds.estate.postgres import Postgres
from rounds.estate.valkey import Valkey

SCHEMA = b"""
CREATE TABLE shops (id int PRIMARY KEY, name text NOT NULL);
CREATE TABLE sales (id serial PRIMARY KEY, shop int REFERENCES shops, at timestamptz NOT NULL, words text);
CREATE INDEX sales_at ON sales (at);
INSERT INTO shops SELECT n, 'shop ' || n FROM generate_series(1, 20) n;
INSERT INTO sales (shop, at, words)
    SELECT 1 + n % 20, now() - (5000 - n) * interval '9 min', md5(n::text) FROM generate_series(1, 5000) n;
"""
"""Sales of a month: a backup holds those from before its night."""
NAMES: dict[Kind, str] = {
    "plain": "shop_%Y%m%d_%H%M%S.sql",
    "packed": "shop_%Y%m%d_%H%M%S.sql.gz",
    "archive": "shop_%Y%m%d_%H%M%S.tar.gz",
    "custom": "shop_%Y%m%d_%H%M%S.dump",
    "directory": "shop_%Y%m%d_%H%M%S",
    "base": "base_%Y%m%d_%H%M%S",
    "sqlite": "leads_%Y%m%d_%H%M%S.db",
    "redis": "dump_%Y%m%d_%H%M%S.rdb",
}
NIGHTS = 8


@dataclass
class Shop:
    """The servers, and a folder for the backups of each kind."""

    root: Path
    database: Postgres
    cache: Valkey
    nights: list[dt.datetime] = field(default_factory=lambda: dumps.lately(NIGHTS))

    def backups(self, kind: Kind) -> Victim:
        """A week of nightly backups of a kind; made once, for damage leaves no trace."""
        folder = self.root / "backups" / kind
        when = self.nights[-3:] if kind == "base" else self.nights
        made = [folder / each.strftime(NAMES[kind]) for each in when]
        if not folder.exists():
            folder.mkdir(parents=True)
            for each in {when[0], when[-1]} if kind != "base" else {when[-1]}:
                self._make(kind, folder / each.strftime(NAMES[kind]), each)
            for path in dumps.past(made[-1], NAMES[kind], when):
                close(path)
        return Victim(made[-1], kind, tuple(made[:-1]), None if kind in ("sqlite", "redis") else self.database)

    def _make(self, kind: Kind, path: Path, when: dt.datetime) -> None:
        if kind == "base":
            dumps.base_backup(self.database, path)
        elif kind == "sqlite":
            dumps.sqlite_copy(self.leads, path)
            if when < self.nights[-1]:
                lose_leads(path)
        elif kind == "redis":
            dumps.redis_copy(self.cache, path)
        else:
            with dumps.scratch(self.database, [until(when)]) as name:
                self._dump(kind, path, name)

    def _dump(self, kind: Kind, path: Path, name: str) -> None:
        if kind == "archive":
            members = {"shop/database.sql": dumps.dumped(self.database, of=name), "shop/settings.yaml": b"a: 1\n"}
            dumps.archive(path, members)
        else:
            form: dumps.Form = "custom" if kind == "custom" else "directory" if kind == "directory" else "plain"
            dumps.dump(self.database, path, form=form, of=name)

    @property
    def leads(self) -> Path:
        path = self.root / "leads.db"
        return path if path.exists() else leads(path)


def leads(path: Path) -> Path:
    """A live SQLite database."""
    with contextlib.closing(sqlite3.connect(path)) as live, live:
        live.execute("CREATE TABLE leads (id INTEGER PRIMARY KEY, name TEXT)")
        live.execute("CREATE INDEX leads_name ON leads (name)")
        rows = [(hashlib.sha256(str(n).encode()).hexdigest(),) for n in range(4000)]
        live.executemany("INSERT INTO leads (name) VALUES (?)", rows)
    return path


def until(when: dt.datetime) -> str:
    """The statement that leaves what was sold before a night."""
    return f"DELETE FROM sales WHERE at > '{when}'"  # noqa: S608 - a moment of our own


def close(path: Path) -> None:
    """Let nobody else read it."""
    for each in (path, *path.rglob("*")):
        each.chmod(0o700 if each.is_dir() else 0o600)


def lose_leads(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as copy, copy:
        copy.execute("DELETE FROM leads WHERE id > 3000")


def seen(folder: Path) -> dict[str, tuple[object, ...]]:
    """All that can be told of what is in a folder, and of the folder itself."""
    return {str(path.relative_to(folder)): _one(path) for path in [folder, *folder.rglob("*")]}


def _one(path: Path) -> tuple[object, ...]:
    info = path.lstat()
    if path.is_symlink():
        return info.st_ino, info.st_mtime_ns, path.readlink()
    if path.is_dir():
        return info.st_ino, info.st_mode, info.st_uid, info.st_gid, info.st_mtime_ns
    content = _content(path, (info.st_dev, info.st_ino, info.st_size, info.st_mtime_ns, info.st_ctime_ns))
    return info.st_ino, info.st_mode, info.st_uid, info.st_gid, info.st_mtime_ns, info.st_nlink, content


@cache
def _content(path: Path, _state: tuple[int, ...]) -> str:
    """Read again only when the kernel says that it was changed: nobody can set the time of the last change (ctime)."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
