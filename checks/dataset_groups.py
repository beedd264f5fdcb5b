"""Rows on a dataset that may be told apart in groups: which groups are judged, and which of them is told.

A group is judged where it is due: all that have rows, those that the row lists (and no others), or each full hour or
day of the window. The hour that is not over and the one that the window cuts are not judged.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from rounds.checks.dataset_cells import GroupNames
from rounds.checks.dataset_periods import MOST, SECONDS, full_periods, said_of_period
from rounds.checks.dataset_rows import DataRow, is_empty
from rounds.judge import Observer
from rounds.limits import Exactly, Limit, Value
from rounds.measures import Cell, Grouped, Groups, Measure, Reading, Scope
from rounds.outcome import Outcome
from rounds.quantities import shown

_TOLD = 5
_LONGEST_NAME = 80


class GroupedRow(DataRow):
    """Rows of a dataset, all together or for each group.

    Without `groups` those groups are judged that have rows. Listed ones must all have some, and no other is judged.
    """

    per: Annotated[str | None, Field(min_length=1, description="a column, or hour or day: full ones of the window")] = (
        None
    )
    groups: Annotated[
        GroupNames | None, Field(description="those that must be there: names, or a query that lists them")
    ] = None
    missing: Annotated[
        Literal["critical", "unknown"], Field(description="what it is when a group that is due has no rows")
    ] = "critical"

    @model_validator(mode="after")
    def _groups_can_be_told(self) -> "GroupedRow":
        if self.groups is not None and self.per in {None, *SECONDS}:
            raise ValueError("groups needs per: the column whose groups must be there")
        if self.groups == ():
            raise ValueError("groups lists none: leave it out, and all groups with rows are judged")
        if self.per in SECONDS:
            self._has_full_ones(self.per)
        return self

    def _has_full_ones(self, per: str) -> None:
        if self.dataset.time is None:
            raise ValueError(f"per {per} needs the dataset's time: the column that says when a row was made")
        window = self.window or self.dataset.window
        if window is None:
            raise ValueError(f"per {per} needs a window: which {per}s are due?")
        if window < 2 * SECONDS[per]:
            raise ValueError(f"per {per} needs a window of 2 {per}s or more: only full ones are judged")
        if window > MOST * SECONDS[per]:
            raise ValueError(f"per {per} can tell {MOST} {per}s apart: the window is longer than that")

    @property
    def scope(self) -> Scope:
        return Scope(self.window, self.where or "", self.per or "")

    @property
    def listed(self) -> tuple[Measure, ...]:
        """What asks for the names of the groups, where a query lists them; to stand among the row's measures."""
        return (Groups(self.groups),) if isinstance(self.groups, str) else ()


@dataclass(frozen=True)
class Figure:
    """What a check makes of one reading. `name` is that of its group, `note` says what the figure is of."""

    value: Value
    note: str = ""
    name: str = ""


def to_judge(
    expected: GroupedRow, name: str, measure: Measure, readings: Mapping[Measure, Any], observe: Observer
) -> list[tuple[str, Reading]]:
    """The readings that can be judged, by the names of their groups (`""` where there are none).

    What is due and not there, and what has nothing to judge, is told here: as bad as the row says.
    """
    answer = readings[measure]
    if isinstance(answer, Reading):
        return [] if is_empty(expected, name, answer, observe) else [("", answer)]
    due = due_groups(expected, answer, readings)
    if not due and expected.groups is not None:
        _as_bad_as(expected.empty, observe)(name, "groups lists none that must be there", None)
    elif not due:
        is_empty(expected, name, Reading(rows=0), observe)
    there = [(said, reading) for said, reading in due if reading is not None and reading.rows != 0]
    missing = [said for said, reading in due if reading is None or reading.rows == 0]
    if missing:
        told = in_words([*map(short, missing)])
        _as_bad_as(expected.missing, observe)(f"{_plural(expected)} without rows", told, len(missing))
    empty = [said for said, reading in there if reading.is_empty]
    if empty:
        _as_bad_as(expected.empty, observe)(f"{name}: nothing to judge", in_words([*map(short, empty)]), len(empty))
    return [(said, reading) for said, reading in there if not reading.is_empty]


def due_groups(
    expected: GroupedRow, answer: Grouped, readings: Mapping[Measure, Any]
) -> list[tuple[str, Reading | None]]:
    """Each group that is due, by the name it is told by, with its reading if it has one."""
    if expected.per in SECONDS:
        zone = ZoneInfo(expected.dataset.zone)
        begun = full_periods(expected.per, expected.window or expected.dataset.window or 0.0, answer.now, zone)
        return [(said_of_period(each, str(expected.per), zone), answer.groups.get(each)) for each in begun]
    if expected.groups is None:
        return [(_said(name), reading) for name, reading in answer.groups.items() if reading.rows != 0]
    listed = readings[expected.listed[0]].names if expected.listed else expected.groups
    by_name = {_said(name): reading for name, reading in answer.groups.items() if name is not None}
    return [(said, by_name.get(said)) for said in dict.fromkeys(_said(name) for name in listed if name is not None)]


def observe_worst(name: str, figures: Sequence[Figure], limit: Limit | Exactly | None, observe: Observer) -> list[str]:
    """Judge a figure, or of several groups the worst one; those beyond the limit are named, the worst first.

    Gives the names of the groups beyond it (`""` for the figure that has none).
    """
    if len(figures) == 1 and not figures[0].name:
        return [""] if observe(name, figures[0].value, limit, note=figures[0].note).badness else []
    without = [each.name for each in figures if not _is_number(each.value)]
    if without:
        observe.unknown(f"{name}: no figure", in_words([*map(short, without)]), len(without))
    told = sorted((each for each in figures if _is_number(each.value)), key=lambda each: _badness(each, limit))
    bad = [each for each in told if limit and limit.verdict(each.value).badness]
    if told:
        worst = f"the worst of {len(told)} is {short(told[0].name)}"
        observe(name, told[0].value, limit, note=in_words([_with_figure(each, limit) for each in bad]) or worst)
    return [each.name for each in bad]


def in_words(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    more = len(names) - _TOLD
    return ", ".join(names[:_TOLD]) + (f" and {more} more" if more > 0 else "")


def short(text: str) -> str:
    """A name may be a whole page."""
    return text if len(text) <= _LONGEST_NAME else f"{text[: _LONGEST_NAME - 1]}…"


def _badness(figure: Figure, limit: Limit | Exactly | None) -> tuple[int, float, str]:
    """To sort the worst first."""
    sign = 1 if isinstance(limit, Limit) and limit.direction == "at least" else -1
    value = figure.value if isinstance(figure.value, int | float) else 0.0
    return -(limit.verdict(value).badness if limit else 0), sign * value, figure.name


def _with_figure(figure: Figure, limit: Limit | Exactly | None) -> str:
    said = shown(figure.value, limit.unit if limit else "")
    name = short(figure.name)
    return f"{name}: {said} ({figure.note})" if figure.note else f"{name}: {said}"


def _is_number(value: Value) -> bool:
    return isinstance(value, int | float) and not math.isnan(value)


def _said(name: Cell) -> str:
    """A name as rows and databases both have it: 7 and 7.0 are one, true is `true`, and no name is told as NULL."""
    if isinstance(name, float) and name.is_integer():
        return str(int(name))
    if isinstance(name, bool):
        return str(name).lower()
    return "NULL" if name is None else str(name) or "''"


def _plural(expected: GroupedRow) -> str:
    return f"{expected.per}s" if expected.per in SECONDS else f"groups of {expected.per}"


def _as_bad_as(word: Literal["critical", "unknown"], observe: Observer) -> Callable[[str, str, int | None], Outcome]:
    return observe.critical if word == "critical" else observe.unknown
