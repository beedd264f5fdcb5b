"""How many rows there are, how old the newest is, and which lack a value."""

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from rounds.checks import test_data_fresh as fresh
from rounds.checks import test_data_nulls as nulls
from rounds.checks import test_data_rows as rows
from rounds.outcome import Outcome

from .conftest import Shop, Verdict

Judged = Callable[..., Verdict]
OK, CRITICAL, UNKNOWN, WARNING = Outcome.OK, Outcome.CRITICAL, Outcome.UNKNOWN, Outcome.WARNING


def count(judged: Judged, **given: Any) -> Verdict:
    return judged(rows.test_data_rows, rows.DataRows, **given)


def age(judged: Judged, **given: Any) -> Verdict:
    return judged(fresh.test_data_fresh, fresh.DataFresh, **given)


def lacking(judged: Judged, *columns: str, **given: Any) -> Verdict:
    return judged(nulls.test_data_nulls, nulls.DataNulls, columns=list(columns), **given)


def test_as_many_rows_as_are_due(shop: Shop, judged: Judged) -> None:
    shop.add_some(5)
    assert count(judged).outcome is OK
    assert count(judged, rows=5, most=5).outcome is OK
    too_few = count(judged, rows={"warning": 7, "critical": 6})
    assert (too_few.outcome, too_few.summary) == (CRITICAL, "rows is 5, allowed is at least 6 (warning at 7)")
    assert count(judged, rows={"warning": 6}).outcome is WARNING
    assert count(judged, most=4).summary == "most rows is 5, allowed is at most 4"


def test_rows_are_those_of_the_window_for_which_the_condition_holds(shop: Shop, judged: Judged) -> None:
    shop.add_some(3)
    shop.add_some(4, ago=7200)
    shop.add_some(2, seller="south")
    assert count(judged, window="1h", rows=5, most=5).outcome is OK
    assert count(judged, window="1h", where="seller = 'south'", rows=2, most=2).outcome is OK
    beyond = count(judged, window="1h", where="seller = 'south'", most=1)
    assert beyond.summary == "most rows is 2, allowed is at most 1 (of 5 rows)"
    assert count(judged, where="seller = 'west'").summary == "rows is 0, allowed is at least 1 (of 9 rows)"


def test_no_rows_are_what_the_row_says_and_never_ok(shop: Shop, judged: Judged) -> None:
    found = count(judged, window="1h")
    assert (found.outcome, found.summary) == (CRITICAL, "rows: there are no rows in the last 60 min")
    assert count(judged, empty="unknown").outcome is UNKNOWN
    none_due = {"where": "seller = 'south'", "rows": 0, "most": 3}
    assert count(judged, **none_due).outcome is CRITICAL
    shop.add()
    assert count(judged, **none_due).outcome is OK
    shop.add_some(4, seller="south")
    assert count(judged, **none_due).outcome is CRITICAL


def test_new_rows_keep_coming(shop: Shop, judged: Judged) -> None:
    assert age(judged).summary == "age of the newest checked_at: there are no rows"
    shop.add(ago=7200)
    assert age(judged).outcome is OK
    old = age(judged, age="1h")
    assert old.outcome is CRITICAL
    assert old.summary.startswith("age of the newest checked_at is 2 h, allowed is at most 60 min")
    shop.add(ago=60)
    assert age(judged, age="1h").outcome is OK


def test_a_row_dated_tomorrow_keeps_no_table_young(shop: Shop, judged: Judged) -> None:
    shop.add(ago=7200)
    shop.add(ago=-86400)
    assert age(judged, age="1h").outcome is CRITICAL
    shop.run("DELETE FROM prices WHERE id = 1")
    only_ahead = age(judged)
    assert only_ahead.outcome is CRITICAL
    assert only_ahead.summary.startswith("age of the newest checked_at: ")


def test_times_that_are_all_null_are_not_young(shop: Shop, judged: Judged) -> None:
    shop.add_some(3, checked_at=None)
    assert age(judged).outcome is CRITICAL
    assert age(judged, empty="unknown").outcome is UNKNOWN


def test_a_share_of_rows_may_lack_a_value(shop: Shop, judged: Judged) -> None:
    shop.add_some(19)
    shop.add(price=None)
    assert lacking(judged, "price", "seller", nulls="5%").outcome is OK
    bad = lacking(judged, "seller", "price")
    assert bad.summary == "price without a value is 5 %, allowed is at most 0 % (1 of 20 rows)"
    shop.run("UPDATE prices SET price = NULL")
    assert lacking(judged, "price", nulls="99%").outcome is CRITICAL


def test_a_column_that_cannot_be_null_is_proved_where_there_are_rows(shop: Shop, judged: Judged) -> None:
    assert lacking(judged, "url_id").outcome is CRITICAL
    shop.add()
    proved = lacking(judged, "url_id")
    assert (proved.outcome, proved.summary.partition("(")[2]) == (OK, "proved by NOT NULL of url_id)")


def test_what_is_gone_is_unknown_with_plain_words(shop: Shop, judged: Judged) -> None:
    shop.add()
    gone = lacking(judged, "prize")
    assert gone.outcome is UNKNOWN
    assert "column prize of prices does not exist; did you mean 'price'?" in gone.summary
    assert age(judged, column="seen_at").outcome is UNKNOWN
    assert count(judged, where="prize > 1").outcome is UNKNOWN
    shop.run("DROP TABLE prices")
    for check in (count(judged), age(judged), lacking(judged, "price")):
        assert check.outcome is UNKNOWN
        assert "prices does not exist" in check.summary


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"rows": 0}, "rows: 0 needs where"),
        ({"rows": 7, "most": 6}, r"rows \(at least 7\) is above most \(6\)"),
        ({"per": "hour"}, "per hour needs a window"),
        ({"per": "hour", "window": "90min"}, "per hour needs a window of 2 hours or more"),
        ({"groups": ["amazon"]}, "groups needs per"),
        ({"per": "day", "window": "9d", "groups": ["amazon"]}, "groups needs per"),
        ({"per": "seller", "groups": []}, "groups lists none"),
        ({"per": "seller", "groups": "DELETE FROM urls"}, "one SELECT is due"),
        ({"where": "count(*) > 1"}, "an expression on the columns of one row is due"),
    ],
)
def test_a_row_that_makes_no_sense_is_refused(
    shop: Shop, row: Callable[..., Any], given: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValidationError, match=words):
        row(rows.DataRows, dataset=shop.dataset(), **given)


def test_without_a_time_there_is_no_age_and_no_hour(shop: Shop, row: Callable[..., Any]) -> None:
    with pytest.raises(ValidationError, match="the dataset names no time"):
        row(fresh.DataFresh, dataset=shop.dataset(time=None))
    with pytest.raises(ValidationError, match="per hour needs the dataset's time"):
        row(rows.DataRows, dataset=shop.dataset(time=None), per="hour", window="1d")


def test_rows_in_the_future_are_judged_where_the_row_says_so(shop: Shop, judged: Judged) -> None:
    shop.add()
    shop.add(ago=-7200)
    assert age(judged).outcome is OK
    found = age(judged, ahead=0)
    assert (found.outcome, found.summary) == (CRITICAL, "rows in the future is 1, allowed is at most 0")
    assert age(judged, ahead=1).outcome is OK
    assert age(judged, where="price < 0", ahead=0).outcome is CRITICAL
