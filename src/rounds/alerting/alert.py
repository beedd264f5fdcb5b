"""Alerts: what is told of flips with one cause. Every sender gets the same alert and says it in its own form."""

from dataclasses import dataclass, field
from enum import StrEnum

from rounds.outcome import Outcome


class Level(StrEnum):
    """How bad something is. What is skipped or waived is `good`: nothing is told of it."""

    GOOD = "good"
    WARNING = "warning"
    CRITICAL = "critical"
    UNKNOWN = "unknown"

    @classmethod
    def of(cls, outcome: Outcome) -> "Level":
        return cls(str(outcome)) if outcome in (Outcome.WARNING, Outcome.CRITICAL, Outcome.UNKNOWN) else cls.GOOD


class Kind(StrEnum):
    """What an alert says.

    `bad`: it broke, or could not be looked at. `recovered`: it is good again. `ended`: it is told no more
    (skipped, waived, its row is gone, or it is behind a target that is down). `reminder`: it lasts. `flapping`: it
    comes and goes, and no change is told until it stays. `test`: a person tries
    the channel.
    """

    BAD = "bad"
    RECOVERED = "recovered"
    ENDED = "ended"
    REMINDER = "reminder"
    FLAPPING = "flapping"
    TEST = "test"


@dataclass(frozen=True)
class AlertRow:
    """An expectation behind an alert. `summary` has value and limit; times are RFC 3339 in UTC."""

    id: str
    level: Level
    summary: str
    target: str
    runbook: str
    remedy: str
    severity: str
    since: str


@dataclass(frozen=True)
class Alert:
    """One thing to be told, to every channel alike.

    `id` is this telling's own (the same when it is sent again), `key` that of what is told about: an expectation's id,
    or `bigshot/database` for rows that cannot be looked at because of one target. `since` is when it began,
    `lasted_seconds` how long it was bad when that is over. `ends_at` is when it must have been told again, or nobody
    looks any more.
    """

    id: str
    key: str
    kind: Kind
    level: Level
    system: str
    title: str
    rows: tuple[AlertRow, ...]
    since: str
    at: str
    ends_at: str
    batch: str = ""
    round: str = ""
    link: str = ""
    lasted_seconds: float | None = None
    labels: tuple[tuple[str, str], ...] = field(default=())

    @property
    def is_over(self) -> bool:
        return self.kind in (Kind.RECOVERED, Kind.ENDED)
