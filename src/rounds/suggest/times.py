"""What a table's past suggests of its future: how old the newest row may be, and how many come in."""

from collections.abc import Mapping
from itertools import pairwise
from statistics import median
from typing import Any

from rounds.fixtures.data_profile import Profile
from rounds.quantities import shown
from rounds.suggest.figures import duration_above, said

_HOUR, _DAY = 3600, 86400
_OLDEST = 30 * _DAY
_FEWEST_MOMENTS = 6
_FEWEST_ROWS = 20


def freshness(profile: Profile) -> tuple[str, str] | None:
    """The age that the newest row may have, and what was seen; None where it is older than is usual already."""
    age = next((each.newest_age_seconds for each in profile.columns if each.name == profile.dataset.time), None)
    if age is None or age > _OLDEST:
        return None
    newest = f"the newest is {shown(age, 's')} old"
    gap = _longest_gap(profile.hours, _HOUR) or _longest_gap(profile.days, _DAY)
    if gap is None:
        text = duration_above(max(3 * age, _DAY))
        return (text, f"{newest}; there is too little past to tell the usual gap") if text else None
    text = duration_above(1.5 * gap)
    if text is None or age > 1.5 * gap:
        return None
    return text, f"{newest}, and there were no more than {shown(gap, 's')} without one"


def _longest_gap(counts: Mapping[int, int], size: int) -> float | None:
    """For how long there was no row, at most, between those of the past; None where there are too few to tell."""
    begun = sorted(counts)
    if len(begun) < _FEWEST_MOMENTS:
        return None
    return float(max(later - earlier for earlier, later in pairwise(begun)) + size)


def volume(profile: Profile) -> tuple[dict[str, Any], str] | None:
    """The parameters of data-volume and what was seen, where there is enough past and it is even enough."""
    for unit, size, back, days in (("hour", _HOUR, "7d", 7), ("day", _DAY, "14d", 14)):
        shares = _shares(profile.hours if unit == "hour" else profile.days, size, days, profile.now)
        if shares:
            lowest = min(int(min(shares) * 70 // 10 * 10), 50)
            if lowest >= 10:
                seen = f"the last {len(shares)} had {said(100 * min(shares))} % of the usual or more"
                return {"unit": unit, "back": back, "lowest": f"{lowest}%"}, seen
    return None


def _shares(counts: Mapping[int, int], size: int, days: int, now: float) -> list[float]:
    """Of the last day's full hours, or the last full days: their rows against the median of those days before.

    Empty where any of them is missing or has few rows.
    """
    full = sorted(begun for begun in counts if begun + size <= now)
    if not full or now - full[-1] >= 2 * size or full[-1] - full[0] < (days + 1) * _DAY:
        return []
    shares = []
    for back in range(24 if size == _HOUR else 5):
        begun = full[-1] - back * size
        before = (begun - _DAY * each for each in range(1, days + 1))
        known = [counts.get(each, 0) for each in before if each >= full[0]]
        usual = median(known) if len(known) >= (days + 1) // 2 else 0
        if usual < _FEWEST_ROWS or begun not in counts:
            return []
        shares.append(counts[begun] / usual)
    return shares
