"""Indexes that cannot be used, are left over, lie, or are being built; and what of that a row is told."""

import threading
import time
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from rounds.checks import test_pg_integrity as checks
from rounds.fixtures.pg_amcheck import verified_indexes, verified_tables
from rounds.fixtures.pg_integrity import index_states
from rounds.judge import Observer
from rounds.outcome import Outcome
from rounds.probe import RunbookDisagrees

from .conftest import Server

Row = Callable[..., Any]
Schema = Callable[[str], None]
Judge = Callable[..., Observer]

LEADS = (
    "CREATE TABLE leads (id int PRIMARY KEY, name text); INSERT INTO leads SELECT n, 'n' FROM generate_series(1, 99) n;"
)
TURNING = (
    "CREATE OR REPLACE FUNCTION sort_up(int, int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT btint4cmp($%d, $%d)';"
)
OPERATORS = ", ".join(f"OPERATOR {n} {sign} (int, int)" for n, sign in enumerate(("<", "<=", "=", ">=", ">"), 1))


def fails(server: Server, statement: str) -> None:
    with pytest.raises(psycopg.Error):
        server.run(statement)


def judged(row: Row, judge: Judge, server: Server, **given: Any) -> Observer:
    user = given.pop("user", "super")
    return judge(checks.test_pg_integrity, row(checks.PgIntegrity, database=server.target(user), **given))


def test_a_healthy_table_is_ok(server: Server, schema: Schema, row: Row, judge: Judge) -> None:
    schema(LEADS)
    observer = judged(row, judge, server, tables=["leads"])
    assert observer.outcome is Outcome.OK
    assert {each.name: each.note for each in observer.observations}["damaged indexes"] == "2 verified"


def test_an_invalid_index_after_a_failed_build_is_critical(
    server: Server, schema: Schema, row: Row, judge: Judge
) -> None:
    schema(LEADS)
    fails(server, "CREATE UNIQUE INDEX CONCURRENTLY leads_name ON leads (name)")
    observer = judged(row, judge, server)
    assert observer.outcome is Outcome.CRITICAL
    assert "leads_name of leads is not" in observer.summary


def test_a_leftover_of_an_interrupted_concurrent_reindex_is_critical(
    server: Server, schema: Schema, row: Row, judge: Judge
) -> None:
    schema(LEADS)
    with psycopg.connect(server.dsn()) as holder:
        holder.execute("SELECT count(*) FROM leads")
        holder.execute("LOCK TABLE leads IN ROW EXCLUSIVE MODE")
        with psycopg.connect(server.dsn(), autocommit=True) as rebuilding:
            rebuilding.execute("SET lock_timeout = '300ms'")
            with pytest.raises(psycopg.errors.LockNotAvailable):
                rebuilding.execute("REINDEX TABLE CONCURRENTLY leads")
    observer = judged(row, judge, server, tables=["leads"])
    assert observer.outcome is Outcome.CRITICAL
    assert "leads_pkey_ccnew of leads is left over from a concurrent rebuild" in observer.summary


def test_an_index_that_is_being_built_right_now_is_unknown_not_critical(
    server: Server, schema: Schema, row: Row, judge: Judge
) -> None:
    schema(LEADS)
    with psycopg.connect(server.dsn()) as holder, psycopg.connect(server.dsn(), autocommit=True) as building:
        holder.execute("LOCK TABLE leads IN ROW EXCLUSIVE MODE")
        thread = threading.Thread(
            target=building.execute, args=["CREATE INDEX CONCURRENTLY leads_name ON leads (name)"]
        )
        thread.start()
        with server.asked() as asked:
            while not index_states(asked).bad:
                time.sleep(0.02)
        observer = judged(row, judge, server, verify_indexes=False)
        holder.rollback()
        thread.join()
    assert observer.outcome is Outcome.UNKNOWN
    assert "leads_name of leads" in observer.summary
    assert judged(row, judge, server).outcome is Outcome.OK


def test_an_index_of_a_partitioned_table_that_a_partition_lacks_is_told(server: Server, schema: Schema) -> None:
    schema(
        "CREATE TABLE events (at date, id int) PARTITION BY RANGE (at);"
        "CREATE TABLE events_a PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');"
        "CREATE INDEX events_id ON ONLY events (id); CREATE INDEX events_at ON events (at)"
    )
    with server.asked() as asked:
        found = index_states(asked, ["events"])
    assert (found.tables, found.indexes) == (2, 3)
    assert [each.name for each in found.bad] == ["events_id"]
    assert found.bad[0].fault == "is not valid: 1 partitions have no valid index for it"


def test_a_leftover_index_of_long_values_is_found_under_the_name_of_its_table(server: Server, schema: Schema) -> None:
    schema(LEADS)
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute("SET allow_system_table_mods = on")
        connection.execute(
            "UPDATE pg_index SET indisvalid = false WHERE indrelid = (SELECT reltoastrelid FROM pg_class WHERE relname = 'leads')"
        )
    with server.asked() as asked:
        found = index_states(asked)
    assert [(each.table, each.fault) for each in found.bad] == [("leads", "is not valid")]
    assert found.indexes == 1


def test_nothing_to_look_at_is_not_all_valid(server: Server, schema: Schema, row: Row, judge: Judge) -> None:
    assert judged(row, judge, server).outcome is Outcome.CRITICAL
    schema("CREATE TABLE leads (id int)")
    observer = judged(row, judge, server, tables=["leads"])
    assert observer.outcome is Outcome.CRITICAL
    assert "indexes" in observer.summary
    assert judged(row, judge, server, tables=["leads"], indexes=0).outcome is Outcome.OK


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("SELECT 1", "relation leads does not exist"),
        ("CREATE VIEW leads AS SELECT 1 AS id", "leads is a view, where a table is due"),
        ("CREATE SEQUENCE leads", "leads is a sequence, where a table is due"),
    ],
)
def test_a_named_table_that_is_none_is_told(server: Server, schema: Schema, statement: str, words: str) -> None:
    schema(statement)
    with server.asked() as asked, pytest.raises(RunbookDisagrees, match=words):
        index_states(asked, ["leads"])


def test_strange_names_are_quoted(server: Server, schema: Schema) -> None:
    schema('CREATE SCHEMA "My "" schema"; CREATE TABLE "My "" schema"."a ""b%s{c}" ("d""%(x)s" int UNIQUE)')
    try:
        with server.asked() as asked:
            assert index_states(asked, ['My " schema.a "b%s{c}']).indexes == 1
            assert verified_indexes(asked, ['My " schema.a "b%s{c}']).verified == 1
    finally:
        server.run('DROP SCHEMA "My "" schema" CASCADE')


def test_an_index_that_sorts_wrongly_is_critical(server: Server, schema: Schema, row: Row, judge: Judge) -> None:
    schema(LEADS + TURNING % (1, 2))
    schema(f"CREATE OPERATOR CLASS turning FOR TYPE int USING btree AS {OPERATORS}, FUNCTION 1 sort_up(int, int)")
    schema("CREATE INDEX leads_turning ON leads (id turning)")
    schema(TURNING % (2, 1))
    observer = judged(row, judge, server)
    assert observer.outcome is Outcome.CRITICAL
    assert "leads_turning: " in observer.summary


def test_an_index_that_lacks_rows_of_its_table_is_damaged(server: Server, schema: Schema) -> None:
    schema(LEADS)
    with server.stopped("leads_pkey") as (index,):
        older = index.read_bytes()
    schema("INSERT INTO leads SELECT n, 'new' FROM generate_series(100, 120) n")
    with server.stopped("leads_pkey") as (index,):
        index.write_bytes(older)
    with server.asked() as asked:
        found = verified_indexes(asked, ["leads"])
    assert len(found.damaged) == 1
    assert "lacks matching index tuple" in found.damaged[0]


def test_a_role_that_may_not_use_amcheck_gets_unknown_for_that_part_alone(
    server: Server, schema: Schema, row: Row, judge: Judge
) -> None:
    schema(LEADS)
    server.run("REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA tools FROM PUBLIC")
    observer = judged(row, judge, server, user="reader")
    assert observer.outcome is Outcome.UNKNOWN
    assert observer.summary == "damaged indexes: our role may not execute amcheck's bt_index_check"
    assert judged(row, judge, server, user="reader", verify_indexes=False).outcome is Outcome.OK


def test_postgresql_15_without_checksums_is_told_and_may_be_allowed(old_server: Server, row: Row, judge: Judge) -> None:
    old_server.run(LEADS)
    try:
        observer = judged(row, judge, old_server)
        assert observer.outcome is Outcome.CRITICAL
        assert "page checksums" in observer.summary
        assert judged(row, judge, old_server, checksums=False).outcome is Outcome.OK
        with old_server.asked() as asked:
            assert verified_indexes(asked, thorough=True).with_rows == 2
            assert verified_tables(asked).verified == 1
    finally:
        old_server.run("DROP TABLE leads")


def test_the_systems_own_indexes_are_verified_where_that_is_asked(server: Server) -> None:
    with server.asked() as asked:
        found = verified_indexes(asked, catalogs=True, thorough=True)
        assert found.verified > 100
        assert (found.left_out, found.damaged) == (0, ())
        assert verified_indexes(asked, catalogs=True, budget_seconds=0).left_out > 100
