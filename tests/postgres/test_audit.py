"""Audit trails: gaps, silence, and times from the future."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from rounds.checks import test_audit as checks
from rounds.fixtures import audit as facts
from rounds.judge import Earlier, EarlierFigure, Observer
from rounds.outcome import Outcome
from rounds.probe import PROBES, RunbookDisagrees
from rounds.targets import Postgres

from .conftest import Server

Row = Callable[..., Any]


@pytest.fixture
def trail(server: Server) -> Iterator[Server]:
    hourly = "SELECT n, now() - (101 - n) * interval '1 hour' FROM generate_series(1, 100) n"
    server.run(f"INSERT INTO trail (id, created_at) {hourly}")
    server.run("INSERT INTO settings VALUES ('a', now() - interval '2 hours'), ('b', NULL)")
    yield server
    server.run("TRUNCATE trail, settings")


def look(database: Postgres, *changes: str) -> facts.AuditEntries:
    found: facts.AuditEntries = PROBES["audit_trail"].look(database, "trail", "id", "created_at", 86400.0, changes)
    return found


def judged(row: Row, fact: facts.AuditEntries, earlier: Earlier | None = None, **more: Any) -> Observer:
    observer = Observer()
    expected = row(checks.AuditTrail, database=Postgres(name="database", dsn=SecretStr("x")), table="trail", **more)
    checks.test_audit_trail(expected, fact, earlier or Earlier(), observer)
    return observer


@pytest.mark.usefixtures("trail")
def test_a_whole_trail_is_fine(row: Row, database: Postgres) -> None:
    fact = look(database, "settings.updated_at")
    assert (fact.entries, fact.newest_id, fact.missing_ids) == (23, 100, 0)
    assert judged(row, fact).outcome is Outcome.OK


def test_a_row_deleted_from_the_middle_is_critical(row: Row, trail: Server, database: Postgres) -> None:
    trail.run("DELETE FROM trail WHERE id IN (40, 41, 77)")
    fact = look(database)
    assert (fact.missing_ids, fact.first_gap) == (3, "after 39 comes 42")
    assert judged(row, fact).outcome is Outcome.CRITICAL


def test_an_entry_that_is_being_committed_is_no_gap(row: Row, trail: Server, database: Postgres) -> None:
    trail.run("INSERT INTO trail (id, created_at) VALUES (102, now())")
    assert judged(row, look(database)).outcome is Outcome.OK


def test_rows_deleted_at_the_end_are_critical(row: Row, trail: Server, database: Postgres) -> None:
    before = Earlier({"newest id": [EarlierFigure(100, 3600)]})
    trail.run("DELETE FROM trail WHERE id > 95")
    assert judged(row, look(database), before).outcome is Outcome.CRITICAL
    trail.run("DELETE FROM trail")
    assert judged(row, look(database), before).outcome is Outcome.CRITICAL


def test_changes_without_an_entry_are_critical(row: Row, trail: Server, database: Postgres) -> None:
    trail.run("DELETE FROM trail WHERE id > 70")
    assert judged(row, look(database)).outcome is Outcome.OK
    observer = judged(row, look(database, "settings.updated_at"))
    assert observer.outcome is Outcome.CRITICAL
    assert "settings.updated_at" in observer.summary


@pytest.mark.usefixtures("trail")
def test_entries_are_due_without_named_changes_when_the_row_says_how_many(row: Row, database: Postgres) -> None:
    assert judged(row, look(database), entries=23).outcome is Outcome.OK
    assert judged(row, look(database), entries=24).outcome is Outcome.CRITICAL


def test_entries_without_a_time_are_unknown(row: Row, trail: Server, database: Postgres) -> None:
    trail.run("ALTER TABLE trail ALTER created_at DROP NOT NULL")
    for statement, undated in (
        ("UPDATE trail SET created_at = NULL WHERE id = 99", 1),
        ("UPDATE trail SET created_at = NULL", 100),
    ):
        trail.run(statement)
        fact = look(database)
        assert fact.undated == undated
        assert judged(row, fact).outcome is Outcome.UNKNOWN


def test_an_entry_from_the_future_is_critical(row: Row, trail: Server, database: Postgres) -> None:
    trail.run("UPDATE trail SET created_at = now() + interval '1 hour' WHERE id = 100")
    assert judged(row, look(database)).outcome is Outcome.CRITICAL


def test_an_empty_trail_is_unknown(row: Row, trail: Server, database: Postgres) -> None:
    trail.run("TRUNCATE trail")
    assert judged(row, look(database)).outcome is Outcome.UNKNOWN


def test_a_source_without_any_time_is_unknown(row: Row, trail: Server, database: Postgres) -> None:
    trail.run("UPDATE settings SET updated_at = NULL")
    assert judged(row, look(database, "settings.updated_at")).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("source", ["settings", "settings.changed", "preferences.updated_at"])
def test_a_source_that_does_not_exist_is_told(database: Postgres, source: str) -> None:
    with pytest.raises(RunbookDisagrees):
        look(database, source)
