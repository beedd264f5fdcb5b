"""A small drawing of what is usual: the band, the figures of earlier days as a line, and the one of now as a dot."""

import math
from collections.abc import Sequence

from rounds.quantities import shown
from rounds.record import Observation
from rounds.reports.markup import NOTHING, Html, tag

WIDTH, HEIGHT, _EDGE = 200.0, 44.0, 5.0
_LEAST_BAND = 1.5  # pixels: a band of nothing is to be seen, too


def plot(seen: Observation) -> Html:
    """The drawing as SVG for light and dark pages, with words for who cannot see it; nothing without a band."""
    band, value = seen.band, seen.value
    if band is None or isinstance(value, str | None) or not math.isfinite(value):
        return NOTHING
    heights = Heights([*band["earlier"], band["lowest"], band["highest"], value])
    top, bottom = heights.of(band["highest"]), heights.of(band["lowest"])
    middle = heights.of(band["usual"])
    steps = len(band["earlier"])
    places = places_of(steps)
    points = zip(places, map(heights.of, band["earlier"]), strict=False)
    return tag(
        "svg",
        tag("title", _in_words(seen)),
        tag("rect", x="0", y=pixels(top), width=pixels(WIDTH), height=pixels(max(bottom - top, _LEAST_BAND))),
        tag("line", x1="0", x2=pixels(WIDTH), y1=pixels(middle), y2=pixels(middle)),
        tag("polyline", points=" ".join(f"{pixels(x)},{pixels(y)}" for x, y in points)),
        tag("circle", cx=pixels(places[-1]), cy=pixels(heights.of(value)), r="4"),
        class_="plot", role="img", viewBox=f"0 0 {pixels(WIDTH)} {pixels(HEIGHT)}", aria_label=_in_words(seen),
    )  # fmt: skip


def places_of(steps: int) -> list[float]:
    """Where figures stand between the left and the right of the drawing, the one of now included."""
    return [_EDGE + (WIDTH - 2 * _EDGE) * step / max(steps, 1) for step in range(steps + 1)]


class Heights:
    """Where figures stand between the top and the bottom of the drawing."""

    def __init__(self, figures: Sequence[float]) -> None:
        finite = [each for each in figures if math.isfinite(each)]
        self.least, self.span = min(finite), max(finite) - min(finite)

    def of(self, figure: float) -> float:
        if not math.isfinite(figure) or not 0 < self.span < math.inf:
            return HEIGHT / 2
        return HEIGHT - _EDGE - (HEIGHT - 2 * _EDGE) * (figure - self.least) / self.span


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


def pixels(amount: float) -> str:
    """As SVG has it, to a tenth."""
    return f"{amount:.1f}".removesuffix(".0")
