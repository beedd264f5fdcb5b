"""Tables in a real PostgreSQL and in SQLite, and checks that look at them with the real probes."""

import inspect
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from rounds.fixtures import data_other, data_scan, data_snapshot
from rounds.judge import Earlier, Observer
from rounds.probe import PROBES, CouldNotLook
from rounds.targets import Dataset, Postgres, Sqlite
from tests.postgres.conftest import Server, server

assert server
assert data_other
assert data_scan
assert data_snapshot
MADE = "id INTEGER PRIMARY KEY, made {time}, price NUMERIC, shop TEXT NOT NULL"


class Table:
    """A table `sales` in one of the two databases, with a row's age in seconds for its time."""

    def __init__(self, database: Postgres | Sqlite, run: Callable[[str], None]) -> None:
        self.database, self.run = database, run
        self.is_postgres = isinstance(database, Postgres)
        self.run("DROP TABLE IF EXISTS sales")
        self.run(f"CREATE TABLE sales ({MADE.format(time='TIMESTAMPTZ' if self.is_postgres else 'INTEGER')})")
        self.count = 0

    def dataset(self, **more: Any) -> Dataset:
        given = {"name": "sales", "system": "shop", "database": self.database, "table": "sales", "time": "made"}
        return Dataset(**(given | more))

    def add(self, *moments: float) -> None:
        """Rows made at some moments (seconds since 1970)."""
        self._insert([(moment, 1.0, "north") for moment in moments])

    def add_prices(self, *prices: float | None, shop: str = "north") -> None:
        """Rows of a minute ago."""
        self._insert([(time.time() - 60, price, shop) for price in prices])

    def _insert(self, rows: list[tuple[float, float | None, str]]) -> None:
        said = []
        for moment, price, shop in rows:
            self.count += 1
            made = f"to_timestamp({moment})" if self.is_postgres else f"{moment}"
            said.append(f"({self.count}, {made}, {'NULL' if price is None else price}, '{shop}')")
        if said:
            self.run(f"INSERT INTO sales VALUES {', '.join(said)}")  # noqa: S608 - the test's own figures


@pytest.fixture(params=["postgres", "sqlite"])
def table(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Table]:
    if request.param == "sqlite":
        path = tmp_path / "sales.sqlite"

        def write(statement: str) -> None:
            with closing(sqlite3.connect(path)) as connection, connection:
                connection.execute(statement)

        yield Table(Sqlite(name="file", system="shop", path=str(path)), write)
    else:
        running: Server = request.getfixturevalue("server")

        def run(statement: str) -> None:
            running.run(statement)

        made = Table(running.target(), run)
        running.run("GRANT SELECT ON sales TO reader")
        yield made
        running.run("DROP TABLE IF EXISTS sales")


@pytest.fixture
def row() -> Callable[..., Any]:
    """Make a row of a model; what every row has is given."""

    def made(model: type[Any], **given: Any) -> Any:
        about = {"id": "shop.data-quality.row", "check": "data-x", "when": ["daily"], "runbook": "Daily"}
        context = {"targets": {}, "folder": given.pop("folder", "")}
        return model.model_validate(about | given, context=context)

    return made


@pytest.fixture
def judge() -> Callable[..., Observer]:
    """Look with the real probes of a check, and judge."""

    def judged(check: Callable[..., None], expected: Any, earlier: Earlier | None = None) -> Observer:
        observer = Observer()
        given: dict[str, Any] = {"expected": expected, "observe": observer, "earlier": earlier or Earlier()}
        for name in inspect.signature(check).parameters.keys() - given.keys():
            probe = PROBES[name]
            given[name] = probe.look(**{argument: getattr(expected, argument) for argument in probe.arguments})
            for each in given[name].values() if isinstance(given[name], dict) else ():
                if isinstance(each, CouldNotLook):
                    raise each
        check(**{name: given[name] for name in inspect.signature(check).parameters})
        return observer

    return judged
