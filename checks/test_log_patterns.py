"""No kind of error dominates a log, grows, or is new to it."""

import re
from typing import Annotated

from pydantic import Field, model_validator

from rounds.checks.log_reading import LogRow, observe_read, share_note
from rounds.fixtures.log_groups import ErrorGroup, ErrorGroups
from rounds.judge import Observer
from rounds.limits import Limit, at_most
from rounds.pattern import Pattern
from rounds.quantities import Duration, Percentage, shown


class LogErrorPatterns(LogRow):
    """How many errors of one kind there may be `within` some time, and how that may differ from the time `before`.

    Errors are the records of `levels`, those that fit `matching`, or both. Their kind is the value of `by`: a field of
    the log, or a group of `reads`, a pattern that is searched in the record with its traceback. Without `by` it is the
    message, without stamps, numbers, ids, addresses, paths and quoted values.
    """

    within: Annotated[Duration, Field(gt=0)] = 3600.0
    levels: tuple[str, ...] = ("ERROR", "CRITICAL", "FATAL")
    matching: Annotated[Pattern | None, Field(description="only records whose first line fits are errors")] = None
    by: str = ""
    reads: Annotated[Pattern | None, Field(description="has a named group that is `by`")] = None
    most: Annotated[Limit, Field(description="how many of one kind")] = at_most(50)
    unnamed: Annotated[Limit, Field(description="how many may have no `by`")] = at_most(0)
    unclassified: Annotated[tuple[str, ...], Field(description="values of `by` that say nothing")] = ("unknown",)
    unclassified_share: Limit = at_most(10, unit="%")
    before: Annotated[Duration | None, Field(gt=0, description="the time to compare with")] = None
    enough_before: Annotated[Percentage, Field(description="how much of it the log must tell of")] = 50.0
    new_share: Annotated[Percentage | None, Field(description="share of the errors a new kind may have")] = None
    growth: Annotated[float | None, Field(gt=0, description="times its mean before a kind may have")] = None
    floor: Annotated[int, Field(ge=0, description="up to so many of a kind, growth is not judged")] = 10
    enough: Annotated[int, Field(ge=1, description="shares of fewer errors are as of so many")] = 20

    @model_validator(mode="after")
    def _can_be_grouped(self) -> "LogErrorPatterns":
        if not self.levels and self.matching is None:
            raise ValueError("a row says what an error is: levels, or matching")
        if self.levels:
            self.needs_field("level", "levels are asked for")
        if self.reads and self.by not in re.compile(self.reads).groupindex:
            raise ValueError(f"reads has no group {self.by or 'that is named in `by`'}")
        if self.by and not self.reads:
            self.needs_field(self.by, "errors are grouped by it")
        if (self.new_share is not None or self.growth is not None) != (self.before is not None):
            raise ValueError("new_share and growth go with before, the time to compare with")
        return self


def test_log_error_patterns(expected: LogErrorPatterns, error_groups: ErrorGroups, observe: Observer) -> None:
    """No kind of error is more frequent than it may be, and none is new or grows.

    Remedy: look for the named kind in the log; find its first record and what changed just before: a deployment, a
    partner's site, a full disk. One cause makes most of the lines. What is only noise: correct its level.
    """
    seen = error_groups
    observe_read(expected, seen.read, observe)
    observe("errors", seen.now, note=f"of {len(seen.groups)} kinds")
    top = seen.groups[0] if seen.groups else None
    observe("errors of the most frequent kind", top.now if top else 0, expected.most, note=_named(top, expected))
    if seen.ungrouped:
        why = "of too many kinds to tell them apart: name a field as `by`, or narrow `matching`"
        observe.unknown("errors that were not grouped", why, seen.ungrouped)
    if expected.by:
        observe(f"errors without {expected.by}", seen.unnamed, expected.unnamed)
        named = {name.lower() for name in expected.unclassified}
        vague = sum(group.now for group in seen.groups if group.name.lower() in named)
        note = share_note(vague, seen.now, expected.enough)
        observe("share of unclassified", _share(vague, seen, expected), expected.unclassified_share, note=note)
    if expected.before is not None:
        _observe_changes(expected, expected.before, seen, observe)


def _named(group: ErrorGroup | None, expected: LogErrorPatterns) -> str:
    if group is None:
        return ""
    return f"{group.name}, such as: {group.sample}" if expected.by and group.sample else group.name


def _share(count: int, seen: ErrorGroups, expected: LogErrorPatterns) -> float:
    return 100 * count / max(seen.now, expected.enough)


def _observe_changes(expected: LogErrorPatterns, before: float, seen: ErrorGroups, observe: Observer) -> None:
    """Judge new and growing kinds, if the log reaches back far enough to know what is new."""
    told = shown(seen.before_seconds, "s")
    if 100 * seen.before_seconds < expected.enough_before * before:
        why = f"the log tells of {told} of the {shown(before, 's')} before, too little to compare with"
        observe.unknown("time to compare with", why, seen.before_seconds, unit="s")
        return
    observe("time to compare with", seen.before_seconds, unit="s", note=f"{seen.before} errors in it")
    if expected.new_share is not None:
        new = next((group for group in seen.groups if not group.before), None)
        note = f"{new.name}: {share_note(new.now, seen.now, expected.enough)}" if new else "no new kind"
        limit = at_most(expected.new_share, unit="%")
        observe("share of the most frequent new kind", _share(new.now if new else 0, seen, expected), limit, note=note)
    if expected.growth is not None:
        _observe_growth(expected, expected.growth, seen, observe)


def _observe_growth(expected: LogErrorPatterns, growth: float, seen: ErrorGroups, observe: Observer) -> None:
    windows = seen.before_seconds / expected.within
    judged = [group for group in seen.groups if group.now > expected.floor]
    grown = [(group.now * windows / group.before, group) for group in judged if group.before]
    for group in [group for group in judged if not group.before][:1]:
        observe.critical("new kind that grows", f"{group.name}: there was none before", group.now)
    times, most = max(grown, key=lambda each: each[0], default=(0.0, None))
    note = f"{most.name}: {most.now} now, {most.before / windows:.3g} in the mean" if most else "no kind is frequent"
    observe("times its mean before", times, at_most(growth), note=note)
