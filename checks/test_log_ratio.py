"""Shares of what a log tells are as they should be: hits of look-ups, failures of attempts."""

import re
from typing import Annotated

from pydantic import Field, model_validator

from rounds.bound import refuse_unknown
from rounds.checks.log_reading import LogRow, observe_read, share_note
from rounds.fixtures.log_sums import LogSums
from rounds.judge import Observer
from rounds.limits import Limit, at_least, at_most
from rounds.pattern import Pattern
from rounds.quantities import shown

TOLD = 10


class LogRatio(LogRow):
    """Which share `part` may have of `of`, sums over the records of a window: for all, or for each value of `by`.

    A record that fits a pattern of `counts` counts once or, where the pattern has a group `count`, as often as that
    says; the figure must be the record's own, not a total that runs on. `by` is a group of the patterns, or a field.
    """

    counts: Annotated[dict[str, Pattern], Field(min_length=1, description="patterns by name, such as hits and misses")]
    part: Annotated[tuple[str, ...], Field(min_length=1)]
    of: Annotated[tuple[str, ...], Field(min_length=1)]
    lowest: Limit = at_least(0, unit="%")
    highest: Limit = at_most(100, unit="%")
    enough: Annotated[int, Field(ge=1, description="with fewer, there is no share to judge")] = 100
    by: str = ""

    @model_validator(mode="after")
    def _adds_up(self) -> "LogRatio":
        refuse_unknown([*self.part, *self.of], self.counts, "count")
        if not set(self.part) <= set(self.of):
            raise ValueError("what is in part must be in of, too: part: [hits], of: [hits, misses]")
        if len({"lowest", "highest"} & self.model_fields_set) != 1:
            raise ValueError("a row says what the share may be: lowest, or highest")
        if self.by and not all(self.by in re.compile(pattern).groupindex for pattern in self.counts.values()):
            self.needs_field(self.by, "shares are taken for each of its values")
        return self


def test_log_ratio(expected: LogRatio, log_sums: LogSums, observe: Observer) -> None:
    """The share is within its limits, and there is enough to take a share of.

    Remedy: see in the log since when the share has changed, and what was changed then. With few hits of a cache: was it
    cleared, bypassed, or its keys changed? With many refusals: who refuses, and are we too fast for it?
    """
    observe_read(expected, log_sums.read, observe)
    if log_sums.unreadable:
        observe.unknown("records with a figure that is none", "so the sums are too small", log_sums.unreadable)
    if log_sums.left_out:
        observe.unknown("records of too many values", f"`{expected.by}` has too many values", log_sums.left_out)
    sums = {value: each for value, counted in log_sums.sums.items() if (each := _sums(expected, counted))[1]}
    total = sum(of for _, of in sums.values())
    said = ", ".join(f"{sum(each[name] for each in log_sums.sums.values()):g} {name}" for name in expected.counts)
    if total < expected.enough:
        why = f"only {total:g} within {shown(expected.within, 's')}; {expected.enough} are due for a share"
        observe.unknown(_name(expected), f"{why} ({said})", total)
    elif not expected.by:
        _observe_share(_name(expected), *next(iter(sums.values())), said, expected, observe)
    elif "lowest" in expected.model_fields_set and all(of < expected.enough for _, of in sums.values()):
        observe.unknown(_name(expected), f"no {expected.by} has {expected.enough}, which are due for a share", total)
    else:
        observe(f"values of {expected.by}", len(sums), note=said)
        ranked = sorted(sums, key=lambda value: -sums[value][0] / sums[value][1])
        for value in ranked if len(ranked) <= 2 * TOLD else [*ranked[:TOLD], *ranked[-TOLD:]]:
            _observe_share(f"{_name(expected)} for {value or 'no value'}", *sums[value], "", expected, observe)


def _observe_share(name: str, part: float, of: float, said: str, expected: LogRatio, observe: Observer) -> None:  # noqa: PLR0913, PLR0917 - a share is two figures
    """Judge a share; where there are few, as of enough: they may not break an upper limit, nor hold a lower one."""
    note = said or share_note(round(part), round(of), expected.enough)
    if "highest" in expected.model_fields_set:
        observe(name, 100 * part / max(of, expected.enough), expected.highest, note=note)
    elif of >= expected.enough:
        observe(name, 100 * part / of, expected.lowest, note=note)
    else:
        observe(name, 100 * part / of, unit="%", note=f"{round(part)} of {round(of)}: too few for a share")


def _name(expected: LogRatio) -> str:
    return f"share of {' and '.join(expected.part)}"


def _sums(expected: LogRatio, counted: dict[str, float]) -> tuple[float, float]:
    return sum(counted[name] for name in expected.part), sum(counted[name] for name in expected.of)
