"""Alert rules are loaded, can fire, and do not."""

from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from rounds.bound import Bound
from rounds.checks.samples import (
    OnlyWhile,
    is_due,
    labelled,
    observe_health,
    observe_value,
    tell_warnings,
    why_empty,
    worst_sample,
)
from rounds.expectation import Expectation
from rounds.fixtures.prometheus import Result
from rounds.fixtures.prometheus_rules import AlertRule, Rule
from rounds.fixtures.promql import spelled
from rounds.judge import Observer
from rounds.limits import at_most, exactly
from rounds.quantities import Duration, shown
from rounds.targets import Prometheus

Compares = Annotated[str | None, AfterValidator(lambda given: None if given is None else spelled(given))]


class PromAlertRule(Expectation):
    """An alert rule as it must be loaded, that its metrics exist, that it does not fire, and what `query` may give.

    A rule looks at each series alone, and is silent without any: `query` is the same condition over all of them.
    """

    prometheus: Prometheus
    alert: Annotated[str, Field(min_length=1, description="the rule's name")]
    compares: Annotated[Compares, Field(description="the comparison in its expression, such as '> 0.05'")] = None
    window: Annotated[Duration | None, Field(description="a range in its expression")] = None
    held: Annotated[Duration | None, Field(description="its `for`")] = None
    labels: Annotated[dict[str, str], Field(description="labels it sets, such as severity")] = {}  # noqa: RUF012 - pydantic copies it
    query: Annotated[str, Field(description="PromQL without a comparison; `value` has its limit")] = ""
    value: Bound | None = None
    only_while: OnlyWhile = ""

    @model_validator(mode="after")
    def _value_of_what(self) -> "PromAlertRule":
        if bool(self.query) != (self.value is not None):
            raise ValueError("query and value go together: what is looked at, and what it may be")
        return self


def test_prom_alert_rule(expected: PromAlertRule, alert_rule: AlertRule, observe: Observer) -> None:
    """The alert rule is loaded as it should be, could fire, and has no reason to.

    Remedy: it fires: what its annotations say. It is gone or altered: `promtool check rules FILE`, then look at the
    server's log for the last reload. A metric does not exist: the alert is blind; is its exporter scraped, was the
    metric renamed? Then judge its condition by hand until it can see again.
    """
    fitting = [rule for rule in alert_rule.rules if expected.labels.items() <= rule.labels.items()]
    if not alert_rule.rules:
        observe.critical("rule", f"no alert rule {expected.alert} is loaded", "missing")
    elif not fitting:
        seen = "; ".join(str(dict(rule.labels)) for rule in alert_rule.rules)
        observe.critical("labels", f"{expected.alert} is loaded with {seen}", "others")
    else:
        _observe_rule(expected, min(fitting, key=lambda rule: _differences(expected, rule)), observe)
    tell_warnings([alert_rule.result, alert_rule.condition], observe)
    if not is_due(alert_rule.condition, observe):
        observe("condition", "not judged: not due now")
        return
    for rule in fitting:
        observe("state", rule.state, exactly("inactive", "pending"), note=str(dict(rule.labels)))
    if alert_rule.result is not None and expected.value is not None:
        _observe_result(expected.value, alert_rule.result, observe)


def _differences(expected: PromAlertRule, rule: Rule) -> int:
    wrong = [
        expected.compares is not None and expected.compares not in rule.comparisons,
        expected.window is not None and expected.window not in rule.windows_seconds,
        expected.held is not None and expected.held != rule.held_seconds,
    ]
    return sum(wrong)


def _observe_rule(expected: PromAlertRule, rule: Rule, observe: Observer) -> None:
    if expected.compares is not None:
        is_there = expected.compares in rule.comparisons
        seen = expected.compares if is_there else ", ".join(rule.comparisons) or "none"
        observe("comparison", seen, exactly(expected.compares), note=rule.expression[:200])
    if expected.window is not None:
        seen = shown(expected.window, "s")
        if expected.window not in rule.windows_seconds:
            seen = ", ".join(shown(window, "s") for window in rule.windows_seconds) or "none"
        observe("window", seen, exactly(shown(expected.window, "s")))
    if expected.held is not None:
        observe("held for", rule.held_seconds, exactly(expected.held, unit="s"))
    observe_health(rule, "health", observe)
    observe("metrics of it that do not exist", len(rule.missing), at_most(0), note=", ".join(rule.missing))


def _observe_result(value: Bound, result: Result, observe: Observer) -> None:
    if not result.samples:
        observe.critical("value", why_empty(result), "missing")
        return
    worst = worst_sample(result.samples, value.limit)
    observe_value(observe, "value", worst.value, value.limit, labelled(worst))
