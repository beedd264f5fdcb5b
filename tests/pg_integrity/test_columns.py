"""Orphans, repeated keys and NULLs, counted where no constraint sees to it."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from pydantic import ValidationError

from rounds.checks import test_pg_references as checks
from rounds.columns import Columns, columns_of, reference_of
from rounds.fixtures.pg_columns import ColumnRule, column_rules
from rounds.judge import Observer
from rounds.outcome import Outcome

from .conftest import Server

Row = Callable[..., Any]
Schema = Callable[[str], None]
Judge = Callable[..., Observer]

REFERENCE = "price_history.url_id -> monitored_urls.id"
TABLES = (
    "CREATE TABLE monitored_urls (id int PRIMARY KEY, domain text);"
    "CREATE TABLE price_history (id bigint, url_id int, checked_at timestamptz DEFAULT now());"
    "INSERT INTO monitored_urls SELECT n, 'd' || n FROM generate_series(1, 50) n;"
    "INSERT INTO price_history SELECT n, 1 + n % 50 FROM generate_series(1, 1000) n;"
    "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader;"
)


def judged(row: Row, judge: Judge, server: Server, **given: Any) -> Observer:
    return judge(checks.test_pg_references, row(checks.PgReferences, database=server.target("reader"), **given))


def counted(server: Server, **rules: Any) -> ColumnRule:
    with server.asked("reader") as asked:
        (found,) = column_rules(asked, **rules)
    return found


def test_rows_without_their_parent_are_critical(server: Server, schema: Schema, row: Row, judge: Judge) -> None:
    schema(TABLES)
    rules = {"references": [REFERENCE], "required": ["price_history(url_id, checked_at)"]}
    assert judged(row, judge, server, **rules).outcome is Outcome.OK
    schema("DELETE FROM monitored_urls WHERE id = 7")
    observer = judged(row, judge, server, **rules)
    assert observer.outcome is Outcome.CRITICAL
    assert observer.summary.startswith(f"orphans: {REFERENCE}")
    assert "20" in observer.summary


def test_null_is_no_orphan_and_breaks_what_is_required(server: Server, schema: Schema) -> None:
    schema(TABLES)
    schema("UPDATE price_history SET url_id = NULL WHERE id <= 3")
    assert counted(server, references=[REFERENCE]) == ColumnRule("reference", REFERENCE, 1000, 3, 0)
    required = counted(server, required=["price_history.url_id"])
    assert (required.rows, required.broken) == (1000, 3)


def test_a_table_without_rows_is_not_free_of_orphans(server: Server, schema: Schema, row: Row, judge: Judge) -> None:
    schema(TABLES + "TRUNCATE price_history")
    assert judged(row, judge, server, references=[REFERENCE]).outcome is Outcome.CRITICAL
    assert judged(row, judge, server, references=[REFERENCE], rows=0).outcome is Outcome.OK


def test_counting_ends_at_ten_thousand(server: Server, schema: Schema) -> None:
    schema(TABLES)
    schema("INSERT INTO price_history SELECT n, -n FROM generate_series(1, 12000) n")
    assert counted(server, references=[REFERENCE]).broken == 10_000


def test_a_damaged_unique_index_cannot_hide_repeated_keys(
    server: Server, schema: Schema, row: Row, judge: Judge
) -> None:
    schema("CREATE TABLE domains (tenant int, name text); CREATE UNIQUE INDEX domains_name ON domains (tenant, name)")
    schema("GRANT SELECT ON domains TO reader; INSERT INTO domains SELECT n, 'a' FROM generate_series(1, 500) n")
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute("SET allow_system_table_mods = on")
        flags = "UPDATE pg_index SET indisready = {0}, indisvalid = {0} WHERE indexrelid = 'domains_name'::regclass"
        connection.execute(flags.format("false"))
        connection.execute("INSERT INTO domains VALUES (7, 'a'), (8, 'a'), (NULL, 'a'), (NULL, 'a')")
        connection.execute(flags.format("true"))
    server.run("VACUUM domains")
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute("SET enable_seqscan = off")
        connection.execute("SET enable_bitmapscan = off")
        assert connection.execute("SELECT count(*) FROM domains WHERE tenant = 7").fetchall() == [(1,)]
    observer = judged(row, judge, server, unique=["domains(tenant, name)"])
    assert observer.outcome is Outcome.CRITICAL
    assert counted(server, unique=["domains(tenant, name)"]) == ColumnRule("unique", "domains(tenant, name)", 504, 2, 2)


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        (
            {"references": ["price_history.url -> monitored_urls.id"]},
            "column url of relation price_history does not exist",
        ),
        ({"references": ["price_history.url_id -> urls.id"]}, "relation urls does not exist"),
        ({"references": ["monitored_urls.domain -> price_history.url_id"]}, "they cannot be compared"),
        ({"unique": ["hidden.id"]}, "our role may not read column id of relation hidden"),
    ],
)
def test_a_rule_that_cannot_be_asked_is_unknown_and_hides_no_other(  # noqa: PLR0913, PLR0917 - two cases' words, and the house
    server: Server, schema: Schema, row: Row, judge: Judge, rules: dict[str, Any], words: str
) -> None:
    schema(TABLES + "CREATE TABLE hidden (id int)")
    observer = judged(row, judge, server, **rules)
    assert observer.outcome is Outcome.UNKNOWN
    assert words in observer.summary
    schema("UPDATE price_history SET checked_at = NULL")
    both = judged(row, judge, server, **rules, required=["price_history.checked_at"])
    assert both.outcome is Outcome.CRITICAL


def test_a_lock_and_a_lack_of_time_are_hindrances(server: Server, schema: Schema) -> None:
    schema(TABLES)
    with psycopg.connect(server.dsn()) as holder:
        holder.execute("LOCK TABLE price_history IN ACCESS EXCLUSIVE MODE")
        assert counted(server, required=["price_history.id"]).hindrance == "it was locked"
    found = counted(server, required=["price_history.id"], budget_seconds=0)
    assert found.hindrance == "there was no time left for it"


def test_partitioned_tables_strange_names_and_keys_of_two_columns(server: Server, schema: Schema) -> None:
    schema(
        'CREATE TABLE "Orders" (shop int, "a%b" int) PARTITION BY LIST (shop);'
        'CREATE TABLE orders_1 PARTITION OF "Orders" FOR VALUES IN (1); INSERT INTO "Orders" VALUES (1, 5);'
        'CREATE TABLE lines ("x y" bigint, shop int); INSERT INTO lines VALUES (5, 1), (5, 2);'
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader"
    )
    assert counted(server, references=["lines(x y, shop) -> public.Orders(a%b, shop)"]).broken == 1
    assert counted(server, unique=["Orders(a%b)"]).broken == 0


def test_columns_are_read_as_rows_write_them() -> None:
    assert columns_of("shop.lines(order_id , number)") == Columns("shop.lines", ("order_id", "number"))
    assert columns_of("shop.lines.number") == Columns("shop.lines", ("number",))
    assert reference_of(REFERENCE)[1] == Columns("monitored_urls", ("id",))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"references": ["a.b"]}, "is no reference: table.column -> table.column is due"),
        ({"references": ["a(b, c) -> d.e"]}, "2 columns on one side and 1 on the other"),
        ({"unique": ["a"]}, "names no columns"),
        ({"unique": ["a(b, b)"]}, "names a column twice"),
        ({}, "a rule is due"),
    ],
)
def test_a_rule_that_cannot_be_read_is_refused_with_the_row(row: Row, server: Server, given: Any, words: str) -> None:
    with pytest.raises(ValidationError, match=words.replace("(", r"\(")):
        row(checks.PgReferences, database=server.target(), **given)
