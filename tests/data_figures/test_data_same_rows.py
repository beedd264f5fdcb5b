import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from rounds.checks.test_data_same_rows import DataSameRows, test_data_same_rows
from rounds.outcome import Outcome
from rounds.probe import RunbookDisagrees
from rounds.targets import Dataset, Sqlite

test_data_same_rows.__test__ = False
Fixture = Callable[..., Any]


@pytest.fixture
def copy(tmp_path: Path) -> Callable[[int], Dataset]:
    """Another table, in a file of its own, with so many rows."""

    def made(rows: int) -> Dataset:
        path = tmp_path / "copy.sqlite"
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("CREATE TABLE kept (id INTEGER, shop TEXT)")
            connection.executemany("INSERT INTO kept VALUES (?, 'north')", [(number,) for number in range(rows)])
        return Dataset(
            name="copy", system="shop", database=Sqlite(name="kept", system="shop", path=str(path)), table="kept"
        )

    return made


@pytest.fixture
def same(judge: Fixture, row: Fixture, table: Any) -> Fixture:
    """Compare the table with another one."""
    return lambda other, **given: judge(
        test_data_same_rows, row(DataSameRows, dataset=table.dataset(), other=other, **given)
    )


def test_as_many_rows_hold(table: Any, same: Fixture, copy: Fixture) -> None:
    table.add_prices(*[1.0] * 20)
    seen = same(copy(20))
    assert seen.outcome is Outcome.OK
    assert [each.value for each in seen.observations] == [20, 20, 0]


def test_a_row_that_was_not_copied_is_critical_unless_allowed(table: Any, same: Fixture, copy: Fixture) -> None:
    table.add_prices(*[1.0] * 20)
    other = copy(19)
    assert same(other).outcome is Outcome.CRITICAL
    assert same(other, difference=1).outcome is Outcome.OK
    assert same(other, difference_share="5%").outcome is Outcome.OK
    assert same(other, difference_share="4.9%").outcome is Outcome.CRITICAL


def test_a_row_too_many_in_the_copy_is_critical(table: Any, same: Fixture, copy: Fixture) -> None:
    table.add_prices(*[1.0] * 20)
    assert same(copy(21)).outcome is Outcome.CRITICAL


@pytest.mark.parametrize(("here", "there"), [(0, 0), (5, 0), (0, 5)])
def test_an_empty_side_is_never_good(here: int, there: int, table: Any, same: Fixture, copy: Fixture) -> None:
    table.add_prices(*[1.0] * here)
    other = copy(there)
    assert same(other, difference=10).outcome is Outcome.CRITICAL
    assert same(other, difference=10, empty="unknown").outcome is Outcome.UNKNOWN


def test_a_condition_narrows_both(table: Any, same: Fixture, copy: Fixture) -> None:
    table.add_prices(*[1.0] * 4)
    table.add_prices(1.0, shop="south")
    assert same(copy(4), where="shop = 'north'").outcome is Outcome.OK


def test_a_table_that_vanished_is_unknown(table: Any, same: Fixture, copy: Fixture) -> None:
    table.add_prices(1.0)
    gone = copy(1).model_copy(update={"table": "keept"})
    with pytest.raises(RunbookDisagrees, match="keept"):
        same(gone)


def test_a_dataset_is_not_compared_with_itself(table: Any, row: Fixture) -> None:
    with pytest.raises(ValidationError, match="as many rows as itself"):
        row(DataSameRows, dataset=table.dataset(), other=table.dataset())
