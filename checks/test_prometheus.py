"""What Prometheus has measured is good."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from rounds.bound import Bound
from rounds.checks.samples import (
    Figure,
    OnlyWhile,
    labelled,
    observe_share,
    observe_value,
    skip_unless_due,
    tell_warnings,
    why_empty,
    worst_sample,
)
from rounds.expectation import Expectation
from rounds.fixtures.prometheus import Failures, Sample, Values
from rounds.judge import Observer
from rounds.limits import Limit, at_least, at_most
from rounds.targets import Prometheus

_MOST_FIGURES = 100


class PromQueryThreshold(Expectation):
    """What an expression may give: every series that it gives is judged, and there must be at least `series` of them.

    With `per`, a label, each of its values is a figure of its own, and all `required` ones must be there. Write the
    expression without a comparison: `value` has the limit.
    """

    prometheus: Prometheus
    query: Annotated[str, Field(min_length=1, description="PromQL: one number a series")]
    value: Bound
    figure: Figure = "value"
    series: Annotated[int, Field(ge=1, description="how many series there must be at least")] = 1
    per: str = ""
    required: tuple[str, ...] = ()
    only_while: OnlyWhile = ""

    @model_validator(mode="after")
    def _required_of_what(self) -> "PromQueryThreshold":
        if self.required and not self.per:
            raise ValueError("required needs per: the label that must have these values")
        return self


def test_prom_query_threshold(expected: PromQueryThreshold, metric_values: Values, observe: Observer) -> None:
    """What the expression gives is within its limit, for every series, and there are series at all.

    Remedy: enter the expression in Prometheus and look at its graph for the last day: when did it begin, with which
    series? If there are no series, see under Status > Targets whether what exposes the metric is scraped and alive.
    """
    skip_unless_due(metric_values.condition, observe)
    seen = metric_values.result
    tell_warnings([seen, metric_values.condition], observe)
    if not seen.samples:
        observe.critical(expected.figure, why_empty(seen), "missing")
    elif len(seen.samples) < expected.series:
        observe("series", len(seen.samples), at_least(expected.series))
    for name, samples in _figures(expected, seen.samples).items():
        worst = worst_sample(samples, expected.value.limit)
        observe_value(observe, name, worst.value, expected.value.limit, labelled(worst))
    there = {sample.labels.get(expected.per) for sample in seen.samples}
    for missing in [value for value in expected.required if value not in there]:
        observe.critical(
            f"{expected.figure} of {missing}", f"there is no series with {expected.per}={missing}", "missing"
        )


def _figures(expected: PromQueryThreshold, samples: tuple[Sample, ...]) -> dict[str, list[Sample]]:
    """The series by the figure they belong to; a label with very many values is no label to tell figures by."""
    figures: dict[str, list[Sample]] = {}
    for sample in samples:
        of = sample.labels.get(expected.per, f"no {expected.per}")
        figures.setdefault(f"{expected.figure} of {of}" if expected.per else expected.figure, []).append(sample)
    return figures if len(figures) <= _MOST_FIGURES else {expected.figure: list(samples)}


class PromErrorRatio(Expectation):
    """Which share of something may fail. `bad` and `total` give numbers over the same window; several series are added.

    No series of `total` is critical. No series of `bad` is no failure, if its metric and the labels it asks for exist.
    With fewer than `least` in all nobody can tell a share: that is unknown, or critical if traffic is due at all times.
    """

    prometheus: Prometheus
    bad: Annotated[str, Field(min_length=1, description='such as sum(increase(requests_total{code=~"5.."}[5m]))')]
    total: Annotated[str, Field(min_length=1, description="such as sum(increase(requests_total[5m]))")]
    least: Annotated[float, Field(gt=0, description="how many there must be in the window to judge a share")] = 1
    share: Limit = at_most(5, unit="%")
    without_traffic: Literal["unknown", "critical"] = "unknown"


def test_prom_error_ratio(expected: PromErrorRatio, metric_failures: Failures, observe: Observer) -> None:
    """Few enough of the requests (jobs, scrapes …) fail.

    Remedy: split the failures by their labels (`sum by (endpoint, code) (…)`) to see whether one kind makes them up and
    when they began; then look into that component's log of this time. No series of the total: is the target scraped?
    """
    observe_share(observe, metric_failures, expected.least, expected.share, expected.without_traffic)
