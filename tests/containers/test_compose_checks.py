"""The judgements on a compose project: what runs, what has run on, what is really stopped."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from rounds.checks import test_compose as checks
from rounds.fixtures.containers import Container, Inside, Services
from rounds.judge import Observer
from rounds.outcome import Outcome
from rounds.targets import Compose, Host, Postgres

COMPOSE = Compose(name="compose", host=Host(name="app"), file="prod.yml")
DATABASE = Postgres(name="database", dsn=SecretStr("postgresql://reader@localhost/shop"))
HOUR = 3600.0
FIRST = Inside(restarts=0, created_seconds=1000.0, started_seconds=999.0)
LONG_AGO = Inside(restarts=2, created_seconds=90 * HOUR, started_seconds=50 * HOUR)
Row = Callable[..., Any]


@pytest.fixture
def observer() -> Observer:
    return Observer()


def container(state: str, health: str = "", exit_code: int = 0, service: str = "redis") -> Container:
    return Container(f"bigshot-{service}-1", service, state, health, exit_code)


@pytest.mark.parametrize(
    ("containers", "outcome"),
    [
        ([container("running")], Outcome.OK),
        ([container("running", "healthy")], Outcome.OK),
        ([container("running"), container("exited", exit_code=1)], Outcome.OK),
        ([], Outcome.CRITICAL),
        ([container("exited")], Outcome.CRITICAL),
        ([container("exited", exit_code=137)], Outcome.CRITICAL),
        ([container("restarting")], Outcome.CRITICAL),
        ([container("paused")], Outcome.CRITICAL),
        ([container("running", "unhealthy")], Outcome.CRITICAL),
        ([container("running", "healthy"), container("restarting")], Outcome.CRITICAL),
        ([container("running", "starting")], Outcome.UNKNOWN),
        ([container("running", service="other")], Outcome.CRITICAL),
    ],
)
def test_every_service_needs_a_running_container(
    row: Row, observer: Observer, containers: list[Container], outcome: Outcome
) -> None:
    seen = Services(("redis",), tuple(containers))
    checks.test_compose_services_up(row(checks.ComposeServicesUp, compose=COMPOSE), seen, observer)
    assert observer.outcome is outcome


@pytest.mark.parametrize(
    ("code", "run_once", "outcome"),
    [(0, ["migrate"], Outcome.OK), (1, ["migrate"], Outcome.CRITICAL), (0, [], Outcome.CRITICAL)],
)
def test_a_service_that_runs_once_may_have_ended_well(
    row: Row, observer: Observer, code: int, run_once: list[str], outcome: Outcome
) -> None:
    seen = Services(("migrate",), (container("exited", exit_code=code, service="migrate"),))
    expected = row(checks.ComposeServicesUp, compose=COMPOSE, run_once=run_once)
    checks.test_compose_services_up(expected, seen, observer)
    assert observer.outcome is outcome


def test_a_compose_file_without_services_is_critical(row: Row, observer: Observer) -> None:
    checks.test_compose_services_up(row(checks.ComposeServicesUp, compose=COMPOSE), Services((), ()), observer)
    assert observer.outcome is Outcome.CRITICAL


@pytest.mark.parametrize(
    ("inside", "outcome"),
    [
        (FIRST, Outcome.OK),
        (LONG_AGO, Outcome.OK),
        (replace(LONG_AGO, started_seconds=600.0), Outcome.CRITICAL),
        (replace(LONG_AGO, restarts=0, started_seconds=600.0), Outcome.CRITICAL),
        (Inside(), Outcome.UNKNOWN),
        (None, Outcome.UNKNOWN),
    ],
)
def test_no_container_was_started_again_in_the_last_hour(
    row: Row, observer: Observer, inside: Inside | None, outcome: Outcome
) -> None:
    seen = Services(("redis",), (replace(container("running"), inside=inside),))
    expected = row(checks.ComposeServicesUp, compose=COMPOSE, unbroken="1h")
    checks.test_compose_services_up(expected, seen, observer)
    assert observer.outcome is outcome


@pytest.mark.parametrize(
    ("inside", "outcome"), [(FIRST, Outcome.OK), (LONG_AGO, Outcome.CRITICAL), (None, Outcome.UNKNOWN)]
)
def test_restarts_since_the_container_was_made_are_counted_when_a_row_wants_it(
    row: Row, observer: Observer, inside: Inside | None, outcome: Outcome
) -> None:
    seen = Services(("redis",), (replace(container("running"), inside=inside),))
    checks.test_compose_services_up(row(checks.ComposeServicesUp, compose=COMPOSE, restarts=0), seen, observer)
    assert observer.outcome is outcome


@pytest.mark.parametrize(
    ("inside", "outcome"),
    [
        (replace(LONG_AGO, restarts=0, started_seconds=20.0), Outcome.OK),
        (replace(LONG_AGO, started_seconds=20.0), Outcome.CRITICAL),
        (replace(LONG_AGO, started_seconds=599.0), Outcome.CRITICAL),
        (replace(LONG_AGO, started_seconds=600.0), Outcome.OK),
        (Inside(restarts=1), Outcome.UNKNOWN),
        (None, Outcome.UNKNOWN),
    ],
)
def test_after_a_recovery_only_restarts_by_the_policy_count_and_only_new_ones(
    row: Row, observer: Observer, inside: Inside | None, outcome: Outcome
) -> None:
    seen = Services(("redis",), (replace(container("running"), inside=inside),))
    checks.test_compose_services_up(row(checks.ComposeServicesUp, compose=COMPOSE, stable="10m"), seen, observer)
    assert observer.outcome is outcome


@pytest.mark.parametrize(
    ("names", "outcome"), [(["redis"], Outcome.OK), (["manage"], Outcome.CRITICAL), (["manege"], Outcome.UNKNOWN)]
)
def test_a_row_may_name_the_services_it_means(row: Row, observer: Observer, names: list[str], outcome: Outcome) -> None:
    seen = Services(("redis", "manage"), (container("running"), container("exited", service="manage")))
    checks.test_compose_services_up(row(checks.ComposeServicesUp, compose=COMPOSE, services=names), seen, observer)
    assert observer.outcome is outcome


def down(
    row: Row, observer: Observer, seen: Services, newest: float | None = None, called: float | None = None, **more: Any
) -> Outcome:
    expected = row(checks.ComposeServicesDown, compose=COMPOSE, services=["scraper"], **more)
    checks.test_compose_services_down(expected, seen, newest, called, observer)
    return observer.outcome


STOPPED = replace(container("exited", service="scraper"), inside=Inside(finished_seconds=300.0))


@pytest.mark.parametrize(
    ("seen", "outcome"),
    [
        (Services(("scraper",), (STOPPED,)), Outcome.OK),
        (Services(("scraper",), ()), Outcome.OK),
        (Services(("scraper",), (STOPPED, container("running", service="scraper"))), Outcome.CRITICAL),
        (Services(("scraper",), (STOPPED, container("restarting", service="scraper"))), Outcome.CRITICAL),
        (Services(("scraper",), (STOPPED,), (container("running", service="scraper"),)), Outcome.CRITICAL),
        (Services(("redis",), ()), Outcome.UNKNOWN),
    ],
)
def test_a_stopped_service_has_no_container_that_runs(
    row: Row, observer: Observer, seen: Services, outcome: Outcome
) -> None:
    assert down(row, observer, seen) is outcome


@pytest.mark.parametrize(
    ("newest", "containers", "outcome"),
    [
        (301.0, (STOPPED,), Outcome.OK),
        (20.0, (STOPPED,), Outcome.CRITICAL),
        (None, (STOPPED,), Outcome.UNKNOWN),
        (301.0, (), Outcome.UNKNOWN),
    ],
)
def test_nothing_was_added_since_the_service_stopped(
    row: Row, observer: Observer, newest: float | None, containers: tuple[Container, ...], outcome: Outcome
) -> None:
    seen = Services(("scraper",), containers)
    assert down(row, observer, seen, newest, database=DATABASE, table="scrape_logs") is outcome


def test_a_database_without_a_table_is_refused(row: Row) -> None:
    with pytest.raises(ValidationError, match="both, or none"):
        row(checks.ComposeServicesDown, compose=COMPOSE, services=["scraper"], database=DATABASE)


def test_without_an_incident_nothing_has_to_be_stopped(row: Row, observer: Observer) -> None:
    seen = Services(("scraper",), (container("running", service="scraper"),))
    with pytest.raises(pytest.skip.Exception, match="no incident is open"):
        down(row, observer, seen, incident="/srv/emergency")
    assert down(row, observer, seen, called=60.0, incident="/srv/emergency") is Outcome.CRITICAL
