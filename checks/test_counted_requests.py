"""Requests are counted, those that fail too."""

import math
import re
from typing import Annotated

from pydantic import Field

from rounds.checks.acting import Acting
from rounds.checks.metrics_page import is_page
from rounds.fixtures.exposition import CountedRequest, MetricsPage
from rounds.judge import Observer
from rounds.limits import Limit, at_least, at_most
from rounds.pattern import Pattern
from rounds.targets import Endpoint


class PromRequestCounted(Acting):
    """That one request raises a counter on the application's page. The request is sent: an error in the log is ours."""

    endpoint: Endpoint
    path: str = "/metrics"
    request: Annotated[str, Field(description="the path to ask for, such as one whose handler raises")]
    metric: str
    labels: Annotated[dict[str, Pattern], Field(description="what the counter's labels match, whole")] = {}  # noqa: RUF012 - pydantic copies it
    by: Limit = at_least(1)
    within: Limit = at_most(5, unit="s")


def test_prom_request_counted(expected: PromRequestCounted, counted_request: CountedRequest, observe: Observer) -> None:
    """A request to this path raises its counter.

    Remedy: see whether the middleware counts in a `finally`: one that counts after the handler counts no exception.
    With several worker processes each page may be another's: expose them in multi-process mode.
    """
    before, after = counted_request.before, counted_request.after
    if not is_page(before, expected.within, observe) or not is_page(after, expected.within, observe):
        return
    observe("status of the request", counted_request.status)
    if after.family(expected.metric) is None:
        observe.critical("counted", f"{expected.metric} is not on the page", "missing")
        return
    observe("counted", _count(expected, after) - _count(expected, before), expected.by)


def _count(expected: PromRequestCounted, page: MetricsPage) -> float:
    family = page.family(expected.metric)
    return math.fsum(
        sample.value
        for sample in (family.samples if family else ())
        if not sample.name.endswith("_created")
        and all(re.fullmatch(pattern, sample.labels.get(label, "")) for label, pattern in expected.labels.items())
    )
