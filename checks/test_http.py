"""HTTP endpoints answer."""

import re
from typing import Annotated, Literal

from pydantic import Field

from rounds.checks.answers import Redirects, StatusDue, observe_status_due
from rounds.expectation import Expectation
from rounds.fixtures.answers import Answer, said
from rounds.fixtures.round_trips import RoundTrips
from rounds.judge import Observer
from rounds.limits import Limit, at_most, exactly
from rounds.pattern import Pattern
from rounds.targets import Endpoint


class HttpStatus(StatusDue):
    """That a page answers with the status that is due, in time, with these headers and this kind of body."""

    endpoint: Endpoint
    path: str = "/"
    headers: Annotated[dict[str, Pattern], Field(description="name to pattern; '' where it only must be there")] = {}  # noqa: RUF012 - pydantic copies it
    content_type: Annotated[str | None, Field(description="such as application/json")] = None
    body: Annotated[Literal["any", "json", "list", "object"], Field(description="list and object are JSON's")] = "any"
    follow: Redirects = 0
    ends_at: Annotated[Pattern | None, Field(description="the address at the end of the redirects")] = None
    within: Limit = at_most(5, unit="s")


def test_http_status(expected: HttpStatus, page: Answer, observe: Observer) -> None:
    """The page answers with the status code that is due, and with what a row asks for besides.

    Remedy: ask for it with `curl -sv -o /dev/null URL` from the same place; look whether the service runs and listens
    (`ss -ltnp`), then into its log around this time, then at the proxy before it. A header that is missing: the answer
    came past the proxy or CDN that sets it; compare what DNS says with what it should.
    """
    if page.failure:
        observe.critical("answer", f"{page.url}: {page.failure}", "missing")
        return
    observe_status_due(expected, page, observe)
    observe("response time", page.seconds, expected.within)
    for name, pattern in expected.headers.items():
        value = page.headers.get(name.lower())
        if value is None or not re.search(pattern, value):
            why = "the answer does not have it" if value is None else f"does not match {pattern}"
            observe.critical(f"header {name}", why, "missing" if value is None else value)
        else:
            observe(f"header {name}", value)
    if expected.content_type is not None:
        kind = page.headers.get("content-type", "missing").partition(";")[0].strip().lower()
        observe("content type", kind, exactly(expected.content_type.lower()))
    if expected.ends_at is not None and not re.search(expected.ends_at, page.url):
        observe.critical("address at the end", f"does not match {expected.ends_at}", page.url)
    if expected.body != "any":
        _observe_body(expected.body, page, observe)


def _observe_body(wanted: str, page: Answer, observe: Observer) -> None:
    if page.twice:
        observe.unknown("body", f"has {page.twice} twice in one object, so nobody can tell which holds", "ambiguous")
    elif page.not_json:
        observe.critical("body", page.not_json, "unreadable")
    elif wanted == "json":
        observe("body", "json")
    else:
        is_list, is_object = isinstance(page.document, list), isinstance(page.document, dict)
        kind = "list" if is_list else "object" if is_object else f"neither: {said(page.document)[:40]}"
        observe("body", kind, exactly(wanted))


class HttpProbeLatency(Expectation):
    """How fast a page answers us: requests one after the other, each on a connection of its own."""

    endpoint: Endpoint
    path: str = "/"
    requests: Annotated[int, Field(ge=5, le=200)] = 20
    p50: Limit = at_most(0.5, unit="s")
    p95: Limit = at_most(2, unit="s")
    failed: Limit = at_most(0)


def test_http_probe_latency(expected: HttpProbeLatency, round_trips: RoundTrips, observe: Observer) -> None:
    """The page answers fast nearly always.

    Remedy: compare with the server's own latency: if that is good, the time is lost on the way (DNS, TLS, proxy, load);
    if not, look for slow statements and for workers that are all busy.
    """
    observe("failed requests", len(round_trips.failures), expected.failed, note="; ".join(round_trips.failures[:3]))
    if len(round_trips.seconds) + len(round_trips.failures) < expected.requests or len(round_trips.seconds) < 5:
        why = f"only {len(round_trips.seconds)} of {expected.requests} requests were answered in the time there was"
        observe.unknown("p95", why)
        return
    observe("p50", round_trips.quantile(0.5), expected.p50)
    observe("p95", round_trips.quantile(0.95), expected.p95)
