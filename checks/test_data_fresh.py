"""The newest row is young enough."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, model_validator

from rounds.checks.dataset_groups import Figure, GroupedRow, observe_worst, to_judge
from rounds.checks.dataset_limits import AtMost
from rounds.judge import Observer
from rounds.limits import Limit, at_most
from rounds.measures import Broken, Measure, Newest, NotInFuture, Scope


class DataFresh(GroupedRow):
    """How old the newest value of a time column may be. NULL and what lies more than 5 minutes ahead do not count.

    A row dated tomorrow would keep the table young for a day: `ahead` says how many rows may lie in the future, or
    leave that to a row of `data-no-future`.
    """

    column: Annotated[str | None, Field(description="the dataset's time when left out")] = None
    age: Limit = at_most(24 * 3600, unit="s")
    ahead: Annotated[AtMost, Field(description="rows in the future; not judged when left out")] = None

    @model_validator(mode="after")
    def _has_a_time(self) -> "DataFresh":
        if not (self.column or self.dataset.time):
            raise ValueError("column is due: the dataset names no time")
        return self

    @property
    def newest(self) -> Newest:
        return Newest(self.column or self.dataset.time or "", scope=self.scope)

    @property
    def in_future(self) -> Broken:
        return Broken(NotInFuture(self.newest.column), scope=Scope(self.window, self.where or ""))

    @property
    def measures(self) -> tuple[Measure, ...]:
        return (self.newest, *self.listed, *((self.in_future,) if self.ahead else ()))


def test_data_fresh(expected: DataFresh, readings: Mapping[Measure, Any], observe: Observer) -> None:
    """New rows keep coming.

    Remedy: see whether what writes them still runs (scheduler, workers, import) and when its last run ended well. Where
    only some groups are old, look at their source: it may have changed or locked us out.
    """
    name = f"age of the newest {expected.newest.column}"
    found = to_judge(expected, name, expected.newest, readings, observe)
    observe_worst(name, [Figure(reading.value, "", group) for group, reading in found], expected.age, observe)
    if expected.ahead and not (ahead := readings[expected.in_future]).is_empty:
        observe("rows in the future", ahead.value, expected.ahead)
