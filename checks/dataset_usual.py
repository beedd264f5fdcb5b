"""Rows that are judged by their own history in place of a limit, or beside one."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, model_validator

from rounds.band import Aged, Kind, usual
from rounds.checks.dataset_groups import Figure, GroupedRow
from rounds.judge import Earlier, EarlierFigure, Observer

_MOST_GROUPS = 200
_LATELY = 8 * 86400.0
SHARE = Kind(least=1.0, not_below=0.0, may_fall=True)
"""A share in percent of what is bad: it may always rise by a point, and to fall is never bad."""
COUNT = Kind(root=True, not_below=0.0)
"""A count of what happens: its root is within what chance does."""
KINDS = Kind(least=1.0, not_below=0.0)
"""A count of different things: one more or less is usual."""


class Since(BaseModel):
    """From which day on the history counts: a level that changed, and was meant to, is the usual one from then on."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
    since: date


class UsualRow(GroupedRow):
    """A row that may say `usual: true`: its figure is judged by those of earlier rounds, by weekday and hour.

    It is unknown until 7 days are known. `{since: DATE}` says that the history counts from that day on.
    """

    usual: Annotated[bool | Since, Field(description="judge by the row's own history")] = False

    @model_validator(mode="after")
    def _has_a_history(self) -> "UsualRow":
        if self.usual and self.per in {"hour", "day"}:
            raise ValueError(f"usual compares with earlier rounds; for {self.per}s there is data-volume")
        return self

    def is_said(self, limit: str) -> bool:
        """Whether a limit with a default is to be judged: with `usual`, only where the row writes it."""
        return not self.usual or limit in self.model_fields_set


def observe_usual(  # noqa: PLR0913 - what is judged, by what, and how
    expected: UsualRow, name: str, figures: Sequence[Figure], kind: Kind, *, earlier: Earlier, observe: Observer,
    unit: str = "",
) -> None:  # fmt: skip
    """Judge each figure by what earlier rounds recorded under its name; nothing where the row does not ask for it."""
    if not expected.usual:
        return
    if len(figures) > _MOST_GROUPS:
        why = f"a history of each of {len(figures)} groups is too much: {_MOST_GROUPS} at most; list those that matter"
        observe.unknown(name, why, "not judged")
        return
    for each in figures:
        own = f"{name} of {each.name}" if each.name else name
        if isinstance(each.value, int | float):
            judged = usual(float(each.value), _aged(earlier.all(own), expected), kind)
            observe.usual(own, each.value, judged, unit=unit, note=each.note)
        else:
            observe.unknown(own, each.note or "there is no figure")


def was_there_lately(expected: UsualRow, name: str, earlier: Earlier) -> bool:
    """Whether a row with a history has seen more than none within 8 days: what is gone for good is never usual."""
    return bool(expected.usual) and any(each.value > 0 for each in earlier.all(name, at_most_old=_LATELY))


def _aged(figures: Sequence[EarlierFigure], expected: UsualRow) -> list[Aged]:
    """The figures with their ages by the clock on the wall of the dataset's zone."""
    zone, now = ZoneInfo(expected.dataset.zone), datetime.now(UTC)
    offset = _offset(now, zone)
    since = expected.usual.since if isinstance(expected.usual, Since) else date.min
    aged = []
    for each in figures:
        then = now - timedelta(seconds=each.age_seconds)
        if then.astimezone(zone).date() >= since:
            aged.append(Aged(each.value, each.age_seconds + offset - _offset(then, zone)))
    return aged


def _offset(moment: datetime, zone: ZoneInfo) -> float:
    offset = moment.astimezone(zone).utcoffset()
    return offset.total_seconds() if offset else 0.0
