from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from rounds.checks.test_data_distinct import DataDistinct, test_data_distinct
from rounds.judge import Observer
from rounds.outcome import Outcome

test_data_distinct.__test__ = False
Fixture = Callable[..., Any]


@pytest.fixture
def distinct(judge: Fixture, row: Fixture, table: Any) -> Callable[..., Observer]:
    """Judge how many different shops there are."""

    def judged(column: str = "shop", **given: Any) -> Observer:
        return judge(test_data_distinct, row(DataDistinct, dataset=table.dataset(), column=column, **given))

    return judged


def test_as_many_as_are_due_hold(table: Any, distinct: Fixture) -> None:
    for shop in ("north", "south", "south", "west"):
        table.add_prices(1.0, shop=shop)
    assert distinct(lowest=3, highest=3).outcome is Outcome.OK
    seen = distinct(lowest=4)
    assert seen.outcome is Outcome.CRITICAL
    assert seen.summary == "different values of shop is 3, allowed is at least 4"
    assert distinct(highest=2).outcome is Outcome.CRITICAL


def test_a_condition_narrows_what_is_counted(table: Any, distinct: Fixture) -> None:
    for shop in ("north", "south"):
        table.add_prices(1.0, shop=shop)
    assert distinct(lowest=1, highest=1, where="shop = 'south'").outcome is Outcome.OK


@pytest.mark.parametrize("prices", [(), (None, None)])
def test_nothing_to_count_is_never_good(prices: tuple[None, ...], table: Any, distinct: Fixture) -> None:
    table.add_prices(*prices)
    assert distinct("price", highest=5).outcome is Outcome.CRITICAL
    assert distinct("price", highest=5, empty="unknown").outcome is Outcome.UNKNOWN


def test_each_group_has_its_own_count(table: Any, distinct: Fixture) -> None:
    table.add_prices(1, 2, 3)
    table.add_prices(1, 1, 1, shop="south")
    assert distinct("price", lowest=2).outcome is Outcome.OK
    seen = distinct("price", lowest=2, per="shop")
    assert seen.outcome is Outcome.CRITICAL
    assert "south: 1" in seen.summary


def test_a_limit_is_due(table: Any, row: Fixture) -> None:
    with pytest.raises(ValidationError, match="lowest or highest is due"):
        row(DataDistinct, dataset=table.dataset(), column="shop")
