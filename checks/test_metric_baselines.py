"""What Prometheus measures now is as usual: compared with the same hour of earlier days or weeks."""

import math
from typing import Annotated

from pydantic import Field

from rounds.checks.samples import Figure, Unit, observe_share, tell_warnings, why_empty
from rounds.checks.usual import Usual, Volume, observe_volume, too_little
from rounds.fixtures.prometheus import Failures, History
from rounds.judge import Observer
from rounds.limits import Limit, at_least, at_most


class PromBaseline(Volume):
    """What an expression may give, in percent of what it gave at the same hour before: neither a collapse nor a flood.

    For the trend of a week against the week before: `every: 7d`, `times: 1`, and an expression over `[7d]`.
    """


def test_prom_baseline(expected: PromBaseline, metric_history: History, observe: Observer) -> None:
    """The volume is about what it was at this time before.

    Remedy: look at the graph over four weeks: a step (a deployment, a client gone) or a slope? Less than usual: is all
    traffic routed here, does every target report? More than usual: who sends it (`topk(5, sum by (label) (…))`)?
    """
    observe_volume(expected, metric_history, observe)


class PromNetworkTraffic(Volume):
    """Throughput against its usual, and which share of the packets may be lost (dropped or damaged)."""

    bad: Annotated[str, Field(min_length=1, description="packets lost in some window")]
    total: Annotated[str, Field(min_length=1, description="packets in that window")]
    lost: Limit = at_most(0.1, unit="%")
    lowest: Limit = at_least(100 / 3, unit="%")
    highest: Limit = at_most(300, unit="%")
    figure: Figure = "throughput"
    unit: Unit = "B/s"


def test_prom_network_traffic(
    expected: PromNetworkTraffic, metric_history: History, metric_failures: Failures, observe: Observer
) -> None:
    """The network carries about what it usually does at this time, and loses next to nothing.

    Remedy: losses: `ip -s link` and `ethtool -S` on the interface that has them (cable, duplex, full rings). Unusual
    volume: which host and connection (`ss -ti`, flow logs)? A backup, a loop, an exfiltration?
    """
    observe_volume(expected, metric_history, observe)
    observe_share(observe, metric_failures, 1, expected.lost, "unknown")


class PromErrorTypes(Usual):
    """Errors by type: each has one, few are unclassified, and no type has grown beyond its usual number.

    The expression gives numbers by the label `per`. Up to `floor` errors a type may grow as it likes.
    """

    per: str = "type"
    unclassified: tuple[str, ...] = ("unknown",)
    share: Limit = at_most(10, unit="%")
    highest: Limit = at_most(200, unit="%")
    floor: Annotated[float, Field(ge=0)] = 10


def test_prom_error_types(expected: PromErrorTypes, metric_history: History, observe: Observer) -> None:
    """Errors are classified, and no class of them grows.

    Remedy: read ten records of the class that grew in the log; its first one tells what changed. Unclassified: give
    what raises them a type of its own.
    """
    tell_warnings([metric_history], observe)
    now = {each.labels.get(expected.per, ""): each for each in metric_history.series if each.now is not None}
    if not now:
        observe.critical("errors", why_empty(metric_history), "missing")
        return
    counts = {name: float(each.now or 0) for name, each in now.items()}
    total = math.fsum(counts.values())
    observe("errors", total)
    observe("errors without a type", counts.get("", 0.0), at_most(0))
    unclassified = math.fsum(counts.get(name, 0.0) for name in expected.unclassified)
    observe("unclassified", 100 * unclassified / total if total else 0.0, expected.share)
    moments = max(len(each.earlier) for each in metric_history.series)
    if moments < expected.needed:
        observe.unknown("growth", too_little(moments, expected), moments)
        return
    grown = {name: _percent(counts[name], math.fsum(each.earlier) / moments) for name, each in now.items()}
    judged = {name: percent for name, percent in grown.items() if counts[name] > expected.floor}
    name = max(judged, key=lambda name: judged[name], default="")
    observe("strongest growth", min(judged.get(name, 0.0), 1e6), expected.highest, note=name or "none above the floor")


def _percent(now: float, usual: float) -> float:
    return 100 * now / usual if usual > 0 else math.inf if now > 0 else 0.0
