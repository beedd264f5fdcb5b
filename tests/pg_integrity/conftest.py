"""Real PostgreSQL servers whose files may be damaged: stopped, overwritten on disk, started again."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pydantic import SecretStr

from rounds.estate.part import free_port
from rounds.fixtures.postgres import Session, session
from rounds.judge import Observer
from rounds.targets import Postgres
from tests.judging import judged
from tests.postgres.conftest import PASSWORD, binaries_in, die_with_parent

PAGE = 8192


class Server:
    """A cluster of our own. Roles: super, and reader, who may log in and no more."""

    def __init__(self, binaries: Path, home: Path, *initdb: str) -> None:
        self.binaries, self.home, self.data, self.log = binaries, home, home / "d", home / "pg.log"
        self.as_user: dict[str, Any] = {}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            self.as_user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            os.chown(home, nobody.pw_uid, nobody.pw_gid)
        self.env = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC", "HOME": str(home)}
        password = home / "password"
        password.write_text(PASSWORD)
        password.chmod(0o644)
        self.tool("initdb", "-D", self.data, "-U", "super", "-A", "scram-sha-256", "--pwfile", password,
                  "-E", "UTF8", "--no-locale", "--no-sync", *initdb)  # fmt: skip
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.start()
        self.run(f"CREATE ROLE reader LOGIN PASSWORD '{PASSWORD}'", "postgres")

    def tool(self, name: str, *arguments: object) -> None:
        subprocess.run(
            [self.binaries / name, *map(str, arguments)], env=self.env, check=True, capture_output=True, cwd=self.home,
            **self.as_user,
        )  # fmt: skip

    def start(self, **more: object) -> None:
        settings = {
            "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off", "shared_buffers": "16MB",
            "max_wal_size": "2GB", "autovacuum": "off", "restart_after_crash": "on",
        } | more  # fmt: skip
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with self.log.open("a") as out:
            self.process = subprocess.Popen(
                [self.binaries / "postgres", "-D", self.data, "-p", str(self.port), *options],
                env=self.env, cwd=self.home, stdout=out, stderr=subprocess.STDOUT, start_new_session=True,
                preexec_fn=die_with_parent,  # noqa: PLW1509 - no threads yet, and it does nothing but one system call
                **self.as_user,
            )  # fmt: skip
        end = time.monotonic() + 20
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > end:
                pytest.fail(self.log.read_text())
            time.sleep(0.05)

    def _answers(self) -> bool:
        try:
            self.run("SELECT 1", "postgres")
        except psycopg.OperationalError:
            return False
        return True

    def stop(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(20)
        self.process = None

    def dsn(self, user: str = "super", dbname: str = "shop") -> str:
        return f"postgresql://{user}:{PASSWORD}@127.0.0.1:{self.port}/{dbname}"

    def target(self, user: str = "super", dbname: str = "shop") -> Postgres:
        return Postgres(name="database", system="bigshot", dsn=SecretStr(self.dsn(user, dbname)))

    def run(self, statement: str, dbname: str = "shop") -> list[tuple[Any, ...]]:
        with psycopg.connect(self.dsn(dbname=dbname), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    @contextmanager
    def asked(self, user: str = "super", dbname: str = "shop", seconds: float = 30) -> Iterator[Session]:
        with session(self.target(user, dbname), seconds) as asked:
            yield asked

    @contextmanager
    def stopped(self, *tables: str, dbname: str = "shop") -> Iterator[list[Path]]:
        """The files of some tables, while the server stands."""
        self.run("CHECKPOINT", dbname)
        paths = [self.data / self.run(f"SELECT pg_relation_filepath('{table}')", dbname)[0][0] for table in tables]
        self.stop()
        try:
            yield paths
        finally:
            self.start()

    def damage(self, table: str, *pages: int, dbname: str = "shop") -> None:
        """Overwrite the middle of some pages of a table on disk, as a bad disk does."""
        with self.stopped(table, dbname=dbname) as (path,), path.open("r+b") as file:
            for page in pages:
                file.seek(page * PAGE + 2000)
                file.write(b"\xde\xad\xbe\xef" * 200)


@contextmanager
def _home() -> Iterator[Path]:
    home = Path(tempfile.mkdtemp(prefix="rounds-pgi-", dir="/tmp"))
    home.chmod(0o755)
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def embedded() -> Iterator[Path]:
    with _home() as home:
        yield binaries_in(home)


@pytest.fixture(scope="session")
def new_server(embedded: Path) -> Iterator[Callable[..., Server]]:
    """Make one more cluster of PostgreSQL 18; the options are initdb's."""
    with _home() as homes:
        made: list[Server] = []

        def another(*initdb: str, binaries: Path = embedded) -> Server:
            home = homes / str(len(made))
            home.mkdir()
            made.append(Server(binaries, home, *initdb))
            return made[-1]

        try:
            yield another
        finally:
            for server in made:
                server.stop()


@pytest.fixture(scope="session")
def server(new_server: Callable[..., Server]) -> Server:
    """PostgreSQL 18 with an empty database shop and with amcheck in a schema of its own."""
    return _with_shop(new_server())


@pytest.fixture(scope="session")
def old_server(new_server: Callable[..., Server], needed: Callable[..., str]) -> Server:
    """PostgreSQL 15, without data checksums, as Debian 12 has it."""
    needed("/usr/lib/postgresql/15/bin/postgres", "postgresql-15")
    return _with_shop(new_server(binaries=Path("/usr/lib/postgresql/15/bin")))


def _with_shop(made: Server) -> Server:
    made.run("CREATE DATABASE shop", "postgres")
    made.run("CREATE SCHEMA tools; CREATE EXTENSION amcheck SCHEMA tools")
    return made


@pytest.fixture
def schema(server: Server) -> Iterator[Callable[[str], None]]:
    """Statements for tables that are gone after the test."""

    def run(statements: str) -> None:
        server.run(statements)

    server.run("DROP SCHEMA public CASCADE; CREATE SCHEMA public; GRANT USAGE ON SCHEMA public TO PUBLIC")
    yield run
    server.run("DROP SCHEMA public CASCADE; CREATE SCHEMA public; GRANT USAGE ON SCHEMA public TO PUBLIC")


@pytest.fixture
def judge() -> Callable[..., Observer]:
    return judged
