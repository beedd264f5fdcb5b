"""What is usual: a band around a figure's own history, by day of the week and hour, with median and MAD.

Each earlier day has one vote, so that neither one bad day nor many rounds on it move much. All of them vote, also the
bad ones: a level that lasts is the new usual once it makes up half of the history looked at, and leaving out what was
beyond the band would narrow it more and more. Figures of the last half day have none: a day does not vouch for itself.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from rounds.record import Band

DAY = 86400.0
WEEKS, LEAST_WEEKS = 13, 4
DAYS, LEAST_DAYS = 28, 7
_ABOUT = 3600.0
_TODAY = DAY / 2
_MAD_TO_DEVIATION = 1.4826  # for figures that are spread normally
_DEVIATIONS = 4.0
_DRIFTS_FROM = 12
_MOST_TOLD = 60


@dataclass(frozen=True)
class Aged:
    """An earlier figure; its age in seconds is that of the clock on the wall, so that summer time changes no hour."""

    value: float
    age_seconds: float

    @property
    def days(self) -> int:
        return max(round(self.age_seconds / DAY), 1)

    @property
    def off(self) -> float:
        """How far it lies from the same time of day, in seconds."""
        return abs(self.age_seconds - self.days * DAY)


@dataclass(frozen=True)
class Kind:
    """What sort of figure it is: how far it may always be from the usual, and which way is bad.

    It may be as far as the largest of a `share` of the usual, of `least`, and of its square `root`. Where nothing ever
    changed the MAD is 0: without that the least change would be an alarm. The root is for counts of what happens
    independently, which cannot be steadier.
    """

    share: float = 0.05
    least: float = 1e-9
    root: bool = False
    not_below: float | None = None
    may_fall: bool = False

    def floor(self, usual: float) -> float:
        return max(self.share * abs(usual), self.least, math.sqrt(abs(usual)) if self.root else 0.0)

    def band(self, votes: Sequence[float], centre: float, width: float) -> Band:
        below = centre - width if self.not_below is None else self.not_below
        lowest = below if self.may_fall else max(centre - width, below)
        return Band(lowest=lowest, highest=centre + width, usual=centre, earlier=list(votes[-_MOST_TOLD:]))


@dataclass(frozen=True)
class Usual:
    """What the history says of a figure. `fits` is None where it cannot tell; `words` say by what it was judged.

    `drift` says how far the usual itself has moved, where it has.
    """

    fits: bool | None
    words: str
    band: Band | None = None
    drift: str = ""


def usual(value: float, earlier: Sequence[Aged], kind: Kind) -> Usual:
    """Judge a figure by those of the same weekday and hour, else of the same hour, else of all days."""
    old = [each for each in earlier if each.age_seconds >= _TODAY and math.isfinite(each.value)]
    same_hour = _a_vote_each([each for each in old if each.off <= _ABOUT], WEEKS * 7)
    same_weekday = _same_weekday(same_hour)
    if len(same_weekday) >= LEAST_WEEKS:
        return _by_weekday(value, same_weekday, same_hour, kind)
    recent = {days: each for days, each in same_hour.items() if days <= DAYS}
    said = "days at this hour"
    if len(recent) < LEAST_DAYS:
        recent, said = _a_vote_each(old, DAYS), "days at any hour"
    if len(recent) < LEAST_DAYS:
        return Usual(None, f"history of {len(recent)} days, {LEAST_DAYS} are due")
    return _by_any_day(value, recent, f"{len(recent)} {said}", kind)


def _by_weekday(value: float, weeks: Mapping[int, float], same_hour: Mapping[int, float], kind: Kind) -> Usual:
    """Judge by the same weekday; a history that moves has a wide band, so there its newest part is to agree."""
    votes = list(weeks.values())
    width = _width(votes, max(_deviation(votes), _pooled(same_hour)), 2, kind)
    said = f"{len(votes)} weeks at this hour of the same weekday"
    judged = _judged(value, kind.band(votes, median(votes), width), said, _drift(votes, kind))
    if not judged.drift:
        return judged
    newest = votes[-max(len(votes) // 3, LEAST_WEEKS) :]
    lately = {days: each for days, each in same_hour.items() if days <= 7 * len(newest)}
    width = _width(newest, max(_deviation(newest), _pooled(lately)), 2, kind)
    again = _judged(value, kind.band(newest, median(newest), width), f"the newest {len(newest)} of {said}", "")
    return judged if again.fits else again


def _by_any_day(value: float, recent: Mapping[int, float], said: str, kind: Kind) -> Usual:
    """Judge by all weekdays together: what is odd then may be usual on this one, as a shop is closed on Sundays.

    One earlier weekday that was alike shows that, unless the days between were odd as well: then it lasts.
    """
    votes = list(recent.values())
    centre = median(votes)
    width = _width(votes, _deviation(votes), 8, kind)
    judged = _judged(value, kind.band(votes, centre, width), said, _drift(votes, kind))
    if judged.fits:
        return judged
    alike = list(_same_weekday(recent).values())
    between = [each for days, each in recent.items() if days < 7]
    odd = sum(abs(each - centre) > width for each in between)
    if 2 * odd > len(between):
        return judged
    if not alike:
        return Usual(None, f"{judged.words}; no earlier day of this weekday is known", judged.band)
    band = kind.band(votes, median(alike), width)
    on_this_day = _judged(value, band, f"{len(alike)} earlier days of this weekday", "")
    return on_this_day if on_this_day.fits else judged


def _a_vote_each(figures: Sequence[Aged], most_days: int) -> dict[int, float]:
    """For each day, by how many days ago it was (the oldest first), the figure nearest to this time of day."""
    nearest: dict[int, Aged] = {}
    for each in figures:
        known = nearest.get(each.days)
        if each.days <= most_days and (known is None or each.off < known.off):
            nearest[each.days] = each
    return {days: nearest[days].value for days in sorted(nearest, reverse=True)}


def _same_weekday(votes: Mapping[int, float]) -> dict[int, float]:
    return {days: value for days, value in votes.items() if days % 7 == 0}


def _deviation(values: Sequence[float]) -> float:
    centre = median(values)
    return _MAD_TO_DEVIATION * median(abs(each - centre) for each in values)


def _pooled(votes: Mapping[int, float]) -> float:
    """The spread around the median of each weekday, of all of them together: four figures alone tell it badly."""
    apart: list[float] = []
    for weekday in range(7):
        values = [value for days, value in votes.items() if days % 7 == weekday]
        if len(values) > 1:
            narrowed = math.sqrt(len(values) / (len(values) - 1))
            apart += [narrowed * abs(each - median(values)) for each in values]
    return _MAD_TO_DEVIATION * median(apart or [0.0])


def _width(votes: Sequence[float], deviation: float, fewness: int, kind: Kind) -> float:
    """Half of the band: wider while there are few figures, whose MAD is often far too small by chance."""
    return max(_DEVIATIONS * (1 + fewness / len(votes)) * deviation, kind.floor(median(votes)))


def _judged(value: float, band: Band, said: str, drift: str) -> Usual:
    fits = band["lowest"] <= value <= band["highest"]
    return Usual(fits, f"by {said}", band, drift if fits else "")


def _drift(votes: Sequence[float], kind: Kind) -> str:
    """A history that moves slowly takes its band along, and no figure ever is beyond it: so it is told by itself."""
    third = len(votes) // 3
    if len(votes) < _DRIFTS_FROM:
        return ""
    first, last = votes[:third], votes[-third:]
    moved = abs(median(last) - median(first))
    apart = max(_deviation(first), _deviation(last), kind.floor(median(first)))
    return f"{median(first):g} to {median(last):g}" if moved > _DEVIATIONS * apart else ""
