"""A service lives on when something it depends on is gone."""

from typing import Annotated

from pydantic import AfterValidator, Field

from rounds.checks.acting import Acting
from rounds.checks.answers import StatusCode
from rounds.checks.conditions import Condition, observe_condition
from rounds.fixtures.degraded import Degraded, Route
from rounds.judge import Observer
from rounds.limits import at_most, exactly
from rounds.outcome import Outcome
from rounds.quantities import Duration
from rounds.targets import Endpoint


class DueRoute(Route):
    """A route and how it must answer: one of the statuses, or (fail fast) none that is `never`, within a time."""

    status: tuple[StatusCode, ...] = ()
    never: tuple[StatusCode, ...] = (500,)
    within: Duration = 2.0


def _named_once(routes: tuple[DueRoute, ...]) -> tuple[DueRoute, ...]:
    if len({route.path for route in routes}) < len(routes):
        raise ValueError("two routes have the same path")
    return routes


class HttpDegraded(Acting):
    """How an instance answers while a dependency is away; what it says of the dependency must prove that it is away.

    `endpoint` is an instance from which the dependency is blocked; this row does not block it. A route with `send` may
    change something, so it needs `acts: true`.
    """

    endpoint: Annotated[Endpoint, Field(description="an instance whose dependency is blocked")]
    proof_path: Annotated[str, Field(description="where it says that the dependency is away")]
    proof: Annotated[Condition, Field(description="what holds there only while the dependency is away")]
    routes: Annotated[tuple[DueRoute, ...], Field(min_length=1), AfterValidator(_named_once)]

    @property
    def would_act(self) -> bool:
        return any(route.send is not None for route in self.routes)


def test_http_degraded(expected: HttpDegraded, degraded: Degraded, observe: Observer) -> None:
    """The service answers, or fails fast, without its dependency.

    Remedy: give calls to the dependency a timeout below that of the route and a circuit breaker; catch their failure
    and answer with what there is, or with 503 and a sentence.
    """
    seen = Observer()
    observe_condition(expected.proof, degraded.proof, seen)
    if seen.outcome is not Outcome.OK or degraded.proof.failure:
        why = "the dependency is not away there, or nobody can tell, so nothing was proven"
        observe.unknown("dependency", f"{why}: {degraded.proof.failure or seen.summary}")
        return
    observe("dependency", "away")
    for due, answer in zip(expected.routes, degraded.answers, strict=True):
        if answer.failure:
            observe.critical(due.path, answer.failure, answer.status or "missing")
            continue
        if due.status:
            observe(due.path, answer.status, exactly(*due.status))
        elif answer.status in due.never:
            observe.critical(due.path, "does not fail in an orderly way", answer.status)
        else:
            observe(due.path, answer.status)
        observe(f"time of {due.path}", answer.seconds, at_most(due.within, unit="s"))
