"""Several instances of a service, or several sites, answer."""

from typing import Annotated

from pydantic import Field, model_validator

from rounds.checks.answers import Redirects, StatusDue
from rounds.fixtures.answers import Answer, said
from rounds.judge import Observer
from rounds.limits import Limit, at_least, at_most
from rounds.sql import Query
from rounds.targets import Endpoint, Postgres


class HttpInstances(StatusDue):
    """That each of several instances or sites answers; or, with `good`, at least so many of them.

    With `healthy`, the JSON of each must say one of these words at `state`. Where a database knows which there are,
    `listed_by` is a query on it that gives the names of the targets that must be among `instances`.
    """

    instances: Annotated[tuple[Endpoint, ...], Field(min_length=1)]
    path: str = "/"
    good: Annotated[int | None, Field(ge=1, description="how many must be good; all when left out")] = None
    state: str = "status"
    healthy: tuple[str, ...] = ()
    follow: Redirects = 0
    within: Limit = at_most(5, unit="s")
    database: Postgres | None = None
    listed_by: Query | None = None

    @model_validator(mode="after")
    def _both_or_none(self) -> "HttpInstances":
        if (self.database is None) != (self.listed_by is None):
            raise ValueError("database and listed_by are given both, or none")
        return self


def test_http_instances(
    expected: HttpInstances,
    instance_answers: tuple[Answer, ...],
    listed_names: tuple[str, ...] | None,
    observe: Observer,
) -> None:
    """Every instance answers and is good, or as many of them as must be.

    Remedy: take an instance that is not good out of the load balancer, then look at it alone: process, log, memory,
    its connections to database and cache. If all fail at once, look at what they share. For a foreign site: ask for it
    from another network; 403 and 429 mean that it refuses us, so ask more slowly.
    """
    ill: list[str] = []
    for seen in instance_answers:
        why = _why_ill(expected, seen)
        ill += [f"{seen.target}: {why}"] if why else []
        if why and expected.good is None:
            observe.critical(f"status of {seen.target}", f"{seen.url}: {why}", seen.status or "missing")
        else:
            observe(f"status of {seen.target}", seen.status or "missing", note=why)
        if not seen.failure:
            limit = expected.within if expected.good is None else None
            observe(f"response time of {seen.target}", seen.seconds, limit, unit="s")
    if listed_names is not None:
        unknown = sorted(set(listed_names) - {each.name for each in expected.instances})
        observe("listed in the database", len(listed_names), at_least(1))
        observe("listed, but nobody looks", len(unknown), at_most(0), note=", ".join(unknown)[:300])
    if expected.good is not None:
        observe("good instances", len(instance_answers) - len(ill), at_least(expected.good))
        observe("instances that are not good", len(ill), at_most(warning=0), note="; ".join(ill)[:300])


def _why_ill(expected: HttpInstances, seen: Answer) -> str:
    if seen.failure:
        return seen.failure
    if not expected.is_due(seen.status):
        return f"http status {seen.status}"
    state = said(seen.field(expected.state)) if expected.healthy else ""
    if expected.healthy and state not in expected.healthy:
        return f"{expected.state} is {state}"
    is_late = expected.within.critical is not None and seen.seconds > expected.within.critical
    return f"answered after {seen.seconds:.1f} s" if is_late and expected.good is not None else ""
