"""Constraints that promise more than they keep."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from rounds.checks import test_pg_integrity as checks
from rounds.fixtures.pg_constraints import BadConstraint, constraint_states
from rounds.judge import Observer
from rounds.outcome import Outcome

from .conftest import Server

Row = Callable[..., Any]
Schema = Callable[[str], None]

TABLES = (
    "CREATE TABLE urls (id int PRIMARY KEY); CREATE TABLE prices (id int PRIMARY KEY, url_id int, price int);"
    "INSERT INTO urls VALUES (1); INSERT INTO prices VALUES (1, 1, 5), (2, 7, 5), (3, 8, -1), (4, NULL, NULL);"
)
FOREIGN_KEY = "ALTER TABLE prices ADD CONSTRAINT prices_url FOREIGN KEY (url_id) REFERENCES urls (id)"


def states(server: Server, *tables: str, user: str = "super") -> tuple[BadConstraint, ...]:
    with server.asked(user) as asked:
        return constraint_states(asked, tables).bad


def test_a_foreign_key_with_orphans_that_was_never_validated_is_critical(
    server: Server, schema: Schema, row: Row, judge: Callable[..., Observer]
) -> None:
    schema(TABLES + FOREIGN_KEY + " NOT VALID")
    expected = row(checks.PgIntegrity, database=server.target(), constraints=1)
    observer = judge(checks.test_pg_integrity, expected)
    assert observer.outcome is Outcome.CRITICAL
    assert "foreign key prices_url of prices was never validated: 2 rows break it" in observer.summary
    schema("DELETE FROM prices WHERE id IN (2, 3); ALTER TABLE prices VALIDATE CONSTRAINT prices_url")
    assert judge(checks.test_pg_integrity, expected).outcome is Outcome.OK
    schema("ALTER TABLE prices DROP CONSTRAINT prices_url")
    assert judge(checks.test_pg_integrity, expected).outcome is Outcome.CRITICAL


def test_rows_that_break_a_check_are_counted_and_null_does_not(server: Server, schema: Schema) -> None:
    schema(
        TABLES + "ALTER TABLE prices ADD CONSTRAINT dear CHECK (price > 0 AND price::text NOT LIKE '%s{x}') NOT VALID"
    )
    assert states(server) == (BadConstraint("dear", "prices", "check", "was never validated", 1),)


def test_a_check_without_columns_and_one_over_many_are_counted(server: Server, schema: Schema) -> None:
    schema(TABLES + "ALTER TABLE prices ADD CONSTRAINT never CHECK (false) NOT VALID, ADD CHECK (id > 0 OR price > 0)")
    assert states(server) == (BadConstraint("never", "prices", "check", "was never validated", 4),)


def test_what_postgresql_18_alone_knows(server: Server, schema: Schema) -> None:
    schema(TABLES + FOREIGN_KEY + " NOT ENFORCED; ALTER TABLE prices ADD CONSTRAINT priced NOT NULL price NOT VALID")
    assert states(server) == (
        BadConstraint("priced", "prices", "not null", "was never validated", 1),
        BadConstraint("prices_url", "prices", "foreign key", "is not enforced", 2),
    )


def test_a_foreign_key_whose_triggers_are_off_is_found_though_the_catalog_calls_it_valid(
    server: Server, schema: Schema
) -> None:
    schema(TABLES)
    schema("DELETE FROM prices WHERE id > 1")
    schema(FOREIGN_KEY + "; ALTER TABLE prices DISABLE TRIGGER ALL")
    assert [each.fault for each in states(server)] == ["has its triggers off"]
    schema("ALTER TABLE prices ENABLE TRIGGER ALL")
    assert states(server) == ()


def test_a_key_of_several_columns_between_partitioned_tables(server: Server, schema: Schema) -> None:
    schema(
        'CREATE TABLE "Orders" (shop int, id int, PRIMARY KEY (shop, id)) PARTITION BY LIST (shop);'
        'CREATE TABLE orders_1 PARTITION OF "Orders" FOR VALUES IN (1);'
        'CREATE TABLE lines (order_id int, shop int); INSERT INTO "Orders" VALUES (1, 5);'
        "INSERT INTO lines VALUES (5, 1), (1, 5), (NULL, 9);"
        'ALTER TABLE lines ADD CONSTRAINT ordered FOREIGN KEY (shop, order_id) REFERENCES "Orders" (shop, id) NOT VALID'
    )
    assert [(each.name, each.violating_rows) for each in states(server)] == [("ordered", 1)]


def test_a_foreign_key_of_a_partitioned_table_is_told_once(server: Server, schema: Schema) -> None:
    schema(TABLES)
    schema(
        "CREATE TABLE seen (url_id int) PARTITION BY LIST (url_id);"
        "CREATE TABLE seen_1 PARTITION OF seen FOR VALUES IN (1, 2, 3); INSERT INTO seen VALUES (2);"
        "ALTER TABLE seen ADD CONSTRAINT known FOREIGN KEY (url_id) REFERENCES urls NOT VALID"
    )
    assert [(each.name, each.violating_rows) for each in states(server)] == [("known", 1)]


@pytest.mark.parametrize(("grant", "hindrance"), [("", "permission denied"), ("SELECT ON prices, urls", "")])
def test_a_role_without_rights_hears_of_the_constraint_and_why_no_rows_were_counted(
    server: Server, schema: Schema, grant: str, hindrance: str
) -> None:
    schema(TABLES + FOREIGN_KEY + " NOT VALID")
    if grant:
        schema(f"GRANT {grant} TO reader")
    (bad,) = states(server, user="reader")
    assert hindrance in bad.hindrance
    assert (bad.violating_rows is None) == bool(hindrance)


def test_a_locked_table_keeps_only_the_count_from_us(server: Server, schema: Schema) -> None:
    schema(TABLES + FOREIGN_KEY + " NOT VALID")
    with psycopg.connect(server.dsn()) as holder:
        holder.execute("LOCK TABLE prices IN ACCESS EXCLUSIVE MODE")
        (bad,) = states(server)
    assert (bad.violating_rows, bad.hindrance) == (None, "it was locked")


def test_postgresql_15_is_asked_what_it_knows(old_server: Server) -> None:
    old_server.run(TABLES + FOREIGN_KEY + " NOT VALID")
    try:
        assert states(old_server) == (BadConstraint("prices_url", "prices", "foreign key", "was never validated", 2),)
    finally:
        old_server.run("DROP TABLE prices, urls")
