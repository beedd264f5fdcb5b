"""Rows that say `usual: true`, on tables in PostgreSQL and SQLite."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from rounds.checks.dataset_usual import UsualRow
from rounds.checks.test_data_distinct import DataDistinct, test_data_distinct
from rounds.checks.test_data_figure import DataFigure, test_data_figure
from rounds.checks.test_data_nulls import DataNulls, test_data_nulls
from rounds.checks.test_data_rows import DataRows, test_data_rows
from rounds.judge import Earlier, EarlierFigure
from rounds.outcome import Outcome

for each in (test_data_distinct, test_data_figure, test_data_nulls, test_data_rows):
    each.__test__ = False
DAY = 86400
Fixture = Callable[..., Any]


def history(name: str, value: Callable[[int], float], days: int = 60) -> Earlier:
    """A figure a day, by how many days ago."""
    return Earlier({name: [EarlierFigure(value(ago), ago * DAY) for ago in range(1, days + 1)]})


def sundays(ago: int) -> float:
    """None today in earlier weeks."""
    return 0 if ago % 7 == 0 else 20


def mondays(ago: int) -> float:
    """None yesterday in earlier weeks."""
    return 0 if ago % 7 == 1 else 20


@pytest.fixture
def usual(judge: Fixture, row: Fixture, table: Any) -> Fixture:
    """Judge a row of the table that says `usual: true`."""

    def judged(check: Any, model: Any, earlier: Earlier, **given: Any) -> Any:
        return judge(check, row(model, dataset=table.dataset(), **({"usual": True} | given)), earlier)

    return judged


def test_rows_as_many_as_usual_hold_and_far_fewer_are_critical(table: Any, usual: Fixture) -> None:
    table.add_prices(*[1.0] * 20)
    seen = usual(test_data_rows, DataRows, history("rows", lambda ago: 19 + ago % 3))
    assert seen.outcome is Outcome.OK
    assert [each.name for each in seen.observations] == ["rows"]
    assert seen.observations[0].band["usual"] == 20
    seen = usual(test_data_rows, DataRows, history("rows", lambda ago: 100 + ago % 3))
    assert seen.outcome is Outcome.CRITICAL
    assert "rows is 20, allowed is 91" in seen.summary


def test_a_limit_that_the_row_writes_is_judged_as_well(table: Any, usual: Fixture) -> None:
    table.add_prices(*[1.0] * 20)
    earlier = history("rows", lambda _: 20)
    assert usual(test_data_rows, DataRows, earlier, rows=21).outcome is Outcome.CRITICAL
    assert usual(test_data_rows, DataRows, earlier, rows=20, most=20).outcome is Outcome.OK
    assert usual(test_data_rows, DataRows, earlier, most=19).outcome is Outcome.CRITICAL


def test_a_shop_that_sells_nothing_on_sundays(table: Any, usual: Fixture) -> None:
    """No alarm on Sunday, where the row says that there may be none; an alarm on Monday."""
    assert usual(test_data_rows, DataRows, history("rows", sundays), rows=0).outcome is Outcome.OK
    assert usual(test_data_rows, DataRows, history("rows", sundays)).outcome is Outcome.CRITICAL
    assert usual(test_data_rows, DataRows, history("rows", mondays), rows=0).outcome is Outcome.CRITICAL
    table.add_prices(*[1.0] * 20)
    assert usual(test_data_rows, DataRows, history("rows", mondays), rows=0).outcome is Outcome.OK


def test_a_table_that_is_empty_for_good_is_never_usual(usual: Fixture) -> None:
    for rows in (lambda _: 0, lambda ago: 0 if ago < 10 else 20):
        assert usual(test_data_rows, DataRows, history("rows", rows), rows=0).outcome is Outcome.CRITICAL
    assert usual(test_data_rows, DataRows, Earlier(), rows=0).outcome is Outcome.CRITICAL


def test_too_little_history_is_unknown_with_the_figure_that_is_kept(table: Any, usual: Fixture) -> None:
    table.add_prices(1.0, 3.0)
    seen = usual(test_data_figure, DataFigure, history("mean of price", lambda _: 2, 3), figure="mean", column="price")
    assert seen.outcome is Outcome.UNKNOWN
    assert seen.summary == "mean of price is 2 (of 2 values; history of 3 days, 7 are due)"
    assert seen.observations[0].value == 2


@pytest.mark.parametrize(("figure", "value"), [("mean", 50.5), ("p95", 95), ("sum", 5050)])
def test_a_figure_is_judged_by_its_history(figure: str, value: float, table: Any, usual: Fixture) -> None:
    table.add_prices(*range(1, 101))
    name, given = f"{figure} of price", {"figure": figure, "column": "price"}
    assert usual(test_data_figure, DataFigure, history(name, lambda _: value), **given).outcome is Outcome.OK
    assert usual(test_data_figure, DataFigure, history(name, lambda _: value / 2), **given).outcome is Outcome.CRITICAL
    assert usual(test_data_figure, DataFigure, history(name, lambda _: value * 2), **given).outcome is Outcome.CRITICAL


@pytest.mark.parametrize("prices", [(), (None,)])
def test_nothing_to_judge_is_not_usual(prices: Any, table: Any, usual: Fixture) -> None:
    table.add_prices(*prices)
    for check, model, given in (
        (test_data_figure, DataFigure, {"figure": "mean", "column": "price"}),
        (test_data_distinct, DataDistinct, {"column": "price"}),
    ):
        assert usual(check, model, Earlier(), **given).outcome is Outcome.CRITICAL


def test_each_group_has_a_history_of_its_own(table: Any, usual: Fixture) -> None:
    table.add_prices(10, 12)
    table.add_prices(30, shop="south")
    figures = {
        f"mean of price of {shop}": history("x", lambda _, value=value: value).all("x")
        for shop, value in (("north", 11), ("south", 11))
    }
    seen = usual(test_data_figure, DataFigure, Earlier(figures), figure="mean", column="price", per="shop")
    assert {each.name: each.verdict for each in seen.observations} == {
        "mean of price of north": Outcome.OK, "mean of price of south": Outcome.CRITICAL,
    }  # fmt: skip


def test_nulls_may_be_as_many_as_usual_or_fewer(table: Any, usual: Fixture) -> None:
    name, given = "price without a value", {"columns": ["price"]}
    table.add_prices(*[1.0] * 7, *[None] * 3)
    assert usual(test_data_nulls, DataNulls, history(name, lambda ago: 29 + ago % 3), **given).outcome is Outcome.OK
    assert usual(test_data_nulls, DataNulls, history(name, lambda _: 60), **given).outcome is Outcome.OK
    assert usual(test_data_nulls, DataNulls, history(name, lambda _: 5), **given).outcome is Outcome.CRITICAL
    assert (
        usual(test_data_nulls, DataNulls, history(name, lambda _: 30), nulls="5%", **given).outcome is Outcome.CRITICAL
    )


def test_a_source_that_went_silent_is_told(table: Any, usual: Fixture) -> None:
    for shop in "abcdefghij":
        table.add_prices(1.0, shop=shop)
    name = "different values of shop"
    assert usual(test_data_distinct, DataDistinct, history(name, lambda _: 11), column="shop").outcome is Outcome.OK
    assert (
        usual(test_data_distinct, DataDistinct, history(name, lambda _: 12), column="shop").outcome is Outcome.CRITICAL
    )


def test_a_change_that_was_meant_is_accepted_by_its_date(table: Any, usual: Fixture) -> None:
    table.add_prices(*[1.0] * 20)
    earlier = history("rows", lambda ago: 20 if ago <= 10 else 200)
    assert usual(test_data_rows, DataRows, earlier).outcome is Outcome.CRITICAL
    day = (datetime.now(UTC) - timedelta(days=10)).date()
    assert usual(test_data_rows, DataRows, earlier, usual={"since": day}).outcome is Outcome.OK
    day += timedelta(days=5)
    assert usual(test_data_rows, DataRows, earlier, usual={"since": str(day)}).outcome is Outcome.UNKNOWN


def test_too_many_groups_have_no_histories(table: Any, usual: Fixture) -> None:
    for number in range(201):
        table.add_prices(1.0, shop=f"shop {number}")
    seen = usual(test_data_rows, DataRows, Earlier(), per="shop")
    assert seen.outcome is Outcome.UNKNOWN
    assert "a history of each of 201 groups" in seen.summary


@pytest.mark.parametrize(
    "given", [{"usual": "yes, please"}, {"usual": {"from": "2026-01-01"}}, {"per": "day", "window": "3d"}]
)
def test_what_is_no_history_is_refused(given: Any, table: Any, row: Fixture) -> None:
    with pytest.raises(ValidationError):
        row(UsualRow, dataset=table.dataset(), **({"usual": True} | given))
