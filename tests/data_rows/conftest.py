"""A shop's tables in a real PostgreSQL and in SQLite, and rows that are judged by what the real scan sees there."""

import inspect
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from rounds.fixtures.data_scan import readings
from rounds.judge import Earlier, Observer
from rounds.look import Look
from rounds.outcome import Outcome
from rounds.probe import PROBES, CouldNotLook
from rounds.targets import Dataset, Postgres, Sqlite
from tests.postgres.conftest import Server, server

assert server
assert readings

TABLES = """
DROP TABLE IF EXISTS prices; DROP TABLE IF EXISTS urls;
CREATE TABLE urls (id INTEGER PRIMARY KEY, domain TEXT, active INTEGER);
CREATE TABLE prices (id INTEGER PRIMARY KEY, url_id INTEGER NOT NULL, seller TEXT, price {double}, pix_price {double},
                     availability TEXT, checked_at {time});
INSERT INTO urls VALUES (1, 'amazon', 1), (2, 'magalu', 1), (3, 'kabum', 1), (4, 'closed', 0);
"""
LISTED = "SELECT DISTINCT domain FROM urls WHERE active = 1"


class Shop:
    """The tables of a shop in one of the two databases; `prices` joins `urls` for its domain."""

    def __init__(self, database: Postgres | Sqlite, run: Callable[[str], None]) -> None:
        self.database, self.run = database, run
        is_postgres = isinstance(database, Postgres)
        self.run(TABLES.format(double="DOUBLE PRECISION" if is_postgres else "REAL",
                               time="TIMESTAMPTZ" if is_postgres else "DATETIME"))  # fmt: skip
        if is_postgres:
            self.run("GRANT SELECT ON prices, urls TO reader")
        self.count = 0

    def dataset(self, **more: Any) -> Dataset:
        given = {"name": "prices", "system": "shop", "database": self.database, "table": "prices", "time": "checked_at",
                 "joins": ("prices.url_id -> urls.id",)}  # fmt: skip
        return Dataset(**(given | more))

    def add(self, *, ago: float = 60.0, **values: Any) -> None:
        """A good row, but for some values, from so many seconds ago."""
        self.count += 1
        made = datetime.now(UTC) - timedelta(seconds=ago)
        good = {"id": self.count, "url_id": 1, "seller": "north", "price": 10.0, "pix_price": 9.0,
                "availability": "in_stock", "checked_at": made.strftime("%Y-%m-%d %H:%M:%S+00:00")}  # fmt: skip
        row = good | values
        literals = ["NULL" if value is None else repr(value) for value in row.values()]
        self.run(f"INSERT INTO prices ({', '.join(row)}) VALUES ({', '.join(literals)})")  # noqa: S608 - the test's own

    def add_some(self, count: int = 10, **values: Any) -> None:
        for _ in range(count):
            self.add(**values)


@pytest.fixture(params=["postgres", "sqlite"])
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shop]:
    if request.param == "sqlite":
        path = tmp_path / "shop.sqlite"

        def write(statements: str) -> None:
            with closing(sqlite3.connect(path)) as connection:
                connection.executescript(statements)

        yield Shop(Sqlite(name="file", system="shop", path=str(path)), write)
    else:
        running: Server = request.getfixturevalue("server")

        def run(statements: str) -> None:
            running.run(statements)

        yield Shop(running.target(), run)
        running.run("DROP TABLE IF EXISTS prices; DROP TABLE IF EXISTS urls")


@dataclass(frozen=True)
class Verdict:
    outcome: Outcome
    summary: str
    observer: Observer


@pytest.fixture
def judged(row: Callable[..., Any], shop: Shop) -> Callable[..., Verdict]:
    """Look at the shop's prices as a round does, and judge one row; `judged(check, model, limit="5 %")`."""

    def judge(check: Callable[..., None], model: Any, **given: Any) -> Verdict:
        expected = row(model, **({"dataset": shop.dataset()} | given))
        probe, observer = PROBES["readings"], Observer()
        look = Look(probe, {"dataset": expected.dataset, "measures": expected.measures, "deadline": 20.0}, 20.0)
        look.settle(*look.take())
        try:
            if look.error is not None:
                raise look.why_not()
            seen = {"expected": expected, "observe": observer, "earlier": Earlier()}
            seen["readings"] = look.share_of(expected.measures)
            check(**{name: seen[name] for name in inspect.signature(check).parameters})
        except CouldNotLook as why:
            return Verdict(Outcome.UNKNOWN, str(why), observer)
        return Verdict(observer.outcome, observer.summary, observer)

    return judge
