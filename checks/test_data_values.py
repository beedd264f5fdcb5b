"""Values are among those that are known, within their range, and fit each other."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, model_validator

from rounds.checks.dataset_cells import Number, PlainValue
from rounds.checks.dataset_rules import RuleRow, judge_rule, outside
from rounds.judge import Observer
from rounds.measures import Between, Holding, Measure, OneOf, Rule
from rounds.sql import Condition


class DataValues(RuleRow):
    """What values a column may have. Texts are compared as they are: with their case and their spaces."""

    column: str
    values: Annotated[tuple[PlainValue, ...], Field(min_length=1)]

    @property
    def rule(self) -> Rule:
        return OneOf(self.column, self.values)

    @property
    def broken_by(self) -> str:
        return f"with an unknown {self.column}"


def test_data_values(expected: DataValues, readings: Mapping[Measure, Any], observe: Observer) -> None:
    """A column has only values that are known.

    Remedy: look at the values that are new: one that is meant belongs into the row; a misspelt or foreign one was let
    in by what wrote it last.
    """
    judge_rule(expected, readings, observe)


class DataRange(RuleRow):
    """From where to where the numbers of a column may lie; both ends still hold, NaN never does."""

    column: str
    lowest: Number | None = None
    highest: Number | None = None

    @model_validator(mode="after")
    def _is_a_range(self) -> "DataRange":
        if self.lowest is None and self.highest is None:
            raise ValueError("a bound is due: lowest, highest or both")
        if self.lowest is not None and self.highest is not None and self.lowest > self.highest:
            raise ValueError(f"lowest ({self.lowest:g}) is above highest ({self.highest:g})")
        return self

    @property
    def rule(self) -> Rule:
        return Between(self.column, self.lowest, self.highest)

    @property
    def broken_by(self) -> str:
        return f"with {self.column} {outside(self.lowest, self.highest)}"


def test_data_range(expected: DataRange, readings: Mapping[Measure, Any], observe: Observer) -> None:
    """Numbers lie where they can lie.

    Remedy: look at where the rows beyond it come from: a wrong unit, a lost decimal point or currency, a parser that
    took another figure. Do not let them into reports before that is known.
    """
    judge_rule(expected, readings, observe)


class DataCondition(RuleRow):
    """A condition in SQL that must hold in each row: `pix_price <= price`. Where it is NULL, it is not examined."""

    holds: Condition

    @property
    def rule(self) -> Rule:
        return Holding(self.holds)

    @property
    def broken_by(self) -> str:
        return f"that break {self.holds}"


def test_data_condition(expected: DataCondition, readings: Mapping[Measure, Any], observe: Observer) -> None:
    """The values of a row fit each other.

    Remedy: look at some rows that break it, and at what wrote them: a field taken for another is the usual reason.
    """
    judge_rule(expected, readings, observe)
