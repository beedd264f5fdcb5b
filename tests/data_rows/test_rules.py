"""What must hold in each row, and what is said where nothing could be examined."""

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from rounds.checks import test_data_texts as texts
from rounds.checks import test_data_values as values
from rounds.outcome import Outcome

from .conftest import Shop, Verdict

Judged = Callable[..., Verdict]
OK, CRITICAL, UNKNOWN, WARNING = Outcome.OK, Outcome.CRITICAL, Outcome.UNKNOWN, Outcome.WARNING
STATES = ["in_stock", "out_of_stock"]
CHECKS: dict[str, tuple[Callable[..., None], Any]] = {
    "values": (values.test_data_values, values.DataValues),
    "range": (values.test_data_range, values.DataRange),
    "condition": (values.test_data_condition, values.DataCondition),
    "matches": (texts.test_data_matches, texts.DataMatches),
    "length": (texts.test_data_length, texts.DataLength),
    "no-future": (texts.test_data_no_future, texts.DataNoFuture),
}
RULES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("values", {"column": "availability", "values": STATES}, {"availability": "In_stock"}),
    ("values", {"column": "url_id", "values": [1, 2]}, {"url_id": 3}),
    ("range", {"column": "price", "lowest": 0.5, "highest": 20000}, {"price": 0}),
    ("range", {"column": "price", "highest": 20000}, {"price": 20000.01}),
    ("range", {"column": "price", "lowest": -1}, {"price": -1.5}),
    ("condition", {"holds": "pix_price <= price"}, {"pix_price": 11}),
    ("matches", {"column": "seller", "pattern": "^[a-z]+$"}, {"seller": "<b>north</b>"}),
    ("length", {"column": "seller", "shortest": 3}, {"seller": ""}),
    ("length", {"column": "seller", "longest": 6}, {"seller": "southern"}),
    ("no-future", {}, {"ago": -600}),
    ("no-future", {"column": "checked_at", "tolerance": "1s"}, {"ago": -100}),
]
ABOUT = {"no-future": "checked_at"}


def kept(judged: Judged, word: str, **given: Any) -> Verdict:
    check, model = CHECKS[word]
    return judged(check, model, **given)


def column_of(given: dict[str, Any], word: str) -> str:
    return str(given.get("column", ABOUT.get(word, "price")))


@pytest.mark.parametrize(("word", "given", "broken"), RULES)
def test_a_rule_holds_or_is_broken_by_one_row(
    shop: Shop, judged: Judged, word: str, given: dict[str, Any], broken: dict[str, Any]
) -> None:
    shop.add_some(9)
    assert kept(judged, word, **given).outcome is OK
    shop.add(**broken)
    found = kept(judged, word, **given)
    assert found.outcome is CRITICAL
    among = "of 10 rows, those with NULL included" if word == "condition" else "of 10 rows"
    assert found.summary.endswith(f" is 1, allowed is at most 0 ({among})")
    assert kept(judged, word, **given, broken={"warning": 0, "critical": 1}).outcome is WARNING
    assert kept(judged, word, **given, broken_share="10%").outcome is OK
    share = kept(judged, word, **given, broken_share="9%")
    assert share.summary.startswith("share of rows ")
    assert share.summary.endswith(" is 10 %, allowed is at most 9 % (of 10 rows)")


def test_what_is_wrong_is_said_with_its_column_and_bounds(judged: Judged) -> None:
    said = [kept(judged, word, **given).summary.partition(":")[0] for word, given, _ in RULES]
    assert said == [
        "rows with an unknown availability",
        "rows with an unknown url_id",
        "rows with price outside 0.5 to 20000",
        "rows with price above 20000",
        "rows with price below -1",
        "rows that break pix_price <= price",
        "rows with seller not like ^[a-z]+$",
        "rows with the length of seller below 3",
        "rows with the length of seller above 6",
        "rows with checked_at in the future",
        "rows with checked_at in the future",
    ]


@pytest.mark.parametrize(("word", "given", "broken"), RULES[::2])
def test_a_rule_that_examines_nothing_is_never_ok(
    shop: Shop, judged: Judged, word: str, given: dict[str, Any], broken: dict[str, Any]
) -> None:
    del broken
    assert kept(judged, word, **given).outcome is CRITICAL
    nothing = kept(judged, word, **given, empty="unknown")
    assert nothing.outcome is UNKNOWN
    assert nothing.summary.endswith(": there are no rows")
    shop.add_some(3, **{column_of(given, word): None} if column_of(given, word) != "url_id" else {"price": None})
    if column_of(given, word) == "url_id":
        return
    unexamined = kept(judged, word, **given, broken_share="99%")
    assert unexamined.outcome is CRITICAL
    assert unexamined.summary.endswith(": no row has a value")


@pytest.mark.parametrize(("word", "given", "broken"), RULES[::2])
def test_a_rule_about_what_is_gone_is_unknown(
    shop: Shop, judged: Judged, word: str, given: dict[str, Any], broken: dict[str, Any]
) -> None:
    del broken
    shop.add()
    column = column_of(given, word)
    shop.run(f"ALTER TABLE prices DROP COLUMN {column}")
    gone = kept(judged, word, **given)
    assert gone.outcome is UNKNOWN
    assert f"column {column} of prices does not exist" in gone.summary
    shop.run("DROP TABLE prices")
    assert kept(judged, word, **given).outcome is UNKNOWN


def test_rows_with_null_are_not_examined_and_told(shop: Shop, judged: Judged) -> None:
    shop.add_some(6)
    shop.add_some(2, price=None)
    found = kept(judged, "range", column="price", lowest=0)
    assert found.outcome is OK
    assert found.observer.observations[0].note == "of 6 rows; 2 more have NULL there and are not examined"


def test_a_condition_is_reckoned_once_so_rows_with_null_are_not_counted_apart(shop: Shop, judged: Judged) -> None:
    shop.add_some(6)
    shop.add_some(2, price=None)
    found = kept(judged, "condition", holds="pix_price <= price")
    assert found.outcome is OK
    assert found.observer.observations[0].note == "of 8 rows, those with NULL included"
    shop.add(price=1)
    assert kept(judged, "range", column="price", lowest=2, broken_share="14%").outcome is CRITICAL
    assert kept(judged, "range", column="price", lowest=2, broken_share="15%").outcome is OK


def test_a_rule_is_about_the_rows_of_its_scope(shop: Shop, judged: Judged) -> None:
    shop.add_some(3)
    shop.add(ago=7200, price=-1)
    shop.add(seller="south", price=-1)
    positive = {"column": "price", "lowest": 0}
    assert kept(judged, "range", **positive).outcome is CRITICAL
    assert kept(judged, "range", **positive, window="1h", where="seller = 'north'").outcome is OK


@pytest.mark.parametrize(
    ("word", "given", "words"),
    [
        ("range", {"column": "price"}, "a bound is due: lowest, highest or both"),
        ("range", {"column": "price", "lowest": 3, "highest": 2.5}, r"lowest \(3\) is above highest \(2.5\)"),
        ("range", {"column": "price", "lowest": float("inf")}, "a number is due"),
        ("values", {"column": "seller", "values": ["a", None]}, "NULL is no value to compare with"),
        ("values", {"column": "seller", "values": [["a"]]}, "a text, a number, true or false is due"),
        ("length", {"column": "seller"}, "a bound is due: shortest, longest or both"),
        ("length", {"column": "seller", "shortest": 3, "longest": 2}, r"shortest \(3\) is above longest \(2\)"),
        ("values", {"column": "seller", "values": []}, "at least 1"),
        ("condition", {"holds": "price > (SELECT 1)"}, "an expression on the columns of one row is due"),
        ("condition", {"holds": "sum(price) > 1"}, "an expression on the columns of one row is due"),
        ("condition", {"holds": "price >"}, "is no SQL"),
        ("matches", {"column": "seller", "pattern": ""}, "at least 1"),
        ("no-future", {"broken": 1, "broken_share": "5%"}, "one of broken and broken_share is judged"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(
    shop: Shop, row: Callable[..., Any], word: str, given: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValidationError, match=words):
        row(CHECKS[word][1], dataset=shop.dataset(), **given)


def test_a_pattern_that_the_database_cannot_read_is_never_ok(
    shop: Shop, judged: Judged, row: Callable[..., Any]
) -> None:
    shop.add()
    wrong = {"column": "seller", "pattern": "(north"}
    if shop.dataset().dialect == "sqlite":
        with pytest.raises(ValidationError, match="is no regular expression"):
            row(texts.DataMatches, dataset=shop.dataset(), **wrong)
    else:
        found = kept(judged, "matches", **wrong)
        assert found.outcome is UNKNOWN
        assert "invalid regular expression" in found.summary


def test_the_rows_that_break_it_are_told(shop: Shop, judged: Judged) -> None:
    shop.add_some(3)
    assert kept(judged, "range", column="price", lowest=0).observer.details == []
    shop.add(id=77, price=-5)
    (told,) = kept(judged, "range", column="price", lowest=0).observer.details
    assert told.startswith("rows with price below 0: 1, such as")
    assert "77" in told
    assert "SELECT" in told
    (told,) = kept(judged, "range", column="price", lowest=0, broken_share="9%").observer.details
    assert told.startswith("rows with price below 0: 1, such as")
    shop.add(id=78, url_id=2, price=-6)
    per_domain = kept(judged, "range", column="price", lowest=0, per="urls.domain").observer.details
    assert [each.partition(":")[0] for each in per_domain] == [
        "rows with price below 0 in amazon", "rows with price below 0 in magalu",
    ]  # fmt: skip


def test_a_text_that_is_no_time_or_number_breaks_the_rule(shop: Shop, judged: Judged) -> None:
    """SQLite takes any text into any column."""
    if shop.dataset().dialect != "sqlite":
        pytest.skip("PostgreSQL refuses it")
    shop.add_some(3)
    shop.add(checked_at=None, price=None)
    assert kept(judged, "no-future").outcome is OK
    shop.add(checked_at="1/2/2026 10:00", price="ten")
    assert kept(judged, "no-future").summary.startswith("rows with checked_at in the future is 1,")
    assert kept(judged, "range", column="price", lowest=0).summary.startswith("rows with price below 0 is 1,")
