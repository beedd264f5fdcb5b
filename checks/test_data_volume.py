"""As much comes in as usual: full hours or days against those before them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import fmean, median
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from rounds.checks.dataset_groups import in_words
from rounds.checks.dataset_limits import AtMostShare
from rounds.checks.dataset_periods import MOST, full_periods
from rounds.checks.dataset_rows import DataRow
from rounds.judge import Observer
from rounds.limits import Limit, at_least
from rounds.measures import Grouped, Measure, Rows, Scope
from rounds.outcome import Outcome
from rounds.quantities import Duration, shown

_HOUR, _DAY, _WEEK = 3600, 86400, 7 * 86400


class DataVolume(DataRow):
    """How far the rows of a full hour or day may be from the usual: the median of those before it.

    Each of the last `judged` full ones is compared with the same hour of the days `back` (`against: same`), or with
    all of them (`all`); a day with all days, or with the same day of the weeks. One without rows counts as 0, but for
    those before the first row there is. `enough` is how many must be known; half of them when left out.
    """

    unit: Literal["hour", "day"] = "hour"
    judged: Annotated[int, Field(ge=1, le=1000, description="how many of the last full ones")] = 1
    back: Annotated[Duration, Field(gt=0)] = 7.0 * _DAY
    against: Annotated[Literal["same", "all"] | None, Field(description="hours: same, days: all, when left out")] = None
    usual: Literal["median", "mean"] = "median"
    enough: Annotated[int | None, Field(ge=1)] = None
    lowest: Limit = at_least(50, unit="%")
    highest: AtMostShare = None

    @model_validator(mode="after")
    def _has_a_past(self) -> "DataVolume":
        if self.window is not None:
            raise ValueError("window is made of judged and back here")
        if self.dataset.time is None:
            raise ValueError(f"{self.dataset.name} names no time: the column that says when a row was made")
        if self.back > (MOST - self.judged) * self.size:
            raise ValueError(f"back and judged are more than {MOST} {self.unit}s")
        if self.back < self.step:
            raise ValueError(f"back is to reach at least {shown(float(self.step), 's')} for such a comparison")
        return self

    @property
    def size(self) -> int:
        return _HOUR if self.unit == "hour" else _DAY

    @property
    def step(self) -> int:
        """How far apart those lie that one is compared with, in seconds."""
        if (self.against or ("same" if self.unit == "hour" else "all")) == "all":
            return self.size
        return _DAY if self.unit == "hour" else _WEEK

    @property
    def measures(self) -> tuple[Measure, ...]:
        """One hour more than is due: clocks are put back, and the oldest one is to be whole."""
        window = self.back + (self.judged + 1) * self.size + _HOUR
        return (Rows(scope=Scope(window, self.where or "", self.unit)),)


@dataclass(frozen=True)
class _Full:
    """A full hour or day: when it began, its rows, those of the ones before it, and how many of these are due."""

    began: str
    rows: int
    before: list[int]
    due: int


def test_data_volume(expected: DataVolume, readings: Mapping[Measure, Grouped], observe: Observer) -> None:
    """As many rows come in as usual, in each full hour or day.

    Remedy: see whether what writes the table runs, and since when it writes less: its log of the hour that is named
    says more than the table. Far too many rows: look for a loop, or an import that ran twice.
    """
    full = _full_ones(expected, readings[expected.measures[0]])
    name = f"fewest rows in a full {expected.unit}"
    without = [each.began for each in full if each.rows == 0]
    if without:
        why = f"there are none in {len(without)} of {len(full)}: {in_words(without[::-1])}"
        (observe.critical if expected.empty == "critical" else observe.unknown)(name, why, 0)
    else:
        fewest = min(full, key=lambda each: each.rows)
        observe(name, fewest.rows, note=f"began {fewest.began}")
    _against_the_usual(expected, [each for each in full if each.rows], observe)


def _full_ones(expected: DataVolume, counted: Grouped) -> list[_Full]:
    rows = {int(began): int(reading.value or 0) for began, reading in counted.groups.items() if began is not None}
    zone = ZoneInfo(expected.dataset.zone)
    window = (expected.judged + 1) * expected.size
    judged = full_periods(expected.unit, window, counted.now, zone)[-expected.judged :]
    full = []
    for began in judged:
        before = _before(began, judged[0], expected, zone)
        known = [rows.get(each, 0) for each in before if rows and each >= min(rows)]
        said = f"{datetime.fromtimestamp(began, zone):%Y-%m-%d %H:%M %Z}"
        full.append(_Full(said, rows.get(began, 0), known, expected.enough or (len(before) + 1) // 2))
    return full


def _before(began: int, oldest: int, expected: DataVolume, zone: ZoneInfo) -> list[int]:
    """The ones that it is compared with: none of those that are judged, and the same hour by the zone's own clock."""
    ends = oldest - int(expected.back)
    if expected.step == expected.size:
        return list(range(oldest - expected.size, ends - 1, -expected.size))
    local = datetime.fromtimestamp(began, zone)
    steps = range(1, int((began - ends) // expected.step) + 1)
    moments = [(local - timedelta(seconds=expected.step * each)).timestamp() for each in steps]
    same = [int(moment) // _HOUR * _HOUR if expected.size == _HOUR else began - expected.step * each
            for each, moment in zip(steps, moments, strict=True)]  # fmt: skip
    return [each for each in same if each < oldest]


def _against_the_usual(expected: DataVolume, full: list[_Full], observe: Observer) -> None:
    name = "rows against the usual"
    shares = {}
    for each in full:
        usual = (median if expected.usual == "median" else fmean)(each.before) if len(each.before) >= each.due else 0
        if usual:
            shares[f"{each.began}: {each.rows}, usually {shown(usual)}"] = 100 * each.rows / usual
    unjudged = [each for each in full if len(each.before) < each.due]
    if unjudged:
        why = f"{len(unjudged[0].before)} before {unjudged[0].began} are known, {unjudged[0].due} are due"
        observe.unknown(name, f"too little past: {why}", "not known yet")
    if shares:
        _observe_end(name, min(shares.values()), expected.lowest, shares, observe)
        if expected.highest is not None:
            _observe_end(f"most {name}", max(shares.values()), expected.highest, shares, observe)
    unusual = len(full) - len(unjudged) - len(shares)
    if unusual:
        why = f"in {unusual} of them there usually are none"
        if expected.highest is None:
            observe(f"more than none in a {expected.unit}", unusual, note=why)
        else:
            observe.unknown(f"most {name}", f"{why}: that is no share", "no share")


def _observe_end(name: str, share: float, limit: Limit, shares: Mapping[str, float], observe: Observer) -> None:
    bad = [said for said, each in shares.items() if limit.verdict(each) is not Outcome.OK]
    decides = [said for said, each in shares.items() if each == share][:1]
    observe(name, share, limit, note=in_words(bad[::-1] or decides))
