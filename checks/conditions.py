"""Conditions on what stands at a path of a JSON answer. Nothing at a path is never good."""

import math
import re
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from rounds.checks.answers import observe_age
from rounds.fixtures.answers import Answer, epoch_seconds, said
from rounds.json_path import JsonPath, selected
from rounds.judge import Observer
from rounds.limits import Limit, at_least, at_most, exactly
from rounds.pattern import Pattern

Scalar = str | int | float | bool

_FIGURE = {"type": ["number", "string"]}
_BOUND = {
    "anyOf": [_FIGURE, {"type": "object", "additionalProperties": False, "properties": {"warning": _FIGURE,
                                                                                     "critical": _FIGURE}}]
}  # fmt: skip

_PLAIN = {"type": ["string", "number", "boolean"]}
_ONE_OF = {"anyOf": [_PLAIN, {"type": "array", "items": _PLAIN}]}


def _bound(limit: Limit) -> tuple[BeforeValidator, WithJsonSchema]:
    def read(given: object) -> object:
        return given if given is None or isinstance(given, Limit) else limit.written(given)

    return BeforeValidator(read), WithJsonSchema(_BOUND)


def _as_list(given: object) -> object:
    return given if isinstance(given, list | tuple) else (given,)


_AT_MOST, _AT_LEAST, _AT_MOST_SECONDS = _bound(at_most()), _bound(at_least()), _bound(at_most(unit="s"))


class Condition(BaseModel):
    """What must hold for every value that a path selects; with no other key, that there is one.

    `at_most_matches` needs `among`, a path that must be there: a list that vanished has no bad items either.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
    path: JsonPath
    name: Annotated[str, Field(description="what reports call it; the path when left out")] = ""
    equals: Annotated[
        tuple[Scalar, ...], BeforeValidator(_as_list), WithJsonSchema(_ONE_OF), Field(description="one of these")
    ] = ()
    matches: Pattern | None = None
    at_most: Annotated[Limit | None, *_AT_MOST] = None
    at_least: Annotated[Limit | None, *_AT_LEAST] = None
    age: Annotated[Limit | None, *_AT_MOST_SECONDS, Field(description="of the newest stamp")] = None
    at_least_matches: Annotated[int | None, Field(ge=1)] = None
    at_most_matches: Annotated[int | None, Field(ge=0)] = None
    among: JsonPath | None = None

    @model_validator(mode="after")
    def _can_tell_none_from_gone(self) -> "Condition":
        if self.at_most_matches is not None and self.among is None:
            raise ValueError("at_most_matches needs among: the path of the list that must be there")
        return self

    @property
    def counts(self) -> bool:
        return self.at_least_matches is not None or self.at_most_matches is not None


def _some(conditions: tuple[Condition, ...]) -> tuple[Condition, ...]:
    names = [each.name or each.path for each in conditions]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise ValueError(f"two conditions are called {twice!r}: give one of them a name")
    return conditions


Conditions = Annotated[tuple[Condition, ...], AfterValidator(_some)]


def observe_condition(condition: Condition, answer: Answer, observe: Observer, of: str = "") -> None:
    """Judge one condition, as one observation (two where both ends of a figure or a count are bound)."""
    name = of + (condition.name or condition.path)
    values = selected(answer.document, condition.path)
    if condition.among is not None and not selected(answer.document, condition.among):
        observe.critical(name, f"the answer does not have {condition.among}", "missing")
        return
    if condition.at_least_matches is not None:
        observe(f"matches of {name}", len(values), at_least(condition.at_least_matches))
    if condition.at_most_matches is not None:
        observe(f"matches of {name}", len(values), at_most(condition.at_most_matches))
    if values and None not in values:
        _observe_values(name, condition, values, answer, observe)
    elif not condition.counts:
        observe.critical(name, "the answer does not have it", "missing")


def _observe_values(name: str, condition: Condition, values: list[Any], answer: Answer, observe: Observer) -> None:
    if condition.equals:
        _observe_equal(name, condition.equals, values, observe)
    if condition.matches is not None:
        bad = [value for value in values if not re.search(condition.matches, said(value))]
        if bad:
            observe.critical(name, f"does not match {condition.matches}", said(bad[0]))
        else:
            observe(name, said(values[0]))
    for limit, worst in ((condition.at_most, max), (condition.at_least, min)):
        if limit is not None:
            _observe_figure(name, limit, worst, values, observe)
    if condition.age is not None:
        _observe_newest(name, condition.age, values, answer, observe)
    if not (condition.equals or condition.matches or condition.counts) and _has_no_limit(condition):
        observe(name, said(values[0]))


def _has_no_limit(condition: Condition) -> bool:
    return condition.at_most is None and condition.at_least is None and condition.age is None


def _observe_equal(name: str, wanted: tuple[Scalar, ...], values: list[Any], observe: Observer) -> None:
    bad = [value for value in values if not any(_is_same(value, each) for each in wanted)]
    if bad and said(bad[0]) in [said(each) for each in wanted]:  # the text "1" where the number 1 is due
        observe.critical(name, f"is {type(bad[0]).__name__}, not {type(wanted[0]).__name__}", said(bad[0]))
    else:
        observe(name, said(bad[0] if bad else values[0]), exactly(*[said(each) for each in wanted]))


def _is_same(value: object, wanted: Scalar) -> bool:
    return value == wanted and isinstance(value, bool) == isinstance(wanted, bool)


def _observe_figure(name: str, limit: Limit, worst: Any, values: list[Any], observe: Observer) -> None:
    figures = [number(value) for value in values]
    if None in figures:
        observe.critical(name, f"no finite number: {said(values[figures.index(None)])}", "unusable")
    else:
        observe(name, worst(figures), limit)


def _observe_newest(name: str, limit: Limit, values: list[Any], answer: Answer, observe: Observer) -> None:
    stamps = [stamp for stamp in map(epoch_seconds, values) if stamp is not None]
    if stamps:
        observe_age(observe, name, answer.looked_at_epoch_seconds - max(stamps), limit)
    else:
        observe.critical(name, f"holds no time: {said(values[0])}", "unknown")


def number(value: object) -> float | None:
    """A finite number; None for anything else, also for text that looks like one."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return value if math.isfinite(value) else None
    except OverflowError:
        return None
