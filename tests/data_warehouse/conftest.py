"""The same shop in a PostgreSQL, an SQLite file and a DuckDB file, reached by their URLs."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import duckdb
import pytest
from pydantic import SecretStr

from rounds.targets import Warehouse
from tests.postgres.conftest import PASSWORD, Server, server

assert server
SALES = r'''
CREATE TABLE shops (id INTEGER PRIMARY KEY, city TEXT);
CREATE TABLE sales (id INTEGER PRIMARY KEY, "it's %s ""x""" TEXT, price DOUBLE PRECISION, shop TEXT, made TIMESTAMP,
                    shop_id INTEGER, "select" INTEGER);
INSERT INTO shops VALUES (1, 'Berlin'), (2, 'Lima');
INSERT INTO sales VALUES (1, 'a', 1.5, 'north', '2026-01-01 10:00:00', 1, 1), (2, NULL, 2.5, 'north', '2026-01-01 11:00:00', 2, 1),
                         (3, 'b', NULL, 'it''s \ "x" %s ?', '2026-01-01 11:30:00', 3, 1), (4, 'c', 9, NULL, NULL, NULL, 1);
'''


@pytest.fixture(params=["postgresql", "sqlite", "duckdb"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        with closing(sqlite3.connect(tmp_path / "shop.sqlite")) as connection:
            connection.executescript(SALES)
        yield f"sqlite:///{tmp_path}/shop.sqlite"
    elif request.param == "duckdb":
        with duckdb.connect(tmp_path / "shop.duckdb") as connection:
            connection.execute(SALES)
        yield f"duckdb:///{tmp_path}/shop.duckdb"
    else:
        server: Server = request.getfixturevalue("server")
        server.run("DROP SCHEMA IF EXISTS own CASCADE; CREATE SCHEMA own; ALTER ROLE super SET search_path = own")
        server.run(SALES)
        yield f"postgresql+psycopg://super:{PASSWORD}@127.0.0.1:{server.port}/shop"
        server.run("ALTER ROLE super RESET search_path; DROP SCHEMA own CASCADE")


@pytest.fixture
def warehouse_of() -> Callable[..., Warehouse]:
    def made(url: str, **more: str) -> Warehouse:
        return Warehouse(name="warehouse", system="shop", url=SecretStr(url), **more)

    return made
