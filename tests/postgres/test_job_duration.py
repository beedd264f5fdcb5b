"""How long jobs took, against the time before."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from pydantic import SecretStr

from rounds.checks import test_job_duration as checks
from rounds.fixtures import jobs as facts
from rounds.judge import Observer
from rounds.outcome import Outcome
from rounds.probe import PROBES, CouldNotLook
from rounds.targets import Postgres

from .conftest import Server

Row = Callable[..., Any]
DATABASE = Postgres(name="database", dsn=SecretStr("x"))
USUAL = facts.Durations("scan", 60.0, 100, 50.0, 100, begun=104, unended=2, untimed=0)


@pytest.fixture
def work(server: Server) -> Iterator[Server]:
    server.run(
        "CREATE TABLE work (job_type text, status text, started_at timestamptz, completed_at timestamptz);"
        "GRANT SELECT ON work TO reader"
    )
    yield server
    server.run("DROP TABLE work")


def done(work: Server, days_ago: float, seconds: float, count: int, kind: str = "scan") -> None:
    begun = f"now() - interval '{days_ago} days'"
    work.run(
        f"INSERT INTO work SELECT '{kind}', 'completed', {begun}, {begun} + interval '{seconds} seconds'"  # noqa: S608 - of this file
        f" FROM generate_series(1, {count})"
    )


def expectation(row: Row, **given: Any) -> checks.JobDuration:
    names = {"table": "work", "kind": "job_type", "completed": ["completed"], "failed": ["failed"]}
    made: checks.JobDuration = row(checks.JobDuration, database=DATABASE, **(names | given))
    return made


def look(database: Postgres, expected: checks.JobDuration) -> tuple[facts.Durations, ...]:
    probe = PROBES["job_durations"]
    arguments = {name: getattr(expected, name) for name in probe.arguments} | {"database": database}
    found: tuple[facts.Durations, ...] = probe.look(**arguments)
    return found


def judged(row: Row, *fact: facts.Durations, **given: Any) -> Observer:
    observer = Observer()
    checks.test_job_duration(expectation(row, **given), fact, observer)
    return observer


def test_both_windows_are_averaged_and_what_never_ended_is_counted(row: Row, work: Server, database: Postgres) -> None:
    done(work, 45, 40, 30)
    done(work, 10, 60, 40)
    done(work, 100, 9000, 50)
    work.run(
        "INSERT INTO work VALUES ('scan', 'running', now() - interval '5 days', NULL),"
        " ('scan', 'running', now() - interval '1 hour', NULL), ('scan', 'failed', now() - interval '5 days', NULL),"
        " ('scan', NULL, now() - interval '5 days', NULL)"
    )
    fact = look(database, expectation(row))
    assert fact == (facts.Durations("scan", 60.0, 40, 40.0, 30, begun=42, unended=2, untimed=0),)
    observer = judged(row, *fact)
    assert observer.outcome is Outcome.OK
    assert "never completed scan" in observer.summary
    assert "2 of 42 begun" in observer.summary


def test_jobs_that_take_an_hour_longer_are_critical(row: Row, work: Server, database: Postgres) -> None:
    done(work, 45, 40, 30)
    done(work, 10, 3640, 30)
    done(work, 45, 5, 30, "mail")
    done(work, 10, 5, 30, "mail")
    observer = judged(row, *look(database, expectation(row)))
    assert observer.outcome is Outcome.CRITICAL
    assert "duration of scan against the time before is 91" in observer.summary


def test_the_factor_holds_at_its_limit(row: Row) -> None:
    assert judged(row, USUAL).outcome is Outcome.OK
    assert judged(row, replace(USUAL, mean_seconds=75.0)).outcome is Outcome.OK
    assert judged(row, replace(USUAL, mean_seconds=80.0)).outcome is Outcome.CRITICAL


def test_many_jobs_that_never_end_are_critical_however_fast_the_others_are(row: Row) -> None:
    observer = judged(row, replace(USUAL, mean_seconds=10.0, unended=40))
    assert observer.outcome is Outcome.CRITICAL
    assert "40 of 104 begun" in observer.summary
    assert judged(row, USUAL, replace(USUAL, kind="mail", begun=2, unended=2)).outcome is Outcome.OK


def test_tiny_durations_are_all_the_same(row: Row) -> None:
    assert judged(row, replace(USUAL, mean_seconds=0.4, mean_before_seconds=0.01)).outcome is Outcome.OK
    assert judged(row, replace(USUAL, mean_seconds=0.0, mean_before_seconds=0.0), at_least="0s").outcome is Outcome.OK


def test_a_kind_that_is_no_longer_completed_is_unknown(row: Row) -> None:
    observer = judged(row, replace(USUAL, mean_seconds=None, completed=0))
    assert observer.outcome is Outcome.UNKNOWN
    assert "0 were completed, 100 in the time before" in observer.summary


def test_too_few_jobs_or_none_are_unknown(row: Row, work: Server, database: Postgres) -> None:
    assert judged(row, *look(database, expectation(row))).outcome is Outcome.UNKNOWN
    done(work, 10, 60, 40)
    fact = look(database, expectation(row))
    assert judged(row, *fact).outcome is Outcome.UNKNOWN
    assert judged(row, *fact, USUAL).outcome is Outcome.OK


def test_completed_jobs_without_a_duration_are_unknown(row: Row, work: Server, database: Postgres) -> None:
    work.run(
        "INSERT INTO work VALUES ('scan', 'completed', now() - interval '5 days', NULL),"
        " ('scan', 'completed', now() - interval '5 days', now() - interval '6 days'),"
        " ('scan', 'completed', NULL, now() - interval '6 days')"
    )
    (fact,) = look(database, expectation(row))
    assert fact.untimed == 3
    assert judged(row, replace(USUAL, untimed=3)).outcome is Outcome.UNKNOWN


def test_a_column_with_hundreds_of_values_is_no_kind(row: Row, work: Server, database: Postgres) -> None:
    work.run("INSERT INTO work SELECT 'job ' || n, 'completed', now(), now() FROM generate_series(1, 250) n")
    with pytest.raises(CouldNotLook, match="is it the right column"):
        look(database, expectation(row))
