from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from rounds.checks.test_data_figure import DataFigure, test_data_figure
from rounds.judge import Observer
from rounds.outcome import Outcome

test_data_figure.__test__ = False
Fixture = Callable[..., Any]


@pytest.fixture
def figure(judge: Fixture, row: Fixture, table: Any) -> Callable[..., Observer]:
    """Judge a figure of the table's prices."""

    def judged(name: str = "mean", **given: Any) -> Observer:
        about = {"figure": name, "column": "price"} if "expression" not in given else {}
        return judge(test_data_figure, row(DataFigure, dataset=table.dataset(), **(about | given)))

    return judged


@pytest.mark.parametrize(
    ("name", "value"),
    [("mean", 50.5), ("min", 1), ("max", 100), ("sum", 5050), ("median", 50), ("p95", 95), ("stddev", 29.011)],
)
def test_a_figure_holds_at_its_limit_and_is_critical_beyond(
    name: str, value: float, table: Any, figure: Fixture
) -> None:
    table.add_prices(*range(1, 101))
    assert figure(name, lowest=value - 0.01, highest=value + 0.01).outcome is Outcome.OK
    seen = figure(name, lowest=value + 0.01)
    assert seen.outcome is Outcome.CRITICAL
    assert seen.observations[0].value == pytest.approx(value, abs=0.001)
    assert figure(name, highest=value - 0.01).outcome is Outcome.CRITICAL


def test_a_percentile_that_holds_is_not_sorted_for_and_says_so(table: Any, figure: Fixture) -> None:
    table.add_prices(*range(1, 101))
    seen = figure("p95", lowest=90, highest=96)
    assert seen.summary == (
        "p95 of price is at least 90 and at most 96 (the value itself was not asked for: that takes a sort)"
    )


def test_a_percentile_between_warning_and_critical_warns(table: Any, figure: Fixture) -> None:
    table.add_prices(*range(1, 101))
    seen = figure("p95", highest={"warning": 94, "critical": 99})
    assert seen.outcome is Outcome.WARNING
    assert seen.observations[0].value == 95


@pytest.mark.parametrize("name", ["mean", "min", "p95"])
@pytest.mark.parametrize("prices", [(), (None, None)])
def test_nothing_to_judge_is_never_good(name: str, prices: tuple[None, ...], table: Any, figure: Fixture) -> None:
    table.add_prices(*prices)
    assert figure(name, lowest=0).outcome is Outcome.CRITICAL
    assert figure(name, lowest=0, empty="unknown").outcome is Outcome.UNKNOWN


def test_a_mean_of_the_one_row_with_a_value_looks_perfect_unless_nulls_are_limited(table: Any, figure: Fixture) -> None:
    table.add_prices(0.9, *[None] * 19)
    assert figure(lowest=0.8).outcome is Outcome.OK
    seen = figure(lowest=0.8, nulls="5%")
    assert seen.outcome is Outcome.CRITICAL
    assert "price without a value is 95 %, allowed is at most 5 % (19 of 20 rows)" in seen.summary


def test_an_expression_is_judged_as_it_is(table: Any, figure: Fixture) -> None:
    table.add_prices(1, 3)
    assert figure(expression="sum(price) / count(*)", lowest=2, highest=2).outcome is Outcome.OK
    assert figure(expression="sum(price) / count(*)", lowest=2.1).outcome is Outcome.CRITICAL


def test_each_group_has_its_own_figure(table: Any, figure: Fixture) -> None:
    table.add_prices(0.9, 0.95)
    table.add_prices(0.5, shop="south")
    seen = figure(lowest=0.8, per="shop")
    assert seen.outcome is Outcome.CRITICAL
    assert "south: 0.5" in seen.observations[0].note
    assert figure(lowest=0.8).outcome is Outcome.CRITICAL
    assert figure(lowest=0.4, per="shop").outcome is Outcome.OK


@pytest.mark.parametrize("prices", [(), (None, None)])
def test_a_group_that_is_due_and_has_nothing_is_critical(prices: tuple[None, ...], table: Any, figure: Fixture) -> None:
    table.add_prices(0.9)
    table.add_prices(*prices, shop="south")
    seen = figure(lowest=0.8, per="shop", groups=["north", "south"])
    assert seen.outcome is Outcome.CRITICAL
    assert "south" in seen.summary


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"figure": "mean", "column": "price"}, "lowest or highest is due"),
        ({"figure": "mean", "lowest": 1}, "figure and column are due"),
        ({"figure": "mean", "column": "price", "expression": "sum(price)", "lowest": 1}, "or an expression"),
        ({"figure": "p0", "column": "price", "lowest": 1}, "no percentile"),
        ({"figure": "average", "column": "price", "lowest": 1}, "pattern"),
        ({"figure": "mean", "column": "price", "lowest": 2, "highest": 1}, r"lowest \(2\) is above highest \(1\)"),
        ({"expression": "sum(price)", "lowest": 1, "nulls": "5%"}, "nulls needs a column"),
        ({"figure": "mean", "column": "price", "usual": True, "per": "hour", "window": "3h"}, "data-volume"),
    ],
)
def test_what_is_no_figure_is_refused(given: Any, words: str, table: Any, row: Fixture) -> None:
    with pytest.raises(ValidationError, match=words):
        row(DataFigure, dataset=table.dataset(), **given)
