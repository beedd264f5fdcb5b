"""The judgements on containers: healthy and broken facts side by side."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from rounds.checks import test_containers as checks
from rounds.fixtures.containers import Container, Services, Use, WorkerMemory
from rounds.judge import Earlier, EarlierFigure, Observer
from rounds.outcome import Outcome
from rounds.targets import Compose, Host

COMPOSE = Compose(name="compose", host=Host(name="app"), file="prod.yml")
MIB, GIB = 2.0**20, 2**30
USE = Use("bigshot-backend-1", "backend", 500 * MIB, GIB, 0.5, 1.0)
WORKERS = WorkerMemory((USE,), (200 * 2**20, 100 * 2**20), 4)
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
    ("use", "outcome"),
    [
        (USE, Outcome.OK),
        (replace(USE, memory_bytes=930 * MIB), Outcome.CRITICAL),
        (replace(USE, cpu_cores=0.9), Outcome.CRITICAL),
        (replace(USE, cpu_cores=0.9, cpu_limit_cores=4.0), Outcome.OK),
        (replace(USE, memory_limit_bytes=None), Outcome.UNKNOWN),
        (replace(USE, memory_bytes=None), Outcome.UNKNOWN),
        (replace(USE, cpu_limit_cores=None), Outcome.UNKNOWN),
    ],
)
def test_containers_stay_within_their_limits(row: Row, observer: Observer, use: Use, outcome: Outcome) -> None:
    checks.test_docker_resources(row(checks.DockerResources, compose=COMPOSE), (use,), observer)
    assert observer.outcome is outcome


def test_a_service_may_have_no_limit_on_purpose(row: Row, observer: Observer) -> None:
    expected = row(checks.DockerResources, compose=COMPOSE, unlimited=["backend"])
    checks.test_docker_resources(expected, (replace(USE, memory_limit_bytes=None),), observer)
    assert observer.outcome is Outcome.OK


def test_a_project_in_which_nothing_runs_is_unknown(row: Row, observer: Observer) -> None:
    checks.test_docker_resources(row(checks.DockerResources, compose=COMPOSE), (), observer)
    assert observer.outcome is Outcome.UNKNOWN


def memory(row: Row, observer: Observer, seen: WorkerMemory, *earlier: EarlierFigure) -> Outcome:
    expected = row(checks.ProcessMemory, compose=COMPOSE, service="backend", workers="gunicorn: worker")
    checks.test_process_memory(expected, seen, Earlier({"memory of all workers": earlier}), observer)
    return observer.outcome


@pytest.mark.parametrize(
    ("seen", "outcome"),
    [
        (WORKERS, Outcome.OK),
        (replace(WORKERS, workers_bytes=(GIB + 1, 100)), Outcome.CRITICAL),
        (replace(WORKERS, containers=(replace(USE, memory_bytes=930 * MIB),)), Outcome.CRITICAL),
        (replace(WORKERS, workers_bytes=()), Outcome.UNKNOWN),
    ],
)
def test_workers_stay_within_bounds_also_in_a_first_round(
    row: Row, observer: Observer, seen: WorkerMemory, outcome: Outcome
) -> None:
    assert memory(row, observer, seen) is outcome


@pytest.mark.parametrize(
    ("was_mib", "hours_ago", "outcome"),
    [
        (300, 24, Outcome.OK),
        (240, 24, Outcome.CRITICAL),
        (240, 48, Outcome.OK),
        (100, 19, Outcome.OK),
        (400, 24, Outcome.OK),
    ],
)
def test_growth_is_judged_per_day_against_a_figure_old_enough(
    row: Row, observer: Observer, was_mib: int, hours_ago: int, outcome: Outcome
) -> None:
    assert memory(row, observer, WORKERS, EarlierFigure(was_mib * MIB, hours_ago * 3600.0)) is outcome


def test_a_pattern_that_cannot_be_read_is_refused_with_the_row(row: Row) -> None:
    with pytest.raises(ValidationError, match="regular expression"):
        row(checks.ProcessMemory, compose=COMPOSE, service="backend", workers="(")
