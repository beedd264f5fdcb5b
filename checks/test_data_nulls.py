"""Columns have values."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from rounds.checks.dataset_counts import show_rows
from rounds.checks.dataset_groups import Figure, observe_worst, to_judge
from rounds.checks.dataset_usual import SHARE, UsualRow, observe_usual
from rounds.checks.failing_rows import accepted
from rounds.judge import Earlier, Observer
from rounds.limits import Limit, at_most
from rounds.measures import Measure, Nulls, Reading


class DataNulls(UsualRow):
    """What share of the rows may lack a value in each of `columns`. An empty text is a value."""

    columns: Annotated[tuple[str, ...], Field(min_length=1)]
    nulls: Limit = at_most(0, unit="%")

    @property
    def measures(self) -> tuple[Measure, ...]:
        return (*(self.of(column) for column in self.columns), *self.listed)

    def of(self, column: str) -> Nulls:
        limit = self.nulls if self.is_said("nulls") else at_most(unit="%")
        return Nulls(column, scope=self.scope, **accepted(None, limit))


def test_data_nulls(expected: DataNulls, readings: Mapping[Measure, Any], earlier: Earlier, observe: Observer) -> None:
    """Hardly any row lacks a value.

    Remedy: look at the newest rows that lack it: which source or release wrote them? Stop or mend that first, and only
    then fill in what can still be known.
    """
    for column in expected.columns:
        name = f"{column} without a value"
        found = to_judge(expected, name, expected.of(column), readings, observe)
        shares = [_share(group, reading) for group, reading in found]
        if expected.is_said("nulls"):
            show_rows(name, found, observe_worst(name, shares, expected.nulls, observe), observe)
        observe_usual(expected, name, shares, SHARE, earlier=earlier, observe=observe, unit="%")


def _share(group: str, reading: Reading) -> Figure:
    if reading.proof:
        return Figure(0.0, f"proved by {reading.proof}", group)
    share = 100 * float(reading.value or 0) / (reading.rows or 1)
    return Figure(share, f"{reading.value} of {reading.rows} rows", group)
