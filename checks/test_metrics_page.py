"""Applications expose their metrics, and what they expose is good."""

import math
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from rounds.checks.metrics_page import is_page
from rounds.expectation import Expectation
from rounds.fixtures.exposition import Family, MetricsPage
from rounds.fixtures.prometheus import History
from rounds.judge import Observer
from rounds.limits import Limit, at_most, exactly
from rounds.quantities import Duration, shown
from rounds.targets import Endpoint, Prometheus


class Metric(BaseModel):
    """How a metric must look on the page; with no key it must have a finite sample."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
    type: Literal["counter", "gauge", "histogram", "summary", ""] = ""
    labels: Annotated[tuple[str, ...], Field(description="labels that each of its samples has")] = ()
    buckets: Annotated[tuple[float, ...], Field(description="upper bounds of buckets that a histogram has")] = ()


class PromMetricPresent(Expectation):
    """Which metrics an application's page must have, and how they must look."""

    endpoint: Endpoint
    path: str = "/metrics"
    metrics: Annotated[dict[str, Metric], Field(min_length=1)]
    within: Limit = at_most(5, unit="s")


def test_prom_metric_present(expected: PromMetricPresent, metrics_page: MetricsPage, observe: Observer) -> None:
    """The page of metrics is one, and has the metrics that rules and dashboards are built on.

    Remedy: `curl -si URL | head -40`. No page of metrics: does another application answer, or an error page? A metric
    that is missing or has other labels: what was deployed last? Rules and dashboards that name it are blind meanwhile.
    """
    if not is_page(metrics_page, expected.within, observe):
        return
    for name, wanted in expected.metrics.items():
        family = metrics_page.family(name)
        if family is None or not any(math.isfinite(sample.value) for sample in family.samples):
            observe.critical(name, "is not on the page" if family is None else "has no sample", "missing")
        else:
            _observe_metric(name, wanted, family, observe)


def _observe_metric(name: str, wanted: Metric, family: Family, observe: Observer) -> None:
    bare = [label for label in wanted.labels if any(label not in sample.labels for sample in family.samples)]
    bounds = {float(sample.labels["le"]) for sample in family.samples if "le" in sample.labels}
    unbounded = [f"{bound:g}" for bound in wanted.buckets if bound not in bounds]
    if wanted.type:
        observe(f"type of {name}", family.type, exactly(wanted.type))
    observe(f"labels that {name} lacks", len(bare), at_most(0), note=", ".join(bare))
    if wanted.buckets:
        observe(f"buckets that {name} lacks", len(unbounded), at_most(0), note=", ".join(unbounded))


class PromQueueWork(Expectation):
    """How much work may wait: a queue's size on an application's page, in the time that as many items usually take.

    `query` gives the items done in `every`; usual is the mean of `times` such stretches, of at least `enough`.
    """

    endpoint: Endpoint
    path: str = "/metrics"
    metric: str
    prometheus: Prometheus
    query: Annotated[str, Field(min_length=1, description="such as sum(increase(items_done_total[1h]))")]
    every: Annotated[Duration, Field(gt=0)] = 3600.0
    times: Annotated[int, Field(ge=1, le=1000)] = 168
    enough: Annotated[int | None, Field(ge=1, description="half of `times` when left out")] = None
    work: Limit = at_most(3600, unit="s")
    within: Limit = at_most(5, unit="s")


def test_prom_queue_work(
    expected: PromQueueWork, metrics_page: MetricsPage, metric_history: History, observe: Observer
) -> None:
    """The queue holds no more work than is done in a while.

    Remedy: do the workers run, and does their rate hold (its graph over a week)? If it does, find what fills the queue.
    """
    if not is_page(metrics_page, expected.within, observe):
        return
    family = metrics_page.family(expected.metric)
    if family is None or not family.samples:
        observe.critical("waiting items", f"{expected.metric} is not on the page", "missing")
        return
    waiting = math.fsum(sample.value for sample in family.samples)
    observe("waiting items", waiting)
    done = [value for each in metric_history.series for value in each.earlier]
    needed = (expected.times + 1) // 2 if expected.enough is None else expected.enough
    if len(done) < needed or len(metric_history.series) != 1:
        why = f"{len(done)} earlier values of {len(metric_history.series)} series; {needed} of one are due"
        observe.unknown("work waiting", why, "unknown")
        return
    usual = math.fsum(done) / len(done)
    if usual <= 0 < waiting:
        observe.critical("work waiting", "nothing was done in all that time", "endless")
    else:
        seconds = expected.every * waiting / usual if waiting else 0.0
        observe("work waiting", seconds, expected.work, note=f"{shown(usual)} in {shown(expected.every, 's')}")
