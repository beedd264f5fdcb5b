"""The drawing of one figure over time: a line with gaps, its limits, what is usual, and what was so meanwhile.

Words stand beside the drawing, not in it: so the drawing can be as wide as the page, and a phone can read the words.
"""

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rounds.outcome import Outcome
from rounds.past import Entry, Known
from rounds.quantities import shown
from rounds.reports.history_times import WIDE, Piece, Times
from rounds.reports.markup import NOTHING, Html, html, tag
from rounds.reports.plot import pixels

TALL = 100.0
_MOST_POINTS = 600
_COLUMNS = 250
_SCALES = {"s": (1.0, 60.0, 3600.0, 86400.0), "1/s": (1 / 60,)}
_MOST_TICKS = 12
_LARGEST = 1.7e308
_LONG = 1e15  # from here on, all digits of a figure are no help

Point = tuple[float, float]


@dataclass(frozen=True)
class Bound:
    """A limit as a line: what lies beyond it, above or below."""

    figure: float
    outcome: Outcome
    is_above: bool | None = None


class Drawing:
    """A figure of a page: its points, and what it is measured by."""

    def __init__(self, name: str, known: Known, entries: Sequence[Entry], times: Times) -> None:
        self.name, self.known, self.times = name, known, times
        self.limit = _limit(known.limit)
        self.pieces = list(_unbroken(name, entries, times))
        self.figures = [figure for piece in self.pieces for _, figure in piece]

    @property
    def is_news(self) -> bool:
        """Whether there is something to see: a figure without a limit that stood still says nothing."""
        return bool(self.figures) and (bool(self.known.allowed) or min(self.figures) != max(self.figures))

    @property
    def is_truth(self) -> bool:
        """Whether it is yes or no."""
        return any(isinstance(each, bool) for each in self.limit.get("wanted", ()))

    def shown(self, figure: float) -> str:
        if abs(figure) >= _LONG:
            return f"{figure:.4g} {self.known.unit}".strip()
        return shown(bool(figure) if self.is_truth else figure, self.known.unit)

    def html(self, shades: Sequence[Piece]) -> Html:
        """The drawing with its axes; `shades` are the times in which it was not fine."""
        heights = Heights([*self.figures, *(each.figure for each in self._bounds()), *self._usual()])
        ticks = heights.ticks(self.known.unit) if not self.is_truth else [(0.0, "no"), (1.0, "yes")]
        words = [tag("span", said, style=f"top:{pixels(heights.of(at))}%") for at, said in ticks]
        drawing = tag(
            "svg",
            *[_shade(self.times, each) for each in shades],
            *[_line(heights.of(at), "grid") for at, _ in ticks],
            *[_beyond(bound, heights) for bound in self._bounds()],
            self._band(heights),
            self._course(heights),
            *[_line(heights.of(bound.figure), f"limit {bound.outcome}") for bound in self._bounds()],
            self._last(heights),
            class_="course", role="img", viewBox=f"0 0 {pixels(WIDE)} {pixels(TALL)}", preserveAspectRatio="none",
            aria_label=self.words,
        )  # fmt: skip
        canvas = tag("div", drawing, *self._labels(heights), class_="canvas")
        return tag("div", tag("div", *words, class_="figures"), canvas, axis(self.times), class_="drawing")

    @property
    def words(self) -> str:
        """What the drawing shows, for who cannot see it."""
        least, most = self.shown(min(self.figures)), self.shown(max(self.figures))
        allowed = f", allowed {self.known.allowed}" if self.known.allowed else ""
        span = f"always {least}" if least == most else f"from {least} to {most}"
        return f"{self.name}: last {self.shown(self.figures[-1])}, {span}{allowed}"

    def _bounds(self) -> list[Bound]:
        is_above = {"at most": True, "at least": False}.get(str(self.limit.get("direction")))
        words = [("warning", Outcome.WARNING), ("critical", Outcome.CRITICAL)]
        found = [Bound(float(self.limit[key]), outcome, is_above) for key, outcome in words if key in self.limit]
        found += [Bound(float(each), Outcome.OK) for each in self.limit.get("wanted", ()) if not self.is_truth]
        return found

    def _usual(self) -> tuple[float, ...]:
        ends = [self.limit.get(end) for end in ("lowest", "highest")]
        return tuple(float(end) for end in ends if end is not None)

    def _band(self, heights: "Heights") -> Html:
        usual = self._usual()
        if len(usual) < 2:
            return NOTHING
        top, bottom = heights.of(usual[1]), heights.of(usual[0])
        return _box("usual", 0, WIDE, top, max(bottom - top, 1.0))

    def _labels(self, heights: "Heights") -> Iterator[Html]:
        for bound in self._bounds():
            if bound.is_above is None:
                said, side = f"due {self.shown(bound.figure)}", "over"
            else:
                said = f"{bound.outcome} {'above' if bound.is_above else 'below'} {self.shown(bound.figure)}"
                side = "over" if (bound.outcome is Outcome.CRITICAL) is bound.is_above else "under"
            yield tag("span", said, class_=f"label {side} {bound.outcome}",
                      style=f"top:{pixels(heights.of(bound.figure))}%")  # fmt: skip
        usual = self._usual()
        if len(usual) == 2:
            said = f"usual {self.shown(usual[0])} to {self.shown(usual[1])}"
            yield tag("span", said, class_="label over", style=f"top:{pixels(heights.of(usual[1]))}%")

    def _course(self, heights: "Heights") -> Html:
        drawn, alone = [], []
        is_dense = len(self.figures) > _MOST_POINTS
        for piece in self.pieces:
            kept = _thinned(piece) if is_dense else piece
            points = [f"{x:.1f} {heights.of(figure):.1f}" for x, figure in kept]
            if len(points) > 1:
                drawn.append("M" + "L".join(points))
            else:
                alone.append(f"M{points[0]}h0")
        return html(  # what is Html already is not cut at the length of a line
            tag("path", class_="line dense" if is_dense else "line", d=Html("".join(drawn))) if drawn else NOTHING,
            tag("path", class_="alone", d=Html("".join(alone))) if alone else NOTHING,
        )

    def _last(self, heights: "Heights") -> Html:
        x, figure = self.pieces[-1][-1]
        place = f"M{pixels(x)} {pixels(heights.of(figure))}h0"
        return html(tag("path", class_="halo", d=place), tag("path", class_="last", d=place))


class Heights:
    """Where figures stand between the top (0) and the bottom (100) of a drawing. All is halved: spans may be huge."""

    def __init__(self, figures: Sequence[float]) -> None:
        least, most = min(figures), max(figures)
        room = (most / 2 - least / 2) * 0.36 or abs(least) * 0.1 or 0.5
        self.least = least if least == 0 else max(least - room, 0.0 if least > 0 else -_LARGEST)
        self.most = min(most + room, _LARGEST)
        self.half = self.most / 2 - self.least / 2

    def of(self, figure: float) -> float:
        if not self.half > 0:
            return TALL / 2
        return TALL - TALL * ((figure / 2 - self.least / 2) / self.half)

    def ticks(self, unit: str) -> list[tuple[float, str]]:
        """Round figures, and how they are said; where there is none that is round, the least and the most."""
        span = self.most - self.least
        if not 0 < span < math.inf:
            return [(at, f"{at:.4g} {unit}".strip()) for at in {self.least, self.most}]
        scale = max((each for each in _SCALES.get(unit, (1.0,)) if each <= span), default=_SCALES.get(unit, (1.0,))[0])
        step = _round(span / scale / 4) * scale
        numbers = range(math.ceil(self.least / step), math.floor(self.most / step) + 1) if step else range(0)
        figures = [number * step for number in numbers] if len(numbers) <= _MOST_TICKS else []
        words = [shown(figure, unit) for figure in figures if abs(figure) < _LONG]
        if len(set(words)) < len(figures):
            words = [f"{figure:.7g} {unit}".strip() for figure in figures]
        if len(set(words)) < len(words) or not words:
            return [(self.least, f"{self.least:g} {unit}".strip()), (self.most, f"{self.most:g} {unit}".strip())]
        return list(zip(figures, words, strict=True))


def _round(figure: float) -> float:
    """The least of 1, 2, 5, 10, 20 … that is not below a figure."""
    if not figure > 0:
        return 0.0
    power = 10.0 ** math.floor(math.log10(figure))
    return next((each * power for each in (1, 2, 5) if each * power >= figure), 10 * power)


def _unbroken(name: str, entries: Sequence[Entry], times: Times) -> Iterator[list[Point]]:
    """The points of each part without a hole: a round that did not see the figure, or no round for long, is one."""
    piece: list[Point] = []
    before = 0.0
    for entry in entries:
        figure = entry.figures.get(name, math.nan)
        is_seen = math.isfinite(figure)
        if piece and (not is_seen or entry.at - before > times.gap):
            yield piece
            piece = []
        if is_seen:
            piece.append((times.of(entry.at), figure))
        before = entry.at
    if piece:
        yield piece


def _thinned(piece: Sequence[Point]) -> list[Point]:
    """Of each column of the drawing the first, the lowest, the highest and the last: no peak is lost."""
    columns: dict[int, list[Point]] = {}
    for point in piece:
        columns.setdefault(int(point[0] * _COLUMNS / WIDE), []).append(point)
    kept: list[Point] = []
    for points in columns.values():
        figures = [figure for _, figure in points]
        places = {0, figures.index(min(figures)), figures.index(max(figures)), len(points) - 1}
        kept += [points[place] for place in sorted(places)]
    return kept


def _limit(written: str) -> dict[str, Any]:
    """A limit as it was kept, without what is no number."""
    try:
        limit = json.loads(written)
    except ValueError:
        return {}
    if not isinstance(limit, dict):
        return {}
    kept = {key: limit[key] for key in ("warning", "critical", "lowest", "highest") if _is_figure(limit.get(key))}
    wanted = limit.get("wanted")
    kept["wanted"] = [each for each in wanted if _is_figure(each)] if isinstance(wanted, list) else []
    return {"direction": limit.get("direction")} | kept


def _is_figure(given: object) -> bool:
    try:
        return isinstance(given, int | float) and math.isfinite(given)
    except OverflowError:  # an int that no float can hold
        return False


def _shade(times: Times, piece: Piece) -> Html:
    left, width = times.left_and_width(piece)
    return _box(f"shade {piece.outcome}", left, width, 0, TALL)


def _beyond(bound: Bound, heights: Heights) -> Html:
    if bound.is_above is None:
        return NOTHING
    height = heights.of(bound.figure)
    top, tall = (0.0, height) if bound.is_above else (height, TALL - height)
    return _box(f"beyond {bound.outcome}", 0, WIDE, top, max(tall, 0.0))


def _box(class_: str, left: float, width: float, top: float, height: float) -> Html:
    return tag("rect", class_=class_, x=pixels(left), width=pixels(width), y=pixels(top), height=pixels(height))


def _line(height: float, class_: str) -> Html:
    return tag("line", class_=class_, x1="0", x2=pixels(WIDE), y1=pixels(height), y2=pixels(height))


def axis(times: Times) -> Html:
    """The words of time below a drawing."""
    words = [tag("span", said, style=f"left:{pixels(place * 100 / WIDE)}%") for place, said in times.ticks()]
    return tag("div", *words, class_="axis")
