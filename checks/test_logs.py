"""Logs show few bad records, and are written at all."""

import re
from typing import Annotated

from pydantic import Field, model_validator

from rounds.checks.answers import observe_unread
from rounds.expectation import Expectation
from rounds.fixtures.logs import LogRecords, Tally
from rounds.judge import Observer
from rounds.limits import Limit, at_least, at_most
from rounds.pattern import Pattern
from rounds.quantities import Duration, shown
from rounds.targets import Log


class LogRecordCount(Expectation):
    """How many records of some kind a log may have had `within` some time: by level, or by pattern.

    `severe` bounds the records of `severe_levels`, and those of `levels` whose code begins with one of `severe_codes`;
    `count` bounds all others of `levels`.
    """

    log: Log
    within: Duration = 86_400.0
    levels: Annotated[tuple[str, ...], Field(description="the levels that count, as the log writes them")] = ()
    severe_levels: tuple[str, ...] = ()
    severe_codes: Annotated[tuple[str, ...], Field(description="beginnings of codes, such as SQLSTATE classes")] = ()
    matching: Annotated[
        dict[str, Pattern],
        Field(default_factory=dict, description="patterns by name, searched in the first line of a record"),
    ]
    acknowledged_by: Annotated[
        Pattern | None, Field(description="a later record with the same named groups makes a record count no more")
    ] = None
    count: Limit = at_most(10)
    severe: Limit = at_most(0)
    records: Annotated[Limit, Field(description="how many records of any kind there must be")] = at_least(1)

    @model_validator(mode="after")
    def _can_be_counted(self) -> "LogRecordCount":
        if bool(self.levels or self.severe_levels) == bool(self.matching):
            raise ValueError("a row says which records count by levels or by matching, one of the two")
        groups = re.compile(self.log.pattern).groupindex
        needed = {"level": self.levels or self.severe_levels, "code": self.severe_codes}
        for group, asked in needed.items():
            if asked and group not in groups:
                raise ValueError(f"the pattern of {self.log.name} has no group {group}, so none can be counted")
        return self


def test_log_record_count(expected: LogRecordCount, log_records: LogRecords, observe: Observer) -> None:
    """The log shows few bad records, and is written at all.

    Remedy: read the newest of them with what stands around them; find the first, and what changed just before it. When
    nothing was recorded at all, see whether the service runs, the disk is full, or the log has moved.
    """
    age = log_records.newest_age_seconds
    newest = "none at all" if age is None else f"newest is {shown(age, 's')} old"
    observe("records in all", log_records.records, expected.records, note=newest)
    observe_unread(log_records, observe)
    if expected.matching:
        note = ", ".join(f"{tally.count} {name}" for name, tally in log_records.matches.items())
        _observe("matching records", list(log_records.matches.values()), expected.count, observe, note)
        if expected.acknowledged_by:
            observe("acknowledged records", log_records.acknowledged)
        return
    severe = {kind: tally for kind, tally in log_records.kinds.items() if _is_severe(kind, expected)}
    others = {
        kind: tally for kind, tally in log_records.kinds.items() if kind not in severe and kind[0] in _levels(expected)
    }
    if expected.severe_levels or expected.severe_codes:
        _observe("severe records", list(severe.values()), expected.severe, observe)
    if expected.levels:
        _observe("records of these levels", list(others.values()), expected.count, observe)


def _levels(expected: LogRecordCount) -> set[str]:
    return {level.upper() for level in expected.levels}


def _is_severe(kind: tuple[str, str], expected: LogRecordCount) -> bool:
    level, code = kind
    by_code = level in _levels(expected) and code.startswith(expected.severe_codes or ("\0",))
    return by_code or level in {each.upper() for each in expected.severe_levels}


def _observe(name: str, tallies: list[Tally], limit: Limit, observe: Observer, note: str = "") -> None:
    """Judge a sum of records, and show the newest of the most frequent kind."""
    most = max(tallies, key=lambda tally: tally.count, default=Tally())
    sample = f"such as: {most.newest[-1]}" if most.newest else ""
    said = "; ".join(part for part in (note, sample) if part)
    observe(name, sum(tally.count for tally in tallies), limit, note=said)
