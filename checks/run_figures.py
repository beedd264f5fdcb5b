"""Figures that a run of a task left in its log, and shares of them: against limits, or against former runs."""

import contextlib
from collections.abc import Sequence
from statistics import median
from typing import Annotated

from pydantic import Field

from rounds.bound import Bound
from rounds.fixtures.log_runs import Run
from rounds.judge import Observer
from rounds.limits import Exactly
from rounds.quantities import read


class Ratio(Bound):
    """A share in percent of the sum of some figures in that of others; with `of_usual` as percent of its usual value.

    The usual value is the median over the runs before, of which there must be `enough_runs`.
    """

    part: Annotated[tuple[str, ...], Field(min_length=1)]
    of: Annotated[tuple[str, ...], Field(min_length=1)]
    of_usual: bool = False
    enough_runs: Annotated[int, Field(ge=1)] = 3


def observe_figure(said: str, text: str | None, bound: Bound, observe: Observer) -> None:
    """Judge a figure; none, or a word where a number is due, is critical."""
    limit = bound.limit
    if text is None:
        observe.critical(said, "the log does not tell it", "missing")
        return
    figure = number(text, bound.unit)
    if isinstance(limit, Exactly) and any(isinstance(wanted, str) for wanted in limit.wanted):
        observe(said, text, limit)
    elif figure is None:
        observe.critical(said, "is no figure", text)
    else:
        observe(said, figure, limit)


def observe_ratio(said: str, ratio: Ratio, runs: Sequence[dict[str, str]], observe: Observer) -> None:
    """Judge a share of the last run; the newest run is the first."""
    figures, *former = runs
    share = _share(ratio, figures)
    if share is None:
        observe.unknown(said, f"{' + '.join(ratio.part)} of {' + '.join(ratio.of)}: a figure is missing, or 0")
        return
    if not ratio.of_usual:
        observe(said, 100 * share, ratio.limit, unit="%")
        return
    before = [each for run in former if (each := _share(ratio, run)) is not None]
    usual = median(before) if before else 0.0
    observe(said, share)
    if len(before) < ratio.enough_runs or not usual:
        why = f"the log tells of {len(before)} runs before with these figures; {ratio.enough_runs} are due"
        observe.unknown(f"{said} against the usual", why)
    else:
        note = f"{share:.3g} now, {usual:.3g} usually"
        observe(f"{said} against the usual", 100 * share / usual, ratio.limit, note=note)


def _share(ratio: Ratio, figures: dict[str, str]) -> float | None:
    sums = []
    for names in (ratio.part, ratio.of):
        numbers = [number(figures.get(name, ""), "") for name in names]
        known = [each for each in numbers if each is not None]
        sums.append(sum(known) if len(known) == len(numbers) else None)
    part, of = sums
    return part / of if part is not None and of else None


def figures_of(run: Run, absent: dict[str, str]) -> dict[str, str]:
    """What a run tells, and what it means that it does not tell the rest."""
    return {**absent, **run.figures}


def number(text: str, unit: str) -> float | None:
    """A plain number is in the limit's own unit; one with a unit is read as in a row."""
    with contextlib.suppress(ValueError):
        return float(text.replace(",", "").replace("_", ""))
    with contextlib.suppress(ValueError):
        return read(text, unit)
    return None
