"""Where rounds keep what must last: one SQLite file in the state folder, or a PostgreSQL that several runners share.

Both are asked through Python's database API (PEP 249) in SQL that both read, with `?` for values. A library above that
would cost every round a fifth of a second, which is a third of a small one.
"""

import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from rounds.secret import Secret

FILE = "history.sqlite"
_PATIENCE_SECONDS = 10

Row = tuple[Any, ...]


class StoreError(Exception):
    """What is kept could not be read or written; the text says why, in plain words and without secrets."""


class Statements(Protocol):
    """Statements of one transaction."""

    def rows(self, statement: str, *values: Any) -> list[Row]: ...

    def run(self, statement: str, *values: Any) -> None: ...

    def run_each(self, statement: str, rows: Sequence[Row]) -> None: ...


@dataclass(frozen=True)
class Direct:
    """Statements on a connection of either library; psycopg marks values with %s."""

    connection: Any
    is_postgres: bool

    def rows(self, statement: str, *values: Any) -> list[Row]:
        return list(self.connection.execute(self._marked(statement), values).fetchall())

    def run(self, statement: str, *values: Any) -> None:
        self.connection.execute(self._marked(statement), values)

    def run_each(self, statement: str, rows: Sequence[Row]) -> None:
        cursor = self.connection.cursor()
        cursor.executemany(self._marked(statement), rows)
        cursor.close()

    def _marked(self, statement: str) -> str:
        return statement.replace("%", "%%").replace("?", "%s") if self.is_postgres else statement


@dataclass(frozen=True)
class Store:
    """One place for all that lasts. `migrations` are the statements that make each version from the one before."""

    migrations: Sequence[Sequence[str]]
    path: Path
    url: Secret | None = None

    @property
    def exists(self) -> bool:
        """Whether anything was ever kept; a PostgreSQL is asked."""
        return self.url is not None or self.path.exists()

    @property
    def place(self) -> str:
        """Where it is, for a person."""
        return "the shared history" if self.url is not None else str(self.path)

    @contextmanager
    def transaction(self) -> Iterator[Statements]:
        """Statements that all hold or none, one transaction after the other, also of other processes."""
        with self._opened(writing=True) as (statements, version):
            if self._is_older(version):
                self._migrate(statements, version)
            yield statements

    @contextmanager
    def reading(self) -> Iterator[Statements]:
        """Statements that read one state of everything, and wait for nobody who writes; older tables are migrated."""
        is_read = False
        with self._opened(writing=False) as (statements, version):
            if not self._is_older(version):
                is_read = True
                yield statements
        if not is_read:
            with self.transaction() as statements:
                yield statements

    @contextmanager
    def _opened(self, *, writing: bool) -> Iterator[tuple[Statements, int]]:
        """A transaction, and the version of the tables in it."""
        if self.url is None:
            with self._sqlite(writing=writing) as statements:
                ((version,),) = statements.rows("PRAGMA user_version")
                yield statements, int(version)
        else:
            from rounds.shared_store import opened  # noqa: PLC0415 - only where a PostgreSQL is shared

            with opened(self.url, writing=writing) as given:
                yield given

    @contextmanager
    def _sqlite(self, *, writing: bool) -> Iterator[Statements]:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self.path, timeout=_PATIENCE_SECONDS, isolation_level=None)) as connection:
                if writing:
                    with suppress(sqlite3.OperationalError):  # another first round is just doing the same
                        connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("BEGIN IMMEDIATE" if writing else "BEGIN")
                try:
                    yield Direct(connection, is_postgres=False)
                except BaseException:
                    with suppress(sqlite3.Error):  # SQLite itself has ended it where the disk is full
                        connection.rollback()
                    raise
                connection.commit()
        except sqlite3.Error as error:
            raise StoreError(f"{self.path}: {error}") from error
        except OSError as error:
            raise StoreError(f"{self.path}: {error.strerror}") from error

    def _is_older(self, version: int) -> bool:
        """Whether tables are of an older version than ours. What is newer than we are is refused."""
        newest = len(self.migrations)
        if version > newest:
            raise StoreError(
                f"{self.place} was written by a newer Rounds (its tables are version {version}, ours {newest}):"
                " upgrade Rounds here"
            )
        return version < newest

    def _migrate(self, statements: Statements, version: int) -> None:
        for number in range(version, len(self.migrations)):
            for statement in self.migrations[number]:
                statements.run(self._dialect(statement))
        if self.url is None:
            statements.run(f"PRAGMA user_version = {len(self.migrations)}")
        else:
            statements.run("INSERT INTO rounds_schema VALUES (?)", len(self.migrations))

    def _dialect(self, statement: str) -> str:
        """SQLite's REAL is PostgreSQL's DOUBLE PRECISION, and only SQLite has tables without row ids."""
        if self.url is None:
            return statement
        return re.sub(r"\bREAL\b", "DOUBLE PRECISION", statement.replace(" WITHOUT ROWID", ""))
