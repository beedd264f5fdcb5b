"""BigShot's PostgreSQL: made, started and filled with a healthy month."""

import secrets
import signal
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from .ground import Servant
from .part import EstateError, Part, clean_env, free_port
from .servers import postgres_bin

RECORDED = Path(__file__).with_name("recorded")
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
HEALTHY_GROWTH = "UPDATE jobs SET job_type = job_type"


@dataclass
class Database:
    """The server with its three roles; `superuser` is for the estate and its faults alone."""

    root: Path
    servant: Servant
    port: int = field(default_factory=free_port)
    passwords: dict[str, str] = field(
        default_factory=lambda: {role: secrets.token_hex(16) for role in ("postgres", "bigshot", "rounds_reader")},
    )

    def __post_init__(self) -> None:
        self.home = self.root / "database"
        self.data = self.home / "data"
        self.log = self.home / "postgresql.log"
        self.bin = postgres_bin(self.root, self.servant)
        self.part = Part(
            "database",
            [str(self.bin / "postgres"), "-D", str(self.data), "-p", str(self.port)],
            self.home,
            self.log,
            servant=self.servant,
            end_signal=signal.SIGINT,
            death_signal=signal.SIGQUIT,
            quick_end=signal.SIGQUIT,
        )

    def dsn(self, role: str) -> str:
        return f"postgresql://{role}:{self.passwords[role]}@127.0.0.1:{self.port}/bigshot"

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
        options = ["-U", "postgres", "-A", "scram-sha-256", f"--pwfile={secret}", "-E", "UTF8", "--no-locale"]
        command = [str(self.bin / "initdb"), "-D", str(self.data), *options, "--no-sync", "--data-checksums"]
        self.init = Part("initdb", command, self.home, self.home / "initdb.log", servant=self.servant)
        self.init.start()

    def finish_init(self) -> None:
        if self.init.process is None or self.init.process.wait(60) != 0:
            raise EstateError(f"initdb failed: {self.init.last_words()}")
        (self.home / "password").unlink()
        with (self.data / "postgresql.conf").open("a") as settings:
            settings.write(SETTINGS)
        self.part.start()

    def await_ready(self) -> None:
        """Read the server's own status file: a connection too early would stand in its log as FATAL."""
        status = self.data / "postmaster.pid"
        self.part.await_ready(lambda: status.exists() and status.read_text().rstrip().endswith("ready"))

    def fill(self) -> None:
        with psycopg.connect(self.superuser.removesuffix("bigshot") + "postgres", autocommit=True) as server:
            for role in ("bigshot", "rounds_reader"):
                # The verifier is made here, so that no statement with a password reaches the server's statistics.
                verifier = server.pgconn.encrypt_password(
                    self.passwords[role].encode(), role.encode(), b"scram-sha-256"
                )
                server.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{verifier.decode()}'")
            server.execute("CREATE DATABASE bigshot OWNER bigshot")
        with psycopg.connect(self.dsn("bigshot")) as app:
            app.execute((RECORDED / "schema.sql").read_bytes())
        with psycopg.connect(self.superuser, autocommit=True) as server:
            for statement in (RECORDED / "grants.sql").read_text().strip().split("\n"):
                server.execute(statement.encode())
            server.execute("ANALYZE")
            server.execute("SELECT pg_stat_force_next_flush()")

    def query(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.superuser, autocommit=True) as server:
            cursor = server.execute(sql.encode(), values or None)
            return cursor.fetchall() if cursor.description else []

    def changes(self, table: str) -> int:
        """Read how many rows of a table were ever changed, as the server's statistics count."""
        rows = self.query("SELECT n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_user_tables WHERE relname = %s", table)
        return int(rows[0][0])

    def grow_changes(self, beyond: int) -> None:
        """Let the counter of jobs stand above what it was, by real changes."""
        while self.changes("jobs") <= beyond:
            self.query(HEALTHY_GROWTH)

    def dump(self) -> str:
        command = [str(self.bin / "pg_dump"), "-h", "127.0.0.1", "-p", str(self.port), "-U", "bigshot", "bigshot"]
        env = clean_env() | {"PGPASSWORD": self.passwords["bigshot"]}
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, cwd=self.root)
        if done.returncode:
            raise EstateError(f"pg_dump failed: {done.stderr}")
        return done.stdout
