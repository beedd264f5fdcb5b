"""Transactions in a PostgreSQL that several runners share. Imported only where there is one: psycopg takes its time."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Timer
from typing import Any

import psycopg
from pydantic import SecretStr

from rounds.secret import Redactor
from rounds.store import Direct, Statements, StoreError

_LOCK = 7_146_531  # of ours alone, for PostgreSQL's advisory locks
_LONGEST_SECONDS = 15.0
_PATIENCE = {"lock_timeout": "8s", "statement_timeout": "10s", "idle_in_transaction_session_timeout": "15s"}


@contextmanager
def opened(url: SecretStr, *, writing: bool) -> Iterator[tuple[Statements, int]]:
    """A transaction and the version of the tables in it; writers come one after the other. Raises StoreError."""
    address = url.get_secret_value()
    try:
        with (
            psycopg.connect(address, connect_timeout=5, application_name="rounds") as connection,
            _ended_in_time(connection),
        ):
            statements = Direct(connection, is_postgres=True)
            if not writing:
                connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
                connection.read_only = True
            for name, time in _PATIENCE.items():
                statements.run("SELECT set_config(?, ?, true)", name, time)
            if writing:
                statements.run("SELECT pg_advisory_xact_lock(?)", _LOCK)
                statements.run("CREATE TABLE IF NOT EXISTS rounds_schema (version INTEGER NOT NULL)")
            yield statements, _version(statements)
    except psycopg.ProgrammingError as error:
        words = error.diag.message_primary or "its URL cannot be read"  # libpq's words would quote parts of the URL
        raise StoreError(_said(words, url)) from None
    except psycopg.Error as error:
        words = error.diag.message_primary or str(error).strip().partition("\n")[0]
        raise StoreError(_said(words, url)) from None


def _said(words: str, url: SecretStr) -> str:
    redactor = Redactor()
    redactor.learn(url.get_secret_value())
    return redactor.clean(f"the shared history: {words.removeprefix('connection failed: ')}")


def _version(statements: Statements) -> int:
    if statements.rows("SELECT to_regclass('rounds_schema') IS NULL")[0][0]:
        return 0
    return int(statements.rows("SELECT max(version) FROM rounds_schema")[0][0] or 0)


@contextmanager
def _ended_in_time(connection: "psycopg.Connection[Any]") -> Iterator[None]:
    """Hang up when a server that took the connection answers no more: no round waits for that."""
    line = socket.socket(fileno=os.dup(connection.fileno()))

    def hang_up() -> None:
        line.shutdown(socket.SHUT_RDWR)

    timer = Timer(_LONGEST_SECONDS, hang_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        line.close()
