"""Limits that a row on a dataset may have or leave out."""

from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from rounds.limits import Limit, at_least, at_most

_BOUND = {
    "anyOf": [
        {"type": ["string", "number"]},
        {"type": "object", "properties": {"warning": {}, "critical": {}}, "additionalProperties": False},
    ],
    "description": "a figure, or warning and critical",
}


def _written(limit: Limit) -> tuple[Any, ...]:
    def read(given: object) -> object:
        return given if given is None or isinstance(given, Limit) else limit.written(given)

    return BeforeValidator(read), WithJsonSchema(_BOUND)


_AT_LEAST, _AT_MOST = _written(at_least()), _written(at_most())
_AT_LEAST_PERCENT, _AT_MOST_PERCENT = _written(at_least(unit="%")), _written(at_most(unit="%"))

AtLeast = Annotated[Limit | None, *_AT_LEAST]
AtMost = Annotated[Limit | None, *_AT_MOST]
AtLeastShare = Annotated[Limit | None, *_AT_LEAST_PERCENT]
AtMostShare = Annotated[Limit | None, *_AT_MOST_PERCENT]
