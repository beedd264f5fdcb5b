"""Real servers of three majors, and what their own programs make of one database in every format."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from rounds.fixtures.backups import Archive
from rounds.fixtures.fetching import chunks
from rounds.fixtures.loading import Limits, Restored, Wanted, restored
from rounds.fixtures.loading_plain import load_plain
from rounds.fixtures.postgres_programs import fitting
from rounds.fixtures.scratch_database import make_owner
from rounds.fixtures.scratch_folder import base
from rounds.fixtures.scratch_postgres import Scratch, scratch
from rounds.targets import Backups

SCHEMA = (
    "CREATE EXTENSION pg_trgm",
    "CREATE TABLE events (id bigserial PRIMARY KEY, at timestamptz NOT NULL DEFAULT now(), what text CHECK (what <> ''))",
    "CREATE INDEX events_at ON events (at)",
    "CREATE INDEX events_what ON events USING gin (what public.gin_trgm_ops)",
    "CREATE TABLE tags (event_id bigint REFERENCES events, tag text CHECK (tag ~ '^[[:alpha:]]+$'))",
    "CREATE FUNCTION public.next(a int) RETURNS int LANGUAGE sql BEGIN ATOMIC; SELECT a + 1; END",
    "CREATE FUNCTION odd() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN 'x; \\ y'; END $$",
    r"INSERT INTO events (what) SELECT 'line ' || i || E'\n\\.\r' FROM generate_series(1, 3000) i",
    "INSERT INTO tags VALUES (1, 'né')",
    "CREATE VIEW recent AS SELECT * FROM events",
    "ALTER TABLE events ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE events FORCE ROW LEVEL SECURITY",
    'CREATE POLICY own ON events TO "App Reader" USING (true)',
    "ALTER TABLE events OWNER TO app",
    'GRANT SELECT ON events TO "App Reader"',
    "COMMENT ON TABLE events IS 'what; happened'",
)


class Source:
    """A server of one major, with what its programs make of the database `shop`."""

    def __init__(self, server: Scratch, folder: Path) -> None:
        self.server = server
        self.folder = folder

    def made(self, name: str, program: str, *arguments: str, database: str = "shop") -> Path:
        """What a program writes into a file: on its standard output, a custom dump has a second table of contents."""
        done = self.server.run(program, *arguments, "-f", self.out(name), "-d", self.server.connection(database))
        assert done.code == 0, done.errors.read_text()
        return Path(shutil.copyfile(self.out(name), self.folder / name))

    def folder_made(self, name: str, program: str, *arguments: str, database: str = "shop") -> Path:
        """What a program writes into a folder."""
        work = self.server.work / name
        done = self.server.run(program, *arguments, "-d", self.server.connection(database))
        assert done.code == 0, done.errors.read_text()
        shutil.copytree(work, self.folder / name)
        return self.folder / name

    def out(self, name: str) -> str:
        return str(self.server.work / name)


def run(server: Scratch, *statements: str) -> None:
    with psycopg.connect(server.connection("shop"), autocommit=True) as shop:
        for statement in statements:
            shop.execute(statement.encode())


@contextmanager
def source(major: int, folder: Path) -> Iterator[Source]:
    with scratch(300, 4e9) as server:
        server.use(fitting(major, "the test", exactly=True))
        server.init()
        assert server.start({"wal_level": "replica", "max_wal_senders": "4"}) == ""
        server.execute(
            "CREATE ROLE app",
            'CREATE ROLE "App Reader"',
            "CREATE DATABASE shop OWNER app TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'",
        )
        run(server, *SCHEMA)
        yield Source(server, folder)


@pytest.fixture(scope="session")
def clusters(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("clusters")


@pytest.fixture(autouse=True)
def _quick_init(monkeypatch: pytest.MonkeyPatch, clusters: Path, in_memory: None) -> None:  # noqa: ARG001
    """What initdb makes is copied from its first run for each version: there are many tests, and it takes half of each."""
    real = Scratch.init

    def init(server: Scratch) -> None:
        kept = clusters / server.version
        if not kept.exists():
            real(server)
            shutil.copytree(server.data, kept)
            return
        shutil.copytree(kept, server.data)
        for place, folders, names in os.walk(server.data):
            for name in (".", *folders, *names):
                server.who.own(Path(place, name))

    monkeypatch.setattr(Scratch, "init", init)


@pytest.fixture(scope="session")
def dumps18(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All formats of PostgreSQL 18: shop.sql, shop.dump, shop.tar, all.sql, and folders shop, base and base_tar."""
    folder = tmp_path_factory.mktemp("dumps18")
    with source(18, folder) as made:
        made.made("shop.sql", "pg_dump")
        made.made("created.sql", "pg_dump", "--create", "--clean", "--if-exists")
        made.made("clean.sql", "pg_dump", "--clean")
        made.made("inserts.sql", "pg_dump", "--inserts", "--rows-per-insert=100")
        made.made("shop.dump", "pg_dump", "-Fc")
        made.made("shop.tar", "pg_dump", "-Ft")
        made.made("all.sql", "pg_dumpall", database="postgres")
        made.made("globals.sql", "pg_dumpall", "--globals-only", database="postgres")
        made.folder_made("shop", "pg_dump", "-Fd", "-f", made.out("shop"))
        made.folder_made("base", "pg_basebackup", "-c", "fast", "-D", made.out("base"), database="postgres")
        made.folder_made("base_tar", "pg_basebackup", "-Ft", "-z", "-D", made.out("base_tar"), database="postgres")
    return folder


@pytest.fixture(scope="session")
def dumps17(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of PostgreSQL 17, with the extension pgcrypto, which the 18 of our wheel does not have."""
    folder = tmp_path_factory.mktemp("dumps17")
    with source(17, folder) as made:
        run(made.server, "CREATE EXTENSION pgcrypto")
        made.made("shop.sql", "pg_dump")
        made.made("shop.dump", "pg_dump", "-Fc")
    return folder


@pytest.fixture(scope="session")
def dumps15(tmp_path_factory: pytest.TempPathFactory, debian15: str) -> Path:
    """Of Debian's PostgreSQL 15."""
    assert debian15
    folder = tmp_path_factory.mktemp("dumps15")
    with source(15, folder) as made:
        made.made("shop.sql", "pg_dump")
        made.made("shop.dump", "pg_dump", "-Fc")
        made.folder_made("base", "pg_basebackup", "-c", "fast", "-D", made.out("base"), database="postgres")
    return folder


@pytest.fixture(scope="session")
def debian15(needed: Callable[[str, str], str]) -> str:
    here = "/usr/lib/postgresql/15/bin/postgres"
    return here if Path(here).exists() else needed("postgres", "postgresql-15")


@pytest.fixture(scope="module")
def shared() -> Iterator[Scratch]:
    """One server for many loads, each into a database of its own."""
    with scratch(600, 4e9) as server:
        server.use(fitting(18, "the test", exactly=True))
        server.init()
        assert server.start() == ""
        make_owner(server)
        yield server


@pytest.fixture
def said(shared: Scratch) -> Callable[[Path], str]:
    """What the load of a plain dump says is wrong with it."""

    def loaded(path: Path) -> str:
        ((number,),) = shared.rows("SELECT count(*) FROM pg_database")
        with path.open("rb") as file:
            return load_plain(shared, chunks(file), f"shop{number}", "UTF8")[0]

    return loaded


@pytest.fixture
def drilled() -> Iterator[Callable[..., object]]:
    """Restore a file or folder; nothing of it may be left afterwards."""

    @contextmanager
    def drilling(
        path: Path, wanted: Wanted | None = None, limits: Limits | None = None, **target: object
    ) -> Iterator[Restored]:
        each = "folder" if path.is_dir() else "file"
        given = {"name": "dumps", "path": str(path.parent), "pattern": r"(?P<time>\d+)", "each": each} | target
        archive = Archive(path.name, str(path), 0, 0, path.stat().st_size)
        with restored(Backups.model_validate(given), archive, wanted or Wanted(), limits or Limits(120, 4e9)) as loaded:
            yield loaded

    before = {path.name for path in base().glob("rounds-restore-*")}
    yield drilling
    left = {path.name for path in base().glob(f"rounds-restore-{os.getpid()}-*")} - before
    assert not left


@pytest.fixture
def failure(drilled: Callable[..., object]) -> Callable[..., str]:
    """What a drill says is wrong with a backup."""

    def found(path: Path, **given: object) -> str:
        with drilled(path, **given) as loaded:  # type: ignore[attr-defined]
            return str(loaded.failure)

    return found
