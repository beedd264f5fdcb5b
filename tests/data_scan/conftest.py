"""Tables with strange names and strange rows, in a real PostgreSQL and in SQLite, and scans of them."""

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from rounds.fixtures.data_scan import scan
from rounds.measures import Measure
from rounds.targets import Dataset, Postgres, Sqlite
from tests.postgres.conftest import Server, server

assert server
ORDERS = 'Aufträge "neu"'
QUOTED = '"Aufträge ""neu"""'
COLUMNS = (
    '"id" INTEGER PRIMARY KEY, "select" TEXT, "e-mail" TEXT, "größe" NUMERIC, made {time}, shop INTEGER, note TEXT'
)


class Orders:
    """A table with quoted names, with columns named like keywords, and with a private one: `e-mail`."""

    def __init__(self, database: Postgres | Sqlite, run: Callable[[str], None]) -> None:
        self.database, self.run = database, run
        self.is_postgres = isinstance(database, Postgres)
        run(f"DROP TABLE IF EXISTS {QUOTED}")
        run("DROP TABLE IF EXISTS shops")
        run("CREATE TABLE shops (id INTEGER PRIMARY KEY, city TEXT)")
        run(f"CREATE TABLE {QUOTED} ({COLUMNS.format(time='TIMESTAMPTZ' if self.is_postgres else 'TEXT')})")

    def add(self, id_: int, **values: object) -> None:
        row: dict[str, object] = {"id": id_, "select": "a", "e-mail": f"person{id_}@private.example", "größe": 1,
                                  "made": f"2026-01-01 00:00:{id_ % 60:02}+00:00", "shop": 1, "note": None} | values  # fmt: skip
        names = ", ".join(f'"{name}"' for name in row)
        written = ", ".join("NULL" if each is None else f"'{each}'" for each in row.values())
        self.run(f"INSERT INTO {QUOTED} ({names}) VALUES ({written})")  # noqa: S608 - the test's own

    def dataset(self, **more: Any) -> Dataset:
        given = {"name": "orders", "system": "shop", "database": self.database, "table": ORDERS, "private": "e-mail"}
        return Dataset(**(given | more))

    def read(self, measure: Measure, **more: Any) -> Any:
        return scan(self.dataset(**more), [measure], 20)[measure]

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """What a statement gives to a person who runs it by hand."""
        if isinstance(self.database, Sqlite):
            with closing(sqlite3.connect(self.database.path)) as connection:
                connection.create_function("regexp", 2, lambda pattern, text: bool(re.search(pattern, text)))
                return connection.execute(statement).fetchall()
        with psycopg.connect(self.database.dsn.get_secret_value()) as connection:
            return connection.execute(statement.encode()).fetchall()


def of_sqlite(path: Path) -> tuple[Sqlite, Callable[[str], None]]:
    """A file as a target, and what runs a statement in it."""

    def write(statement: str) -> None:
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(statement)

    return Sqlite(name="file", system="shop", path=str(path)), write


@pytest.fixture(params=["postgres", "sqlite"])
def orders(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Orders]:
    if request.param == "sqlite":
        yield Orders(*of_sqlite(tmp_path / "orders.sqlite"))
        return
    running: Server = request.getfixturevalue("server")
    yield _of_postgres(running)
    running.run(f"DROP TABLE IF EXISTS {QUOTED}; DROP TABLE IF EXISTS shops")


def _of_postgres(running: Server) -> Orders:
    made = Orders(running.target(), lambda statement: running.run(statement) and None)
    running.run(f"GRANT SELECT ON {QUOTED}, shops TO reader")
    return made


@pytest.fixture
def pg_orders(server: Server) -> Iterator[Orders]:
    yield _of_postgres(server)
    server.run(f"DROP TABLE IF EXISTS {QUOTED} CASCADE; DROP TABLE IF EXISTS shops CASCADE")
