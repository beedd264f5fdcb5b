"""A column has as many different values as it should."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, model_validator

from rounds.checks.dataset_groups import Figure, observe_worst, to_judge
from rounds.checks.dataset_limits import AtLeast, AtMost
from rounds.checks.dataset_usual import KINDS, UsualRow, observe_usual
from rounds.judge import Earlier, Observer
from rounds.measures import Distinct, Measure


class DataDistinct(UsualRow):
    """How many different values a column must have at least, and may have at most; NULL is none."""

    column: Annotated[str, Field(min_length=1)]
    lowest: AtLeast = None
    highest: AtMost = None

    @model_validator(mode="after")
    def _is_limited(self) -> "DataDistinct":
        if self.lowest is None and self.highest is None and not self.usual:
            raise ValueError("lowest or highest is due, or usual: true")
        return self

    @property
    def counted(self) -> Measure:
        return Distinct(self.column, scope=self.scope)

    @property
    def measures(self) -> tuple[Measure, ...]:
        return (self.counted, *self.listed)


def test_data_distinct(
    expected: DataDistinct, readings: Mapping[Measure, Any], earlier: Earlier, observe: Observer
) -> None:
    """As many different values are there as should be.

    Remedy: too few: a source went silent; see which value was there yesterday. Too many: look for one that is written
    in several ways (capitals, blanks), or for a number in place of a name.
    """
    name = f"different values of {expected.column}"
    found = to_judge(expected, f"rows for {name}", expected.counted, readings, observe)
    figures = [Figure(reading.value, "", group) for group, reading in found]
    both = expected.lowest is not None and expected.highest is not None
    for limit, end in ((expected.lowest, "fewest "), (expected.highest, "most ")):
        if limit is not None and figures:
            observe_worst(f"{end if both else ''}{name}", figures, limit, observe)
    observe_usual(expected, name, figures, KINDS, earlier=earlier, observe=observe)
