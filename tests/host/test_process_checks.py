"""The judgements on processes and their memory: healthy and broken facts side by side."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from rounds.checks import test_process_memory as memory
from rounds.checks import test_processes as checks
from rounds.fixtures.host import Machine, Memory
from rounds.fixtures.processes import Process
from rounds.fixtures.units import Unit
from rounds.judge import Earlier, EarlierFigure, Observer
from rounds.outcome import Outcome
from rounds.targets import Host

HOST = Host(name="app", pid_files=("/srv/shop/api.pid",))
MIB, HOUR = 2**20, 3600.0
INIT = Process(1, 0, "systemd", "/sbin/init", 12 * MIB, 12 * MIB, 90 * HOUR)
MAIN = Process(10, 1, "gunicorn", "gunicorn: master [shop]", 50 * MIB, 60 * MIB, 48 * HOUR, ("shop.service",))
WORKERS = tuple(
    Process(
        pid,
        10,
        "gunicorn",
        "gunicorn: worker [shop] --token=s3cret",
        300 * MIB,
        900 * MIB,
        47 * HOUR,
        ("shop.service",),
    )
    for pid in (11, 12)
)
UNIT = Unit("shop.service", "loaded", "active", "running", "enabled", main_pid=10)
WELL = Machine(
    Memory(2000 * MIB, 1000 * MIB),
    None,
    (),
    {},
    processes=(INIT, MAIN, *WORKERS),
    units=(UNIT,),
    pid_files={"/srv/shop/api.pid": 10, "/run/old.pid": 999},
)
STOPPED = replace(WELL, processes=(INIT,), units=(replace(UNIT, active="inactive", sub="dead", main_pid=0),))
BLIND = replace(WELL, processes=(), complaints={"processes": "no process can be seen"})
Row = Callable[..., Any]


@pytest.fixture
def observer() -> Observer:
    return Observer()


WHICH = [{"unit": "shop"}, {"pid_file": "/srv/shop/api.pid"}, {"pattern": r"^gunicorn: (master|worker) \[shop\]"}]


@pytest.mark.parametrize("which", WHICH)
@pytest.mark.parametrize(
    ("seen", "total", "outcome"),
    [
        (WELL, "650 MiB", Outcome.OK),
        (WELL, "649 MiB", Outcome.CRITICAL),
        (STOPPED, "1 GiB", Outcome.UNKNOWN),
        (BLIND, "1 GiB", Outcome.UNKNOWN),
    ],
)
def test_the_memory_of_a_tree_is_summed(  # noqa: PLR0913, PLR0917 - two tables of cases meet
    row: Row, observer: Observer, which: dict[str, str], seen: Machine, total: str, outcome: Outcome
) -> None:
    expected = row(memory.ProcessTreeMemory, host=HOST, total=total, **which)
    memory.test_process_tree_memory(expected, seen, observer)
    assert observer.outcome is outcome
    assert "s3cret" not in observer.summary


def test_processes_below_the_main_one_count_without_its_cgroup(row: Row, observer: Observer) -> None:
    seen = replace(WELL, processes=tuple(replace(each, units=()) for each in WELL.processes))
    memory.test_process_tree_memory(
        row(memory.ProcessTreeMemory, host=HOST, unit="shop", total="649 MiB"), seen, observer
    )
    assert observer.outcome is Outcome.CRITICAL


@pytest.mark.parametrize(
    ("which", "words"),
    [
        ({"unit": "shopp"}, "disagree: there is no unit shopp.service"),
        ({"pid_file": "/run/gone.pid"}, "is not there"),
        ({"pid_file": "/run/old.pid"}, "left over: there is no process 999"),
        ({"pattern": "celery"}, "none of 4 processes fits"),
        ({"unit": "shop", "pattern": "celery"}, "none of 3 processes fits"),
    ],
)
def test_no_process_is_told_with_its_reason(row: Row, observer: Observer, which: dict[str, str], words: str) -> None:
    memory.test_process_tree_memory(row(memory.ProcessTreeMemory, host=HOST, total="1 GiB", **which), WELL, observer)
    assert observer.outcome is Outcome.UNKNOWN
    assert words in observer.summary


@pytest.mark.parametrize(("peak", "outcome"), [("900 MiB", Outcome.OK), ("899 MiB", Outcome.CRITICAL)])
def test_the_highest_peak_counts(row: Row, observer: Observer, peak: str, outcome: Outcome) -> None:
    memory.test_process_peak_memory(row(memory.ProcessPeakMemory, host=HOST, unit="shop", peak=peak), WELL, observer)
    assert observer.outcome is outcome


def test_a_kernel_that_tells_no_peak_is_unknown(row: Row, observer: Observer) -> None:
    seen = replace(WELL, processes=tuple(replace(each, peak_bytes=0) for each in WELL.processes))
    memory.test_process_peak_memory(row(memory.ProcessPeakMemory, host=HOST, unit="shop", peak="1 GiB"), seen, observer)
    assert observer.outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("earlier", "outcome"),
    [
        ([], Outcome.OK),
        ([(290, 1), (150, 45), (20, 46.5)], Outcome.OK),
        ([(290, 1), (149, 45), (400, 46.5)], Outcome.CRITICAL),
        ([(20, 60)], Outcome.OK),
    ],
)
def test_growth_is_judged_against_the_first_round_an_hour_after_the_start(
    row: Row, observer: Observer, earlier: list[tuple[int, float]], outcome: Outcome
) -> None:
    figures = [EarlierFigure(mib * float(MIB), hours * HOUR) for mib, hours in earlier]
    expected = row(memory.ProcessWorkerMemory, host=HOST, unit="shop", pattern="worker")
    memory.test_process_worker_memory(expected, WELL, Earlier({"largest worker": figures}), observer)
    assert observer.outcome is outcome


@pytest.mark.parametrize(("worker", "outcome"), [("300 MiB", Outcome.OK), ("299 MiB", Outcome.CRITICAL)])
def test_each_worker_has_a_limit(row: Row, observer: Observer, worker: str, outcome: Outcome) -> None:
    expected = row(memory.ProcessWorkerMemory, host=HOST, unit="shop", pattern="worker", worker=worker)
    memory.test_process_worker_memory(expected, WELL, Earlier(), observer)
    assert observer.outcome is outcome


def test_workers_whose_age_is_not_told_cannot_be_compared(row: Row, observer: Observer) -> None:
    seen = replace(WELL, processes=tuple(replace(each, age_seconds=None) for each in WELL.processes))
    memory.test_process_worker_memory(
        row(memory.ProcessWorkerMemory, host=HOST, unit="shop"), seen, Earlier(), observer
    )
    assert observer.outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("seen", "outcome"),
    [
        (WELL, Outcome.OK),
        (replace(WELL, memory=Memory(599 * MIB, 100 * MIB)), Outcome.CRITICAL),
        (replace(WELL, memory=None), Outcome.UNKNOWN),
        (replace(WELL, processes=()), Outcome.UNKNOWN),
        (BLIND, Outcome.UNKNOWN),
    ],
)
def test_no_process_holds_more_than_half_of_the_memory(
    row: Row, observer: Observer, seen: Machine, outcome: Outcome
) -> None:
    memory.test_largest_process(row(memory.LargestProcess, host=HOST), seen, observer)
    assert observer.outcome is outcome


ZOMBIE = replace(WORKERS[0], resident_bytes=0, is_zombie=True)


@pytest.mark.parametrize(
    ("seen", "limits", "outcome"),
    [
        (WELL, {"running": 2, "most": 2}, Outcome.OK),
        (replace(WELL, processes=WELL.processes[:3]), {"running": 2, "most": 2}, Outcome.CRITICAL),
        (replace(WELL, processes=(INIT, MAIN, WORKERS[0], ZOMBIE)), {"running": 2, "most": 2}, Outcome.CRITICAL),
        (WELL, {"running": 0, "most": 0}, Outcome.CRITICAL),
        (STOPPED, {"running": 0, "most": 0}, Outcome.OK),
        (STOPPED, {}, Outcome.CRITICAL),
        (BLIND, {"running": 0, "most": 0}, Outcome.UNKNOWN),
    ],
)
def test_processes_are_counted(
    row: Row, observer: Observer, seen: Machine, limits: dict[str, int], outcome: Outcome
) -> None:
    checks.test_process_count(row(checks.ProcessCount, host=HOST, pattern="gunicorn: worker", **limits), seen, observer)
    assert observer.outcome is outcome


@pytest.mark.parametrize(
    ("which", "words"),
    [
        ({}, "names one of unit and pid_file"),
        ({"unit": "shop", "pid_file": "/run/shop.pid"}, "names one of unit and pid_file"),
        ({"pid_file": "/opt/shop.pid"}, "name it under pid_files of app"),
        ({"pattern": "("}, "regular expression"),
    ],
)
def test_a_row_that_names_no_processes_is_refused(row: Row, which: dict[str, str], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        row(checks.ProcessCount, host=HOST, **which)
