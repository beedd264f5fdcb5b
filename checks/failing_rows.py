"""Telling a person which rows break a rule: some of them as a table, and the SQL that selects them all."""

import math
from collections.abc import Mapping, Sequence

from rounds.judge import Observer
from rounds.limits import Limit
from rounds.measures import Cell, Reading
from rounds.outcome import Outcome
from rounds.quantities import shown
from rounds.text import printable

_LEAST_SHARE = 1e-12
_LONGEST_VALUE = 80
_LONGEST_TABLE = 2500
_LONGEST_SQL = 2500


def show_bad_rows(observe: Observer, verdict: Outcome, name: str, reading: Reading) -> None:
    """Tell the rows that a reading counts, where the verdict on it is not ok. What is private is not in them."""
    if verdict is not Outcome.OK and reading.sql:
        observe.detail(told_rows(f"{name}: {shown(reading.value)}", reading.samples, reading.sql))


def accepted(count: Limit | None, share: Limit | None = None) -> dict[str, float]:
    """The words for a measure by which no rows are fetched that break no limit; without limits none are.

    A share is never 0: that says that no share is judged, and the rows it is of need not be counted.
    """
    name, limit = ("accepted", count) if share is None else ("accepted_share", share)
    bounds = [bound for bound in (limit.warning, limit.critical) if bound is not None] if limit else []
    least = 0.0 if share is None else _LEAST_SHARE
    return {name: max(min(bounds, default=math.inf), least)}


def told_rows(heading: str, samples: Sequence[Mapping[str, Cell]], sql: str) -> str:
    """A heading, the samples as a table of text, and below it the SQL."""
    table = _table(samples)
    kept = 0
    while kept < len(table) and sum(len(line) + 1 for line in table[: kept + 1]) <= _LONGEST_TABLE:
        kept += 1
    rows = [f"{heading}, such as", "", *table[:kept], ""] if kept > 1 else [heading, ""]
    return "\n".join([*rows, "To see them all:", "", _whole(sql)])


def _whole(sql: str) -> str:
    """Half a statement helps nobody."""
    return sql if len(sql) <= _LONGEST_SQL else f"(a statement of {len(sql)} characters: too long for a report)"


def _table(samples: Sequence[Mapping[str, Cell]]) -> list[str]:
    if not samples:
        return []
    columns = list(samples[0])
    lines = [columns, *([_said(row.get(column)) for column in columns] for row in samples)]
    wide = [max(len(line[place]) for line in lines) for place in range(len(columns))]
    return ["  ".join(cell.ljust(size) for cell, size in zip(line, wide, strict=True)).rstrip() for line in lines]


def _said(value: Cell) -> str:
    if value is None:
        return "NULL"
    text = " ".join(printable(str(value)[: _LONGEST_VALUE + 1]).splitlines())
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 1]}…"
