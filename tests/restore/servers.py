"""Real servers with a shop in them, and real backups of it."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from pydantic import SecretStr

from rounds.fixtures.postgres_programs import fitting
from rounds.fixtures.scratch_postgres import Scratch, scratch
from rounds.targets import Backups, Postgres

SHOP = """
CREATE TABLE customers (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL);
CREATE TABLE orders (
    id serial PRIMARY KEY,
    customer int NOT NULL REFERENCES customers,
    total numeric NOT NULL CONSTRAINT orders_total CHECK (total > 0),
    made_at timestamptz NOT NULL
);
CREATE INDEX orders_made_at ON orders (made_at);
CREATE TABLE events (id bigserial PRIMARY KEY, kind text, payload text, at timestamp NOT NULL);
CREATE INDEX events_kind ON events (kind);
CREATE SCHEMA audit;
CREATE TABLE audit.logins (who text, at timestamptz);
INSERT INTO customers (name) SELECT 'customer ' || n FROM generate_series(1, 200) n;
INSERT INTO orders (customer, total, made_at)
    SELECT 1 + n % 200, n, now() - (n || ' minutes')::interval FROM generate_series(1, 2000) n;
INSERT INTO events (kind, payload, at)
    SELECT 'kind ' || n % 7, repeat(md5(n::text), 20), (now() AT TIME ZONE 'UTC') - (n || ' seconds')::interval
    FROM generate_series(1, 3000) n;
INSERT INTO audit.logins SELECT 'eve', now() FROM generate_series(1, 50);
"""
PATTERN = r"^shop-(?P<time>\d{8}_\d{6})(\.\w+)*$"


@dataclass(frozen=True)
class Server:
    """A server with the database shop."""

    own: Scratch
    version: str

    def target(self, database: str = "shop") -> Postgres:
        return Postgres(name="database", system="shop", dsn=SecretStr(self.own.connection(database)))

    def run(self, *statements: str, database: str = "shop") -> list[tuple[Any, ...]]:
        with psycopg.connect(self.own.connection(database), autocommit=True) as connection:
            for statement in statements:
                cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def dump(self, *options: str, database: str = "shop", program: str = "pg_dump") -> bytes:
        """What a program of this server's version tells."""
        asked = [self.own.bin / program, "-d", self.own.connection(database), *options]
        done = subprocess.run(asked, capture_output=True, check=True, env={"LC_ALL": "C"}, timeout=60)
        return done.stdout

    def base_backup(self, folder: Path, *options: str) -> None:
        """A base backup; where we are root it is nobody's, as the server's files are."""
        copy = self.own.work / f"copy-{time.monotonic_ns()}"
        done = self.own.run(
            "pg_basebackup", "-d", self.own.connection("postgres"), "-D", str(copy), "-c", "fast", *options
        )
        assert done.code == 0, done.last_words
        shutil.copytree(copy, folder)
        shutil.rmtree(copy)

    @contextmanager
    def changed(self, *statements: str) -> Iterator[Postgres]:
        """A copy of the shop in which something was changed."""
        name = f"copy_{time.monotonic_ns()}"
        self.run(f"CREATE DATABASE {name} TEMPLATE shop", database="postgres")
        try:
            self.run(*statements, database=name)
            yield self.target(name)
        finally:
            self.run(f"DROP DATABASE {name} WITH (FORCE)", database="postgres")


@contextmanager
def server_of(major: int) -> Iterator[Server]:
    with scratch(900, 5e9) as own:
        programs = fitting(major, "the test", exactly=True)
        own.use(programs)
        own.init()
        said = own.start({"wal_level": "replica", "max_wal_senders": "3", "shared_buffers": "32MB"})
        assert not said, said
        server = Server(own, programs.version)
        server.run("CREATE DATABASE shop", database="postgres")
        server.run(SHOP)
        yield server


Put = Callable[..., Path]


def put_into(folder: Path) -> Put:
    """Put a backup into a folder: `put(data, ".sql.gz", hours=2)`: made so long ago, by its name and by its times."""

    def put(data: bytes | Callable[[Path], None], ending: str = ".sql", hours: float = 1) -> Path:
        made = time.time() - hours * 3600
        path = folder / f"shop-{time.strftime('%Y%m%d_%H%M%S', time.gmtime(made))}{ending}"
        if isinstance(data, bytes):
            path.write_bytes(data)
        else:
            data(path)
        for each in (*path.rglob("*"), path):
            os.utime(each, (made, made))
        return path

    return put


def backups_in(folder: Path, **given: Any) -> Backups:
    return Backups(name=f"dumps-{folder.name}", system="shop", path=str(folder), pattern=PATTERN, **given)
