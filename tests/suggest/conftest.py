"""Orders in a real PostgreSQL and in SQLite, what the command prints of them, and rounds over what it prints."""

import datetime as dt
import os
import random
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from rounds.cli import main
from rounds.reports.results import read_results
from tests.postgres.conftest import Server, server

assert server
HOURS, ROWS_AN_HOUR = 10 * 24, 24
CUSTOMERS = "CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT NOT NULL)"
ORDERS = """CREATE TABLE orders (
    id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL{reference}, code TEXT, status TEXT, label TEXT, price {number},
    sale_price {number}, note TEXT, spare TEXT, api_token TEXT, created_at {time} NOT NULL, updated_at {time},
    expires_at {time})"""


@dataclass
class Shop:
    """A database with orders: how the command is told of it, how a round is, and how it is changed."""

    word: str
    env: dict[str, str]
    run: Callable[[str], object]
    is_postgres: bool


def orders() -> list[tuple[Any, ...]]:
    """Some every hour, the newest a few minutes old."""
    dice = random.Random(7)  # noqa: S311 - not for secrets
    now = dt.datetime.now(dt.UTC).replace(microsecond=0)
    rows = []
    for number in range(HOURS * ROWS_AN_HOUR):
        made = now - dt.timedelta(minutes=3) - number * dt.timedelta(hours=1) / ROWS_AN_HOUR
        price = round(dice.uniform(5, 840), 2)
        rows.append((
            number + 1, number % 300 + 1, f"C-{number + 1:06}", dice.choice(["paid", "open", "sent"]), "x" * dice.randint(3, 17),
            price, round(price * dice.uniform(0.7, 1), 2), None if number % 7 == 0 else "a note", None,
            f"t0ken-{number % 3}", made, made + dt.timedelta(minutes=dice.randint(0, 2)), now + dt.timedelta(days=90),
        ))  # fmt: skip
    return rows


def fill(run_many: Callable[[str, Sequence[Any]], object], mark: str) -> None:
    customers = [(n, f"anna{n}@example.org") for n in range(1, 301)]
    run_many(f"INSERT INTO customers VALUES ({mark}, {mark})", customers)  # noqa: S608 - marks
    run_many(f"INSERT INTO orders VALUES ({', '.join([mark] * 13)})", orders())  # noqa: S608 - marks


@pytest.fixture
def postgres(server: Server) -> Iterator[Shop]:
    server.run("CREATE DATABASE market", "postgres")
    try:
        server.run(CUSTOMERS, "market")
        kinds = {"reference": " REFERENCES customers (id)", "number": "NUMERIC(10,2)", "time": "TIMESTAMPTZ"}
        server.run(ORDERS.format(**kinds), "market")
        with psycopg.connect(server.dsn("super", dbname="market"), autocommit=True) as connection:
            fill(connection.cursor().executemany, "%s")
        server.run("ANALYZE; GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader", "market")
        dsn = server.dsn(dbname="market")
        yield Shop(dsn, {"MARKET_DSN": dsn}, lambda statement: server.run(statement, "market"), is_postgres=True)
    finally:
        server.run("DROP DATABASE market WITH (FORCE)", "postgres")


@pytest.fixture
def lite(tmp_path: Path) -> Shop:
    path = tmp_path / "market.db"

    def run(statement: str) -> None:
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(statement)

    run(CUSTOMERS)
    run(ORDERS.format(reference=" REFERENCES customers (id)", number="REAL", time="TEXT"))

    def run_many(statement: str, rows: Sequence[Any]) -> None:
        plain = [
            tuple(f"{each:%Y-%m-%d %H:%M:%S}" if isinstance(each, dt.datetime) else each for each in row)
            for row in rows
        ]
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.executemany(statement, plain)

    fill(run_many, "?")
    return Shop(str(path), {}, run, is_postgres=False)


@pytest.fixture(params=["postgres", "lite"])
def shop(request: pytest.FixtureRequest) -> Shop:
    return request.getfixturevalue(request.param)


@pytest.fixture
def suggested(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """What `rounds suggest …` prints; it must end well."""

    def asked(*words: str) -> str:
        assert main(["suggest", *words]) == 0, capsys.readouterr().err
        return capsys.readouterr().out

    return asked


def rows_in(text: str) -> dict[str, dict[str, Any]]:
    """The printed rows by the ends of their ids."""
    _, rows = yaml.safe_load_all(text)
    return {row["id"].rpartition(".")[2]: row for row in rows or []}


def told_in_a_round(text: str, folder: Path, env: dict[str, str]) -> dict[str, tuple[str, str]]:
    """Outcomes and words of a round over what was printed, by the ends of the ids."""
    targets, _ = yaml.safe_load_all(text)
    system = (
        folder / "systems" / next(line for line in text.splitlines() if line.startswith("# systems/")).split("/")[1]
    )
    system.mkdir(parents=True, exist_ok=True)
    inventory, rows = text.split("\n---\n")
    (system / "inventory.yaml").write_text(inventory)
    (system / "expectations.yaml").write_text(rows)
    assert targets["targets"]
    command = [sys.executable, "-m", "rounds", "run", "--quiet"]
    done = subprocess.run(command, cwd=folder, env=os.environ | env, capture_output=True, text=True, check=False)
    results = folder / "reports" / "latest" / "results.json"
    assert results.exists(), done.stdout + done.stderr
    records = read_results(results).records
    return {each.id.rpartition(".")[2]: (str(each.outcome), each.summary) for each in records}
