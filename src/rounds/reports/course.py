"""Small drawings of earlier rounds: the last outcomes as a strip of marks, and the course of a figure."""

from collections.abc import Sequence

from rounds.outcome import Outcome
from rounds.past import bounds_of
from rounds.quantities import shown
from rounds.record import Observation
from rounds.reports.markup import NOTHING, Html, html, tag
from rounds.reports.plot import HEIGHT, WIDTH, Heights, pixels, places_of

_MARK, _TALL, _LOW = 4, 12, 5
_MOST_MARKS = 30
_FEWEST = 2  # earlier figures: one makes no course


def strip(earlier: Sequence[str], now: Outcome) -> Html:
    """A mark for each of the last outcomes, the one of now last; what is bad is taller, and told in words as well."""
    if not earlier:
        return NOTHING
    last = [*[Outcome(each) for each in earlier][1 - _MOST_MARKS :], now]
    worst = max(last, key=lambda outcome: outcome.badness)
    count = last.count(worst)
    words = f"the last {len(last)}: {'all' if count == len(last) else count} {worst}"
    drawing = tag(
        "svg", *[_marks(last, outcome) for outcome in Outcome if outcome in last],
        class_="strip", role="img", viewBox=f"0 0 {_MARK * _MOST_MARKS} {_TALL}", aria_label=words,
    )  # fmt: skip
    return drawing if worst is Outcome.OK else html(drawing, tag("small", words))


def _marks(last: Sequence[Outcome], which: Outcome) -> Html:
    height = _LOW if which.badness < Outcome.WARNING.badness else _TALL
    left = _MARK * (_MOST_MARKS - len(last)) + _MARK // 2
    places = [left + _MARK * number for number, outcome in enumerate(last) if outcome is which]
    return tag("path", class_=which, d="".join([f"M{place} {_TALL}v-{height}" for place in places]))


def course(seen: Observation, earlier: Sequence[float]) -> Html:
    """The earlier figures as a line, the one of now as a dot, and the limits; a figure that stood still is no news."""
    if len(earlier) < _FEWEST or not isinstance(seen.value, int | float):
        return NOTHING
    figures = [*earlier, float(seen.value)]
    if seen.verdict is Outcome.OK and min(figures) == max(figures):
        return NOTHING
    bounds = bounds_of(seen)
    heights = Heights([*figures, *[bound for _, bound in bounds]])
    points = list(zip(places_of(len(earlier)), map(heights.of, figures), strict=True))
    return tag(
        "svg",
        *[_limit(heights.of(bound), outcome) for outcome, bound in bounds],
        tag("polyline", points=" ".join([f"{pixels(x)},{pixels(y)}" for x, y in points])),
        tag("circle", cx=pixels(points[-1][0]), cy=pixels(points[-1][1]), r="4"),
        class_=f"course {seen.verdict}", role="img", viewBox=f"0 0 {pixels(WIDTH)} {pixels(HEIGHT)}",
        aria_label=_in_words(seen, earlier),
    )  # fmt: skip


def _limit(height: float, outcome: Outcome) -> Html:
    return tag("line", x1="0", x2=pixels(WIDTH), y1=pixels(height), y2=pixels(height), class_=outcome)


def _in_words(seen: Observation, earlier: Sequence[float]) -> str:
    least, most = shown(min(earlier), seen.unit), shown(max(earlier), seen.unit)
    allowed = f", allowed {seen.allowed}" if seen.allowed else ""
    return f"{shown(seen.value, seen.unit)} now{allowed}; {len(earlier)} earlier figures from {least} to {most}"
