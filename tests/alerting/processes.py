"""Rounds that tell, as real processes, and what can be done to them from outside: stop them midway, let time pass."""

import json
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rounds.alerting.configuration import read_alerting
from rounds.alerting.telling import record_flips
from rounds.record import Record
from rounds.store import FILE, Row
from tests.alerting.conftest import a_round
from tests.history.conftest import Place
from tests.machine.conftest import Project
from tests.senders.conftest import Receiver

# What SQLite goes on counting until its process is killed: a transaction that is caught in its middle.
ENDLESS = "SELECT count(*) FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n)"
ROW = "mine.area.disk"


def wait_for(what: Callable[[], Any], pause: float = 0.02) -> None:
    ends = time.monotonic() + 30
    while not what():
        assert time.monotonic() < ends, "it never came"
        time.sleep(pause)


@dataclass
class Telling:
    """A project whose only row is bad, the receivers of its channels by name, and where its history is."""

    project: Project
    place: Place
    receivers: dict[str, Receiver]
    started: "list[subprocess.Popen[str]]" = field(default_factory=list)

    def __post_init__(self) -> None:
        self.project.rows({"id": "disk", "shows": 50})
        self.project.env["SHARED"] = self.place.url
        self.channels()

    def channels(self, more: dict[str, dict[str, Any]] | None = None, **given: Any) -> None:
        """Write alerts.yaml: a web hook for each receiver, and what else is given."""
        hooks = {name: {"kind": "webhook", "url": each.url} for name, each in self.receivers.items()}
        said = {"channels": hooks | (more or {})} | given
        (self.project.folder / "systems" / "alerts.yaml").write_text(json.dumps(said))

    def words(self, *given: str) -> tuple[str, ...]:
        return (*given, "--history", "${SHARED}") if self.place.url else (*given, "--state", str(self.place.state))

    def start(self, *given: str) -> "subprocess.Popen[str]":
        self.started.append(self.project.start(*self.words(*given)))
        return self.started[-1]

    def end(self) -> None:
        """Leave no process behind, whatever a test came to."""
        for each in self.started:
            each.kill()
            if each.stdout and not each.stdout.closed:
                each.communicate(timeout=20)

    def run(self, *given: str) -> "subprocess.CompletedProcess[str]":
        return self.project.run(*self.words(*given))

    def record(self, *records: Record) -> None:
        """Record a round with one record at a time, and send nothing of it."""
        alerting, _ = read_alerting(self.project.folder / "systems")
        assert alerting is not None
        for each in records:
            told = a_round(datetime.fromisoformat(each.judged_at).timestamp(), each)
            record_flips(told, alerting, self.place.new().store)

    def asked(self, statement: str, *values: Any) -> list[Row]:
        with self.place.new().store.reading() as statements:
            return statements.rows(statement, *values)

    def waiting(self) -> list[Row]:
        """What channels have still to take: channel, and in how many seconds it may be tried."""
        rows = self.asked("SELECT channel, next_at FROM deliveries WHERE status = 'waiting' ORDER BY channel")
        return [(channel, next_at - time.time()) for channel, next_at in rows]

    def let_time_pass(self, seconds: float) -> None:
        """As if what still waits had been tried so much earlier."""
        with self.place.new().store.transaction() as statements:
            statements.run("UPDATE deliveries SET next_at = next_at - ? WHERE status = 'waiting'", seconds)

    def told(self, name: str) -> list[tuple[str, str]]:
        """What came to a channel, each by its kind and key, also what came twice."""
        said = [json.loads(each.body) for each in self.receivers[name].seen]
        return [(each["kind"], each["key"]) for each in said]

    def ids(self, name: str) -> list[str]:
        return [each.headers["idempotency-key"] for each in self.receivers[name].seen]

    @contextmanager
    def stuck(self, when: str) -> Iterator[None]:
        """Whoever comes to a statement (`BEFORE UPDATE ON deliveries …`) in the file stays in it until it is killed."""
        with self.place.new().store.transaction():
            pass  # makes the tables
        with closing(self._connected()) as connection:
            connection.execute(f"CREATE TRIGGER stuck {when} BEGIN {ENDLESS}; END")
        yield
        with closing(self._connected()) as connection:
            connection.execute("DROP TRIGGER stuck")

    def is_stuck(self) -> bool:
        """Whether somebody has the file's lock for much longer than any transaction takes."""
        for _ in range(6):
            if not self.is_locked():
                return False
            time.sleep(0.05)
        return True

    def is_locked(self) -> bool:
        """Whether somebody writes to the file just now."""
        with closing(self._connected()) as connection:
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                return True
        return False

    def _connected(self) -> sqlite3.Connection:
        return sqlite3.connect(self.place.state / FILE, timeout=0, isolation_level=None)


def kill(process: "subprocess.Popen[str]") -> None:
    process.kill()
    process.communicate(timeout=20)
