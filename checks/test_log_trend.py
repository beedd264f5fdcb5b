"""Errors in a log do not become more."""

from typing import Annotated

from pydantic import Field, model_validator

from rounds.checks.answers import observe_unread
from rounds.checks.noise import ExpectedNoise, counting_again, observe_noise
from rounds.expectation import Expectation
from rounds.fixtures.logs import LogPeriods, Period
from rounds.judge import Earlier, Observer
from rounds.limits import Limit, at_most
from rounds.pattern import Pattern
from rounds.quantities import Duration, shown
from rounds.targets import Log

COUNT = "records of the last period"


class LogTrend(Expectation):
    """How many times the mean of the `periods` before the records of the last one may be, each as long as `within`.

    Up to `floor` records are never too many. Periods that the log does not reach back to are known from earlier rounds,
    where there were any; with fewer than `enough` known ones nothing is judged. With `within: 15m`, `periods: 96`,
    `growth: 1` and `floor: 0`, a row says that there are no more errors than at the average quarter of the day before.
    """

    log: Log
    also: Annotated[tuple[Log, ...], Field(description="logs counted together with it")] = ()
    within: Duration = 86_400.0
    periods: Annotated[int, Field(ge=1, le=400)] = 7
    levels: Annotated[tuple[str, ...], Field(description="the levels that count, as the log writes them")] = ()
    matching: Annotated[dict[str, Pattern], Field(default_factory=dict, description="patterns by name")]
    continued: Annotated[bool, Field(description="search them in all lines of a record")] = False
    expected: Annotated[tuple[ExpectedNoise, ...], Field(description="known records, not counted until a day")] = ()
    growth: Limit = at_most(2)
    floor: Annotated[int, Field(ge=0)] = 10
    enough: Annotated[int, Field(ge=1)] = 3

    @model_validator(mode="after")
    def _can_be_counted(self) -> "LogTrend":
        if bool(self.levels) == bool(self.matching):
            raise ValueError("a row says which records count by levels or by matching, one of the two")
        for log in (self.log, *self.also):
            if self.levels and "level" not in log.fields:
                raise ValueError(f"the pattern of {log.name} has no group level, so none can be counted")
        if self.enough > self.periods:
            raise ValueError("enough is more than periods, so nothing could ever be judged")
        return self


def test_log_trend(expected: LogTrend, log_periods: LogPeriods, earlier: Earlier, observe: Observer) -> None:
    """The number of errors does not climb.

    Remedy: see which message makes most of the new ones and when the first of them came; compare with what was
    deployed or changed at that time. When all kinds grew alike, look at the traffic and at what all of them depend on.
    """
    over = counting_again(expected.expected)
    now, *before = [_count(period, over) for period in log_periods.periods]
    if log_periods.silent or now is None:
        why = f"nothing at all was recorded within {shown(expected.within, 's')} in {', '.join(log_periods.silent)}"
        observe.unknown(COUNT, why, "missing")
        return
    observe(COUNT, now, note=f"within {shown(expected.within, 's')}")
    observe_unread(log_periods, observe)
    observe_noise(expected.expected, log_periods.periods[0].noise, observe)
    past = [
        count if count is not None else _recorded(earlier, number * expected.within, expected.within)
        for number, count in enumerate(before, 1)
    ]
    known = [count for count in past if count is not None]
    if len(known) < expected.enough:
        why = f"only {len(known)} of the {len(past)} periods before are known, and {expected.enough} are enough"
        observe.unknown("growth", f"{why}: the log does not reach further back; each round adds to it", "too few")
        return
    mean = sum(known) / len(known)
    note = f"{now} against {mean:.3g} on average of {len(known)} periods before"
    if now <= expected.floor:
        observe("growth", now / mean if mean else 0, note=f"{note}; up to {expected.floor} are never too many")
    elif mean == 0:
        observe.critical("growth", note, "from nothing")
    else:
        observe("growth", now / mean, expected.growth, note=note)


def _count(period: Period, over: set[str]) -> int | None:
    again = sum(count for pattern, count in period.noise.items() if pattern in over)
    return None if period.records is None else period.records + again


def _recorded(earlier: Earlier, age: float, within: float) -> float | None:
    """What the round nearest to the end of a period recorded of it, so many seconds ago."""
    figures = earlier.all(COUNT, at_least_old=age - within / 2, at_most_old=age + within / 2)
    nearest = min(figures, key=lambda figure: abs(figure.age_seconds - age), default=None)
    return nearest.value if nearest else None
