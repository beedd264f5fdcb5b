"""What is usual: figures of now against the same hour of earlier days or weeks, as Prometheus remembers them."""

import math
from statistics import fmean, median
from typing import Annotated, Literal

from pydantic import Field

from rounds.checks.samples import Figure, Unit, tell_warnings, why_empty
from rounds.expectation import Expectation
from rounds.fixtures.prometheus import History, SeriesHistory
from rounds.judge import Observer
from rounds.limits import Limit, at_least, at_most
from rounds.quantities import Duration, shown
from rounds.targets import Prometheus


class Usual(Expectation):
    """What now is compared with: `times` earlier moments, each `every` further back; at least `enough` of them."""

    prometheus: Prometheus
    query: Annotated[str, Field(min_length=1, description="PromQL: one number a series")]
    every: Annotated[Duration, Field(gt=0)] = 86400.0
    times: Annotated[int, Field(ge=1, le=1000)] = 7
    enough: Annotated[int | None, Field(ge=1, description="earlier values; half of `times` when left out")] = None

    @property
    def needed(self) -> int:
        return (self.times + 1) // 2 if self.enough is None else self.enough


class Volume(Usual):
    """How far now may be from the usual: the mean (or median) of the earlier moments."""

    per: Annotated[str, Field(description="a label: each of its values is a figure of its own")] = ""
    usual: Literal["mean", "median"] = "mean"
    lowest: Limit = at_least(50, unit="%")
    highest: Limit = at_most(200, unit="%")
    floor: Annotated[float, Field(ge=0, description="up to here a rise is not judged")] = 0
    figure: Figure = "volume"
    unit: Unit = ""


def observe_volume(expected: Volume, history: History, observe: Observer) -> None:
    tell_warnings([history], observe)
    if not any(each.now is not None for each in history.series):
        observe.critical(expected.figure, why_empty(history), "missing")
    elif not expected.per and len(history.series) > 1:
        observe.unknown(
            expected.figure, f"{len(history.series)} series: add them up, or name a label as per", "several"
        )
        return
    for each in history.series:
        suffix = f" of {each.labels.get(expected.per, f'no {expected.per}')}" if expected.per else ""
        _observe_series(expected, each, suffix, observe)


def _observe_series(expected: Volume, seen: SeriesHistory, suffix: str, observe: Observer) -> None:
    name, against = f"{expected.figure}{suffix}", f"{expected.figure}{suffix} against the usual"
    if seen.now is None:
        observe.critical(name, "there was one before, and now there is no series", "missing")
        return
    observe(name, seen.now if math.isfinite(seen.now) else None, unit=expected.unit)
    if len(seen.earlier) < expected.needed:
        observe.unknown(against, too_little(len(seen.earlier), expected), len(seen.earlier))
        return
    usual = fmean(seen.earlier) if expected.usual == "mean" else median(seen.earlier)
    if usual <= 0 or not math.isfinite(seen.now):
        observe.unknown(against, f"{seen.now:g} now, {usual:g} usually: that is no share", "unusable")
        return
    percent = 100 * seen.now / usual
    limit = expected.highest if percent > 100 and seen.now > expected.floor else expected.lowest
    observe(against, percent, limit, note=f"{shown(seen.now)} now, {shown(usual)} usually")


def too_little(seen: int, expected: Usual) -> str:
    return (
        f"Prometheus knows {seen} earlier values; {expected.needed}, each {shown(expected.every, 's')} apart, are due"
    )
