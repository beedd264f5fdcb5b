"""The network: what listens, and whether packets get lost."""

from statistics import mean
from typing import Annotated, Literal

from pydantic import Field

from rounds.expectation import Expectation
from rounds.fixtures.host import Machine
from rounds.fixtures.network import Interface
from rounds.judge import Earlier, EarlierFigure, Observer
from rounds.limits import Limit, at_most, exactly
from rounds.quantities import Duration, shown
from rounds.targets import Host

DAY, HOUR = 86_400.0, 3_600.0


class ListeningPorts(Expectation):
    """Ports on which something has to listen, and ports that only the machine itself may reach."""

    host: Host
    listening: tuple[int, ...] = ()
    local_only: Annotated[tuple[int, ...], Field(description="not open to other machines; need not listen")] = ()
    protocol: Literal["tcp", "udp"] = "tcp"


def test_listening_ports(expected: ListeningPorts, machine: Machine, observe: Observer) -> None:
    """What should listen does, and what is not for others is not open to them.

    Remedy: nothing listens: see whether its service runs and which address it was told (`ss -ltnp`). Open although it
    should not be: bind it to 127.0.0.1 and restart it; until then close the port at the firewall.
    """
    if complaint := machine.complaints.get("sockets"):
        observe.unknown("ports", complaint)
        return
    sockets = [each for each in machine.sockets if each.protocol == expected.protocol]
    for port in expected.listening:
        found = [each for each in sockets if each.port == port]
        observe(f"port {port}", "open" if found else "closed", exactly("open"))
    for port in expected.local_only:
        is_open = any(each.port == port and not each.is_local for each in sockets)
        observe(f"port {port} from outside", "open" if is_open else "closed", exactly("closed"))
    if not (expected.listening or expected.local_only):
        observe.unknown("ports", "the row names none")


class NetworkTraffic(Expectation):
    """Which share of packets may be lost, and how far the throughput may be from its mean, up or down.

    Both are taken since an earlier round at least `apart` ago, or since the machine started where it is younger. The
    mean is that of the rounds `within` some days (`same_hour`: only of those at this time of day); less than `quiet`
    counts as that much, and fewer packets than `enough` as that many. Without `interfaces` all physical ones count.
    """

    host: Host
    interfaces: tuple[str, ...] = ()
    lost: Limit = at_most(0.1, unit="%")
    times_mean: Limit = at_most(3)
    apart: Duration = 240.0
    within: Duration = 7 * DAY
    same_hour: bool = False
    quiet: Annotated[float, Field(gt=0, description="bytes a second")] = 10_000.0
    enough: Annotated[int, Field(gt=0)] = 1000


def test_network_traffic(expected: NetworkTraffic, machine: Machine, earlier: Earlier, observe: Observer) -> None:
    """No packets get lost, and the traffic is what it usually is.

    Remedy: `ip -s -s link show dev NAME` tells errors (cable, card, driver) from drops (too little buffer, or packets
    of no use to anybody); `ethtool -S NAME` tells more. Unusual volume: `ss -tinp` and the access logs show who it is.
    """
    there = {each.name: each for each in machine.interfaces}
    wanted = expected.interfaces or [each.name for each in machine.interfaces if each.is_physical and each.packets]
    why = machine.complaints.get("interfaces") or machine.complaints.get("uptime")
    if machine.uptime_seconds is None or not wanted or why:
        observe.unknown("interfaces", why or "no physical interface has seen a packet")
        return
    for name in wanted:
        if name in there:
            _observe_interface(there[name], machine.uptime_seconds, expected, earlier, observe)
        else:
            observe.critical(name, "there is no such interface")


def _observe_interface(
    now: Interface, uptime: float, expected: NetworkTraffic, earlier: Earlier, observe: Observer
) -> None:
    name, counters = now.name, {"bytes": now.bytes, "packets": now.packets, "lost packets": now.errors_and_drops}
    before = {what: earlier.newest(f"{name} {what}", at_least_old=expected.apart) for what in counters}
    passed = min([uptime, *(figure.age_seconds for figure in before.values() if figure)])
    grown = {what: _grown(count, before[what], uptime) for what, count in counters.items()}
    for what, count in counters.items():
        observe(f"{name} {what}", count)
    share = 100 * grown["lost packets"] / max(grown["packets"], expected.enough)
    observe(f"{name} lost", share, expected.lost, note=f"of {grown['packets']:.0f} packets in {shown(passed, 's')}")
    rate = grown["bytes"] / max(passed, 1)
    usual = [
        each.value for each in earlier.all(f"{name} throughput", at_most_old=expected.within) if _fits(each, expected)
    ]
    observe(f"{name} throughput", rate, note="" if usual else "bytes a second; the next rounds compare with it")
    if usual:
        ratio = max(rate, expected.quiet) / max(mean(usual), expected.quiet)
        direction = "above" if ratio >= 1 else "below"
        note = f"{direction}: {shown(rate, 'B')} a second, the mean is {shown(mean(usual), 'B')}"
        observe(f"{name} times its mean", max(ratio, 1 / ratio), expected.times_mean, note=note)


def _grown(count: int, before: EarlierFigure | None, uptime: float) -> float:
    """Since the earlier round; since the machine started where it did so meanwhile, or the counter began anew."""
    began_anew = before is None or uptime < before.age_seconds or count < before.value
    return float(count) if before is None or began_anew else count - before.value


def _fits(figure: EarlierFigure, expected: NetworkTraffic) -> bool:
    off = figure.age_seconds % DAY
    return not expected.same_hour or min(off, DAY - off) <= HOUR / 2
