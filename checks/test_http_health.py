"""Services say that they are healthy."""

from typing import Annotated

from pydantic import Field, model_validator

from rounds.checks.answers import is_answered
from rounds.expectation import Expectation
from rounds.fixtures.answers import Answer, said
from rounds.json_path import JsonPath
from rounds.judge import Observer
from rounds.limits import Limit, at_least, at_most, exactly
from rounds.outcome import Outcome
from rounds.quantities import Duration
from rounds.targets import Endpoint


class HttpHealthJson(Expectation):
    """That a health endpoint says healthy, for itself and for each component; with `in_a_row`, so many times.

    Fields are paths in the JSON. Components are a mapping to states or to objects with `status`, or a list of objects
    with `name` and `status`.
    """

    endpoint: Endpoint
    path: str
    status: JsonPath = "status"
    healthy: Annotated[tuple[str, ...], Field(min_length=1)] = ("healthy", "ok")
    components: JsonPath | None = None
    required: tuple[str, ...] = ()
    healthy_components: Annotated[tuple[str, ...], Field(description="where components have words of their own")] = ()
    within: Limit = at_most(5, unit="s")
    in_a_row: Annotated[int, Field(ge=1, le=20)] = 1
    every: Annotated[Duration, Field(description="the pause between two of in_a_row")] = 2.0

    @model_validator(mode="after")
    def _there_is_time(self) -> "HttpHealthJson":
        deadline = self.deadline or self.endpoint.deadline or 30
        if self.in_a_row > 1 and self.every * (self.in_a_row - 1) > deadline / 2:
            raise ValueError("the pauses of in_a_row take more than half of the deadline: give the row a longer one")
        return self


def test_http_health_json(expected: HttpHealthJson, answers_in_a_row: tuple[Answer, ...], observe: Observer) -> None:
    """The service and each of its components say that they are healthy.

    Remedy: for a component, look at that service first (does it run, can the application reach it, its log); for the
    whole, restart the application only after its log has been saved. Unknown with 401 or 403: renew the token.
    """
    seen = []
    for answer in answers_in_a_row:
        seen.append(Observer())
        _judge_health(expected, answer, seen[-1])
    worst = max(seen, key=lambda each: each.outcome.badness)
    observe.observations.extend(worst.observations)
    if expected.in_a_row > 1:
        good = sum(each.outcome.badness <= Outcome.WARNING.badness for each in seen)
        observe("healthy in a row", good, at_least(expected.in_a_row))


def _judge_health(expected: HttpHealthJson, answer: Answer, observe: Observer) -> None:
    if not is_answered(expected.within, answer, observe):
        return
    status = answer.field(expected.status)
    if answer.status != 200 and status is None:
        return
    observe("status", said(status), exactly(*expected.healthy))
    if expected.components is None and not expected.required:
        return
    found, healthy = (
        answer.components(expected.components or "components"),
        expected.healthy_components or expected.healthy,
    )
    if not found:
        observe.critical("components", "the answer lists no component", "missing")
    for name in expected.required:
        states = [state for known, state in found if known == name] or ["missing"]
        worst = next((state for state in states if state not in healthy), states[0])
        observe(f"component {name}", worst, exactly(*healthy))
    ill = [f"{name}: {state}" for name, state in found if name not in expected.required and state not in healthy]
    observe("other components not healthy", len(ill), at_most(0), note=", ".join(ill[:5]))
