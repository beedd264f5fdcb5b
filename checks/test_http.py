"""HTTP endpoints answer, and what they answer is good."""

import math
from typing import Annotated

from pydantic import Field

from rounds.checks.answers import is_answered, observe_age, observe_status
from rounds.expectation import Expectation
from rounds.fixtures.http import Answer, said
from rounds.judge import Observer
from rounds.limits import Limit, at_most, exactly
from rounds.targets import Endpoint


class HttpStatus(Expectation):
    """That a page answers with one status code, in time."""

    endpoint: Endpoint
    path: str = "/"
    status: Annotated[int, Field(ge=100, le=599)] = 200
    within: Limit = at_most(5, unit="s")


def test_http_status(expected: HttpStatus, answer: Answer, observe: Observer) -> None:
    """The page answers with the status code that is due.

    Remedy: ask for it with `curl -sv -o /dev/null URL` from the same place; look whether the service runs and listens
    (`ss -ltnp`), then into its log around this time, then at the proxy before it.
    """
    if answer.failure:
        observe.critical("answer", f"{answer.url}: {answer.failure}", "missing")
        return
    observe_status(expected.status, answer, observe)
    observe("response time", answer.seconds, expected.within)


class HttpHealthJson(Expectation):
    """That a health endpoint says healthy, for itself and for each component.

    Fields are dotted paths in the JSON. Components are a mapping to states or to objects with `status`, or a list of
    objects with `name` and `status`.
    """

    endpoint: Endpoint
    path: str
    status: str = "status"
    healthy: Annotated[tuple[str, ...], Field(min_length=1)] = ("healthy", "ok")
    components: str | None = None
    required: tuple[str, ...] = ()
    within: Limit = at_most(5, unit="s")


def test_http_health_json(expected: HttpHealthJson, answer: Answer, observe: Observer) -> None:
    """The service and each of its components say that they are healthy.

    Remedy: for a component, look at that service first (does it run, can the application reach it, its log); for the
    whole, restart the application only after its log has been saved. Unknown with 401 or 403: renew the token.
    """
    if not is_answered(expected.within, answer, observe):
        return
    status = answer.field(expected.status)
    if answer.status != 200 and status is None:
        return
    observe("status", said(status), exactly(*expected.healthy))
    if expected.components is None and not expected.required:
        return
    found = answer.components(expected.components or "components")
    if not found:
        observe.critical("components", "the answer lists no component", "missing")
    for name in expected.required:
        states = [state for known, state in found if known == name] or ["missing"]
        worst = next((state for state in states if state not in expected.healthy), states[0])
        observe(f"component {name}", worst, exactly(*expected.healthy))
    ill = [
        f"{name}: {state}" for name, state in found if name not in expected.required and state not in expected.healthy
    ]
    observe("other components not healthy", len(ill), at_most(0), note=", ".join(ill[:5]))


class HttpJsonFields(Expectation):
    """That an endpoint delivers figures: each a finite number, and all of them of now."""

    endpoint: Endpoint
    path: str
    numbers: Annotated[
        tuple[str, ...], Field(min_length=1, description="dotted paths of the figures that must be there")
    ]
    time: Annotated[str, Field(description="dotted path of the stamp: ISO 8601 or Unix time")] = "timestamp"
    age: Limit = at_most(300, unit="s")
    within: Limit = at_most(5, unit="s")


def test_http_json_fields(expected: HttpJsonFields, answer: Answer, observe: Observer) -> None:
    """The endpoint delivers current figures.

    Remedy: compare two answers a minute apart; if the stamp stands still, restart what collects the figures. If a
    figure is missing or no number, look into the application's log for the error of its collector.
    """
    if not is_answered(expected.within, answer, observe) or answer.status != 200:
        return
    for path in expected.numbers:
        value, number = answer.field(path), _number(answer.field(path))
        if number is None:
            missing = value is None
            why = "the answer does not have it" if missing else f"no finite number: {said(value)}"
            observe.critical(path, why, "missing" if missing else "unusable")
        else:
            observe(path, number)
    age = answer.age_seconds(expected.time)
    if age is None:
        observe.critical(
            "age of the figures", f"{expected.time} holds no time: {said(answer.field(expected.time))}", "unknown"
        )
    else:
        observe_age(observe, "age of the figures", age, expected.age)


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return value if math.isfinite(value) else None
    except OverflowError:
        return None
