"""The judgements on units of systemd and on mounts: healthy and broken facts side by side."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from rounds.checks import test_units as checks
from rounds.fixtures.host import Machine
from rounds.fixtures.units import Unit
from rounds.fixtures.volumes import Mount
from rounds.judge import Observer
from rounds.outcome import Outcome
from rounds.targets import Host

HOST = Host(name="app")
API = Unit("shop-api.service", "loaded", "active", "running", "enabled", up_seconds=86_400.0)
EMPTY = Machine(None, None, (), {})
Row = Callable[..., Any]


@pytest.fixture
def observer() -> Observer:
    return Observer()


def judged(row: Row, observer: Observer, machine: Machine, **more: Any) -> Outcome:
    expected = row(checks.SystemdUnitState, host=HOST, units=["shop-api"], **more)
    checks.test_systemd_unit_state(expected, machine, observer)
    return observer.outcome


@pytest.mark.parametrize(
    ("unit", "outcome"),
    [
        (API, Outcome.OK),
        (replace(API, active="inactive", sub="dead", up_seconds=None), Outcome.CRITICAL),
        (replace(API, active="failed", sub="failed", result="exit-code", up_seconds=None), Outcome.CRITICAL),
        (replace(API, active="activating", sub="auto-restart", restarts=36, up_seconds=None), Outcome.CRITICAL),
        (replace(API, load="masked", active="inactive", file="masked", up_seconds=None), Outcome.CRITICAL),
        (replace(API, file="disabled"), Outcome.CRITICAL),
        (replace(API, file="enabled-runtime"), Outcome.CRITICAL),
        (replace(API, up_seconds=599.0), Outcome.CRITICAL),
        (replace(API, up_seconds=None), Outcome.UNKNOWN),
        (replace(API, load="not-found", active="inactive"), Outcome.UNKNOWN),
        (replace(API, name="other.service"), Outcome.UNKNOWN),
    ],
)
def test_a_unit_is_active_enabled_and_has_run_for_a_while(
    row: Row, observer: Observer, unit: Unit, outcome: Outcome
) -> None:
    assert judged(row, observer, replace(EMPTY, units=(unit,))) is outcome


def test_a_unit_that_is_not_there_disagrees_with_the_runbook(row: Row, observer: Observer) -> None:
    judged(row, observer, replace(EMPTY, units=(replace(API, name="other.service"),)))
    assert "the runbook and the system disagree: there is no unit shop-api on app" in observer.summary


def test_a_host_without_systemd_says_so(row: Row, observer: Observer) -> None:
    assert judged(row, observer, replace(EMPTY, complaints={"units": "there is no systemctl"})) is Outcome.UNKNOWN
    assert "there is no systemctl" in observer.summary


def test_a_unit_that_another_starts_need_not_be_enabled(row: Row, observer: Observer) -> None:
    seen = replace(EMPTY, units=(replace(API, file="static"),))
    assert judged(row, observer, seen, enabled=False) is Outcome.OK


ROOT, DATA = Mount("/", "/dev/vda1", "ext4", writable=True), Mount("/srv", "nas:/srv", "nfs4", writable=True)


@pytest.mark.parametrize(
    ("mounts", "outcome"),
    [
        ((ROOT, DATA), Outcome.OK),
        ((ROOT,), Outcome.CRITICAL),
        ((ROOT, replace(DATA, writable=False)), Outcome.CRITICAL),
        ((ROOT, DATA, replace(DATA, writable=False)), Outcome.CRITICAL),
        ((ROOT, replace(DATA, filesystem="tmpfs")), Outcome.CRITICAL),
    ],
)
def test_a_file_system_is_mounted_as_it_should_be(
    row: Row, observer: Observer, mounts: tuple[Mount, ...], outcome: Outcome
) -> None:
    expected = row(checks.Mounts, host=HOST, paths=["/srv"], filesystems=["nfs4", "nfs"])
    checks.test_mounts(expected, replace(EMPTY, mounts=mounts), observer)
    assert observer.outcome is outcome


def test_mounts_that_cannot_be_read_are_not_missing(row: Row, observer: Observer) -> None:
    seen = replace(EMPTY, complaints={"mounts": "/proc/mounts: Permission denied"})
    checks.test_mounts(row(checks.Mounts, host=HOST, paths=["/srv"]), seen, observer)
    assert observer.outcome is Outcome.UNKNOWN


def test_a_file_system_may_be_read_only_on_purpose(row: Row, observer: Observer) -> None:
    expected = row(checks.Mounts, host=HOST, paths=["/srv"], writable=False)
    checks.test_mounts(expected, replace(EMPTY, mounts=(replace(DATA, writable=False),)), observer)
    assert observer.outcome is Outcome.OK
