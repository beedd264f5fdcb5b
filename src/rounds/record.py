"""The record: what a round knows of one expectation. Every report, metric and alert is made from records."""

from dataclasses import dataclass, field, fields
from typing import Any

from typing_extensions import TypedDict  # pydantic, which makes the schema, takes no other before Python 3.12

from rounds.limits import Exactly, Limit, Value
from rounds.outcome import Outcome
from rounds.quantities import shown


class Band(TypedDict):
    """From where to where a figure is usual, its median, and the figures that say so, the oldest first (60 at most)."""

    lowest: float
    highest: float
    usual: float
    earlier: list[float]


@dataclass(frozen=True, slots=True)
class Observation:
    """One figure that a check recorded, with its unit (a base unit), the limit as JSON, and the verdict on it.

    `band` is what is usual for it, where it was judged by its own history.
    """

    name: str
    value: Value
    unit: str
    limit: dict[str, Any] | None
    allowed: str
    verdict: Outcome
    note: str = ""
    band: Band | None = None

    @classmethod
    def of(cls, name: str, value: Value, limit: Limit | Exactly | None, unit: str, note: str) -> "Observation":
        """Judge a value; without a limit it is recorded as ok, for whoever compares with it later."""
        if limit is None:
            return cls(name, value, unit, None, "", Outcome.OK, note)
        return cls(name, value, limit.unit, limit.as_json(), str(limit), limit.verdict(value), note)

    def as_json(self) -> dict[str, Any]:
        """Plain JSON types, keys as the field names."""
        return {name: getattr(self, name) for name in _FIGURE} | {"verdict": str(self.verdict)}

    @property
    def sentence(self) -> str:
        """`used is 91 %, allowed is at most 90 %`; without a figure, why there is none."""
        if self.value is None:
            return f"{self.name}: {self.note or 'there is no figure'}"
        allowed = f", allowed is {self.allowed}" if self.allowed else ""
        note = f" ({self.note})" if self.note else ""
        return f"{self.name} is {shown(self.value, self.unit)}{allowed}{note}"


class Cause(TypedDict):
    """Why a target could not be looked at at all: its key (`bigshot/database`), and what it said."""

    target: str
    words: str


class Attempt(TypedDict):
    """An attempt that did not count, because the row's retry allowed another."""

    outcome: str
    summary: str
    judged_at: str


@dataclass(slots=True)
class Record:
    """What came of one expectation in one round. Times are RFC 3339 in UTC, durations are seconds."""

    id: str
    system: str
    area: str
    check: str
    when: list[str]
    severity: str
    runbook: str
    remedy: str
    target: str
    outcome: Outcome
    summary: str
    observations: list[Observation] = field(default_factory=list)
    detail: str = ""
    real_outcome: Outcome | None = None
    waiver: dict[str, str] | None = None
    judged_at: str = ""
    seconds: float = 0.0
    since: str = ""
    nodeid: str = ""
    cause: Cause | None = None
    attempts: list[Attempt] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Plain JSON types (xdist takes no others), keys as the field names."""
        data = {name: getattr(self, name) for name in _FIELDS}
        return data | {
            "outcome": str(self.outcome),
            "real_outcome": str(self.real_outcome) if self.real_outcome else None,
            "observations": [observation.as_json() for observation in self.observations],
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Record":
        """The inverse of `as_json`; raises KeyError, TypeError or ValueError for anything else."""
        observations = [
            Observation(**(given | {"verdict": Outcome(given["verdict"])})) for given in data["observations"]
        ]
        real = data.get("real_outcome")
        return cls(**(data | {
            "outcome": Outcome(data["outcome"]),
            "observations": observations,
            "real_outcome": Outcome(real) if real else None,
        }))  # fmt: skip


_FIGURE = tuple(item.name for item in fields(Observation))
_FIELDS = tuple(item.name for item in fields(Record))


def with_attempts(outcome: Outcome, summary: str, earlier: list[Attempt], times: int) -> str:
    """A sentence that says at which attempt an outcome came, and what the attempt before it brought."""
    if not earlier:
        return summary
    last = earlier[-1]
    before = f"attempt {len(earlier)}: {last['outcome']}: {last['summary']}"
    at = f"attempt {len(earlier) + 1} of {times}"
    if outcome.badness < Outcome.WARNING.badness:
        return f"{outcome} at {at}; {before}; then {summary}"
    return f"{summary} ({at})" if last["outcome"] == outcome else f"{summary} ({at}; {before})"


def worst_first(records: list[Record]) -> list[Record]:
    """Critical, unknown, warning, waived, skipped, ok; within one outcome by id."""
    return sorted(records, key=lambda record: (-record.outcome.badness, record.id))
