"""The rules of Prometheus work, and no alert fires."""

from typing import Annotated

from pydantic import Field

from rounds.checks.samples import observe_health
from rounds.expectation import Expectation
from rounds.fixtures.prometheus_rules import Alert, Rule
from rounds.judge import Observer
from rounds.limits import at_least, at_most, exactly
from rounds.targets import Prometheus


class PromRules(Expectation):
    """How many rules (of one group) must be loaded; that all are healthy, and that all their metrics exist."""

    prometheus: Prometheus
    group: Annotated[str, Field(description="all groups when left out")] = ""
    least: Annotated[int, Field(ge=1)] = 1
    alerts: Annotated[tuple[str, ...], Field(description="alert rules that must be among them")] = ()
    may_be_missing: Annotated[tuple[str, ...], Field(description="metrics that need not exist all the time")] = ()


def test_prom_rules(expected: PromRules, loaded_rules: tuple[Rule, ...], observe: Observer) -> None:
    """The rules are loaded, healthy, and look at metrics that exist.

    Remedy: `promtool check rules FILE`; the note has the error of an unhealthy rule. A metric that does not exist makes
    a rule silent for ever: compare its name with what the exporter's page shows.
    """
    rules = [rule for rule in loaded_rules if expected.group in ("", rule.group)]
    observe("rules", len(rules), at_least(expected.least))
    for alert in expected.alerts:
        if not any(rule.is_alert and rule.name == alert for rule in rules):
            observe.critical(f"rule {alert}", "is not loaded", "missing")
    for rule in rules:
        if rule.health != "ok":
            observe_health(rule, f"health of {rule.name}", observe)
    blind = [f"{rule.name}: {name}" for rule in rules for name in rule.missing if not _may_miss(name, expected)]
    observe("metrics that do not exist", len(blind), at_most(0), note="; ".join(blind[:5]))


def _may_miss(name: str, expected: PromRules) -> bool:
    return name.partition(" ")[0] in expected.may_be_missing


class PromNoFiringAlerts(Expectation):
    """That no alert of some severities fires, and that the one which always fires does: else nobody would be told."""

    prometheus: Prometheus
    severities: Annotated[tuple[str, ...], Field(min_length=1)] = ("warning", "critical")
    label: Annotated[str, Field(description="the label that has the severity")] = "severity"
    watchdog: Annotated[str, Field(description="the alert that always fires; '' where there is none")] = "Watchdog"


def test_prom_no_firing_alerts(
    expected: PromNoFiringAlerts, active_alerts: tuple[Alert, ...], observe: Observer
) -> None:
    """No alert fires but the one that always does.

    Remedy: look at each alert in the note under Alerts in Prometheus. The watchdog is gone: are rules evaluated at all
    (Status > Rules, the server's log)?
    """
    firing = [each for each in active_alerts if each.state == "firing" and each.name != expected.watchdog]
    bad = [each for each in firing if each.labels.get(expected.label, "") in (*expected.severities, "")]
    names = sorted({f"{each.name} ({each.labels.get(expected.label, 'no severity')})" for each in bad})
    observe("alerts that fire", len(bad), at_most(0), note=", ".join(names[:8]))
    if expected.watchdog:
        fires = any(each.state == "firing" and each.name == expected.watchdog for each in active_alerts)
        observe(f"{expected.watchdog} fires", fires, exactly(True))
