"""What is shown of earlier rounds beside what a round saw: the last outcomes, the main figures, and whole courses."""

import math
from dataclasses import dataclass, field

from rounds.outcome import Outcome
from rounds.record import Observation, Record

MOST_RECORDS = 1000  # of a round, the worst first: a page of ten thousand drawings is read by nobody, and slow
MOST_OUTCOMES = 29  # before the one of now
MOST_FIGURES = 59
MOST_PAGES = 40  # of a round, the worst first: each row can have its page later, by `rounds history --html`
MOST_ENTRIES = 1000  # on such a page
MOST_DRAWN = 8  # figures on a page

_FINE = (Outcome.OK, Outcome.SKIPPED)


@dataclass(frozen=True)
class Entry:
    """What one round saw of an expectation: `at` in seconds since 1970, figures in base units."""

    at: float
    outcome: str
    since: str
    round: str
    figures: dict[str, float]


@dataclass(frozen=True)
class Known:
    """What is known of a figure from the last round that saw it: its unit, and its limit in words and as JSON."""

    unit: str
    allowed: str
    limit: str


@dataclass(frozen=True)
class Course:
    """What earlier rounds saw of an expectation, the oldest first, and what is known of its figures by name."""

    entries: list[Entry]
    known: dict[str, Known]


@dataclass(frozen=True)
class Past:
    """Outcomes by expectation and figures by expectation and name, each the oldest first and without those of now.

    `courses` are there for the rows that have a page of their history.
    """

    outcomes: dict[str, list[str]] = field(default_factory=dict)
    figures: dict[tuple[str, str], list[float]] = field(default_factory=dict)
    courses: dict[str, Course] = field(default_factory=dict)

    def is_worth_a_page(self, record: Record) -> bool:
        """Whether somebody may want to know how it went: it is not fine, or was not lately."""
        earlier = self.outcomes.get(record.id, ())
        return record.outcome not in _FINE or any(outcome not in _FINE for outcome in earlier)


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


def drawn_names(record: Record | None, known: dict[str, Known]) -> list[str]:
    """The figures that a page draws: those that decided first, then those with a limit, then the others."""
    verdicts = {seen.name: seen.verdict.badness for seen in record.observations} if record else {}
    order = {name: number for number, name in enumerate(verdicts)}

    def rank(name: str) -> tuple[int, bool, int, str]:
        return -verdicts.get(name, -1), not known[name].allowed, order.get(name, len(order)), name

    return sorted(known, key=rank)[:MOST_DRAWN]
