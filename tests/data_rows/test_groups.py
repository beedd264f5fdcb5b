"""Figures told apart by a column, and the groups that must be there."""

from collections.abc import Callable
from typing import Any

import pytest

from rounds.checks import test_data_fresh as fresh
from rounds.checks import test_data_nulls as nulls
from rounds.checks import test_data_rows as rows
from rounds.checks import test_data_values as values
from rounds.outcome import Outcome
from rounds.targets import Dataset, Postgres

from .conftest import LISTED, Shop, Verdict

Judged = Callable[..., Verdict]
OK, CRITICAL, UNKNOWN = Outcome.OK, Outcome.CRITICAL, Outcome.UNKNOWN
DOMAINS = {"per": "urls.domain"}


def count(judged: Judged, **given: Any) -> Verdict:
    return judged(rows.test_data_rows, rows.DataRows, **(DOMAINS | given))


def age(judged: Judged, **given: Any) -> Verdict:
    return judged(fresh.test_data_fresh, fresh.DataFresh, **(DOMAINS | given))


def lacking(judged: Judged, **given: Any) -> Verdict:
    return judged(nulls.test_data_nulls, nulls.DataNulls, **(DOMAINS | {"columns": ["price"]} | given))


def within(judged: Judged, **given: Any) -> Verdict:
    return judged(values.test_data_range, values.DataRange, **(DOMAINS | {"column": "price", "lowest": 1} | given))


def three_domains(shop: Shop) -> None:
    for url in (1, 2, 3):
        shop.add_some(4, url_id=url)


def test_the_worst_group_is_judged_and_all_beyond_the_limit_are_named(shop: Shop, judged: Judged) -> None:
    three_domains(shop)
    assert count(judged, rows=4).outcome is OK
    shop.add_some(2, url_id=2)
    shop.add_some(4, url_id=3)
    few = count(judged, rows=7, most=7)
    assert few.outcome is CRITICAL
    assert few.summary.startswith("rows is 4, allowed is at least 7 (amazon: 4, magalu: 6); most rows is 8")
    shop.add(url_id=3, price=None)
    assert lacking(judged, nulls="10%").summary == (
        "price without a value is 11.1 %, allowed is at most 10 % (kabum: 11.1 % (1 of 9 rows))"
    )
    shop.add(url_id=1, price=-5)
    assert within(judged).summary == "rows with price below 1 is 1, allowed is at most 0 (amazon: 1 (of 5 rows))"
    assert within(judged, broken_share="20%").outcome is OK


def test_five_groups_are_named_and_the_rest_is_counted(shop: Shop, judged: Judged) -> None:
    for place in range(12):
        shop.add(seller=f"shop {place:02}")
    found = count(judged, per="seller", rows=2)
    assert found.summary.endswith("(shop 00: 1, shop 01: 1, shop 02: 1, shop 03: 1, shop 04: 1 and 7 more)")
    assert count(judged, per="seller").observer.observations[0].note == "the worst of 12 is shop 00"


def test_without_a_list_those_groups_are_judged_that_have_rows(shop: Shop, judged: Judged) -> None:
    assert count(judged).outcome is CRITICAL
    assert lacking(judged, empty="unknown").outcome is UNKNOWN
    shop.add()
    assert count(judged).outcome is OK
    shop.add(url_id=2, ago=7200, price=None)
    assert lacking(judged, window="1h").outcome is OK
    assert lacking(judged, where="seller = 'south'").outcome is CRITICAL


@pytest.mark.parametrize("groups", [["amazon", "magalu", "kabum"], LISTED])
def test_a_group_that_must_be_there_and_has_no_rows_is_named(shop: Shop, judged: Judged, groups: Any) -> None:
    three_domains(shop)
    assert count(judged, groups=groups).outcome is OK
    shop.run("DELETE FROM prices WHERE url_id = 2")
    for found in (
        count(judged, groups=groups),
        age(judged, groups=groups),
        lacking(judged, groups=groups),
        within(judged, groups=groups),
    ):
        assert (found.outcome, found.summary) == (CRITICAL, "groups of urls.domain without rows is 1 (magalu)")
    assert count(judged, groups=groups, missing="unknown").outcome is UNKNOWN
    shop.add(url_id=2, ago=7200)
    assert count(judged, groups=groups, window="1h").outcome is CRITICAL
    shop.run("DELETE FROM prices")
    assert count(judged, groups=groups).summary.startswith("groups of urls.domain without rows is 3")


def test_a_group_that_nobody_listed_is_not_judged(shop: Shop, judged: Judged) -> None:
    three_domains(shop)
    shop.add(url_id=4, ago=9 * 86400)
    assert age(judged, groups=LISTED).outcome is OK
    assert age(judged).summary == "age of the newest checked_at is 9 d, allowed is at most 24 h (closed: 9 d)"


def test_a_list_of_no_groups_says_nothing(shop: Shop, judged: Judged) -> None:
    three_domains(shop)
    assert count(judged, groups="SELECT domain FROM urls WHERE active = 7").outcome is CRITICAL
    assert count(judged, groups="SELECT domain FROM urls WHERE active = 7", empty="unknown").outcome is UNKNOWN


def test_a_group_without_any_value_is_no_good_one(shop: Shop, judged: Judged) -> None:
    three_domains(shop)
    shop.run("UPDATE prices SET price = NULL WHERE url_id = 3")
    found = within(judged)
    assert (found.outcome, found.summary) == (CRITICAL, "rows with price below 1: nothing to judge is 1 (kabum)")
    assert within(judged, empty="unknown").outcome is UNKNOWN
    shop.run("UPDATE prices SET checked_at = NULL WHERE url_id = 3")
    assert age(judged).outcome is CRITICAL


def test_rows_that_belong_to_no_group_are_one_too(shop: Shop, judged: Judged) -> None:
    three_domains(shop)
    shop.add(url_id=99, price=None)
    assert lacking(judged).summary.endswith("(NULL: 100 % (1 of 1 rows))")
    assert lacking(judged, groups=LISTED).outcome is OK


def test_groups_may_be_numbers(shop: Shop, judged: Judged) -> None:
    three_domains(shop)
    assert count(judged, per="url_id", groups=[1, 2, 3]).outcome is OK
    assert count(judged, per="url_id", groups="SELECT id FROM urls").summary.endswith("without rows is 1 (4)")


def test_rows_of_a_condition_are_counted_in_each_group(shop: Shop, judged: Judged) -> None:
    three_domains(shop)
    shop.add(url_id=2, seller="south")
    south = {"where": "seller = 'south'"}
    assert count(judged, **south).summary.startswith(
        "rows is 0, allowed is at least 1 (amazon: 0 (of 4 rows), kabum: 0"
    )
    assert count(judged, **south, rows=0, most=1, groups=LISTED).outcome is OK
    assert count(judged, **south, rows=0, most=0, groups=LISTED).outcome is CRITICAL
    shop.run("DELETE FROM prices WHERE url_id = 1")
    assert count(judged, **south, rows=0, most=1, groups=LISTED).outcome is CRITICAL


@pytest.mark.parametrize(
    ("groups", "words"),
    [
        ("SELECT domane FROM urls", "column domane of"),
        ("SELECT domain FROM sites", "sites does not exist"),
        ("SELECT nofunction(domain) FROM urls", "the database refuses the statement"),
    ],
)
def test_a_query_of_groups_that_cannot_be_asked_hides_no_other_row(
    shop: Shop, judged: Judged, groups: str, words: str
) -> None:
    three_domains(shop)
    found = count(judged, groups=groups)
    assert found.outcome is UNKNOWN
    assert words in found.summary
    assert count(judged).outcome is OK


def test_a_wrong_name_leaves_no_trace_in_the_log(shop: Shop, judged: Judged, request: pytest.FixtureRequest) -> None:
    if not isinstance(shop.database, Postgres):
        pytest.skip("SQLite keeps no log")
    three_domains(shop)
    log = request.getfixturevalue("server").log
    before = log.read_text().count("ERROR:")
    count(judged, groups="SELECT domane FROM urls")
    count(judged, groups="SELECT domain FROM sites")
    count(judged, per="urls.domane")
    lacking(judged, columns=["prize"])
    assert log.read_text().count("ERROR:") == before


def test_a_group_of_a_table_that_is_not_joined_is_unknown(shop: Shop, judged: Judged) -> None:
    three_domains(shop)
    assert "joins no table url" in count(judged, per="url.domain").summary
    assert "column domane of urls does not exist" in count(judged, per="urls.domane").summary
    alone: Dataset = shop.dataset(joins=())
    assert count(judged, dataset=alone).outcome is UNKNOWN
