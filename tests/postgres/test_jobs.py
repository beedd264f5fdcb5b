"""Jobs in a table: old unfinished ones and failed ones."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from rounds.checks import test_jobs as checks
from rounds.fixtures import jobs as facts
from rounds.judge import Observer
from rounds.outcome import Outcome
from rounds.probe import PROBES, RunbookDisagrees
from rounds.targets import Postgres

from .conftest import Server

Row = Callable[..., Any]
DATABASE = Postgres(name="database", dsn=SecretStr("x"))
FINISHED = ("completed", "failed")


@pytest.fixture
def jobs(server: Server) -> Iterator[Server]:
    yield server
    server.run("TRUNCATE jobs")


def unfinished(database: Postgres, created: str = "created_at", ignored: tuple[str, ...] = ()) -> facts.UnfinishedJobs:
    found: facts.UnfinishedJobs = PROBES["unfinished_jobs"].look(database, "jobs", "status", FINISHED, ignored, created)
    return found


def shares(database: Postgres, table: str = "jobs") -> tuple[facts.Share, ...]:
    found: tuple[facts.Share, ...] = PROBES["shares"].look(
        database, table, "job_type", "status", ("failed",), ("completed",), "created_at", 604800.0
    )
    return found


def judged_age(row: Row, fact: facts.UnfinishedJobs) -> Observer:
    observer = Observer()
    expected = row(checks.JobAge, database=DATABASE, table="jobs", finished=list(FINISHED))
    checks.test_job_age(expected, fact, observer)
    return observer


def judged_share(row: Row, fact: tuple[facts.Share, ...]) -> Observer:
    observer = Observer()
    names = {"table": "jobs", "group": "job_type", "bad": ["failed"], "good": ["completed"]}
    checks.test_ratio_threshold(row(checks.RatioThreshold, database=DATABASE, **names), fact, observer)
    return observer


def test_finished_and_fresh_jobs_are_fine(row: Row, jobs: Server, database: Postgres) -> None:
    jobs.run(
        "INSERT INTO jobs (status, created_at) VALUES ('completed', now() - interval '9 days'), ('running', now())"
    )
    fact = unfinished(database)
    assert [(each.status, each.count) for each in fact.by_status] == [("running", 1)]
    assert judged_age(row, fact).outcome is Outcome.OK


def test_a_job_that_has_been_running_since_last_week_is_critical(row: Row, jobs: Server, database: Postgres) -> None:
    jobs.run("INSERT INTO jobs (status, created_at) VALUES ('pending', now()), ('running', now() - interval '7 days')")
    observer = judged_age(row, unfinished(database))
    assert observer.outcome is Outcome.CRITICAL
    assert "7 d" in observer.summary
    assert "running" in observer.summary


def test_statuses_that_may_last_are_left_aside(row: Row, jobs: Server, database: Postgres) -> None:
    jobs.run("INSERT INTO jobs (status, created_at) VALUES ('pending', now() - interval '7 days'), ('running', now())")
    assert judged_age(row, unfinished(database)).outcome is Outcome.CRITICAL
    assert judged_age(row, unfinished(database, ignored=("pending",))).outcome is Outcome.OK
    jobs.run("INSERT INTO jobs (status, created_at) VALUES ('stopping', now() - interval '7 days')")
    assert judged_age(row, unfinished(database, ignored=("pending",))).outcome is Outcome.CRITICAL


def test_a_job_without_status_is_unfinished(row: Row, jobs: Server, database: Postgres) -> None:
    jobs.run("INSERT INTO jobs (created_at) VALUES (now() - interval '2 days')")
    assert judged_age(row, unfinished(database)).outcome is Outcome.CRITICAL


@pytest.mark.parametrize(
    "job",
    [
        "INSERT INTO jobs (status, created_at) VALUES ('pending', now() + interval '5 hours')",
        "INSERT INTO jobs (status, created_at) VALUES ('running', now() + interval '5 hours')",
    ],
)
def test_an_unfinished_job_of_the_future_is_unknown(row: Row, jobs: Server, database: Postgres, job: str) -> None:
    jobs.run(job)
    jobs.run("INSERT INTO jobs (status, created_at) VALUES ('running', now() - interval '1 hour')")
    observer = judged_age(row, unfinished(database))
    assert observer.outcome is Outcome.UNKNOWN
    assert "lies in the future" in observer.summary


def test_a_job_made_by_a_clock_some_seconds_ahead_is_fine(row: Row, jobs: Server, database: Postgres) -> None:
    jobs.run("INSERT INTO jobs (status, created_at) VALUES ('running', now() + interval '20 seconds')")
    assert judged_age(row, unfinished(database)).outcome is Outcome.OK


def test_an_empty_table_of_jobs_is_unknown(row: Row, jobs: Server, database: Postgres) -> None:
    assert jobs.run("SELECT count(*) FROM jobs") == [(0,)]
    assert judged_age(row, unfinished(database)).outcome is Outcome.UNKNOWN


def test_an_unfinished_job_without_a_time_is_unknown(row: Row, jobs: Server, database: Postgres) -> None:
    jobs.run("INSERT INTO jobs (status) VALUES ('running')")
    assert judged_age(row, unfinished(database)).outcome is Outcome.UNKNOWN


def test_only_finished_jobs_are_fine(row: Row, jobs: Server, database: Postgres) -> None:
    jobs.run("INSERT INTO jobs (status, created_at) VALUES ('completed', now())")
    assert judged_age(row, unfinished(database)).outcome is Outcome.OK


def test_times_without_a_zone_are_read_in_the_zone_of_the_target(jobs: Server) -> None:
    jobs.run("INSERT INTO jobs (status, made_local) VALUES ('running', now() AT TIME ZONE 'Asia/Tokyo')")
    (there,) = unfinished(jobs.target(timezone="Asia/Tokyo"), "made_local").by_status
    (elsewhere,) = unfinished(jobs.target(), "made_local").by_status
    assert there.oldest_seconds == pytest.approx(0, abs=30)
    assert elsewhere.oldest_seconds == pytest.approx(-9 * 3600, abs=30)


def test_a_column_that_does_not_exist_is_told(database: Postgres, errors_logged: Callable[[], int]) -> None:
    with pytest.raises(RunbookDisagrees, match="column made of relation jobs does not exist"):
        unfinished(database, "made")
    assert errors_logged() == 0


def test_a_few_failed_jobs_are_fine(row: Row, jobs: Server, database: Postgres) -> None:
    jobs.run(
        "INSERT INTO jobs (job_type, status, created_at) SELECT 'a', 'completed', now() FROM generate_series(1, 97)"
    )
    jobs.run("INSERT INTO jobs (job_type, status, created_at) SELECT 'a', 'failed', now() FROM generate_series(1, 3)")
    jobs.run("INSERT INTO jobs (job_type, status, created_at) SELECT 'a', 'running', now() FROM generate_series(1, 30)")
    fact = shares(database)
    assert fact == (facts.Share("a", 3, 100, 3, 100),)
    assert judged_share(row, fact).outcome is Outcome.OK


def test_a_tenth_of_failed_jobs_of_one_type_is_critical(row: Row) -> None:
    fact = (facts.Share("a", 0, 500, 0, 100), facts.Share("b", 10, 100, 2, 50))
    observer = judged_share(row, fact)
    assert observer.outcome is Outcome.CRITICAL
    assert "b this month is 10 %" in observer.summary


def test_on_the_first_of_the_month_the_sliding_window_decides(row: Row) -> None:
    assert judged_share(row, (facts.Share("a", 1, 1, 2, 100),)).outcome is Outcome.OK
    assert judged_share(row, (facts.Share("a", 0, 0, 20, 100),)).outcome is Outcome.CRITICAL


def test_no_finished_job_is_unknown(row: Row, jobs: Server, database: Postgres) -> None:
    jobs.run("INSERT INTO jobs (job_type, status, created_at) VALUES ('a', 'failed', now() - interval '400 days')")
    assert judged_share(row, shares(database)).outcome is Outcome.UNKNOWN


def test_too_few_finished_jobs_are_unknown(row: Row) -> None:
    assert judged_share(row, (facts.Share("a", 3, 3, 3, 3),)).outcome is Outcome.UNKNOWN
