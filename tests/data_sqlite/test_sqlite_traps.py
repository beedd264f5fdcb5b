"""SQLite's own traps: values that are not what their column's type says, times without a type, files in use."""

import sqlite3
import time
from contextlib import closing

import pytest

from rounds.fixtures.data_scan import scan
from rounds.measures import (
    Between,
    Broken,
    Grouped,
    LengthBetween,
    Matching,
    Newest,
    NotInFuture,
    Nulls,
    OneOf,
    Percentile,
    Reading,
    Repeated,
    Rows,
    Scope,
    Statistic,
)  # fmt: skip
from rounds.probe import CouldNotLook
from rounds.targets import Dataset, Sqlite

NOON = 1767268800  # 2026-01-01 12:00 UTC
DAY = 86400


@pytest.fixture
def run(tmp_path):
    with closing(sqlite3.connect(tmp_path / "shop.sqlite", isolation_level=None)) as connection:
        yield connection.execute


@pytest.fixture
def ask(tmp_path):
    """The answer to a measure; what could not be measured is raised."""

    def asked(measure, table="sales", **more):
        database = Sqlite(name="database", system="shop", path=str(tmp_path / "shop.sqlite"))
        seconds = more.pop("seconds", 10)
        dataset = Dataset(name="sales", system="shop", database=database, table=table, **more)
        answer = scan(dataset, [measure], seconds)[measure]
        if isinstance(answer, Exception):
            raise answer
        return answer

    return asked


def test_a_text_in_a_column_of_numbers_is_told(run, ask):
    run("CREATE TABLE sales (price NUMERIC)")
    run("INSERT INTO sales VALUES (1), ('2.5'), ('n/a'), (NULL)")
    assert ask(Broken(Between("price", 0))).value == 1
    with pytest.raises(CouldNotLook, match="1 values of price are no numbers"):
        ask(Statistic("mean", "price"))
    for measure in (Percentile(0.5, "price"), Percentile(0.5, "price", (1.0,))):
        with pytest.raises(CouldNotLook, match="a value of a column of numbers is no number"):
            ask(measure)


def test_booleans_are_0_and_1_and_nothing_else(run, ask):
    run("CREATE TABLE sales (paid BOOLEAN)")
    run("INSERT INTO sales VALUES (0), (1), (2), ('yes'), (NULL)")
    broken = ask(Broken(OneOf("paid", (True, False))))
    assert (broken.value, broken.examined) == (2, 4)


WAYS = {
    "ISO": "'2026-01-01 12:00:00'", "ISO with T and Z": "'2026-01-01T12:00:00.250Z'", "ISO with a zone": "'2026-01-01T14:00:00+02:00'",
    "seconds": str(NOON), "seconds with a fraction": f"{NOON}.25", "milliseconds": f"{NOON}000", "microseconds": f"{NOON}000000",
    "Julian days": "julianday('2026-01-01 12:00:00')",
}  # fmt: skip


@pytest.mark.parametrize("kind", ["", "TEXT", "INTEGER", "REAL", "DATETIME"])
@pytest.mark.parametrize("index", ["", "CREATE INDEX made_first ON sales (made)"])
@pytest.mark.parametrize("way", WAYS)
def test_times_are_the_same_in_each_way_to_write_them(run, ask, kind, index, way):
    if kind == "TEXT" and "ISO" not in way:
        pytest.skip("such a column makes texts of numbers")
    run(f"CREATE TABLE sales (made {kind})")
    run(index)
    run(f"INSERT INTO sales VALUES ({WAYS[way]}), (NULL)")  # noqa: S608 - the test's own words
    assert time.time() - ask(Newest("made")).value == pytest.approx(NOON, abs=2)
    assert ask(Rows(scope=Scope(window=time.time() - NOON + 60)), time="made").value == 1
    assert ask(Rows(scope=Scope(window=time.time() - NOON - 60)), time="made").is_empty
    by_day = ask(Rows(scope=Scope(per="day", window=time.time() - NOON + DAY)), time="made")
    assert isinstance(by_day, Grouped)
    assert list(by_day.groups) == [NOON - DAY // 2]


def test_a_date_alone_is_its_midnight(run, ask):
    run("CREATE TABLE sales (made DATE)")
    run("INSERT INTO sales VALUES ('2026-01-01')")
    assert time.time() - ask(Newest("made")).value == pytest.approx(NOON - DAY // 2, abs=2)


@pytest.mark.parametrize(
    "text", ["'2026-13-01 00:00:00'", "'01/02/2026'", "''", "'now'", "'12:00'", "'1767268800'", "x'00ff'"]
)
def test_a_value_that_is_no_time_does_not_vanish(run, ask, text):
    run("CREATE TABLE sales (made TEXT)")
    run(f"INSERT INTO sales VALUES ('2026-01-01 12:00:00'), ({text})")  # noqa: S608 - the test's own words
    assert ask(Broken(NotInFuture("made"))).value == 1
    for measure in (Newest("made"), Rows(scope=Scope(window=1e9)), Rows(scope=Scope(per="hour"))):
        with pytest.raises(CouldNotLook, match="a value of a time column is no time"):
            ask(measure, time="made")
    assert ask(Rows(), time="made").value == 2


def test_a_time_in_the_future_is_broken_in_whatever_unit(run, ask):
    run("CREATE TABLE sales (made)")
    later = time.time() + DAY
    some = f"({NOON}), ({later:.0f}), ({later * 1000:.0f}), (datetime('now', '+1 day')), (NULL)"
    run(f"INSERT INTO sales VALUES {some}")  # noqa: S608 - the test's own words
    broken = ask(Broken(NotInFuture("made")))
    assert (broken.value, broken.examined) == (3, 4)


def test_patterns_and_lengths_take_numbers_as_texts(run, ask):
    run("CREATE TABLE sales (zip INTEGER)")
    run("INSERT INTO sales VALUES (12345), (999), ('0a123'), (NULL)")
    assert ask(Broken(Matching("zip", r"^\d{5}$"))).value == 2
    assert ask(Broken(LengthBetween("zip", 5, 5))).value == 1
    with pytest.raises(CouldNotLook, match="a pattern of it cannot be read"):
        ask(Broken(Matching("zip", "(")))


def test_names_are_the_same_in_capitals(run, ask):
    run('CREATE TABLE "Sales Of ""x""" ("Price" REAL, "SELECT" TEXT)')
    run('INSERT INTO "Sales Of ""x""" VALUES (1, \'a\'), (2, NULL)')
    assert ask(Statistic("sum", "price"), 'sales of "X"').value == 3
    assert ask(Nulls("select"), 'sales of "X"').value == 1
    assert ask(Rows(scope=Scope(where="PRICE > 1")), 'sales of "X"').value == 1


def test_a_key_that_is_no_row_number_does_not_prove_a_value(run, ask):
    run("CREATE TABLE sales (id INTEGER PRIMARY KEY DESC, price REAL)")
    run("INSERT INTO sales VALUES (NULL, 1), (2, 2)")
    nulls = ask(Nulls("id"))
    assert (nulls.value, nulls.proof) == (1, "")


@pytest.mark.parametrize("without", ["", "WITHOUT ROWID"])
def test_a_row_number_and_a_table_without_them_prove_their_keys(run, ask, without):
    run(f"CREATE TABLE sales (id INTEGER PRIMARY KEY, price REAL) {without}")
    run("INSERT INTO sales VALUES (1, 1), (2, 2)")
    assert ask(Repeated(("id",))).proof == "primary key of sales"
    assert "sales" in ask(Nulls("id")).proof or ask(Nulls("id")).value == 0


def test_a_view_with_a_trigger_in_place_of_inserts_is_only_looked_at(run, ask):
    run("CREATE TABLE kept (price REAL)")
    run("INSERT INTO kept VALUES (1), (NULL)")
    run("CREATE VIEW sales AS SELECT price, price * 2 AS twice FROM kept")
    run("CREATE TRIGGER made INSTEAD OF INSERT ON sales BEGIN INSERT INTO kept VALUES (NEW.price); END")
    assert ask(Nulls("twice")).value == 1
    assert ask(Percentile(0.5, "twice")).value == 2


def test_what_is_only_in_the_write_ahead_log_is_seen(run, ask):
    run("PRAGMA journal_mode = WAL")
    run("PRAGMA wal_autocheckpoint = 0")
    run("CREATE TABLE sales (price REAL)")
    run("INSERT INTO sales VALUES (1)")
    assert ask(Rows()).value == 1


def test_a_writer_that_locks_the_file_is_told(run, ask):
    run("CREATE TABLE sales (price REAL)")
    run("BEGIN EXCLUSIVE")
    with pytest.raises(CouldNotLook, match="is locked by a writer for longer than"):
        ask(Rows(), seconds=0.5)
    run("ROLLBACK")
    assert isinstance(ask(Rows()), Reading)
