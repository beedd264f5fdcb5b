"""What monitoring plugins say is heard."""

from typing import Annotated

from pydantic import Field

from rounds.bound import Bound
from rounds.checks.on_host import OnHost
from rounds.fixtures.commands import PluginAnswer
from rounds.fixtures.perfdata import Perfdata
from rounds.judge import Observer
from rounds.limits import exactly

SAID = {0: "ok", 1: "warning", 2: "critical", 3: "unknown"}
MOST_FIGURES = 50
MOST_LINES = 4


class MonitoringPlugin(OnHost):
    """Any plugin of Nagios, Icinga, Naemon, …: its own verdict counts. `limits` may bound its figures further."""

    limits: Annotated[dict[str, Bound], Field(default_factory=dict, description="by the label of the perfdata")]


def test_monitoring_plugin(expected: MonitoringPlugin, plugin_answer: PluginAnswer, observe: Observer) -> None:
    """The plugin finds nothing to complain of.

    Remedy: run the plugin by hand as the same user on the same host, with -v where it knows that. Its own words say
    what it found; when it is unknown, its arguments are wrong or something it needs itself is missing.
    """
    _observe_verdict(expected, plugin_answer, observe)
    found = {figure.label: figure for figure in plugin_answer.perfdata}
    for label in expected.limits:
        if label not in found:
            observe.critical(label, "the plugin does not tell it", "missing")
    told = [figure for figure in found.values() if figure.label in expected.limits]
    told += [figure for figure in found.values() if figure.label not in expected.limits][:MOST_FIGURES]
    for figure in told:
        _observe_figure(figure, expected.limits.get(figure.label), observe)


def _observe_verdict(expected: MonitoringPlugin, answer: PluginAnswer, observe: Observer) -> None:
    said = SAID.get(answer.status, f"exit status {answer.status}")
    lines = " / ".join(answer.lines[: 1 if answer.status == 0 else MOST_LINES])
    lines = "" if expected.env_file and answer.status not in SAID else lines
    if not answer.lines:
        error = "" if expected.env_file else answer.error.strip()[-200:]
        observe.unknown("plugin", f"it printed nothing{f', only an error: {error}' if error else ''}", said)
    elif answer.status == 0:
        unread = f"; among its figures are pieces that are none: {answer.unread[0][:40]}" if answer.unread else ""
        observe("plugin", said, exactly("ok"), note=lines + unread)
    elif answer.status in (1, 2):
        (observe.warning if answer.status == 1 else observe.critical)("plugin", lines, said)
    else:
        observe.unknown("plugin", lines, said)


def _observe_figure(figure: Perfdata, bound: Bound | None, observe: Observer) -> None:
    """Record a figure with the plugin's own thresholds; only a limit of the row is a verdict on it."""
    asks = [f"{word} {range_}" for word, range_ in (("warns", figure.warning), ("critical", figure.critical)) if range_]
    note = "; ".join([f"written {figure.written.partition(';')[0]}", *asks])
    if bound is None:
        observe(figure.label, "not determined" if figure.value is None else figure.value, unit=figure.unit, note=note)
    elif bound.unit != figure.unit:
        why = f"the plugin tells it in {figure.unit or 'plain numbers'}, the limit in {bound.unit or 'plain numbers'}"
        observe.unknown(figure.label, why, figure.value, unit=figure.unit)
    else:
        observe(figure.label, figure.value, bound.limit, note=note)
