"""What SQLite's schema proves: keys, unique indexes and NOT NULL, and nothing else."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from rounds.fixtures.data_scan import scan
from rounds.measures import Between, Broken, LengthBetween, Measure, Nulls, OneOf, Orphans, Repeated
from rounds.targets import Dataset, Sqlite

Look = Callable[..., Any]


@pytest.fixture
def look(tmp_path: Path) -> Look:
    """The answer to a measure on table `t`, after statements that write."""
    path = tmp_path / "shop.sqlite"

    def answer(written: str, measure: Measure) -> Any:
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript(written)
        database = Sqlite(name="file", system="shop", path=str(path))
        return scan(Dataset(name="t", system="shop", database=database, table="t"), [measure], 9)[measure]

    return answer


BY_BYTES = "CREATE UNIQUE INDEX u ON t (a COLLATE BINARY)"
KEY, THERE = Repeated(("a",)), Nulls("a")


@pytest.mark.parametrize(
    ("table", "measure"),
    [
        ("(a INTEGER PRIMARY KEY, b)", KEY),
        ("(a INTEGER PRIMARY KEY, b)", THERE),
        ("(a TEXT PRIMARY KEY, b) WITHOUT ROWID", KEY),
        ("(a TEXT PRIMARY KEY, b) WITHOUT ROWID", THERE),
        ("(a INTEGER PRIMARY KEY, b) WITHOUT ROWID", THERE),
        ("(a TEXT PRIMARY KEY, b)", KEY),
        ("(a TEXT COLLATE NOCASE UNIQUE, b)", KEY),
        ("(a INT NOT NULL, b) STRICT", THERE),
        ("(a INT NOT NULL, b)", THERE),
        ("(b INT, a INT GENERATED ALWAYS AS (b + 1) STORED UNIQUE)", KEY),
    ],
)
def test_keys_and_required_columns_prove(table: str, measure: Measure, look: Look) -> None:
    table = table.replace("b) STRICT", "b INT) STRICT")
    column = "b" if "GENERATED" in table else "a"
    assert look(f"CREATE TABLE t {table}; INSERT INTO t ({column}) VALUES (1), (2)", measure).proof  # noqa: S608 - the test's own


@pytest.mark.parametrize(
    ("written", "measure", "value"),
    [
        ("CREATE TABLE t (a TEXT PRIMARY KEY); INSERT INTO t VALUES (NULL), (NULL), ('x')", THERE, 2),
        ("CREATE TABLE t (a INTEGER PRIMARY KEY DESC); INSERT INTO t VALUES (NULL), (NULL), (3)", THERE, 2),
        ("CREATE TABLE t (a, b); INSERT INTO t VALUES (1, 1), (1, 2); CREATE UNIQUE INDEX u ON t (a, b)", KEY, 1),
        ("CREATE TABLE t (a); INSERT INTO t VALUES (1), (1); CREATE UNIQUE INDEX u ON t (a) WHERE a > 5", KEY, 1),
        ("CREATE TABLE t (a, b); INSERT INTO t VALUES (1, 1), (1, 2); CREATE UNIQUE INDEX u ON t (a + b)", KEY, 1),
        (f"CREATE TABLE t (a TEXT COLLATE NOCASE); {BY_BYTES}; INSERT INTO t VALUES ('x'), ('X')", KEY, 1),  # noqa: S608 - the test's own
    ],
)
def test_what_only_looks_like_a_key_is_counted(written: str, measure: Measure, value: int, look: Look) -> None:
    answer = look(written, measure)
    assert (answer.value, answer.proof) == (value, "")


@pytest.mark.parametrize(
    "measure",
    [
        Broken(Between("a", 0)),
        Broken(OneOf("b", ("x",))),
        Broken(LengthBetween("b", None, 1)),
        Orphans(("c",), "p", ("id",)),
    ],
)
def test_checks_lengths_and_foreign_keys_can_be_switched_off_and_prove_nothing(measure: Measure, look: Look) -> None:
    answer = look(
        "PRAGMA ignore_check_constraints = ON; CREATE TABLE p (id INTEGER PRIMARY KEY);"
        "CREATE TABLE t (a INT CHECK (a >= 0), b VARCHAR(1) CHECK (b IN ('x')), c REFERENCES p);"
        "INSERT INTO t VALUES (-1, 'long', 7)",
        measure,
    )
    assert (answer.value, answer.proof) == (1, "")
