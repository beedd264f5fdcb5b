"""Rows that break a rule: which are shown, what of them never is, and the SQL that gives them all."""

import tracemalloc

import pytest

from rounds.fixtures.data_postgres import PostgresDatabase
from rounds.fixtures.data_scan import scan

from rounds.measures import (  # isort: skip
    Between, Broken, Distinct, Holding, LengthBetween, Matching, NotInFuture, Nulls, OneOf, Orphans, Percentile,
    Repeated, Rows, Scope,
)  # fmt: skip
from rounds.probe import CouldNotLook, RunbookDisagrees
from tests.data_scan.conftest import QUOTED

TOO_SMALL = Broken(Between("größe", 0))


def test_bad_rows_are_shown_with_their_key_and_what_the_rule_is_about(orders):
    orders.add(1)
    orders.add(2, größe=-2)
    orders.add(3, größe=-3)
    reading = orders.read(TOO_SMALL)
    assert reading.value == 2
    assert [dict(each) for each in reading.samples] == [{"id": 2, "größe": -2}, {"id": 3, "größe": -3}]
    assert orders.rows(reading.sql) == [(2, -2), (3, -3)]


def test_no_more_are_shown_than_the_dataset_says_but_the_sql_gives_all(orders):
    for number in range(9):
        orders.add(number, größe=-1)
    assert len(orders.read(TOO_SMALL).samples) == 5
    assert len(orders.read(TOO_SMALL, samples=2).samples) == 2
    none = orders.read(TOO_SMALL, samples=0)
    assert none.samples == ()
    assert len(orders.rows(none.sql)) == 9


def test_nothing_is_shown_where_nothing_is_wrong(orders):
    orders.add(1)
    reading = orders.read(TOO_SMALL)
    assert (reading.value, reading.sql, reading.samples) == (0, "", ())


def test_the_newest_come_first_in_the_sql(orders):
    for number in (4, 9, 7):
        orders.add(number, größe=-1)
    reading = orders.read(TOO_SMALL, time="made")
    assert [row[0] for row in orders.rows(reading.sql)] == [9, 7, 4]
    assert set(reading.samples[0]) == {"id", "größe", "made"}


@pytest.mark.parametrize(
    ("measure", "bad"),
    [
        (Nulls("select"), {"select": None}),
        (Broken(OneOf("select", ("a", "it's"))), {"select": "b"}),
        (Broken(Matching("select", "^[a-c]$")), {"select": "'' OR 1=1 --"}),
        (Broken(LengthBetween("select", 1, 3)), {"select": "ééééé"}),
        (Broken(NotInFuture("made")), {"made": "2999-01-01 00:00:00+00:00"}),
        (Broken(Holding("größe < 5 AND \"select\" <> 'x'")), {"größe": 7}),
        (Orphans(("shop",), "shops", ("id",)), {"shop": 8}),
        (Broken(Between("größe", 0), scope=Scope(where="\"select\" = 'b'")), {"select": "b", "größe": -1}),
    ],
    ids=lambda given: type(getattr(given, "rule", given)).__name__,
)
def test_the_sql_gives_what_was_counted(orders, measure, bad):
    orders.run("INSERT INTO shops VALUES (1, 'Köln')")
    orders.add(1)
    orders.add(2, **bad)
    orders.add(3, größe=-1) if measure.scope.where else orders.add(3)
    reading = orders.read(measure)
    assert reading.value == 1
    assert [row[0] for row in orders.rows(reading.sql)] == [2]
    assert [each["id"] for each in reading.samples] == [2]


def test_of_keys_that_repeat_it_is_shown_how_often(orders):
    for number, name in enumerate("aaabbc"):
        orders.add(number, select=name)
    reading = orders.read(Repeated(("select",)))
    assert reading.value == 3
    assert {each["select"]: each["times"] for each in reading.samples} == {"a": 3, "b": 2}
    assert orders.rows(reading.sql) == [("a", 3), ("b", 2)]


def test_of_keys_made_alike_their_like_is_shown(orders):
    orders.add(1, select=" Ab")
    orders.add(2, select="aB ")
    reading = orders.read(Repeated(("select",), ("trim", "lower")))
    assert [dict(each) for each in reading.samples] == [{"select": "ab", "times": 2}]
    assert orders.rows(reading.sql) == [("ab", 2)]


def test_of_a_private_key_nothing_is_shown_but_where_it_is(orders):
    for number in (4, 5, 6):
        orders.add(number, **{"e-mail": "twice@private.example"})
    reading = orders.read(Repeated(("e-mail",)))
    assert reading.value == 2
    assert [dict(each) for each in reading.samples] == [{"least id": 4, "times": 3}]
    assert orders.rows(reading.sql) == [(4, 3)]


def test_a_private_column_is_not_shown_even_if_the_rule_is_about_it(orders):
    orders.add(1, **{"e-mail": "no address of private.example"})
    for measure in (Broken(Matching("e-mail", "@")), Broken(Holding("\"e-mail\" LIKE '%@%' AND größe > 0"))):
        reading = orders.read(measure, shown=("e-mail", "select"))
        assert reading.value == 1
        assert "e-mail" not in reading.samples[0]
        assert reading.samples[0]["id"] == 1
        assert "private.example" not in repr(reading)
        assert "private.example" not in repr(orders.rows(reading.sql))


def test_where_everything_is_private_only_the_number_is_told(orders):
    orders.add(1, größe=-1)
    orders.add(2, größe=-1)
    reading = orders.read(TOO_SMALL, private=("id", "größe"))
    assert (reading.value, reading.samples) == (2, ())
    assert orders.rows(reading.sql) == [(2,)]


def test_a_private_column_of_a_joined_table_is_private(pg_orders):
    pg_orders.run("INSERT INTO shops VALUES (1, 'Köln')")
    pg_orders.run(f"CREATE VIEW sold AS TABLE {QUOTED}; GRANT SELECT ON sold TO reader")
    pg_orders.add(1, größe=-1)
    how = {"table": "sold", "joins": "sold.shop -> shops.id", "shown": ("select", "shops.id", "shops.city")}
    open_, closed = (pg_orders.read(TOO_SMALL, **how, private=private) for private in ((), "shops.city"))
    assert dict(open_.samples[0]) == {"größe": -1, "select": "a", "shops.id": 1, "shops.city": "Köln"}
    assert set(closed.samples[0]) == {"größe", "select", "shops.id"}
    assert len(pg_orders.rows(closed.sql)[0]) == 3


def test_a_private_column_that_is_not_there_makes_all_rows_unknown(orders):
    orders.add(1)
    with pytest.raises(RunbookDisagrees, match=r"column mail of .* does not exist"):
        orders.read(Rows(), private="mail")


def test_groups_are_never_named_by_what_is_private(orders):
    orders.add(1)
    answer = orders.read(Rows(scope=Scope(per="e-mail")))
    assert isinstance(answer, CouldNotLook)
    assert "private" in str(answer)
    assert "example" not in str(answer)


def test_rows_of_the_worst_groups_can_be_seen(orders):
    for number, (name, size) in enumerate([("a", -1), ("a", -1), ("b", 1), ("c", -1), (None, -1)]):
        orders.add(number, select=name, größe=size)
    groups = orders.read(Broken(Between("größe", 0), scope=Scope(per="select"))).groups
    assert [row[0] for row in orders.rows(groups["a"].sql)] == [0, 1]
    assert [row[0] for row in orders.rows(groups["c"].sql)] == [3]
    assert [each["id"] for each in groups[None].samples] == [4]
    assert groups["b"].sql == ""


def test_rows_of_an_hour_can_be_seen(orders):
    orders.add(1, größe=-1, made="2026-01-01 00:10:00+00:00")
    orders.add(2, größe=-1, made="2026-01-01 01:10:00+00:00")
    for per in ("hour", "day"):
        groups = orders.read(Broken(Between("größe", 0), scope=Scope(per=per)), time="made").groups
        found = [[each["id"] for each in reading.samples] for _, reading in sorted(groups.items())]
        assert found == ([[1], [2]] if per == "hour" else [[1, 2]])


def test_a_text_of_ten_megabytes_is_cut_before_it_comes_to_us(orders):
    orders.add(1, note="x" * 10_000_000)
    tracemalloc.start()
    reading = orders.read(Broken(LengthBetween("note", 0, 10)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert reading.samples[0]["note"] == "x" * 79 + "…"
    assert peak < 5_000_000


def test_what_a_terminal_would_obey_is_made_harmless(orders):
    orders.add(1, note="a\n\x1b[31mb\x07\u202ec", größe=-1)
    assert orders.read(TOO_SMALL, shown="note").samples[0]["note"] == "a b\\x07\\x202ec"


def test_rows_are_not_asked_for_while_no_limit_is_broken(orders):
    for number in range(10):
        orders.add(number, größe=-1 if number < 2 else 1)
    rule = Between("größe", 0)
    for how, shown in (
        ({"accepted": 2}, 0),
        ({"accepted": 1}, 2),
        ({"accepted_share": 20}, 0),
        ({"accepted_share": 19}, 2),
    ):
        reading = orders.read(Broken(rule, **how))
        assert reading.value == 2
        assert len(reading.samples) == shown
        assert len(orders.rows(reading.sql)) == 2


@pytest.fixture
def asked(monkeypatch):
    """The statements that are sent to PostgreSQL for figures and rows."""
    sent = []
    ask = PostgresDatabase.rows

    def ask_and_tell(self, text, most=None):
        sent.append(text)
        return ask(self, text, most)

    monkeypatch.setattr(PostgresDatabase, "rows", ask_and_tell)
    return sent


def test_rows_that_are_few_are_fetched_in_one_statement_for_all_rules(pg_orders, asked):
    for number in range(20):
        pg_orders.add(
            number, größe=-1 if number in (3, 4) else 1, select=None if number == 4 else f"{number // 2}", shop=number
        )
    rules = [TOO_SMALL, Nulls("select"), Broken(Between("shop", 0, 18)), Orphans(("shop",), "shops", ("id",))]
    found = scan(pg_orders.dataset(), [*rules, Repeated(("select",))], 20)
    shown = [[each["id"] for each in found[rule].samples] for rule in rules]
    assert shown == [[3, 4], [4], [19], [0, 1, 2, 3, 4]]
    assert set(found[rules[1]].samples[0]) == {"id"}
    assert len([text for text in asked if text.endswith("LIMIT 24")]) == 1
    assert len([text for text in asked if "LIMIT" in text]) == 2


def test_rows_that_are_many_hide_none_that_are_few(pg_orders):
    pg_orders.run(f'INSERT INTO {QUOTED} (id, "größe", shop) SELECT n, n - 400, n FROM generate_series(1, 500) n')  # noqa: S608 - the test's own
    few, many = scan(pg_orders.dataset(), [Broken(Between("shop", 0, 498)), TOO_SMALL], 20).values()
    assert (few.value, many.value) == (2, 399)
    assert [each["id"] for each in few.samples] == [499, 500]
    assert len(many.samples) == 5


def test_samples_are_fetched_when_all_figures_are_known(pg_orders, asked):
    """Whoever is slow to find rows takes no time from what is to be judged."""
    pg_orders.add(1, größe=-1)
    scan(pg_orders.dataset(), [TOO_SMALL, Percentile(0.5, "größe", (3,), (6,)), Distinct("select")], 20)
    assert asked[-1].endswith("LIMIT 1")
    assert not [text for text in asked[:-1] if text.endswith("LIMIT 1")]


def test_a_database_that_fails_to_show_rows_does_not_change_the_figure(pg_orders, server, monkeypatch):
    pg_orders.add(1, größe=-1)
    ask = PostgresDatabase.rows

    def cut_off(self, text, most=None):
        if text.endswith("LIMIT 1"):
            server.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'rounds'")
        return ask(self, text, most)

    monkeypatch.setattr(PostgresDatabase, "rows", cut_off)
    (reading,) = scan(pg_orders.dataset(), [TOO_SMALL], 20).values()
    assert (reading.value, reading.samples) == (1, ())
    assert reading.sql


def test_a_value_that_an_error_would_quote_stays_in_the_database(pg_orders):
    pg_orders.add(1)
    answer = pg_orders.read(Broken(Holding('CAST("e-mail" AS integer) > 1')))
    assert isinstance(answer, CouldNotLook)
    assert "invalid input syntax for type integer" in str(answer)
    assert "person1" not in str(answer)
