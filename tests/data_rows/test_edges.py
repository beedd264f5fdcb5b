"""Rows and names at the edge of what can be judged: nothing is good, or bad, only because it is odd."""

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from rounds.checks import test_data_distinct as distinct
from rounds.checks import test_data_figure as figure
from rounds.checks import test_data_nulls as nulls
from rounds.checks import test_data_rows as rows
from rounds.checks import test_data_unique as unique
from rounds.checks import test_data_values as values
from rounds.checks import test_data_volume as volume
from rounds.outcome import Outcome

from .conftest import Shop, Verdict

Judged = Callable[..., Verdict]
OK, CRITICAL, UNKNOWN = Outcome.OK, Outcome.CRITICAL, Outcome.UNKNOWN
YEAR = 365 * 86400.0


def count(judged: Judged, **given: Any) -> Verdict:
    return judged(rows.test_data_rows, rows.DataRows, **given)


def test_a_row_dated_next_year_is_no_row_of_the_last_hour(shop: Shop, judged: Judged) -> None:
    shop.add(ago=-YEAR)
    assert count(judged).outcome is OK
    assert count(judged, window="1h").summary == "rows: there are no rows in the last 60 min"
    assert judged(distinct.test_data_distinct, distinct.DataDistinct, column="seller", lowest=1, window="1h").outcome \
        is CRITICAL  # fmt: skip
    shop.add(ago=-60)  # clocks differ by some minutes
    assert count(judged, window="1h", most=1).outcome is OK


def test_a_window_of_thousands_of_years_is_all_there_is(shop: Shop, judged: Judged) -> None:
    shop.add()
    assert count(judged, window="999999d").outcome is OK


def test_a_table_without_rows_is_not_said_to_have_rows(judged: Judged) -> None:
    lacking = judged(nulls.test_data_nulls, nulls.DataNulls, columns=["url_id"])
    assert lacking.summary == "url_id without a value: there are no rows"
    twice = judged(unique.test_data_unique, unique.DataUnique, columns=["seller"])
    assert "there are no rows, or none has a value" in twice.summary


def test_a_share_of_joined_keys_is_that_of_rows_that_have_one(shop: Shop, judged: Judged) -> None:
    shop.add_some(2, url_id=1)
    shop.add_some(2, url_id=9)
    found = judged(unique.test_data_unique, unique.DataUnique, columns=["urls.domain"], extra_share="49%")
    assert (found.outcome, "is 50 %" in found.summary) == (CRITICAL, True)


def test_of_a_share_with_a_warning_at_none_only_rows_that_are_examined_count(shop: Shop, judged: Judged) -> None:
    shop.add_some(8, price=None)
    shop.add(pix_price=99)
    shop.add()
    share = {"warning": "0%", "critical": "40%"}
    found = judged(values.test_data_condition, values.DataCondition, holds="pix_price <= price", broken_share=share)
    assert (found.outcome, "is 50 %" in found.summary) == (CRITICAL, True)


def test_groups_without_a_text_and_with_a_whole_page_have_names(shop: Shop, judged: Judged) -> None:
    shop.add(seller="")
    shop.add(seller="x" * 100_000)
    found = count(judged, per="seller", rows=2)
    assert f"'': 1, {'x' * 79}…: 1" in found.summary
    assert len(found.summary) < 300
    listed = count(judged, per="seller", groups=["", "y"])
    assert listed.summary.startswith("groups of seller without rows is 1 (y)")


def test_groups_may_be_true_and_false(shop: Shop, judged: Judged) -> None:
    shop.run("ALTER TABLE prices ADD COLUMN sold BOOLEAN")
    shop.add(sold=True)
    shop.add(sold=False)
    is_sqlite = shop.dataset().dialect == "sqlite"
    due = [1, 0] if is_sqlite else [True, False]
    assert count(judged, per="sold", groups=due).outcome is OK
    assert "(neither)" in count(judged, per="sold", groups=[*due, "neither"]).summary


def test_a_figure_without_end_is_never_good(shop: Shop, judged: Judged) -> None:
    shop.add()
    is_sqlite = shop.dataset().dialect == "sqlite"
    shop.run("UPDATE prices SET price = 9e999" if is_sqlite else "UPDATE prices SET price = 'Infinity'")
    given = {"figure": "mean", "column": "price", "lowest": 1}
    found = judged(figure.test_data_figure, figure.DataFigure, **given)
    assert (found.outcome, "it is infinite" in found.summary) == (UNKNOWN, True)
    found = judged(figure.test_data_figure, figure.DataFigure, per="seller", **given)
    assert (found.outcome, "(north)" in found.summary) == (UNKNOWN, True)


def test_an_expression_that_gives_no_number_shows_nothing(shop: Shop, judged: Judged) -> None:
    shop.add(seller="nobody@private.example")
    found = judged(figure.test_data_figure, figure.DataFigure, expression="max(seller)", lowest=1)
    assert (found.outcome, "gives no number" in found.summary) == (UNKNOWN, True)
    assert "private.example" not in found.summary


def test_groups_are_not_listed_by_what_is_private(shop: Shop, judged: Judged) -> None:
    shop.add()
    dataset = shop.dataset(private="seller")
    found = count(judged, dataset=dataset, per="availability", groups="SELECT seller FROM prices")
    assert (found.outcome, "seller is private" in found.summary) == (UNKNOWN, True)


@pytest.mark.parametrize(
    ("model", "given", "words"),
    [
        (values.DataValues, {"column": "id", "values": [10**400]}, "a text, a number, true or false is due"),
        (values.DataRange, {"column": "id", "highest": 10**400}, "a number is due"),
        (values.DataCondition, {"holds": "(" * 3000 + "id > 0" + ")" * 3000}, "nested too deeply"),
        (rows.DataRows, {"per": "hour", "window": "999999d"}, "can tell 9000 hours apart"),
        (volume.DataVolume, {"back": "99999d", "against": "all", "judged": 1000}, "more than 9000 hours"),
    ],
)
def test_what_would_never_end_or_cannot_be_reckoned_is_refused(
    model: Any, given: dict[str, Any], words: str, shop: Shop, row: Callable[..., Any]
) -> None:
    with pytest.raises(ValidationError, match=words):
        row(model, dataset=shop.dataset(), **given)
