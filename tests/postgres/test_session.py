"""The one way into PostgreSQL: read-only, in time, in plain words, without a trace."""

import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from pydantic import SecretStr

from rounds.checks import test_postgres as checks
from rounds.fixtures import postgres
from rounds.fixtures.logs import LogRecords, Tally
from rounds.judge import Observer
from rounds.outcome import Outcome
from rounds.probe import PROBES, CouldNotLook, RunbookDisagrees
from rounds.targets import Log, Postgres

from .conftest import PASSWORD, Server

Row = Callable[..., Any]


def look(target: Postgres) -> postgres.Connectivity:
    fact: postgres.Connectivity = PROBES["connectivity"].look(target)
    return fact


LOG = Log(name="log", path="app.log", pattern="^(?P<time>.{19})", time_format="%Y-%m-%d %H:%M:%S")


def judged(
    row: Row, fact: postgres.Connectivity, failures: int = 0, log: LogRecords | None = None, **more: Any
) -> Observer:
    observer = Observer()
    matching = {"connection failures": "connection failed"}
    given = {"database": Postgres(name="database", dsn=SecretStr("x")), "log": LOG, "matching": matching}
    tally = Tally(failures, ("connection failed: refused",) if failures else ())
    records = LogRecords(5, {}, {"connection failures": tally}, 0, 60.0, 0)
    checks.test_pg_connectivity(row(checks.PgConnectivity, **given, **more), fact, log or records, observer)
    return observer


def test_a_log_that_says_nothing_at_all_says_nothing_of_failures(row: Row) -> None:
    silent = LogRecords(0, {}, {"connection failures": Tally()}, 0, None, 0)
    fact = postgres.Connectivity(0.1)
    assert judged(row, fact, log=silent).outcome is Outcome.UNKNOWN
    assert judged(row, fact, log=silent, may_be_quiet=True).outcome is Outcome.OK
    assert judged(row, fact, log=replace(silent, records=5, records_ahead=1)).outcome is Outcome.UNKNOWN
    assert judged(row, fact, log=replace(silent, records=5, foreign_lines=900)).outcome is Outcome.UNKNOWN
    assert "answer is missing (refused)" in judged(row, postgres.Connectivity(None, "refused")).summary


def dsn_of(port: int) -> Postgres:
    return Postgres(name="database", dsn=SecretStr(f"postgresql://reader:{PASSWORD}@127.0.0.1:{port}/shop"))


@contextmanager
def listening(answer: bytes = b"") -> Iterator[int]:
    """A server that accepts, says `answer` once, and then nothing for ever."""
    kept = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    line, _ = listener.accept()
                    kept.append(line)
                    if answer:
                        line.recv(100)
                        line.sendall(answer)
                except OSError:
                    return

        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
    for line in kept:
        line.close()


def test_a_database_that_answers_is_ok(row: Row, database: Postgres) -> None:
    fact = look(database)
    assert fact.answer_seconds is not None
    assert 0 < fact.answer_seconds < 1
    assert judged(row, fact).outcome is Outcome.OK


def test_a_slow_answer_is_critical(row: Row) -> None:
    assert judged(row, postgres.Connectivity(2.5)).outcome is Outcome.CRITICAL


def test_connection_failures_in_the_log_are_critical_while_the_database_answers(row: Row) -> None:
    observer = judged(row, postgres.Connectivity(0.1), failures=3)
    assert observer.outcome is Outcome.CRITICAL
    assert "refused" in observer.summary


def test_a_refused_port_is_critical_and_says_so(row: Row) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        fact = look(dsn_of(free.getsockname()[1]))
    assert "refused" in fact.failure
    assert judged(row, fact).outcome is Outcome.CRITICAL


def test_a_wrong_password_is_critical_and_is_not_told(row: Row, server: Server) -> None:
    fact = look(server.target(password="wr0ng-pass"))
    assert "password authentication failed" in fact.failure
    assert "wr0ng-pass" not in fact.failure
    assert judged(row, fact).outcome is Outcome.CRITICAL


@pytest.mark.parametrize("answer", [b"", b"N", b"S"])
def test_a_server_that_accepts_and_says_nothing_ends_the_look_in_time(
    row: Row, answer: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "CONNECT_SECONDS", 2)
    begun = time.monotonic()
    with listening(answer) as port:
        fact = look(dsn_of(port))
    assert time.monotonic() - begun < 8
    assert "timeout" in fact.failure
    assert judged(row, fact).outcome is Outcome.CRITICAL


def test_a_server_that_hangs_after_connecting_ends_the_look_in_time(server: Server, database: Postgres) -> None:
    def ask() -> None:
        with postgres.session(database, 1) as asked:
            backend = asked.connection.info.backend_pid
            os.kill(backend, signal.SIGSTOP)
            try:
                asked.row("SELECT 1")
            finally:
                os.kill(backend, signal.SIGCONT)

    begun = time.monotonic()
    with pytest.raises(postgres.Unreachable, match="no answer within 1 s"):
        ask()
    assert time.monotonic() - begun < 8
    assert server.process.poll() is None


@pytest.mark.parametrize("dsn", [f"host {PASSWORD}", f"postgresql://reader:{PASSWORD}@[::1/shop"])
def test_a_dsn_that_cannot_be_read_is_unknown_and_is_not_told(dsn: str) -> None:
    with pytest.raises(CouldNotLook) as caught:
        look(Postgres(name="database", dsn=SecretStr(dsn)))
    assert PASSWORD not in str(caught.value)
    assert caught.value.__suppress_context__


def test_a_session_cannot_write(database: Postgres) -> None:
    with pytest.raises(CouldNotLook, match="read-only"), postgres.session(database, 2) as asked:
        asked.rows("CREATE TABLE mine () ")


def test_a_statement_that_takes_too_long_is_ended_by_the_server(database: Postgres) -> None:
    with pytest.raises(postgres.BrokenSession, match="statement timeout"), postgres.session(database, 0.3) as asked:
        asked.rows("SELECT pg_sleep(5)")


def test_a_lock_is_not_waited_for(server: Server, database: Postgres) -> None:
    with psycopg.connect(server.dsn("super")) as holder:
        holder.execute("LOCK TABLE settings")
        with pytest.raises(CouldNotLook, match="lock timeout"), postgres.session(database, 5) as asked:
            asked.rows("SELECT * FROM settings")


def test_a_session_says_who_it_is_and_keeps_the_options_of_its_dsn(server: Server) -> None:
    target = Postgres(
        name="database", dsn=SecretStr(server.dsn() + "?options=-c%20work_mem%3D8MB"), timezone="Europe/Berlin"
    )
    with postgres.session(target, 2) as asked:
        settings = [asked.row(f"SHOW {name}")[0] for name in ("application_name", "work_mem", "timezone")]
    assert settings == ["rounds", "8MB", "Europe/Berlin"]


def test_names_that_do_not_exist_are_told_and_leave_no_error_behind(
    database: Postgres, errors_logged: Callable[[], int]
) -> None:
    with postgres.session(database, 2) as asked:
        for table in ("nowhere", "jobs; DROP TABLE jobs", "pg_catalog.nope"):
            with pytest.raises(RunbookDisagrees, match="does not exist"):
                asked.table(table, {})
        with pytest.raises(RunbookDisagrees, match="column made_at of relation jobs does not exist"):
            asked.table("jobs", {"created": "made_at"})
        with pytest.raises(RunbookDisagrees, match="status of relation jobs is text, not a date or time"):
            asked.table("jobs", {"created": "status"}, {"created": "D"})
        with pytest.raises(CouldNotLook, match="may not read"):
            asked.table("hidden", {"id": "id"})
        names = asked.table("Odd name; --", {"at": "select"})
        assert asked.row("SELECT max({at}) FROM {table}", names) == (None,)
    assert errors_logged() == 0
