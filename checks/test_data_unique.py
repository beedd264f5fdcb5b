"""No key is there twice."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, field_validator, model_validator

from rounds.checks.dataset_counts import observe_count, refuse_both
from rounds.checks.dataset_groups import short
from rounds.checks.dataset_limits import AtMostShare
from rounds.checks.dataset_rows import DataRow, is_empty
from rounds.checks.failing_rows import accepted
from rounds.inventory.mistakes import nearest
from rounds.judge import Observer
from rounds.limits import Limit, at_most
from rounds.measures import Measure, Nulls, Repeated, Rows

_WAYS = ("trim", "lower", "url")


class DataUnique(DataRow):
    """How many rows may be one too many for the key that `columns` are together. A key with NULL in it is none.

    `normalized` are ways to make keys alike first: trim, lower, url (no scheme, `www.`, slash at the end, fragment).
    """

    columns: Annotated[tuple[str, ...], Field(min_length=1)]
    normalized: tuple[str, ...] = ()
    extra: Annotated[Limit, Field(description="rows that are one too many")] = at_most(0)
    extra_share: Annotated[AtMostShare, Field(description="their share; then the number is only told")] = None

    @field_validator("normalized")
    @classmethod
    def _are_known_ways(cls, ways: tuple[str, ...]) -> tuple[str, ...]:
        for way in ways:
            if way not in _WAYS:
                raise ValueError(f"keys are not normalized by {way!r}{nearest(way, _WAYS)}")
        return ways

    @model_validator(mode="after")
    def _is_one_key(self) -> "DataUnique":
        refuse_both(self.model_fields_set, "extra", "extra_share")
        if len(set(self.columns)) < len(self.columns):
            raise ValueError("columns names one twice")
        return self

    @property
    def repeated(self) -> Measure:
        return Repeated(self.columns, self.normalized, scope=self.scope, **accepted(self.extra, self.extra_share))

    @property
    def measures(self) -> tuple[Measure, ...]:
        """With a share, a pass over the rows is asked for, too: in it those are counted that have a key."""
        joined = (Nulls(name, scope=self.scope) for name in self.columns if "." in name)
        return (self.repeated, Rows(scope=self.scope), *joined) if self.extra_share else (self.repeated,)


def test_data_unique(expected: DataUnique, readings: Mapping[Measure, Any], observe: Observer) -> None:
    """Nothing is there twice.

    Remedy: look at both rows of a key: the same moment means a job that ran twice, another spelling means that keys are
    not made alike before they are written. Stop that first; then keep one row of each key, and let a UNIQUE index see
    to the rest.
    """
    reading = readings[expected.repeated]
    name = f"rows that repeat {short(', '.join(expected.columns))}"
    if not is_empty(expected, name, reading, observe):
        observe_count(name, [("", reading)], expected.extra, expected.extra_share, observe)
