"""What goes wrong in the middle of a scan, and what must not count twice."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from rounds.fixtures import data_postgres
from rounds.fixtures.data_scan import scan
from rounds.measures import (
    Aggregate,
    Broken,
    Distinct,
    Grouped,
    Matching,
    Measure,
    Newest,
    NotInFuture,
    OneOf,
    Orphans,
    Reading,
    Repeated,
    Rows,
    Scope,
    Statistic,
)  # fmt: skip
from rounds.probe import CouldNotLook
from rounds.targets import Dataset
from tests.postgres.conftest import Server

Look = Callable[..., Any]


@pytest.fixture
def shop(server: Server) -> Iterator[Server]:
    server.run("DROP SCHEMA IF EXISTS scanned CASCADE; CREATE SCHEMA scanned; GRANT USAGE ON SCHEMA scanned TO reader")
    server.run("CREATE TABLE scanned.t (i int, url int, name text, made timestamptz, local timestamp, day date)")
    yield server
    server.run("DROP SCHEMA scanned CASCADE; ALTER ROLE reader CONNECTION LIMIT -1")


@pytest.fixture
def look(shop: Server) -> Look:
    """The answers to some measures, after statements that write."""

    def answers(*measures: Measure, written: str = "", **more: Any) -> Any:
        shop.run(f"{written}; GRANT SELECT ON ALL TABLES IN SCHEMA scanned TO reader")
        given = {"name": "t", "system": "shop", "database": shop.target(), "table": "scanned.t"} | more
        found = scan(Dataset(**given), measures, 20)
        return [found[each] for each in measures] if len(measures) > 1 else found[measures[0]]

    return answers


ROWS = "INSERT INTO scanned.t (i, url, name) VALUES (1, 1, 'a'), (2, 1, 'b'), (0, 2, 'b')"


def test_only_the_row_whose_expression_fails_is_unknown(look: Look) -> None:
    names = [Broken(Matching("name", pattern)) for pattern in ("a", "(", "b")]
    answers = look(Rows(), *names, Aggregate("sum(1 / i)"), Statistic("sum", "i"), Repeated(("name",)), written=ROWS)
    told = [each.value if isinstance(each, Reading) else "unknown" for each in answers]
    assert told == [3, 2, "unknown", 1, "unknown", 3, 1]
    assert "division by zero" in str(answers[4])


def test_one_connection_is_enough(look: Look, shop: Server) -> None:
    shop.run("ALTER ROLE reader CONNECTION LIMIT 1")
    assert [each.value for each in look(Rows(), Repeated(("name",)), Distinct("name"), written=ROWS)] == [3, 1, 2]


def test_what_is_written_meanwhile_is_seen_by_no_connection(
    look: Look, shop: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = data_postgres.PostgresDatabase._second

    def written_first(self: Any, opened: Any) -> Any:
        shop.run("INSERT INTO scanned.t (name) VALUES ('c'), ('c')")
        return second(self, opened)

    monkeypatch.setattr(data_postgres.PostgresDatabase, "_second", written_first)
    assert [each.value for each in look(Rows(), Repeated(("name",)), Distinct("name"), written=ROWS)] == [3, 1, 2]
    assert look(Rows()).value == 5


@pytest.mark.parametrize("how", ["it is lost", "it is another server's"])
def test_what_the_second_connection_cannot_tell_the_first_is_asked(
    how: str, look: Look, shop: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = data_postgres.PostgresDatabase._second
    asked = data_postgres.PostgresDatabase.rows

    def ended(self: Any, opened: Any) -> Any:
        if how == "it is another server's":
            monkeypatch.setattr(data_postgres, "session", elsewhere)
        other = second(self, opened)
        monkeypatch.setattr(data_postgres, "session", session)
        if other is not None:
            shop.run(f"SELECT pg_terminate_backend({other.asked.connection.info.backend_pid})")
        return other

    session = data_postgres.session

    @contextmanager
    def elsewhere(_: Any, seconds: float) -> Iterator[Any]:
        with session(shop.target(dbname="postgres"), seconds) as opened:
            yield opened

    monkeypatch.setattr(data_postgres.PostgresDatabase, "_second", ended)
    answers = look(Rows(), Repeated(("name",)), Distinct("name"), written=ROWS)
    assert [each.value for each in answers] == [3, 1, 2]
    assert asked is data_postgres.PostgresDatabase.rows


class TestJoins:
    JOINED = "t.url -> scanned.urls.id"
    PER = Rows(scope=Scope(per="scanned.urls.domain"))
    MADE = f"{ROWS}; CREATE TABLE scanned.urls (id int {{key}}, domain text); INSERT INTO scanned.urls VALUES (1, 'x')"  # noqa: S608 - the test's own

    def test_each_row_meets_at_most_one(self, look: Look) -> None:
        answer = look(self.PER, written=self.MADE.format(key="PRIMARY KEY"), joins=self.JOINED)
        assert {name: each.value for name, each in answer.groups.items()} == {"x": 2, None: 1}

    def test_a_table_that_might_multiply_rows_makes_only_its_own_rows_unknown(self, look: Look) -> None:
        written = f"{self.MADE.format(key='')}; INSERT INTO scanned.urls VALUES (1, 'y')"  # noqa: S608 - the test's own
        by_domain, rows = look(self.PER, Rows(), written=written, joins=self.JOINED)
        assert "unique" in str(by_domain)
        assert isinstance(by_domain, CouldNotLook)
        assert rows.value == 3

    def test_a_table_may_refer_to_itself_and_to_one_of_its_name_elsewhere(self, look: Look, shop: Server) -> None:
        shop.run("CREATE TABLE public.t (id int PRIMARY KEY, name text); INSERT INTO public.t VALUES (1, 'other')")
        try:
            shop.run("GRANT SELECT ON public.t TO reader; ALTER TABLE scanned.t ADD UNIQUE (i)")
            elsewhere = look(Rows(scope=Scope(per="public.t.name")), written=ROWS, joins="t.url -> public.t.id")
            assert {name: each.value for name, each in elsewhere.groups.items()} == {"other": 2, None: 1}
            itself = look(Rows(scope=Scope(per="scanned.t.name")), joins="t.url -> scanned.t.i")
            assert {name: each.value for name, each in itself.groups.items()} == {"a": 2, "b": 1}
        finally:
            shop.run("DROP TABLE public.t")


def test_times_without_a_zone_are_in_that_of_the_dataset(look: Look) -> None:
    written = "INSERT INTO scanned.t (local, day) SELECT now() AT TIME ZONE 'America/Sao_Paulo' - interval '1 hour', now() AT TIME ZONE 'America/Sao_Paulo'"
    newest, rows = Newest("local"), Rows(scope=Scope(7200.0))
    there = look(newest, rows, written=written, time="local", timezone="America/Sao_Paulo")
    assert there[0].value == pytest.approx(3600, abs=30)
    assert there[1].value == 1
    elsewhere = look(newest, rows, time="local", timezone="UTC")
    assert elsewhere[0].value == pytest.approx(4 * 3600, abs=30)
    assert elsewhere[1].value == 0
    assert look(Newest("day"), time="day", timezone="America/Sao_Paulo").value < 86400


def test_a_row_of_all_eternity_is_not_the_newest_nor_of_any_hour(look: Look) -> None:
    written = "INSERT INTO scanned.t (made) VALUES ('infinity'), ('-infinity'), (now() - interval '2 hours')"
    newest, late, hours, rows = look(
        Newest("made"), Broken(NotInFuture("made")), Rows(scope=Scope(per="hour")), Rows(), written=written, time="made"
    )
    assert newest.value == pytest.approx(7200, abs=30)
    assert (late.value, rows.value) == (1, 3)
    assert isinstance(hours, Grouped)
    assert sorted(each.value for each in hours.groups.values()) == [1, 2]
    assert look(Newest("made"), written="DELETE FROM scanned.t WHERE made > '-infinity'").value == float("inf")


def test_too_many_groups_are_refused_and_the_rest_is_told(look: Look) -> None:
    written = "INSERT INTO scanned.t (i) SELECT generate_series(1, 10001)"
    groups, rows = look(Rows(scope=Scope(per="i")), Rows(), written=written)
    assert "10000 groups" in str(groups)
    assert rows.value == 10001


def test_values_that_no_statement_can_hold_are_refused_by_themselves(look: Look) -> None:
    cut, half, rows = look(Broken(OneOf("name", ("a\0b",))), Broken(OneOf("name", ("\ud800",))), Rows(), written=ROWS)
    assert isinstance(cut, CouldNotLook)
    assert isinstance(half, CouldNotLook)
    assert rows.value == 3


def test_a_server_that_takes_backslashes_for_escapes_is_asked_what_was_meant(look: Look, shop: Server) -> None:
    shop.run("ALTER ROLE reader SET standard_conforming_strings = off")
    try:
        values = ("a\\", ") OR true --")
        assert look(Broken(OneOf("name", values)), written=ROWS).value == 3
    finally:
        shop.run("ALTER ROLE reader RESET standard_conforming_strings")


def test_time_that_runs_out_makes_unknown_what_is_not_answered_yet(shop: Server) -> None:
    shop.run(
        ROWS,
    )
    slow = Aggregate("sum(i) + count(pg_sleep(0.5))")
    with psycopg.connect(shop.dsn("super")):
        dataset = Dataset(name="t", system="shop", database=shop.target(user="super"), table="scanned.t")
        answers = scan(dataset, [Orphans(("url",), "scanned.t", ("i",)), slow], 1.0)
    assert isinstance(answers[slow], CouldNotLook)
