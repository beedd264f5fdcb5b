"""There are as many rows as there should be."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

from pydantic import Field, model_validator

from rounds.checks.dataset_groups import Figure, due_groups, observe_worst, to_judge
from rounds.checks.dataset_limits import AtMost
from rounds.checks.dataset_usual import COUNT, UsualRow, observe_usual, was_there_lately
from rounds.judge import Earlier, Observer
from rounds.limits import Limit, at_least
from rounds.measures import Grouped, Measure, Reading, Rows
from rounds.outcome import Outcome


class DataRows(UsualRow):
    """How many rows there must be at least, and may be at most.

    With `where`, those are counted for which it holds, among all of the window; of these there must be some, also where
    `rows: 0` says that there need be none of the others. With `usual` it says that there may be none at all where that
    is usual: a shop is closed on Sundays.
    """

    rows: Limit = at_least(1)
    most: Annotated[AtMost, Field(description="how many rows there may be")] = None

    @model_validator(mode="after")
    def _cannot_be_content_with_nothing(self) -> "DataRows":
        if self.rows.verdict(0) is Outcome.OK and not (self.where or self.usual):
            raise ValueError("rows: 0 needs where or usual: of no rows at all nothing can be said to be well")
        least, most = self.rows.critical, self.most.critical if self.most else None
        if least is not None and most is not None and least > most:
            raise ValueError(f"rows (at least {least:g}) is above most ({most:g})")
        return self

    @property
    def counted(self) -> Measure:
        return Rows(scope=self.scope)

    @property
    def among(self) -> Measure:
        return Rows(scope=replace(self.scope, where=""))

    @property
    def measures(self) -> tuple[Measure, ...]:
        return (self.counted, *((self.among,) if self.where else ()), *self.listed)


def test_data_rows(expected: DataRows, readings: Mapping[Measure, Any], earlier: Earlier, observe: Observer) -> None:
    """As many rows are there as should be.

    Remedy: too few: see whether what writes them runs, and since when there are fewer. Too many: look for an import
    that ran twice, a loop, or a clean-up that stopped. A group without any: is its source still asked, and does it
    answer?
    """
    if _may_be_none(expected, readings[expected.among], earlier):
        observe_usual(expected, "rows", [Figure(0)], COUNT, earlier=earlier, observe=observe)
        return
    there = to_judge(expected, "rows", expected.among, readings, observe)
    counts = _counts(expected, readings)
    figures = [Figure(counts.get(group, 0), _among(expected, reading), group) for group, reading in there]
    if expected.is_said("rows"):
        observe_worst("rows", figures, expected.rows, observe)
    if expected.most is not None:
        observe_worst("most rows", figures, expected.most, observe)
    observe_usual(expected, "rows", figures, COUNT, earlier=earlier, observe=observe)


def _may_be_none(expected: DataRows, answer: Reading | Grouped, earlier: Earlier) -> bool:
    """Whether the history is asked about no rows at all: only while there were some in the last week."""
    is_none = isinstance(answer, Reading) and answer.rows == 0
    return is_none and expected.rows.verdict(0) is Outcome.OK and was_there_lately(expected, "rows", earlier)


def _counts(expected: DataRows, readings: Mapping[Measure, Any]) -> dict[str, Any]:
    answer: Reading | Grouped = readings[expected.counted]
    if isinstance(answer, Reading):
        return {"": answer.value}
    return {group: reading.value for group, reading in due_groups(expected, answer, readings) if reading}


def _among(expected: DataRows, reading: Reading) -> str:
    return f"of {reading.rows} rows" if expected.where else ""
