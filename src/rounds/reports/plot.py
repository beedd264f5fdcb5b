"""A small drawing of what is usual: the band, the figures of earlier days as a line, and the one of now as a dot."""

import math
from collections.abc import Sequence

from rounds.quantities import shown
from rounds.record import Observation
from rounds.reports.markup import NOTHING, Html, tag

_WIDTH, _HEIGHT, _EDGE = 200.0, 44.0, 5.0
_LEAST_BAND = 1.5  # pixels: a band of nothing is to be seen, too


def plot(seen: Observation) -> Html:
    """The drawing as SVG for light and dark pages, with words for who cannot see it; nothing without a band."""
    band, value = seen.band, seen.value
    if band is None or isinstance(value, str | None) or not math.isfinite(value):
        return NOTHING
    heights = _Heights([*band["earlier"], band["lowest"], band["highest"], value])
    top, bottom = heights.of(band["highest"]), heights.of(band["lowest"])
    middle = heights.of(band["usual"])
    steps = len(band["earlier"])
    places = [_EDGE + (_WIDTH - 2 * _EDGE) * step / max(steps, 1) for step in range(steps + 1)]
    points = zip(places, map(heights.of, band["earlier"]), strict=False)
    return tag(
        "svg",
        tag("title", _in_words(seen)),
        tag("rect", x="0", y=_said(top), width=_said(_WIDTH), height=_said(max(bottom - top, _LEAST_BAND))),
        tag("line", x1="0", x2=_said(_WIDTH), y1=_said(middle), y2=_said(middle)),
        tag("polyline", points=" ".join(f"{_said(x)},{_said(y)}" for x, y in points)),
        tag("circle", cx=_said(places[-1]), cy=_said(heights.of(value)), r="4"),
        class_="plot", role="img", viewBox=f"0 0 {_said(_WIDTH)} {_said(_HEIGHT)}", aria_label=_in_words(seen),
    )  # fmt: skip


class _Heights:
    """Where figures stand between the top and the bottom of the drawing."""

    def __init__(self, figures: Sequence[float]) -> None:
        finite = [each for each in figures if math.isfinite(each)]
        self.least, self.span = min(finite), max(finite) - min(finite)

    def of(self, figure: float) -> float:
        if not math.isfinite(figure) or not 0 < self.span < math.inf:
            return _HEIGHT / 2
        return _HEIGHT - _EDGE - (_HEIGHT - 2 * _EDGE) * (figure - self.least) / self.span


def _in_words(seen: Observation) -> str:
    band = seen.band
    if band is None:
        return ""
    lowest, usual, highest = (shown(band[end], seen.unit) for end in ("lowest", "usual", "highest"))
    said = f"{shown(seen.value, seen.unit)} now; usual is {usual}, from {lowest} to {highest}"
    if earlier := band["earlier"]:
        least, most = shown(min(earlier), seen.unit), shown(max(earlier), seen.unit)
        said += f"; {len(earlier)} earlier figures from {least} to {most}"
    return said


def _said(pixels: float) -> str:
    return f"{pixels:.1f}".removesuffix(".0")
