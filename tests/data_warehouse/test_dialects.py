"""What would be asked of warehouses that no test can start: in their own words, and with names and values kept whole."""

from contextlib import contextmanager

import pytest
import sqlglot
from pydantic import SecretStr
from sqlglot import exp

from rounds.fixtures import data_scan
from rounds.fixtures.data_catalog import Column, Relation
from rounds.fixtures.data_database import Refused
from rounds.fixtures.data_warehouse_types import column_of

from rounds.measures import (  # isort: skip
    Aggregate, Between, Broken, Distinct, Holding, LengthBetween, Matching, Newest, NotInFuture, Nulls, OneOf,
    Orphans, Percentile, Repeated, Rows, Scope, Statistic,
)  # fmt: skip
from rounds.targets import Dataset, Warehouse

URLS = {
    "trino": "trino://u@h/c/s", "clickhouse": "clickhouse://h/d", "bigquery": "bigquery://p/d", "mysql": "mysql+pymysql://h/d",
    "snowflake": "snowflake://u:p@a/d", "databricks": "databricks://t:x@h", "redshift": "redshift+psycopg2://h/d",
}  # fmt: skip
COLUMNS = [
    Column("id", "BIGINT", "number"), Column("price", "DOUBLE", "number", may_be_nan=True), Column("shop", "TEXT", "text"),
    Column("made", "TIMESTAMP", "time", has_zone=False), Column("seen", "TIMESTAMPTZ", "time"), Column("day", "DATE", "time", has_zone=False),
    Column('s`h"o\'p -- x', "TEXT", "text"), Column("select", "TEXT", "text"), Column("ok", "BOOLEAN", "boolean"),
]  # fmt: skip
VALUES = ("a\\", "it's", "x\\'; DROP TABLE sales; --", 'quote " and ` too', "%s %(x)s %", "? :x", "ü 漢\n")
MEASURES = [
    Rows(), Rows(scope=Scope(window=3600)), Rows(scope=Scope(per="hour")), Rows(scope=Scope(per="day", window=86400)),
    Rows(scope=Scope(per="urls.domain")), Rows(scope=Scope(where="price > 1 and shop <> 'x'")),
    *(Nulls(each.name) for each in COLUMNS), Newest("made"), Newest("seen"), Newest("day"),
    *(Statistic(figure, "price") for figure in ("mean", "min", "max", "sum", "stddev")),
    Percentile(0.9, "price"), Percentile(0.9, "price", (1.0,), (2.0,)), Aggregate("sum(price) / count(*)"),
    Distinct("shop"), Distinct("shop", scope=Scope(per="id")), Repeated(("shop", "id")),
    Repeated(("shop",), ("trim", "lower", "url")), Orphans(("id",), "urls", ("id",)),
    *(Broken(rule) for rule in (
        OneOf("shop", VALUES), OneOf("id", (1, -2)), OneOf("ok", (True,)), OneOf("day", ("2026-01-01",)),
        Between("price", -1, 1e9), Between("price", None, 3), Matching("shop", r"^\d+\.'x'\\$"), Matching("id", "^1"),
        LengthBetween("shop", 1, 3), LengthBetween("id", None, 3), NotInFuture("made"), NotInFuture("seen"),
        NotInFuture("day"), Holding("price <= id"),
    )),
]  # fmt: skip


class Listening:
    """A warehouse that answers nothing and keeps what it is asked."""

    now = 1767261600.0

    def __init__(self):
        self.asked = []

    def rows(self, text, _=None):
        self.asked.append(text)
        raise Refused("it only listens")

    def relation(self, table):
        columns = COLUMNS if table == "sales" else [Column("id", "BIGINT", "number"), Column("domain", "TEXT", "text")]
        return Relation((table,), {each.name: each for each in columns}, folds="any")

    def shape(self, _):
        raise Refused("it only listens")

    @contextmanager
    def beside(self):
        yield None


@pytest.fixture
def asked(monkeypatch):
    """The statements that a measure becomes in a dialect."""

    def of(dialect, *measures):
        listening = Listening()

        @contextmanager
        def opened(*_):
            yield listening

        monkeypatch.setattr(data_scan, "opened", opened)
        database = Warehouse(name="w", system="s", url=SecretStr(URLS[dialect]), timezone="Europe/Berlin")
        dataset = Dataset(
            name="d", system="s", database=database, table="sales", time="made", joins=("sales(id) -> urls(id)",)
        )
        answers = data_scan.scan(dataset, measures, 10)
        assert {str(answer) for answer in answers.values()} == {"it only listens"}
        return listening.asked

    return of


@pytest.mark.parametrize("dialect", URLS)
def test_every_measure_is_a_statement_of_the_dialect(asked, dialect):
    for measure in MEASURES:
        texts = asked(dialect, measure)
        assert texts
        for text in texts:
            (tree,) = sqlglot.parse(text, read=dialect)
            assert isinstance(tree, exp.Select), text
            known = {each.name for each in COLUMNS} | {"domain", "n", "v", "c", ""}
            assert {each.name for each in tree.find_all(exp.Column)} <= known | {"EPOCH_MICROSECOND"}


@pytest.mark.parametrize("dialect", URLS)
def test_values_and_names_are_the_same_when_they_are_read_again(asked, dialect):
    (text,) = asked(dialect, Broken(OneOf("shop", VALUES)), Nulls(COLUMNS[6].name))[:1]
    tree = sqlglot.parse_one(text, read=dialect)
    assert {each.name for each in tree.find_all(exp.Literal) if each.is_string} == set(VALUES)
    assert {each.name for each in tree.find_all(exp.Column)} == {"shop", COLUMNS[6].name}


@pytest.mark.parametrize(
    ("dialect", "zoned", "plain"),
    [
        ("trino", "FROM_UNIXTIME(1767261900.000000)", "'2026-01-01 11:05:00.000000' AS TIMESTAMP"),
        ("clickhouse", "toDateTime64(1767261900.000000, 6)", "toDateTime64(1767261900.000000, 6)"),
        ("bigquery", "TIMESTAMP_MICROS(1767261900000000)", "'2026-01-01 11:05:00.000000' AS DATETIME"),
        ("snowflake", "'2026-01-01 10:05:00.000000 +00:00' AS TIMESTAMPTZ", "'2026-01-01 11:05:00.000000' AS TIMESTAMPNTZ"),
        ("mysql", "FROM_UNIXTIME(1767261900.000000)", "'2026-01-01 11:05:00.000000' AS DATETIME(6)"),
        ("databricks", "TIMESTAMP_MICROS(1767261900000000)", "'2026-01-01 11:05:00.000000' AS TIMESTAMP_NTZ"),
        ("redshift", "'2026-01-01 10:05:00.000000+00' AS TIMESTAMP WITH TIME ZONE", "'2026-01-01 11:05:00.000000' AS TIMESTAMP"),
    ],
)  # fmt: skip
def test_a_moment_is_that_of_utc_or_what_a_clock_of_the_zone_shows(asked, dialect, zoned, plain):
    assert zoned in asked(dialect, Broken(NotInFuture("seen")))[0]
    assert plain in asked(dialect, Broken(NotInFuture("made")))[0]


@pytest.mark.parametrize("dialect", ["trino", "clickhouse", "bigquery", "databricks", "snowflake", "redshift"])
def test_nan_is_within_no_range(asked, dialect):
    assert "nan" in asked(dialect, Broken(Between("price", 0, 1)))[0].lower()


def test_a_pattern_is_found_anywhere_in_a_text_and_not_only_in_all_of_it(asked):
    assert "REGEXP_INSTR" in asked("snowflake", Broken(Matching("shop", "x")))[0]
    assert "'g'" not in asked("redshift", Repeated(("shop",), ("url",)))[0]


@pytest.mark.parametrize(
    ("dialect", "said", "category", "has_zone"),
    [
        ("clickhouse", "LowCardinality(Nullable(String))", "text", True), ("clickhouse", "DateTime64(3)", "time", True),
        ("clickhouse", "Nullable(Decimal(10, 2))", "number", True), ("bigquery", "TIMESTAMP", "time", True),
        ("bigquery", "DATETIME", "time", False), ("bigquery", "FLOAT64", "number", False),
        ("snowflake", "TIMESTAMP_NTZ(9)", "time", False), ("snowflake", "TIMESTAMP_LTZ", "time", True),
        ("trino", "timestamp(3) with time zone", "time", True), ("trino", "timestamp(6)", "time", False),
        ("mysql", "TIMESTAMP", "time", True), ("mysql", "DATETIME(6)", "time", False), ("mysql", "TINYINT(1)", "number", False),
        ("databricks", "TIMESTAMP", "time", True), ("redshift", "TIMESTAMP WITHOUT TIME ZONE", "time", False),
        ("postgres", "DOUBLE PRECISION", "number", False), ("trino", "no type of any kind", "other", True),
    ],
)  # fmt: skip
def test_types_are_told_in_the_words_of_each_dialect(dialect, said, category, has_zone):
    column = column_of("x", said, None, dialect)
    assert (column.type, column.category) == (said, category)
    assert category != "time" or column.has_zone == has_zone
