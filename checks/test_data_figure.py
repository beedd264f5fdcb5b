"""A figure of a column's values is within its limits."""

import math
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, model_validator

from rounds.band import Kind
from rounds.checks.dataset_groups import Figure, in_words, observe_worst, short, to_judge
from rounds.checks.dataset_limits import AtLeast, AtMost, AtMostShare
from rounds.checks.dataset_usual import UsualRow, observe_usual
from rounds.judge import Earlier, Observer
from rounds.limits import Limit
from rounds.measures import Aggregate, Measure, Nulls, Percentile, Reading, Statistic

_WITHIN = "within"
_NOT_ASKED = "the value itself was not asked for: that takes a sort"


class DataFigure(UsualRow):
    """What a figure of a column's values may be (mean, min, max, sum, stddev, median, or p95 and the like).

    In place of `figure` and `column`, an `expression` is an aggregate in SQL: `sum(price * amount) / count(*)`. NULL
    has no part in any figure: `nulls` limits in how many rows the column may lack a value.
    """

    figure: Annotated[str, Field(pattern=r"^(mean|min|max|sum|stddev|median|p\d{1,2}(\.\d+)?)$")] | None = None
    column: Annotated[str | None, Field(min_length=1)] = None
    expression: Annotated[str | None, Field(min_length=1, description="an aggregate in SQL")] = None
    lowest: AtLeast = None
    highest: AtMost = None
    nulls: AtMostShare = None

    @model_validator(mode="after")
    def _is_one_figure(self) -> "DataFigure":
        if (self.expression is None) == (self.figure is None) or (self.figure is None) != (self.column is None):
            raise ValueError("figure and column are due, or an expression")
        if self.nulls is not None and self.column is None:
            raise ValueError("nulls needs a column")
        if self.share is not None and not 0 < self.share < 1:
            raise ValueError(f"{self.figure} is no percentile: p1 to p99.9 are")
        if not (self.limits or self.usual):
            raise ValueError("lowest or highest is due, or usual: true")
        bounds = [limit.critical if limit.critical is not None else limit.warning for limit in self.limits]
        if len(bounds) == 2 and bounds[0] is not None and bounds[1] is not None and bounds[0] > bounds[1]:
            raise ValueError(f"lowest ({bounds[0]:g}) is above highest ({bounds[1]:g})")
        return self

    @property
    def limits(self) -> list[Limit]:
        return [limit for limit in (self.lowest, self.highest) if limit is not None]

    @property
    def share(self) -> float | None:
        """Of a percentile: 0.95 for p95."""
        if self.figure == "median":
            return 0.5
        return float(f"{self.figure[1:]}e-2") if self.figure and self.figure[1:2].isdigit() else None

    @property
    def measured(self) -> Measure:
        """With limits alone a percentile's value is not asked for where it holds; a history needs the value."""
        if self.column is None:
            return Aggregate(str(self.expression), scope=self.scope)
        if self.share is None:
            return Statistic(str(self.figure), self.column, scope=self.scope)
        least, most = (() if self.usual else _bounds(limit) for limit in (self.lowest, self.highest))
        return Percentile(self.share, self.column, least, most, scope=self.scope)

    @property
    def lacking(self) -> tuple[Measure, ...]:
        return (Nulls(str(self.column), scope=self.scope),) if self.nulls is not None else ()

    @property
    def measures(self) -> tuple[Measure, ...]:
        return (self.measured, *self.lacking, *self.listed)

    @property
    def said(self) -> str:
        return f"{self.figure} of {self.column}" if self.column else str(self.expression)


def test_data_figure(
    expected: DataFigure, readings: Mapping[Measure, Any], earlier: Earlier, observe: Observer
) -> None:
    """The figure is where it should be, or usually is.

    Remedy: look at the newest rows first: a source or release that writes other values moves a mean long before anybody
    sees it. Few rows with a value make a figure jump: see how many there are.
    """
    found = to_judge(expected, f"rows for {expected.said}", expected.measured, readings, observe)
    if len(found) == 1 and found[0][1].value == _WITHIN:
        observe(expected.said, " and ".join(map(str, expected.limits)), note=_NOT_ASKED)
    else:
        figures = [_figure(group, reading) for group, reading in found]
        endless = [each.name for each in figures if isinstance(each.value, float) and math.isinf(each.value)]
        if endless == [""]:
            observe.unknown(expected.said, "it is infinite")
        elif endless:
            observe.unknown(f"{expected.said}: infinite", in_words([*map(short, endless)]), len(endless))
        for limit, end in ((expected.lowest, "lowest "), (expected.highest, "highest ")):
            if limit is not None and figures:
                name = f"{end if len(expected.limits) > 1 else ''}{expected.said}"
                observe_worst(name, figures, limit, observe)
        observe_usual(expected, expected.said, figures, Kind(), earlier=earlier, observe=observe)
    for measure in expected.lacking:
        name = f"{expected.column} without a value"
        lacking = to_judge(expected, name, measure, readings, observe)
        shares = [
            Figure(_share(reading), f"{reading.value} of {reading.rows} rows", group) for group, reading in lacking
        ]
        observe_worst(name, shares, expected.nulls, observe)


def _bounds(limit: Limit | None) -> tuple[float, ...]:
    return tuple(each for each in (limit.critical, limit.warning) if each is not None) if limit else ()


def _figure(group: str, reading: Reading) -> Figure:
    value = float(reading.value) if isinstance(reading.value, int | float) else reading.value
    return Figure(value, f"of {reading.examined} values" if reading.examined else "", group)


def _share(reading: Reading) -> float:
    return 100 * float(reading.value or 0) / (reading.rows or 1)
