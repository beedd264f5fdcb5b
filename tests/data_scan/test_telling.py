"""Bad rows as a person reads them: a table and the SQL, kept to what a report takes."""

import pytest

from rounds.checks.failing_rows import accepted, show_bad_rows, told_rows
from rounds.judge import Observer
from rounds.limits import at_most
from rounds.measures import Reading
from rounds.outcome import Outcome

SQL = 'SELECT\n  "id"\nFROM "orders"'


def test_samples_are_a_table_with_the_sql_below():
    samples = [{"id": 1, "price": -2.5, "note": None}, {"id": 1000, "price": 3, "note": "größer"}]
    assert told_rows("price: 2", samples, SQL).splitlines() == [
        "price: 2, such as",
        "",
        "id    price  note",
        "1     -2.5   NULL",
        "1000  3      größer",
        "",
        "To see them all:",
        "",
        "SELECT",
        '  "id"',
        'FROM "orders"',
    ]


def test_without_samples_there_is_the_number_and_the_sql():
    assert told_rows("price: 2", [], SQL) == f"price: 2\n\nTo see them all:\n\n{SQL}"


def test_long_and_many_values_are_cut_and_the_sql_stays_whole():
    samples = [{"id": number, "text": "x" * 10_000_000 if not number else "y\n" * 500} for number in range(100)]
    told = told_rows("text: 100", samples, SQL)
    assert len(told) < 3000
    assert told.endswith(SQL)
    assert "x" * 79 + "…" in told
    assert max(map(len, told.splitlines())) < 100


def test_a_statement_that_is_too_long_is_left_out():
    assert "a statement of 9999 characters" in told_rows("price: 2", [], "x" * 9999)


@pytest.mark.parametrize("verdict", [Outcome.WARNING, Outcome.CRITICAL, Outcome.UNKNOWN])
def test_rows_are_told_of_what_is_not_ok(verdict):
    observer = Observer()
    show_bad_rows(observer, verdict, "price", Reading(2, sql=SQL))
    assert "To see them all" in observer.told


def test_nothing_is_told_of_what_is_ok_or_has_no_rows():
    observer = Observer()
    show_bad_rows(observer, Outcome.OK, "price", Reading(2, sql=SQL))
    show_bad_rows(observer, Outcome.CRITICAL, "price", Reading(0, proof="check price_positive"))
    assert observer.told == ""


def test_many_details_end_with_how_many_more_there_are():
    observer = Observer()
    for number in range(10):
        observer.detail(f"{number}" * 2000)
    assert observer.told.startswith("000")
    assert observer.told.endswith("\n\n… and 7 more of this kind")
    assert len(observer.told) < 7600


def test_rows_are_wanted_beyond_the_lowest_limit():
    assert accepted(at_most(5, warning=2)) == {"accepted": 2}
    assert accepted(at_most(0), at_most(5, unit="%")) == {"accepted_share": 5}
    assert accepted(at_most()) == {"accepted": float("inf")}
