"""Logs show few bad records, and are written at all."""

import re
from typing import Annotated

from pydantic import Field, model_validator

from rounds.checks.answers import observe_unread
from rounds.checks.noise import ExpectedNoise, observe_noise, records_in, with_expired
from rounds.expectation import Expectation
from rounds.fixtures.log_kinds import ALL_OTHERS
from rounds.fixtures.logs import Counted, LogRecords, Tally
from rounds.judge import Observer
from rounds.limits import Limit, at_least, at_most
from rounds.pattern import Pattern
from rounds.quantities import Duration, shown
from rounds.targets import Log


class LogRecordCount(Expectation):
    """How many records of some kind a log may have had `within` some time: by level, or by pattern.

    `severe` bounds the records of `severe_levels`, and those of `levels` whose code begins with one of `severe_codes`;
    `count` bounds all others of `levels`, or those that fit the patterns of `matching`. Each log needs `records` of
    any kind, as a log that is not written shows no errors. Records that are `expected` are left out until a day.
    """

    log: Log
    also: Annotated[tuple[Log, ...], Field(description="logs counted together with it")] = ()
    within: Duration = 86_400.0
    levels: Annotated[tuple[str, ...], Field(description="the levels that count, as the log writes them")] = ()
    severe_levels: tuple[str, ...] = ()
    severe_codes: Annotated[tuple[str, ...], Field(description="beginnings of codes, such as SQLSTATE classes")] = ()
    matching: Annotated[
        dict[str, Pattern],
        Field(default_factory=dict, description="patterns by name, searched in the first line of a record"),
    ]
    continued: Annotated[bool, Field(description="search them in all its lines, such as those of a traceback")] = False
    by: Annotated[str | None, Field(description="a named group: count bounds the records with one value of it")] = None
    acknowledged_by: Annotated[
        Pattern | None, Field(description="a later record with the same named groups makes a record count no more")
    ] = None
    expected: Annotated[tuple[ExpectedNoise, ...], Field(description="known records, not counted until a day")] = ()
    count: Limit = at_most(10)
    severe: Limit = at_most(0)
    share: Annotated[Limit, Field(description="of all records, the ones that count")] = at_most(100, unit="%")
    enough: Annotated[int, Field(ge=1, description="a share of fewer records is taken as of so many")] = 100
    records: Annotated[Limit, Field(description="how many records of any kind there must be")] = at_least(1)

    @model_validator(mode="after")
    def _can_be_counted(self) -> "LogRecordCount":
        if bool(self.levels or self.severe_levels) == bool(self.matching):
            raise ValueError("a row says which records count by levels or by matching, one of the two")
        needed = {"level": self.levels or self.severe_levels, "code": self.severe_codes}
        for log in (self.log, *self.also):
            for group, asked in needed.items():
                if asked and group not in log.fields:
                    raise ValueError(f"the pattern of {log.name} has no group {group}, so none can be counted")
        if self.by and not all(self.by in re.compile(pattern).groupindex for pattern in self.matching.values()):
            raise ValueError(f"by: the patterns of matching have no group {self.by}: (?P<{self.by}>…)")
        return self


def test_log_record_count(expected: LogRecordCount, log_counts: LogRecords, observe: Observer) -> None:
    """The log shows few bad records, and is written at all.

    Remedy: read the newest of them with what stands around them; find the first, and what changed just before it. When
    nothing was recorded at all, see whether the service runs, the disk is full, or the log has moved.
    """
    _observe_all(expected, log_counts, observe)
    plain = Counted(log_counts.kinds, log_counts.matches, log_counts.values)
    counted = with_expired(plain, log_counts.noise, expected.expected)
    noise = {pattern: records_in(left_out) for pattern, left_out in log_counts.noise.items()}
    observe_noise(expected.expected, noise, observe)
    if expected.share != type(expected).model_fields["share"].default:
        share = 100 * records_in(counted) / max(log_counts.records, expected.enough)
        observe("share of all records", share, expected.share, note=f"{records_in(counted)} of {log_counts.records}")
    if expected.matching:
        _observe_matching(expected, counted, log_counts.acknowledged, observe)
        return
    severe = {kind: tally for kind, tally in counted.kinds.items() if _is_severe(kind, expected)}
    others = {
        kind: tally for kind, tally in counted.kinds.items() if kind not in severe and kind[0] in _levels(expected)
    }
    if expected.severe_levels or expected.severe_codes:
        _observe("severe records", list(severe.values()), expected.severe, observe)
    if expected.levels:
        _observe("records of these levels", list(others.values()), expected.count, observe)


def _observe_all(expected: LogRecordCount, seen: LogRecords, observe: Observer) -> None:
    age = seen.newest_age_seconds
    newest = "none at all" if age is None else f"newest is {shown(age, 's')} old"
    note = f"{newest}; estimated, as much was read at once" if seen.is_estimated else newest
    observe("records in all", seen.records, expected.records, note=note)
    if expected.also and seen.silent and expected.records.verdict(0) is not expected.records.verdict(1):
        observe.critical("logs without a record", f"nothing was recorded in {', '.join(seen.silent)}", len(seen.silent))
    observe_unread(seen, observe)


def _observe_matching(expected: LogRecordCount, counted: Counted, acknowledged: int, observe: Observer) -> None:
    note = ", ".join(f"{tally.count} {name}" for name, tally in counted.matches.items())
    if expected.by:
        pooled = counted.values.pop(ALL_OTHERS, Tally()).count
        value, most = max(counted.values.items(), key=lambda each: each[1].count, default=("none", Tally()))
        observe("matching records", records_in(counted), note=note)
        if expected.count.verdict(pooled) is not expected.count.verdict(0):
            observe.unknown("matching records of other values", f"too many {expected.by} to tell them apart", pooled)
        _observe("matching records of one value", [most], expected.count, observe, f"{expected.by}: {value}")
    else:
        _observe("matching records", list(counted.matches.values()), expected.count, observe, note)
    if expected.acknowledged_by:
        observe("acknowledged records", acknowledged)


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
    observe(name, sum(tally.count for tally in tallies), limit, note="; ".join(filter(None, (note, sample))))
