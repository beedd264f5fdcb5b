"""Real backups of an estate's databases, in every form a runbook names, and a past of them under dated names.

newest = dump(database, folder / f"shop_{nights(1, 2)[0]:%Y%m%d}.sql.gz")
past(newest, "shop_%Y%m%d.sql.gz", nights(30, 2))
"""

import bz2
import contextlib
import datetime as dt
import gzip
import hashlib
import importlib
import io
import lzma
import os
import secrets
import shutil
import sqlite3
import subprocess
import sys
import tarfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import psycopg

from .part import EstateError, clean_env
from .postgres import Postgres
from .valkey import Valkey

Form = Literal["plain", "custom", "directory", "tar"]
Moment = dt.datetime | float


def dump(database: Postgres, path: Path, *options: str, form: Form = "plain", of: str = "") -> Path:
    """What pg_dump writes of the database (or of another, `of`), packed as the name ends: .gz .bz2 .xz .zst."""
    if form == "directory":
        _tool(database, "pg_dump", f"--dbname={of or database.name}", "-Fd", f"--file={path}", *options)
    else:
        path.write_bytes(packed(path.name, dumped(database, *options, form=form, of=of)))
    return path


def dumped(database: Postgres, *options: str, form: Form = "plain", of: str = "") -> bytes:
    """The bytes of a dump that is one file."""
    return _tool(database, "pg_dump", f"--dbname={of or database.name}", f"-F{form[0]}", *options)


def base_backup(database: Postgres, path: Path, *options: str) -> Path:
    """A copy of the whole server, with its manifest and the WAL it needs; `-Ft` makes it tar files in a folder."""
    _tool(database, "pg_basebackup", f"--pgdata={path}", "--checkpoint=fast", "--no-sync", *options)
    return path


@contextmanager
def scratch(database: Postgres, statements: Sequence[str] = (), *, copy: bool = True) -> Iterator[str]:
    """A second database on the same server, a copy of the first but for some statements; its name. It goes again."""
    name = f"scratch_{secrets.token_hex(4)}"
    admin = database.dsn("postgres", "postgres")
    _run(admin, f"CREATE DATABASE {name}")
    try:
        if copy:
            content = dumped(database, form="custom")
            _tool(database, "pg_restore", f"--dbname={name}", "--exit-on-error", given=content)
        _run(database.dsn("postgres", name), *statements)
        yield name
    finally:
        _run(admin, f"DROP DATABASE {name} WITH (FORCE)")


def sqlite_copy(source: Path, path: Path) -> Path:
    """A copy of an SQLite database as its backup API makes it, whoever writes meanwhile."""
    with contextlib.closing(sqlite3.connect(source)) as old, contextlib.closing(sqlite3.connect(path)) as new:
        old.backup(new)
    return path


def redis_copy(server: Valkey, path: Path) -> Path:
    """The snapshot that the server writes when it is told to."""
    with server.client() as client:
        client.save()
    shutil.copyfile(server.home / "dump.rdb", path)
    return path


def archive(path: Path, members: Mapping[str, bytes | Path], moment: Moment | None = None) -> Path:
    """A tar archive, packed as its name ends; a member may be a file or a folder."""
    when = _epoch(moment) if moment is not None else dt.datetime.now(dt.UTC).timestamp()
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content in members.items():
            if isinstance(content, Path):
                tar.add(content, name)
                continue
            info = tarfile.TarInfo(name)
            info.size, info.mtime, info.mode = len(content), int(when), 0o640
            tar.addfile(info, io.BytesIO(content))
    path.write_bytes(packed(path.name, buffer.getvalue()))
    return stamp(path, when)


def nights(count: int, hour: int, minute: int = 0) -> list[dt.datetime]:
    """The last so many moments of that time of day, in UTC, the newest last; none lies in the future."""
    now = dt.datetime.now(dt.UTC)
    newest = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
    newest -= dt.timedelta(days=newest > now)
    return [newest - dt.timedelta(days=days) for days in range(count - 1, -1, -1)]


def lately(count: int, hours_ago: float = 3) -> list[dt.datetime]:
    """Moments a day apart, the newest last and so long ago: a series that is as old at any time of day."""
    newest = dt.datetime.now(dt.UTC).replace(microsecond=0) - dt.timedelta(hours=hours_ago)
    return [newest - dt.timedelta(days=days) for days in range(count - 1, -1, -1)]


def past(newest: Path, named: str, moments: Iterable[dt.datetime]) -> list[Path]:
    """Backups under the names of their moments (strftime's) and as old: copies of the newest, which is stamped too."""
    made = []
    for moment in moments:
        path = newest.parent / moment.strftime(named)
        if not path.exists():
            copied(newest, path)
        made.append(stamp(path, moment))
    return made


def copied(source: Path, path: Path) -> Path:
    """A copy of a file or folder, with its times, modes and links."""
    if source.is_dir():
        return Path(shutil.copytree(source, path, symlinks=True))
    return Path(shutil.copy2(source, path))


def stamp(path: Path, moment: Moment) -> Path:
    """Say when a backup was written: a file, or a folder with all that is in it."""
    when = _epoch(moment)
    for each in [*path.rglob("*"), path] if path.is_dir() else [path]:
        os.utime(each, (when, when), follow_symlinks=False)
    return path


def checksums(path: Path, files: Iterable[Path]) -> Path:
    """A checksum file as sha256sum writes it."""
    lines = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in files]
    path.write_text("".join(lines))
    return path


def packed(name: str, data: bytes) -> bytes:
    """The bytes as a file of that name holds them."""
    packer = _packer(name)
    return bytes(packer.compress(data)) if packer else data


def unpacked(name: str, data: bytes) -> bytes:
    packer = _packer(name)
    return bytes(packer.decompress(data)) if packer else data


def beginning(path: Path, count: int = 512) -> bytes:
    """The first bytes of a file when it is unpacked as its name ends; it may be damaged further on."""
    packer = _packer(path.name)
    with packer.open(path) if packer else path.open("rb") as file:
        return bytes(file.read(count))


def _packer(name: str) -> Any:
    kind = name.rpartition(".")[2]
    if kind == "zst":
        return importlib.import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")
    return {"gz": gzip, "tgz": gzip, "bz2": bz2, "xz": lzma}.get(kind)


def _epoch(moment: Moment) -> float:
    return moment.timestamp() if isinstance(moment, dt.datetime) else moment


def _run(dsn: str, *statements: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as server:
        for statement in statements:
            server.execute(statement.encode())


def _tool(database: Postgres, program: str, *arguments: str, given: bytes | None = None) -> bytes:
    address = ["-h", "127.0.0.1", "-p", str(database.port), "-U", "postgres"]
    env = clean_env() | {"PGPASSWORD": database.passwords["postgres"]}
    command = [str(database.bin / program), *address, *arguments]
    done = subprocess.run(command, env=env, input=given, capture_output=True, check=False, cwd=database.root)
    if done.returncode:
        raise EstateError(f"{program} failed: {done.stderr.decode(errors='replace')}")
    return done.stdout
