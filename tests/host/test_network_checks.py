"""The judgements on ports and traffic: healthy and broken facts side by side."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from rounds.checks import test_network as checks
from rounds.fixtures.host import Machine
from rounds.fixtures.network import Interface, Socket
from rounds.judge import Earlier, EarlierFigure, Observer
from rounds.outcome import Outcome
from rounds.targets import Host

HOST = Host(name="app")
HOUR, DAY = 3600.0, 86_400.0
MB = 1_000_000
ETH0, LO = Interface("eth0", 200_000 * MB, 200 * MB, 100), Interface("lo", MB, MB, 0)
WELL = Machine(None, None, (), {}, uptime_seconds=30 * DAY, interfaces=(LO, ETH0))
Row = Callable[..., Any]


@pytest.fixture
def observer() -> Observer:
    return Observer()


def earlier(
    byte_count: float = 100_000 * MB, packets: float = 100 * MB, lost: float = 50, rates: tuple[float, ...] = ()
) -> Earlier:
    """The counters of a day ago, and what rounds before had as throughput."""
    counters = {"bytes": byte_count, "packets": packets, "lost packets": lost}
    figures = {f"eth0 {what}": [EarlierFigure(float(count), DAY)] for what, count in counters.items()}
    figures["eth0 throughput"] = [EarlierFigure(rate, DAY * (1 + place)) for place, rate in enumerate(rates)]
    return Earlier(figures)


def judged(row: Row, observer: Observer, machine: Machine, before: Earlier, **more: Any) -> Outcome:
    checks.test_network_traffic(row(checks.NetworkTraffic, host=HOST, **more), machine, before, observer)
    return observer.outcome


@pytest.mark.parametrize(
    ("lost", "outcome"),
    [(100, Outcome.OK), (100_050, Outcome.OK), (100_052, Outcome.CRITICAL), (5 * MB, Outcome.CRITICAL)],
)
def test_lost_packets_are_judged_since_the_earlier_round(
    row: Row, observer: Observer, lost: int, outcome: Outcome
) -> None:
    seen = replace(WELL, interfaces=(LO, replace(ETH0, errors_and_drops=lost)))
    assert judged(row, observer, seen, earlier()) is outcome


@pytest.mark.parametrize(
    ("rates", "outcome"),
    [
        ((), Outcome.OK),
        ((1.2 * MB, 1.1 * MB), Outcome.OK),
        ((0.2 * MB, 0.3 * MB), Outcome.CRITICAL),
        ((6.0 * MB, 7.0 * MB), Outcome.CRITICAL),
    ],
)
def test_throughput_is_judged_against_its_own_mean_up_and_down(
    row: Row, observer: Observer, rates: tuple[float, ...], outcome: Outcome
) -> None:
    assert judged(row, observer, WELL, earlier(rates=rates)) is outcome


def test_only_rounds_of_this_hour_count_where_a_row_wants_it(row: Row, observer: Observer) -> None:
    figures = dict(earlier().figures)
    figures["eth0 throughput"] = [EarlierFigure(9.0 * MB, DAY / 2), EarlierFigure(1.2 * MB, 2 * DAY)]
    assert judged(row, observer, WELL, Earlier(figures), same_hour=True) is Outcome.OK


def test_a_quiet_interface_is_no_anomaly_whatever_its_factor(row: Row, observer: Observer) -> None:
    seen = replace(WELL, interfaces=(replace(ETH0, bytes=100_000 * MB + 100 * MB),))
    assert judged(row, observer, seen, earlier(rates=(10.0,))) is Outcome.OK


def test_a_machine_that_started_meanwhile_is_judged_since_then(row: Row, observer: Observer) -> None:
    young = replace(WELL, uptime_seconds=HOUR, interfaces=(replace(ETH0, bytes=3600 * MB, packets=3 * MB),))
    assert judged(row, observer, young, earlier(rates=(1.0 * MB,))) is Outcome.OK
    assert {each.name: each.value for each in observer.observations}["eth0 throughput"] == pytest.approx(MB)


def test_a_few_packets_make_no_share(row: Row, observer: Observer) -> None:
    few = replace(WELL, interfaces=(replace(ETH0, packets=100 * MB + 20, errors_and_drops=51),))
    assert judged(row, observer, few, earlier()) is Outcome.OK


@pytest.mark.parametrize(
    ("machine", "more", "outcome"),
    [
        (WELL, {"interfaces": ["eth1"]}, Outcome.CRITICAL),
        (replace(WELL, interfaces=(LO,)), {}, Outcome.UNKNOWN),
        (replace(WELL, interfaces=(LO, replace(ETH0, packets=0))), {}, Outcome.UNKNOWN),
        (replace(WELL, uptime_seconds=None), {}, Outcome.UNKNOWN),
        (replace(WELL, interfaces=(), complaints={"interfaces": "no"}), {"interfaces": ["eth0"]}, Outcome.UNKNOWN),
    ],
)
def test_interfaces_that_are_not_there_are_never_good(
    row: Row, observer: Observer, machine: Machine, more: dict[str, Any], outcome: Outcome
) -> None:
    assert judged(row, observer, machine, Earlier(), **more) is outcome


API, DATABASE, OPEN = Socket("tcp", 443, False), Socket("tcp", 5432, True), Socket("tcp", 5432, False)


@pytest.mark.parametrize(
    ("sockets", "outcome"),
    [
        ((API, DATABASE), Outcome.OK),
        ((API,), Outcome.OK),
        ((DATABASE,), Outcome.CRITICAL),
        ((API, DATABASE, OPEN), Outcome.CRITICAL),
        ((replace(API, protocol="udp"), DATABASE), Outcome.CRITICAL),
        ((), Outcome.CRITICAL),
    ],
)
def test_ports_listen_and_are_closed_as_they_should(
    row: Row, observer: Observer, sockets: tuple[Socket, ...], outcome: Outcome
) -> None:
    expected = row(checks.ListeningPorts, host=HOST, listening=[443], local_only=[5432])
    checks.test_listening_ports(expected, replace(WELL, sockets=sockets), observer)
    assert observer.outcome is outcome


def test_ports_that_cannot_be_seen_are_unknown(row: Row, observer: Observer) -> None:
    seen = replace(WELL, complaints={"sockets": "/proc/net/tcp cannot be read"})
    checks.test_listening_ports(row(checks.ListeningPorts, host=HOST, local_only=[5432]), seen, observer)
    assert observer.outcome is Outcome.UNKNOWN
