"""What endpoints answer in JSON is good."""

from typing import Annotated

from pydantic import Field

from rounds.checks.answers import is_answered, observe_age
from rounds.checks.conditions import Conditions, number, observe_condition
from rounds.expectation import Expectation
from rounds.fixtures.answers import Answer, said
from rounds.json_path import JsonPath
from rounds.judge import Observer
from rounds.limits import Limit, at_most
from rounds.targets import Endpoint


class HttpJson(Expectation):
    """That what stands at some paths of a JSON answer is as it must be."""

    endpoint: Endpoint
    path: str
    conditions: Annotated[Conditions, Field(min_length=1)]
    within: Limit = at_most(5, unit="s")


def test_http_json(expected: HttpJson, answer: Answer, observe: Observer) -> None:
    """The answer holds what it must.

    Remedy: ask for the address and read the answer at the path that is named. If the path itself is gone, the API has
    changed: mend the row together with whoever changed it.
    """
    if is_answered(expected.within, answer, observe) and answer.status == 200:
        for condition in expected.conditions:
            observe_condition(condition, answer, observe)


class HttpJsonFields(Expectation):
    """That an endpoint delivers figures: each a finite number, and all of them of now."""

    endpoint: Endpoint
    path: str
    numbers: Annotated[tuple[JsonPath, ...], Field(min_length=1, description="paths of the figures that must be there")]
    time: Annotated[JsonPath, Field(description="path of the stamp: ISO 8601 or Unix time")] = "timestamp"
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
        value, figure = answer.field(path), number(answer.field(path))
        if figure is None:
            missing = value is None
            why = "the answer does not have it" if missing else f"no finite number: {said(value)}"
            observe.critical(path, why, "missing" if missing else "unusable")
        else:
            observe(path, figure)
    age = answer.age_seconds(expected.time)
    if age is None:
        observe.critical(
            "age of the figures", f"{expected.time} holds no time: {said(answer.field(expected.time))}", "unknown"
        )
    else:
        observe_age(observe, "age of the figures", age, expected.age)
