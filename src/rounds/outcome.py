"""What can be said of an expectation after a round, and which of two sayings is worse."""

from enum import StrEnum


class Outcome(StrEnum):
    """One of six words; the order of declaration is from best to worst."""

    OK = "ok"
    SKIPPED = "skipped"
    WAIVED = "waived"
    WARNING = "warning"
    UNKNOWN = "unknown"
    CRITICAL = "critical"

    @property
    def badness(self) -> int:
        """0 for ok … 5 for critical, to sort the worst first."""
        return _ORDER.index(self)

    @property
    def is_bad(self) -> bool:
        """Whether a round with this outcome in it is not ok."""
        return self in (Outcome.CRITICAL, Outcome.UNKNOWN)


_ORDER = list(Outcome)


def worst(outcomes: "list[Outcome]") -> Outcome:
    """The worst of some outcomes; nothing at all is unknown, never ok."""
    return max(outcomes, key=lambda outcome: outcome.badness, default=Outcome.UNKNOWN)
