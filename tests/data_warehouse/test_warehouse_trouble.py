"""Warehouses that cannot be reached, or not in time; nothing that is told has the password."""

import sys
import time

import pytest

from rounds.fixtures.data_scan import scan
from rounds.fixtures.data_warehouse import warehouse
from rounds.measures import Rows
from rounds.probe import CouldNotLook, Unreachable
from rounds.targets import Dataset

SECRET = "s3cret-of-the-warehouse"


@pytest.mark.parametrize(
    ("url", "kind", "words"),
    [
        (f"postgresql+psycopg://u:{SECRET}@127.0.0.1:1/db", Unreachable, "no session could be opened"),
        (f"trino://u:{SECRET}@127.0.0.1:1/db", CouldNotLook, "trino:// needs a driver that is not installed"),
        (f"mysql+mysqldb://u:{SECRET}@127.0.0.1:1/db", CouldNotLook, "needs a driver that is not installed"),
        (f"postgresql+psycopg://u:{SECRET}@[::1/db", CouldNotLook, "the url of warehouse is none of SQLAlchemy"),
        ("duckdb:////no/such/folder/x.duckdb", Unreachable, "no session could be opened"),
    ],
)
def test_what_cannot_be_reached_is_told_without_the_password(warehouse_of, url, kind, words):
    with pytest.raises(kind) as told, warehouse(warehouse_of(url), 10):
        pass
    assert words in str(told.value)
    assert SECRET not in str(told.value)
    assert told.value.__cause__ is None


def test_without_sqlalchemy_it_is_said_what_to_install(warehouse_of, monkeypatch):
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    dataset = Dataset(name="d", system="s", database=warehouse_of("trino://u@h/c"), table="t")
    with pytest.raises(CouldNotLook, match=r"in the clone, pip install '\.\[data\]'"):
        scan(dataset, [Rows()], 5)


LONG = {
    "postgresql": "SELECT count(*) FROM generate_series(1, 1000000000) AS n",
    "duckdb": "SELECT count(*) FROM range(100000000) a, range(100000000) b WHERE (a.range * b.range) % 7 = 3",
    "sqlite": "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c",
}


def test_a_long_statement_ends_in_time(url, warehouse_of):
    begun = time.monotonic()
    with (
        pytest.raises(CouldNotLook, match=r"no time left|no answer within"),
        warehouse(warehouse_of(url), 1) as database,
    ):
        database.rows(LONG[url.partition(":")[0].partition("+")[0]])
    assert time.monotonic() - begun < 6
