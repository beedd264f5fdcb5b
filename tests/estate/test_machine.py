"""The machine of an estate, as a host's own probe reads it."""

import pytest

from rounds.estate.ground import raze, servant, settle
from rounds.estate.machine import TRAFFIC, Machine
from rounds.fixtures import host
from rounds.probe import PROBES
from rounds.targets import Host

assert host


@pytest.fixture
def machine():
    root = settle(servant())
    running = Machine(root, volume="/srv/shop")
    running.start()
    yield running
    running.stop()
    raze(root)


def look(machine):
    target = Host(name="app", system="shop", procfs=str(machine.proc), path=str(machine.root / "bin"))
    return PROBES["machine"].look(target)


def test_the_probe_finds_every_part_that_the_stand_in_shows(machine):
    seen = look(machine)
    assert seen.uptime_seconds > 19 * 86400
    assert {each.name for each in seen.interfaces if each.is_physical} == {"eth0"}
    assert {each.mount for each in seen.volumes} >= {"/", "/srv/shop"}
    assert {"memory", "load", "volumes", "uptime", "mounts", "interfaces"}.isdisjoint(seen.complaints)


def test_a_day_that_is_lived_shows_as_uptime_and_traffic(machine):
    before = look(machine)
    machine.live(86400)
    after = look(machine)
    assert after.uptime_seconds - before.uptime_seconds == pytest.approx(86400, abs=60)
    counted = [next(each.bytes for each in seen.interfaces if each.name == "eth0") for seen in (before, after)]
    assert counted[1] - counted[0] == pytest.approx(86400 * TRAFFIC["eth0"], rel=0.01)


def test_lost_packets_are_shown_and_go_again(machine):
    machine.lost = machine.packets(3600)
    machine.tick_now()
    assert [each.errors_and_drops for each in look(machine).interfaces if each.name == "eth0"] == [machine.lost]
    machine.lost = 0
    machine.tick_now()
    assert [each.errors_and_drops for each in look(machine).interfaces] == [0, 0]
