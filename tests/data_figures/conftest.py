"""Tables in a real PostgreSQL and in SQLite, and checks that look at them with the real probes."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rounds.fixtures import data_other, data_scan, data_snapshot
from rounds.judge import Observer
from rounds.targets import Dataset, Postgres, Sqlite
from tests.data_scan.conftest import of_sqlite
from tests.judging import judged
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
        yield Table(*of_sqlite(tmp_path / "sales.sqlite"))
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
    return judged
