"""Texts look as they should, and no time lies ahead."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, model_validator

from rounds.checks.dataset_rules import RuleRow, judge_rule, outside
from rounds.judge import Observer
from rounds.measures import LengthBetween, Matching, Measure, NotInFuture, Rule
from rounds.pattern import Pattern
from rounds.quantities import Duration


class DataMatches(RuleRow):
    """A pattern that is found in each text of a column; `^…$` for all of it.

    It is a regular expression as the dataset's database has them; SQLite has none, and takes Python's.
    """

    column: str
    pattern: Annotated[str, Field(min_length=1)]

    @model_validator(mode="after")
    def _can_be_read(self) -> "DataMatches":
        if self.dataset.dialect == "sqlite":
            TypeAdapter(Pattern).validate_python(self.pattern)
        return self

    @property
    def rule(self) -> Rule:
        return Matching(self.column, self.pattern)

    @property
    def broken_by(self) -> str:
        return f"with {self.column} not like {self.pattern}"


def test_data_matches(expected: DataMatches, readings: Mapping[Measure, Any], observe: Observer) -> None:
    """Texts have the form that they should have.

    Remedy: look at some that do not: a source that changed its format, or markup and blanks that nobody took away.
    """
    judge_rule(expected, readings, observe)


class DataLength(RuleRow):
    """How many characters a text may have. An empty text has 0; NULL is not examined."""

    column: str
    shortest: Annotated[int | None, Field(ge=0)] = None
    longest: Annotated[int | None, Field(ge=0)] = None

    @model_validator(mode="after")
    def _is_a_length(self) -> "DataLength":
        if self.shortest is None and self.longest is None:
            raise ValueError("a bound is due: shortest, longest or both")
        if self.shortest is not None and self.longest is not None and self.shortest > self.longest:
            raise ValueError(f"shortest ({self.shortest}) is above longest ({self.longest})")
        return self

    @property
    def rule(self) -> Rule:
        return LengthBetween(self.column, self.shortest, self.longest)

    @property
    def broken_by(self) -> str:
        return f"with the length of {self.column} {outside(self.shortest, self.longest)}"


def test_data_length(expected: DataLength, readings: Mapping[Measure, Any], observe: Observer) -> None:
    """Texts are neither cut off nor whole pages.

    Remedy: look at some that are: too short is often a field that was not found, too long one that took in what
    follows.
    """
    judge_rule(expected, readings, observe)


class DataNoFuture(RuleRow):
    """How far ahead of the database's clock a time may be. One without a zone is in the dataset's."""

    column: Annotated[str | None, Field(description="the dataset's time when left out")] = None
    tolerance: Duration = 300.0

    @model_validator(mode="after")
    def _has_a_time(self) -> "DataNoFuture":
        if not (self.column or self.dataset.time):
            raise ValueError("column is due: the dataset names no time")
        return self

    @property
    def rule(self) -> Rule:
        return NotInFuture(self.column or self.dataset.time or "", self.tolerance)

    @property
    def broken_by(self) -> str:
        return f"with {self.column or self.dataset.time} in the future"


def test_data_no_future(expected: DataNoFuture, readings: Mapping[Measure, Any], observe: Observer) -> None:
    """No time lies in the future.

    Remedy: compare the clocks of what wrote those rows and of the database, and their time zones: some hours ahead is a
    zone, some minutes a clock. As long as such a row is there, every check of the newest row is blind: put it right.
    """
    judge_rule(expected, readings, observe)
