"""The judgements on hosts: healthy and broken facts side by side."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from rounds.checks import test_host as checks
from rounds.fixtures.host import Load, Machine, Memory, Processor
from rounds.fixtures.volumes import Volume
from rounds.judge import Observer
from rounds.outcome import Outcome
from rounds.targets import Host

HOST = Host(name="app")
ROOT = Volume("/", "/dev/vda1", 60, 40, 10, 90)
IMAGE = Volume("/snap/core", "/dev/loop0", 100, 0, 100, 0)
WELL = Machine(Memory(100, 50), Load(1.0, 2), (ROOT, IMAGE), {})
Row = Callable[..., Any]


@pytest.fixture
def observer() -> Observer:
    return Observer()


@pytest.mark.parametrize(
    ("machine", "outcome"),
    [
        (WELL, Outcome.OK),
        (replace(WELL, volumes=(replace(ROOT, used_bytes=90, free_bytes=10),)), Outcome.OK),
        (replace(WELL, volumes=(replace(ROOT, used_bytes=91, free_bytes=9),)), Outcome.CRITICAL),
        (replace(WELL, volumes=(replace(ROOT, inodes_used=91, inodes_free=9),)), Outcome.CRITICAL),
        (replace(WELL, volumes=(replace(ROOT, inodes_used=None, inodes_free=None),)), Outcome.OK),
        (replace(WELL, volumes=(replace(ROOT, free_bytes=-5),)), Outcome.CRITICAL),
        (replace(WELL, volumes=(IMAGE,)), Outcome.UNKNOWN),
        (replace(WELL, volumes=()), Outcome.UNKNOWN),
        (replace(WELL, complaints={"volumes": "df: /nas: Stale file handle"}), Outcome.UNKNOWN),
    ],
)
def test_disks_need_room_on_every_data_volume(row: Row, observer: Observer, machine: Machine, outcome: Outcome) -> None:
    checks.test_disk_usage(row(checks.DiskUsage, host=HOST), machine, observer)
    assert observer.outcome is outcome


def test_a_named_volume_that_is_not_mounted_is_critical(row: Row, observer: Observer) -> None:
    checks.test_disk_usage(row(checks.DiskUsage, host=HOST, paths=["/", "/srv/bigshot"]), WELL, observer)
    assert observer.outcome is Outcome.CRITICAL
    assert "/srv/bigshot" in observer.summary


def test_a_named_volume_is_judged_whatever_it_is(row: Row, observer: Observer) -> None:
    checks.test_disk_usage(row(checks.DiskUsage, host=HOST, paths=["/snap/core"]), WELL, observer)
    assert observer.outcome is Outcome.CRITICAL


@pytest.mark.parametrize(
    ("available", "outcome"), [(62, Outcome.OK), (10, Outcome.OK), (5, Outcome.CRITICAL), (None, Outcome.UNKNOWN)]
)
def test_memory_counts_what_is_not_available(
    row: Row, observer: Observer, available: int | None, outcome: Outcome
) -> None:
    memory = None if available is None else Memory(100, available)
    checks.test_memory_usage(row(checks.MemoryUsage, host=HOST), replace(WELL, memory=memory), observer)
    assert observer.outcome is outcome


@pytest.mark.parametrize(
    ("load", "outcome"),
    [(Load(3.0, 2), Outcome.OK), (Load(8.0, 2), Outcome.CRITICAL), (Load(8.0, 8), Outcome.OK), (None, Outcome.UNKNOWN)],
)
def test_load_is_judged_per_core(row: Row, observer: Observer, load: Load | None, outcome: Outcome) -> None:
    checks.test_load_average(row(checks.LoadAverage, host=HOST), replace(WELL, load=load), observer)
    assert observer.outcome is outcome


@pytest.mark.parametrize(("busy", "outcome"), [(80.0, Outcome.OK), (80.1, Outcome.CRITICAL)])
def test_the_processor_needs_time_to_spare(row: Row, observer: Observer, busy: float, outcome: Outcome) -> None:
    checks.test_cpu_usage(row(checks.CpuUsage, host=HOST), Processor(busy, 300), observer)
    assert observer.outcome is outcome


@pytest.mark.parametrize(
    ("given", "deadline"),
    [({}, None), ({"over": "5m"}, 330), ({"over": "2s"}, 32), ({"over": "5m", "deadline": "9m"}, 540)],
)
def test_the_deadline_fits_the_window(row: Row, given: dict[str, str], deadline: float | None) -> None:
    assert row(checks.CpuUsage, host=HOST, **given).deadline == deadline


def test_a_window_that_is_no_duration_is_refused_in_its_own_words(row: Row) -> None:
    with pytest.raises(ValidationError, match="'10 MB' is a size; a duration"):
        row(checks.CpuUsage, host=HOST, over="10 MB")


@pytest.mark.parametrize(("free", "outcome"), [("40%", Outcome.OK), ("41%", Outcome.CRITICAL)])
def test_a_row_may_say_how_much_stays_free(row: Row, observer: Observer, free: str, outcome: Outcome) -> None:
    checks.test_disk_usage(row(checks.DiskUsage, host=HOST, free=free), WELL, observer)
    assert observer.outcome is outcome


@pytest.mark.parametrize(
    ("memory", "outcome"),
    [
        (Memory(100, 50, 10, 5), Outcome.OK),
        (Memory(100, 50, 10, 4), Outcome.CRITICAL),
        (Memory(100, 50), Outcome.OK),
        (None, Outcome.UNKNOWN),
    ],
)
def test_swap_is_not_lived_in(row: Row, observer: Observer, memory: Memory | None, outcome: Outcome) -> None:
    checks.test_swap_usage(row(checks.SwapUsage, host=HOST), replace(WELL, memory=memory), observer)
    assert observer.outcome is outcome
