"""Rows that refer to nothing, counted by a walk over the values of an index: the same count, from fewer rows."""

from typing import Any

import pytest

from rounds.fixtures import data_scan
from rounds.fixtures.data_database import opened
from rounds.fixtures.data_keys import orphans
from rounds.measures import Orphans, Reading, Rows, Scope

REFERS = Orphans(("shop",), "held.shops", ("id",))
WALKED = "RECURSIVE walked"


@pytest.fixture(autouse=True)
def _tables(held: Any) -> None:
    """Of forty shops three are unknown, and have 10 + 10 + 490 rows; one row has none."""
    held.run(
        "CREATE TABLE held.shops (id int PRIMARY KEY)", "INSERT INTO held.shops SELECT generate_series(1, 37)",
        "CREATE TABLE held.t (shop int, made timestamptz, note text)",
        "INSERT INTO held.t SELECT 1 + n % 37, now() - n * interval '1 minute', 'n' FROM generate_series(1, 9000) n",
        "INSERT INTO held.t SELECT 38 + n % 2, now() - n * interval '1 hour', NULL FROM generate_series(1, 20) n",
        "INSERT INTO held.t SELECT 999999, now(), 'n' FROM generate_series(1, 490)", "INSERT INTO held.t VALUES (NULL)",
        "CREATE INDEX by_shop ON held.t (shop, made)", "ANALYZE held.t",
    )  # fmt: skip


def _statement(held: Any, measure: Orphans = REFERS, **more: Any) -> str:
    dataset = held.dataset(**more)
    with opened(dataset, 9) as database:
        source = data_scan.source_of(dataset, database)
        return source.text(orphans(measure, source).own)


def test_rows_that_refer_to_nothing_are_counted_exactly(held: Any) -> None:
    assert WALKED in _statement(held)
    assert held.answer(REFERS).value == 510


def test_the_scope_narrows_the_rows_that_are_counted(held: Any) -> None:
    noted = Orphans(("shop",), "held.shops", ("id",), scope=Scope(where="note = 'n'"))
    assert WALKED in _statement(held, noted)
    assert held.answer(noted).value == 490
    assert held.answer(REFERS, time="made", window="181min").value == 490 + 3
    assert held.answer(REFERS, filter="shop < 39").value == 10


def test_nothing_more_is_read_only_to_tell_how_many_rows_were_examined(held: Any) -> None:
    assert held.answer(REFERS) == Reading(510, sql=held.answer(REFERS).sql, samples=held.answer(REFERS).samples)
    both = data_scan.scan(held.dataset(), [REFERS, Rows()], 9)
    assert (both[REFERS].value, both[REFERS].examined) == (510, 9510)


def test_without_any_row_that_refers_there_is_nothing_to_judge(held: Any) -> None:
    held.run("DELETE FROM held.t WHERE shop IS NOT NULL")
    assert held.answer(REFERS).is_empty
    assert data_scan.scan(held.dataset(), [REFERS, Rows()], 9)[REFERS].is_empty


def test_an_estimate_that_is_far_too_low_costs_time_and_no_row(held: Any) -> None:
    held.run("ALTER TABLE held.t ALTER shop SET (n_distinct = 5)", "INSERT INTO held.t SELECT generate_series(50, 900)",
             "ANALYZE held.t")  # fmt: skip
    assert WALKED in _statement(held)
    assert held.answer(REFERS).value == 510 + 851


@pytest.mark.parametrize(
    "change",
    [
        "DROP INDEX held.by_shop",
        "DROP INDEX held.by_shop; CREATE INDEX part ON held.t (shop) WHERE note IS NULL",
        "DROP INDEX held.by_shop; CREATE INDEX second ON held.t (made, shop)",
        "DROP INDEX held.by_shop; CREATE INDEX other ON held.t USING hash (shop)",
        "ALTER TABLE held.t ALTER shop SET (n_distinct = 5000); ANALYZE held.t",
        "CREATE TABLE held.child () INHERITS (held.t)",
    ],
)
def test_without_a_fitting_index_or_with_many_values_all_rows_are_read(change: str, held: Any) -> None:
    held.run(change)
    assert WALKED not in _statement(held)
    assert held.answer(REFERS).value == 510


def test_a_table_by_any_name_can_be_walked(held: Any) -> None:
    held.run('ALTER TABLE held.t RENAME TO "walked"; ALTER TABLE held.shops RENAME TO "referred"',
             'ALTER TABLE held.walked RENAME shop TO "we""ird"', "ANALYZE held.walked")  # fmt: skip
    measure = Orphans(('we"ird',), "held.referred", ("id",))
    assert "walked_" in _statement(held, measure, table="held.walked")
    assert held.answer(measure, table="held.walked").value == 510
    backwards = Orphans(("id",), "held.walked", ('we"ird',))
    assert held.answer(backwards, table="held.referred").value == 0
