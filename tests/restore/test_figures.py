"""Figures of a database, on a real server: rows, newest rows, conditions, indexes and constraints of a table."""

import time
from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from rounds.fixtures.postgres import Session, session
from rounds.fixtures.restore_alone import definitions
from rounds.fixtures.restore_figures import conditions_of, counts, live_counts, newest_rows
from rounds.fixtures.restore_soundness import Soundness, soundness
from rounds.probe import CouldNotLook
from rounds.targets import Postgres

from .servers import Server


@pytest.fixture
def asked(server: Server) -> Iterator[Session]:
    with session(server.target(), 30) as opened:
        yield opened


def test_all_tables_are_counted_under_plain_names(asked: Session) -> None:
    found = counts(asked)
    assert dict(found.rows) == {"customers": 200, "orders": 2000, "events": 3000, "audit.logins": 50}
    assert not found.uncounted


def test_a_table_that_may_not_be_read_hides_no_other(server: Server) -> None:
    with server.changed("CREATE ROLE clerk LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO clerk") as copy:
        dsn = copy.dsn.get_secret_value().replace("user=postgres", "user=clerk")
        found = live_counts(Postgres(name="copy", dsn=SecretStr(dsn)), 10)
        server.run("DROP OWNED BY clerk; DROP ROLE clerk", database=dsn.partition("dbname='")[2].rstrip("'"))
    assert found is not None
    assert found.rows["orders"] == 2000
    assert "permission denied" in found.uncounted["audit.logins"]


def test_parts_of_a_table_count_as_one_table(server: Server) -> None:
    parts = "CREATE TABLE parts (n int) PARTITION BY RANGE (n); CREATE TABLE part_1 PARTITION OF parts DEFAULT"
    with server.changed(parts, "INSERT INTO parts SELECT generate_series(1, 9)") as copy, session(copy, 10) as asked:
        found = counts(asked).rows
    assert found["parts"] == 9
    assert "part_1" not in found


def test_an_index_that_is_not_valid_is_in_no_dump_and_so_not_due(server: Server) -> None:
    made = "CREATE INDEX spare ON orders (made_at); CREATE INDEX left_over ON orders (made_at)"
    broken = "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'left_over'::regclass"
    with server.changed(made, broken) as copy, session(copy, 10) as asked:
        found = counts(asked).parts["orders"]
    assert "index spare" in found
    assert "index left_over" not in found


def test_a_live_database_that_cannot_be_reached_is_told_and_not_raised() -> None:
    found = live_counts(Postgres(name="gone", dsn=SecretStr("host=/nowhere/at/all user=x")), 2)
    assert found is not None
    assert "takes no connection" in found.hindrance
    assert live_counts(None, 2) is None


def test_newest_rows_are_found_by_their_columns(asked: Session) -> None:
    orders, events = newest_rows(asked, {"orders": "made_at", "events": "at"})
    assert orders.at_epoch_seconds == pytest.approx(time.time() - 60, abs=300)
    assert events.at_epoch_seconds == pytest.approx(time.time(), abs=300)


def test_a_newest_row_that_is_not_there_says_why(asked: Session) -> None:
    gone, column, number = newest_rows(asked, {"refunds": "at", "orders": "paid_at", "customers": "id"})
    assert "relation refunds does not exist" in gone.why
    assert "column paid_at of relation orders does not exist" in column.why
    assert "not a date or time" in number.why


def test_a_table_without_a_usable_time_says_so(server: Server) -> None:
    with (
        server.changed("TRUNCATE audit.logins", "UPDATE events SET at = 'infinity'") as copy,
        session(copy, 10) as other,
    ):
        empty, endless = newest_rows(other, {"audit.logins": "at", "events": "at"})
    assert "no row of audit.logins has a time in at" in empty.why
    assert endless.at_epoch_seconds is None


def test_conditions_hold_when_they_give_one_row_of_true_values(asked: Session) -> None:
    found = conditions_of(
        asked,
        {
            "true": "SELECT count(*) = 2000 FROM orders",
            "both": "SELECT true, 1 < 2",
            "false": "SELECT count(*) > 2000 FROM orders",
            "one of two": "SELECT true, false",
            "null": "SELECT max(total) > 1 FROM orders WHERE false",
            "number": "SELECT 1",
            "none": "SELECT true WHERE false",
            "two": "SELECT true FROM generate_series(1, 2)",
            "gone": "SELECT true FROM refunds",
            "percent": "SELECT 'a%' LIKE '%'",
        },
    )
    holds = {each.name: each.holds for each in found}
    assert [name for name, each in holds.items() if each] == ["true", "both", "percent"]
    assert holds["gone"] is None
    assert "does not exist" in next(each.said for each in found if each.name == "gone")
    assert [name for name, each in holds.items() if each is False] == [
        "false",
        "one of two",
        "null",
        "number",
        "none",
        "two",
    ]


def test_a_look_that_takes_too_long_is_no_finding(server: Server) -> None:
    with pytest.raises(CouldNotLook), session(server.target(), 0.5) as short:
        conditions_of(short, {"slow": "SELECT pg_sleep(5) IS NULL"})


def test_a_sound_database_has_no_fault(asked: Session) -> None:
    found = soundness(asked, 30)
    assert found == Soundness(indexes_verified=found.indexes_verified, amcheck_hindrance=found.amcheck_hindrance)


def test_what_is_unsound_is_named(server: Server) -> None:
    statements = (
        "SELECT setval('orders_id_seq', 7)",
        "ALTER TABLE customers ALTER COLUMN id RESTART WITH 5",
        "ALTER TABLE orders DROP CONSTRAINT orders_total",
        "ALTER TABLE orders ADD CONSTRAINT orders_total CHECK (total > 10) NOT VALID",
    )
    with server.changed(*statements) as copy, session(copy, 30) as asked:
        found = soundness(asked, 30)
    assert any("orders_id_seq is 1993 behind what orders.id has" in each for each in found.sequences_behind)
    assert any("customers_id_seq" in each for each in found.sequences_behind)
    assert found.invalid == ("the check orders_total of orders was never validated, and 10 rows break it",)


def test_the_definitions_of_a_table_are_its_keys_indexes_and_constraints(asked: Session) -> None:
    found = definitions(asked, "orders")
    assert found.rows == 2000
    assert found.has_primary_key
    assert len(found.indexes) == 2
    assert any("CHECK" in each for each in found.constraints.values())
    assert any("REFERENCES" in each for each in found.foreign_keys.values())
