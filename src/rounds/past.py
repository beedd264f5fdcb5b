"""What is shown of earlier rounds beside what a round saw: the last outcomes, and the course of the main figures."""

import math
from dataclasses import dataclass, field

from rounds.outcome import Outcome
from rounds.record import Observation, Record

MOST_RECORDS = 1000  # of a round, the worst first: a page of ten thousand drawings is read by nobody, and slow
MOST_OUTCOMES = 29  # before the one of now
MOST_FIGURES = 59


@dataclass(frozen=True)
class Past:
    """Outcomes by expectation and figures by expectation and name, each the oldest first and without those of now."""

    outcomes: dict[str, list[str]] = field(default_factory=dict)
    figures: dict[tuple[str, str], list[float]] = field(default_factory=dict)


def main_figure(record: Record) -> Observation | None:
    """The figure that decided, of those with a limit; a figure that is judged by its own history has a drawing."""
    figures = [seen for seen in record.observations if _has_bounds(seen)]
    return max(figures, key=lambda seen: seen.verdict.badness, default=None)


def _has_bounds(seen: Observation) -> bool:
    is_number = isinstance(seen.value, int | float) and not isinstance(seen.value, bool) and math.isfinite(seen.value)
    return is_number and seen.band is None and bool(bounds_of(seen))


def bounds_of(seen: Observation) -> list[tuple[Outcome, float]]:
    """From where on a figure is what."""
    limit = seen.limit or {}
    found = [(Outcome.WARNING, limit.get("warning")), (Outcome.CRITICAL, limit.get("critical"))]
    return [(outcome, float(bound)) for outcome, bound in found if isinstance(bound, int | float)]
