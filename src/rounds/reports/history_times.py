"""Time on the pages of histories: where a moment stands, what it is called, and what was so from when until when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

from rounds.outcome import Outcome
from rounds.past import Entry

WIDE = 1000.0  # units of a drawing from its left to its right
_DAY = 86400.0
_STEPS = (60.0, 300.0, 900.0, 1800.0, 3600.0, 10800.0, 21600.0, 43200.0, _DAY, 2 * _DAY, 7 * _DAY, 14 * _DAY)
_MONTHS = (1, 2, 3, 6, 12, 24, 60, 120)
_MONTH_SECONDS = 30.4 * _DAY
_MOST_TICKS = 6
_MONDAY = 4 * _DAY  # the first one after 1970 began
_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_LEAST_SPAN = 600.0
_MOST_PIECES = 500
_LEAST_WIDE = 3.0
_FEWEST = 3  # distances between rounds, to know what is usual
_BAD = (Outcome.CRITICAL, Outcome.UNKNOWN, Outcome.WARNING)


@dataclass(frozen=True)
class Piece:
    """From when until when something was so, in seconds since 1970."""

    begins: float
    ends: float
    outcome: Outcome


@dataclass(frozen=True)
class Change:
    """What it became, when, and in which words; `seconds` is how long it was so, or is so by now if it `lasts`."""

    at: float
    outcome: Outcome
    words: str
    seconds: float
    rounds: int
    lasts: bool


class Times:
    """The axis of time: all drawings of a page have the same one."""

    def __init__(self, entries: Sequence[Entry], until: float) -> None:
        first, last = entries[0].at, max(until, entries[-1].at)
        more = max(_LEAST_SPAN - (last - first), (last - first) * 0.02) / 2
        self.begins, self.ends = first - more, last + more
        self.until = last
        self.gap, self.step = _distances([entry.at for entry in entries])

    def of(self, at: float) -> float:
        return WIDE * (at - self.begins) / (self.ends - self.begins)

    def ticks(self) -> list[tuple[float, str]]:
        """Where the axis has which words."""
        span = self.ends - self.begins
        step = next((step for step in _STEPS if span / step <= _MOST_TICKS), None)
        if step is None:
            return [(self.of(at), words) for at, words in self._months(span)]
        begun = _MONDAY if step >= 7 * _DAY else 0.0
        numbers = range(int((self.begins - begun) // step) + 1, int((self.ends - begun) // step) + 1)
        return [(self.of(at), _tick(at)) for at in (begun + number * step for number in numbers)]

    def _months(self, span: float) -> list[tuple[float, str]]:
        step = next((each for each in _MONTHS if span / _MONTH_SECONDS / each <= _MOST_TICKS), _MONTHS[-1])
        begun = datetime.fromtimestamp(self.begins, UTC)
        first = (begun.year * 12 + begun.month - 1) // step + 1
        found = []
        for number in range(first * step, first * step + (_MOST_TICKS + 2) * step, step):
            at = datetime(number // 12, number % 12 + 1, 1, tzinfo=UTC).timestamp()
            if at < self.ends:
                found.append((at, f"{_NAMES[number % 12]} {number // 12}"))
        return found

    def pieces(self, entries: Sequence[Entry]) -> list[Piece]:
        """What was so from when until when; where no round looked for long, there is nothing."""
        found: list[Piece] = []
        for number, entry in enumerate(entries):
            following = entries[number + 1].at if number + 1 < len(entries) else self.until
            ends = following if following - entry.at <= self.gap else entry.at + self.step
            outcome = Outcome(entry.outcome)
            if found and found[-1].outcome is outcome and found[-1].ends >= entry.at:
                found[-1] = Piece(found[-1].begins, ends, outcome)
            else:
                found.append(Piece(entry.at, ends, outcome))
        return found if len(found) <= _MOST_PIECES else self._thinned(found)

    def _thinned(self, pieces: Sequence[Piece]) -> list[Piece]:
        """The worst of each column of the drawing: what is thinned away is never what was bad."""
        columns: dict[int, Piece] = {}
        for piece in pieces:
            column = int(self.of(piece.begins) * _MOST_PIECES / WIDE)
            known = columns.get(column)
            if known is None or piece.outcome.badness > known.outcome.badness:
                columns[column] = piece
        return list(columns.values())

    def left_and_width(self, piece: Piece) -> tuple[float, float]:
        """Also what was short can be seen."""
        left = self.of(piece.begins)
        return left, max(self.of(piece.ends) - left, _LEAST_WIDE)


def _distances(moments: Sequence[float]) -> tuple[float, float]:
    """From which distance on rounds are missing between two, and the usual distance."""
    apart = sorted(later - earlier for earlier, later in pairwise(moments))
    if not apart:
        return float("inf"), 0.0
    usual = apart[len(apart) // 2]
    if len(apart) < _FEWEST:
        return float("inf"), usual
    return max(3.5 * usual, 1.5 * apart[int((len(apart) - 1) * 0.9)]), usual  # a weekend is none


def changes(entries: Sequence[Entry], since: str, until: float) -> list[Change]:
    """What became of it, the newest first; `since` is when (RFC 3339) the last outcome began, where that is known."""
    begun = [number for number, each in enumerate(entries) if not number or entries[number - 1].outcome != each.outcome]
    found: list[Change] = []
    fine_until: float | None = None
    before: Outcome | None = None
    for place, number in enumerate(begun):
        following = begun[place + 1] if place + 1 < len(begun) else len(entries)
        lasts, outcome = following == len(entries), Outcome(entries[number].outcome)
        at = _first_seen(entries[number], since if lasts else "")
        ends = max(until, entries[-1].at) if lasts else entries[following].at
        words = _words(before, outcome, "" if fine_until is None else lasted(at - fine_until))
        found.append(Change(at, outcome, words, ends - at, following - number, lasts))
        fine_until = (at if fine_until is None else fine_until) if outcome in _BAD else None
        before = outcome
    return found[::-1]


def _first_seen(entry: Entry, since: str) -> float:
    """What was so before the first round of a page began when its history says."""
    for stamp in (since, entry.since):
        try:
            return min(entry.at, datetime.fromisoformat(stamp).timestamp())
        except ValueError:
            continue
    return entry.at


def _words(before: Outcome | None, now: Outcome, bad_for: str) -> str:
    if before is None:
        return str(now)
    if now is Outcome.OK:
        return f"recovered after {bad_for}" if bad_for else "ok again"
    if now is Outcome.WARNING:
        return "warned"
    return {Outcome.CRITICAL: "broke", Outcome.UNKNOWN: "could not look"}.get(now, str(now))


def lasted(seconds: float) -> str:
    """`3 d 4 h`, `2 h 5 min`, `45 s`: a duration in the two largest units it has."""
    left = max(int(seconds), 0)
    if left < 60:
        return f"{left} s"
    parts: list[str] = []
    for word, size in (("d", 86400), ("h", 3600), ("min", 60)):
        count, left = divmod(left, size)
        if count or parts:
            parts.append(f"{count} {word}" if count else "")
        if len(parts) == 2:
            break
    return " ".join(filter(None, parts))


def moment(at: float) -> str:
    """`2026-11-22 03:00 UTC`."""
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M} UTC"


def _tick(at: float) -> str:
    there = datetime.fromtimestamp(at, UTC)
    return f"{there.day} {_NAMES[there.month - 1]}" if at % _DAY == 0 else f"{there:%H:%M}"
