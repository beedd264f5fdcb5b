"""Bounds on figures that only the row knows: what a query, a command's output or a log record tells."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from rounds.inventory.mistakes import nearest
from rounds.limits import Exactly, Limit, at_least, at_most, exactly
from rounds.quantities import read


class Bound(BaseModel):
    """What a figure may be: one of at_most and at_least (a figure, or warning and critical) and exactly."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
    at_most: Any = None
    at_least: Any = None
    exactly: Annotated[Any, Field(description="the value, or a list of those it may have")] = None
    unit: Annotated[Literal["", "s", "B", "%", "1/s"], Field(description="none for counts")] = ""

    @model_validator(mode="after")
    def _one_of_them(self) -> "Bound":
        if sum(each is not None for each in (self.at_most, self.at_least, self.exactly)) != 1:
            raise ValueError("a limit is one of at_most, at_least, exactly")
        _ = self.limit  # reads the figures, and says what is wrong with them
        return self

    @property
    def limit(self) -> Limit | Exactly:
        if self.at_most is not None:
            return at_most(unit=self.unit).written(self.at_most)
        if self.at_least is not None:
            return at_least(unit=self.unit).written(self.at_least)
        wanted = self.exactly if isinstance(self.exactly, list | tuple) else [self.exactly]
        if not wanted or not all(isinstance(each, str | int | float) for each in wanted):
            raise ValueError("exactly takes a value, or a list of some")
        return exactly(*(read(each, self.unit) if self.unit else each for each in wanted), unit=self.unit)


def worst(values: Sequence[float | str], limit: Limit | Exactly) -> float | str:
    """Of several values for one figure the one that its limit likes least."""
    sign = -1 if isinstance(limit, Limit) and limit.direction == "at least" else 1
    return max(values, key=lambda value: (limit.verdict(value).badness, 0 if isinstance(value, str) else sign * value))


def refuse_unknown(limits: Iterable[str], known: Iterable[str], what: str) -> None:
    """Raise ValueError for a limit whose figure is not there to be judged."""
    for name in limits:
        if name not in set(known):
            raise ValueError(f"limits: there is no {what} {name!r}{nearest(name, known)}")
