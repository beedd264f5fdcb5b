"""CHECK constraints prove what they say, and nothing that they do not."""

from collections.abc import Callable
from typing import Any

import pytest

from rounds.measures import Between, Broken, Holding, LengthBetween, Nulls, OneOf, Rule, Scope

BY_CHECK, BY_TYPE = "check k", "type character varying(20) of v"

PROVED: list[tuple[str, Rule]] = [
    ("p >= 0 AND p <= 100", Between("p", 0, 100)),
    ("p >= 0 AND p <= 100", Between("p", 0)),
    ("p BETWEEN -1.5 AND 100", Between("p", -2.0, 100.5)),
    ("100 > p AND 0 < p", Between("p", 0, 100)),
    ("p >= 0 AND p <> 'NaN'", Between("p", 0)),
    ("f > 0 AND f < 'NaN'", Between("f", 0)),
    ("i > 0 AND i < 5", Between("i", 1, 4)),
    ("i IS NULL OR i >= 0", Between("i", 0)),
    ("i IN (1, 2, -3)", Between("i", -3, 2)),
    ("NOT (i < 0 OR i > 9)", Between("i", 0, 9)),
    ("i >= 0 AND x ~ '^a'", Between("i", 0)),
    ("r <= 0.1::real", Between("r", None, 0.2)),
    ("i IN (1, 2, -3)", OneOf("i", (1, 2, -3, 4))),
    ("v IN ('a', 'b')", OneOf("v", ("a", "b", "c"))),
    ("x = 'a' OR x = 'b' OR x IS NULL", OneOf("x", ("a", "b"))),
    ("x = 'it''s' OR x = 'a'", OneOf("x", ("it's", "a"))),
    ("m IN ('a')", OneOf("m", ("a",))),
    ("length(x) <= 5", LengthBetween("x", None, 5)),
    ("char_length(v) BETWEEN 1 AND 3", LengthBetween("v", 1, 3)),
    ("x <> ''", LengthBetween("x", 1)),
    ("q <= p", Holding("p >= q")),
    ("q <= p", Holding("NOT q > p")),
    ("p >= 0 OR q >= 0", Holding("q >= 0 OR p >= 0")),
    ("p >= 0 AND q >= 0", Holding("q >= -1")),
    ("f > 0 OR f IS NULL", Holding("f > 0")),
    ("p * 2 >= q", Holding("p * 2 >= q")),
    ("p NOT IN (1.5, 2.5)", Holding("p NOT IN (2.5, 1.5)")),
]

NOT_PROVED: list[tuple[str, Rule]] = [
    ("p >= 0", Between("p", 0)),  # NaN is greater than all numbers
    ("p >= 0 AND p <= 'NaN'", Between("p", 0)),
    ("p >= 0 AND p <= 'NaN'", Between("p", 0, 100)),
    ("p >= 0 AND p <= 100", Between("p", 0, 99)),
    ("p > 0", Holding("p > 0.5")),
    ("p >= 0", Holding("p > 0")),
    ("p::int >= 0", Between("p", 0, None)),
    ("p::float8 <= 1", Between("p", None, 1)),
    ("r <= 0.1::real", Between("r", None, 0.1)),
    ("i IN (1, 2, -3)", OneOf("i", (1, 2))),
    ("i >= 0 OR q >= 0", Between("i", 0)),
    ("(i >= 0 AND q >= 0) OR i IS NULL", Between("i", 0)),
    ("x = 'a' OR x = 'b' OR q > 0", OneOf("x", ("a", "b"))),
    ("m IN ('a')", OneOf("m", ("b",))),
    ("c = 'a'", OneOf("c", ("a",))),  # 'a    ' too
    ("length(x) <= 5", LengthBetween("x", 1, 5)),
    ("octet_length(x) <= 5", LengthBetween("x", None, 5)),
    ("x <> ''", LengthBetween("x", 1, 5)),
    ("ts <= now()", Holding("ts <= now()")),  # it held when the row came in
    ("d >= ts", Holding("d >= ts")),  # where a day begins depends on who asks
    ("i / 2 <= 1", Holding("i / 2.0 <= 1")),
    ("x < 'b'", Holding("x < 'b'")),  # the order of texts changes with the server's system
    ("lower(x) = x", Holding("lower(x) = x")),
]


@pytest.mark.parametrize(("check", "rule"), PROVED)
def test_a_check_proves_what_it_says(check: str, rule: Rule, checked: Callable[[str], Any]) -> None:
    assert checked(check)(Broken(rule)) == BY_CHECK


@pytest.mark.parametrize(("check", "rule"), NOT_PROVED)
def test_a_check_proves_nothing_that_it_does_not_say(check: str, rule: Rule, checked: Callable[[str], Any]) -> None:
    assert checked(check)(Broken(rule)) == ""


@pytest.mark.parametrize(
    ("check", "rule", "bad"),
    [
        ("p >= 0", Between("p", 0), "p = 'NaN'"),
        ("c IN ('a')", OneOf("c", ("a",)), "c = 'a'"),
        ("(i >= 0 AND q >= 0) OR i IS NULL", Between("i", 0, 5), "i = 7"),
    ],
)  # fmt: skip
def test_what_is_not_proved_is_counted(
    check: str, rule: Rule, bad: str, checked: Callable[[str], Any], held: Any
) -> None:
    checked(check)
    held.run(f"UPDATE held.t SET {bad}")  # noqa: S608 - the test's own
    assert held.answer(Broken(rule)).value == (0 if "c =" in bad else 1)


def test_types_prove_lengths_and_labels(checked: Callable[[str], Any]) -> None:
    proof = checked("i >= 0")
    assert proof(Broken(LengthBetween("v", None, 20))) == BY_TYPE
    assert proof(Broken(LengthBetween("v", None, 19))) == ""
    assert proof(Broken(LengthBetween("c", None, 5))) == "type character(5) of c"
    assert proof(Broken(OneOf("m", ("a", "b", "c")))) == "type held.mood of m"
    assert proof(Broken(OneOf("m", ("a",)))) == ""


def test_a_check_for_a_value_proves_that_there_is_one(checked: Callable[[str], Any]) -> None:
    proof = checked("p IS NOT NULL AND i > 0")
    assert proof(Nulls("p")) == BY_CHECK
    assert proof(Nulls("i")) == ""


def test_each_limit_may_have_a_constraint_of_its_own(checked: Callable[[str], Any], held: Any) -> None:
    proof = checked("i >= 0")
    held.run("ALTER TABLE held.t ADD CONSTRAINT most CHECK (i <= 9)")
    assert proof(Broken(Between("i", 0, 9))) == "check k and check most"


def test_a_check_holds_for_null_and_so_proves_nothing_of_a_column_without_values(
    checked: Callable[[str], Any], held: Any
) -> None:
    checked("i >= 0 AND q <= p")
    held.run("UPDATE held.t SET i = NULL, q = NULL")
    for rule in (Between("i", 0), Holding("q <= p")):
        reading = held.answer(Broken(rule))
        assert reading.is_empty
        assert not reading.proof
    held.run("TRUNCATE held.t")
    assert held.answer(Broken(Between("i", 0))).is_empty


def test_groups_are_counted_for_each_must_be_there(checked: Callable[[str], Any], held: Any) -> None:
    checked("i >= 0")
    answer = held.answer(Broken(Between("i", 0), scope=Scope(per="x")))
    assert answer.groups["a"].examined == 1
