"""The judgements on containers: healthy and broken facts side by side."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from rounds.checks import test_containers as checks
from rounds.fixtures.containers import Container, Inside, Services, Use, WorkerMemory
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


LIMITED = Inside(memory_limit_bytes=GIB, cpu_limit_cores=0.5)


@pytest.mark.parametrize(
    ("inside", "unlimited", "outcome"),
    [
        (LIMITED, [], Outcome.OK),
        (replace(LIMITED, memory_limit_bytes=None), [], Outcome.CRITICAL),
        (replace(LIMITED, cpu_limit_cores=None), [], Outcome.CRITICAL),
        (None, [], Outcome.CRITICAL),
        (Inside(), ["scraper"], Outcome.UNKNOWN),
    ],
)
def test_every_container_has_limits(
    row: Row, observer: Observer, inside: Inside | None, unlimited: list[str], outcome: Outcome
) -> None:
    seen = Services(("scraper",), (Container("shop-scraper-1", "scraper", "running", "", 0, inside),))
    checks.test_container_limits(row(checks.ContainerLimits, compose=COMPOSE, unlimited=unlimited), seen, observer)
    assert observer.outcome is outcome


def test_a_project_without_containers_has_no_limits_to_judge(row: Row, observer: Observer) -> None:
    checks.test_container_limits(row(checks.ContainerLimits, compose=COMPOSE), Services(("scraper",), ()), observer)
    assert observer.outcome is Outcome.UNKNOWN


def test_a_mean_over_a_minute_has_time_to_be_taken(row: Row) -> None:
    assert row(checks.DockerResources, compose=COMPOSE, over="1m").deadline == 90
