"""No row refers to what is not there."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, model_validator

from rounds.checks.dataset_counts import observe_count
from rounds.checks.dataset_rows import DataRow, is_empty
from rounds.checks.failing_rows import accepted
from rounds.columns import ColumnsText, columns_of
from rounds.judge import Observer
from rounds.limits import Limit, at_most
from rounds.measures import Measure, Orphans


class DataReferences(DataRow):
    """How many rows may have `columns` that are not in another table. NULL refers to nothing on purpose."""

    columns: Annotated[tuple[str, ...], Field(min_length=1)]
    refer_to: Annotated[ColumnsText, Field(description="the other table's columns: monitored_urls(id)")]
    orphans: Limit = at_most(0)

    @model_validator(mode="after")
    def _pairs_columns(self) -> "DataReferences":
        referred = len(columns_of(self.refer_to).names)
        if len(self.columns) != referred:
            raise ValueError(f"columns are {len(self.columns)}, but refer_to names {referred}: one for each is due")
        return self

    @property
    def orphaned(self) -> Measure:
        other = columns_of(self.refer_to)
        return Orphans(self.columns, other.table, other.names, scope=self.scope, **accepted(self.orphans))

    @property
    def measures(self) -> tuple[Measure, ...]:
        return (self.orphaned,)


def test_data_references(expected: DataReferences, readings: Mapping[Measure, Any], observe: Observer) -> None:
    """No row refers to what is not there.

    Remedy: find out what deletes the rows referred to without these, or writes these too early, before repairing any.
    Then add the missing FOREIGN KEY (NOT VALID first, VALIDATE later: it locks nobody out).
    """
    reading = readings[expected.orphaned]
    name = f"rows that refer to nothing in {columns_of(expected.refer_to).table}"
    if not is_empty(expected, name, reading, observe):
        observe_count(name, [("", reading)], expected.orphans, None, observe)
