"""A real PostgreSQL server of an estate, with its roles and one database; and a standby that follows it."""

import secrets
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from .ground import Servant
from .part import EstateError, Part, clean_env, free_port
from .servers import postgres_bin

READER = "rounds_reader"
SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
shared_buffers = 32MB
max_connections = 60
fsync = off
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] %e '
logging_collector = off
shared_preload_libraries = 'pg_stat_statements'
"""


@dataclass
class Postgres:
    """A server with the roles postgres (for the estate and its faults alone), the system's own and rounds_reader."""

    root: Path
    servant: Servant
    name: str
    part_name: str = "database"
    port: int = field(default_factory=free_port)

    def __post_init__(self) -> None:
        self.passwords = {role: secrets.token_hex(16) for role in ("postgres", self.name, READER)}
        self.home = self.root / self.part_name
        self.data = self.home / "data"
        self.log = self.home / "postgresql.log"
        self.bin = postgres_bin(self.root, self.servant)
        self.part = Part(
            self.part_name,
            [str(self.bin / "postgres"), "-D", str(self.data), "-p", str(self.port)],
            self.home,
            self.log,
            servant=self.servant,
            end_signal=signal.SIGINT,
            death_signal=signal.SIGQUIT,
            quick_end=signal.SIGQUIT,
        )
        initdb = ["-U", "postgres", "-A", "scram-sha-256", f"--pwfile={self.home / 'password'}", "-E", "UTF8"]
        self.init = self._tool("initdb", "-D", str(self.data), *initdb, "--no-locale", "--no-sync", "--data-checksums")

    def dsn(self, role: str, database: str = "") -> str:
        return f"postgresql://{role}:{self.passwords[role]}@127.0.0.1:{self.port}/{database or self.name}"

    @property
    def superuser(self) -> str:
        return self.dsn("postgres")

    def begin_init(self) -> None:
        """Start initdb and go on: the other parts can start meanwhile."""
        self.home.mkdir()
        self.servant.own(self.home)
        secret = self.home / "password"
        secret.write_text(self.passwords["postgres"])
        secret.chmod(0o600)
        self.servant.own(secret)
        self.init.start()

    def finish_init(self, settings: str = "") -> None:
        if self.init.process is None or self.init.process.wait(60) != 0:
            raise EstateError(f"initdb failed: {self.init.last_words()}")
        (self.home / "password").unlink()
        with (self.data / "postgresql.conf").open("a") as conf:
            conf.write(SETTINGS + settings)
        self.part.start()

    def await_ready(self) -> None:
        """Read the server's own status file: a connection too early would stand in its log as FATAL."""
        status = self.data / "postmaster.pid"
        words = ("ready", "standby")
        self.part.await_ready(lambda: status.exists() and status.read_text().rstrip().endswith(words))

    def fill(self, schema: bytes, grants: Sequence[str] = ()) -> None:
        """Make the roles and the database: the schema as its owner, the grants as superuser."""
        with psycopg.connect(self.dsn("postgres", "postgres"), autocommit=True) as server:
            for role in (self.name, READER):
                # The verifier is made here, so that no statement with a password reaches the server's statistics.
                verifier = server.pgconn.encrypt_password(
                    self.passwords[role].encode(), role.encode(), b"scram-sha-256"
                )
                server.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{verifier.decode()}'".encode())
            server.execute(f"CREATE DATABASE {self.name} OWNER {self.name}".encode())
        with psycopg.connect(self.dsn(self.name)) as app:
            app.execute(schema)
        with psycopg.connect(self.superuser, autocommit=True) as server:
            for statement in grants:
                server.execute(statement.encode())
            server.execute("ANALYZE")
            server.execute("SELECT pg_stat_force_next_flush()")

    def standby(self, name: str = "standby") -> "Postgres":
        """A second server that streams from this one; this one must be ready. Start its part, then await it."""
        other = Postgres(self.root, self.servant, self.name, name)
        other.passwords = self.passwords
        other.home.mkdir()
        self.servant.own(other.home)
        copy = other._tool("pg_basebackup", "-d", self.dsn("postgres", ""), "-D", str(other.data), "-R", "-c", "fast")
        copy.start()
        if copy.process is None or copy.process.wait(60) != 0:
            raise EstateError(f"pg_basebackup failed: {copy.last_words()}")
        return other

    def query(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.superuser, autocommit=True) as server:
            cursor = server.execute(sql.encode(), values or None)
            return cursor.fetchall() if cursor.description else []

    @contextmanager
    def meanwhile(self, sql: str, back: str) -> Iterator[None]:
        """One statement now, and at the end another that takes it back."""
        self.query(sql)
        yield
        self.query(back)

    def dump(self) -> str:
        command = [str(self.bin / "pg_dump"), "-h", "127.0.0.1", "-p", str(self.port), "-U", self.name, self.name]
        env = clean_env() | {"PGPASSWORD": self.passwords[self.name]}
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, cwd=self.root)
        if done.returncode:
            raise EstateError(f"pg_dump failed: {done.stderr}")
        return done.stdout

    def _tool(self, program: str, *arguments: str) -> Part:
        command = [str(self.bin / program), *arguments]
        return Part(program, command, self.home, self.home / f"{program}.log", servant=self.servant)
