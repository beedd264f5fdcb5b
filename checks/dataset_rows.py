"""What all rows on datasets share: which rows of the dataset they mean, and what it means when there are none."""

from typing import Annotated, Literal

from pydantic import Field

from rounds.expectation import Expectation
from rounds.judge import Observer
from rounds.measures import Measure, Reading, Scope
from rounds.quantities import Duration, shown
from rounds.sql import Condition
from rounds.targets import Dataset


class DataRow(Expectation):
    """Rows of a dataset: those of the last `window` by its time column, for which `where` holds."""

    dataset: Dataset
    window: Annotated[Duration | None, Field(gt=0, description="the newest rows; the dataset's own when left out")] = (
        None
    )
    where: Annotated[Condition | None, Field(description="only rows for which this holds")] = None
    empty: Annotated[Literal["critical", "unknown"], Field(description="what it is when there is nothing to judge")] = (
        "critical"
    )

    @property
    def scope(self) -> Scope:
        return Scope(self.window, self.where or "")

    @property
    def measures(self) -> tuple[Measure, ...]:
        """What the row asks of its dataset."""
        raise NotImplementedError


def is_empty(expected: DataRow, name: str, reading: Reading, observe: Observer) -> bool:
    """Whether there is nothing to judge, which is told as bad as the row says."""
    if not reading.is_empty:
        return False
    none = f"there are no rows{_narrowed(expected)}"
    why = none if reading.rows == 0 else "no row has a value" if reading.rows else f"{none}, or none has a value"
    (observe.critical if expected.empty == "critical" else observe.unknown)(name, why)
    return True


def _narrowed(expected: DataRow) -> str:
    window = expected.window or expected.dataset.window
    within = f" in the last {shown(window, 's')}" if window else ""
    return f"{within} where {expected.where}" if expected.where else within
