"""Two datasets have the same number of rows."""

from collections.abc import Mapping

from pydantic import model_validator

from rounds.checks.dataset_limits import AtMostShare
from rounds.checks.dataset_rows import DataRow, is_empty
from rounds.judge import Observer
from rounds.limits import Limit, at_most
from rounds.measures import Measure, Reading, Rows
from rounds.targets import Dataset


class DataSameRows(DataRow):
    """By how many rows a dataset and an `other` (a cache, an export, another database) may differ.

    `window` and `where` narrow both; what is to narrow one of them stands in its dataset. With `difference_share`, in
    percent of the larger one, the number itself is only told.
    """

    other: Dataset
    difference: Limit = at_most(0)
    difference_share: AtMostShare = None

    @model_validator(mode="after")
    def _are_two(self) -> "DataSameRows":
        if self.other.key == self.dataset.key:
            raise ValueError(f"{self.dataset.name} has as many rows as itself: another dataset is due")
        return self

    @property
    def measures(self) -> tuple[Measure, ...]:
        return (Rows(scope=self.scope),)

    @property
    def other_measures(self) -> tuple[Measure, ...]:
        return self.measures


def test_data_same_rows(
    expected: DataSameRows,
    readings: Mapping[Measure, Reading],
    other_readings: Mapping[Measure, Reading],
    observe: Observer,
) -> None:
    """The two have as many rows.

    Remedy: see when each was written last; what is made from the other may only be late. A difference that stays: look
    for what the job that copies left out, and let it run anew. Two that always change differ by a few: allow it.
    """
    measure = expected.measures[0]
    sides = {expected.dataset.name: readings[measure], expected.other.name: other_readings[measure]}
    empty = [name for name, reading in sides.items() if is_empty(expected, f"rows in {name}", reading, observe)]
    if empty:
        return
    for name, reading in sides.items():
        observe(f"rows in {name}", reading.value)
    one, two = (int(reading.value or 0) for reading in sides.values())
    observe("difference", abs(one - two), expected.difference if expected.difference_share is None else None)
    if expected.difference_share is not None:
        observe("share that differs", 100 * abs(one - two) / max(one, two), expected.difference_share)
