"""The round: one run over a selection, kept as a journal on disk from its first moment.

The journal (`records.jsonl`) has a first line that says what should be judged, then one line a record as each is
judged, then a last line when the round has ended. Whatever kills the process, the reports can be made from it.
"""

from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import Any

from typing_extensions import TypedDict  # pydantic, which makes the schema, takes no other before Python 3.12

from rounds.outcome import Outcome, worst
from rounds.past import Past
from rounds.record import Record, worst_first


def now() -> str:
    """The present moment as RFC 3339 in UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class SlowestLook(TypedDict):
    """A probe, the targets it looked at, and how long it took."""

    probe: str
    target: str
    seconds: float


class Durations(TypedDict):
    """Where the time of a round went in one system: in all its looks together, and in judging its rows."""

    system: str
    rows: int
    looks: int
    slowest_look: SlowestLook | None
    looking_seconds: float
    judging_seconds: float


@dataclass
class Round:
    """What all reports of one round are made from.

    `problems` are things that went wrong with the round itself (a report that could not be written, a file that could
    not be collected): with any of them the round is not ok. `notices` are things pointed out, which change no outcome
    (a waiver that covers no row); `rounds.waivers.notices.notices` has all of them. `ended` says in words how it ended.
    `slowest_look` is what the round waited for longest: nobody looks faster than that. `durations` says where the time
    went.
    """

    id: str
    batch: str
    started_at: str
    selection: str = ""
    finished_at: str = ""
    ended: str = ""
    seconds: float = 0.0
    slowest_look: SlowestLook | None = None
    durations: list[Durations] = field(default_factory=list)
    version: str = ""
    records: list[Record] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    past = Past()  # no field, and in no results.json: it is of other rounds

    @property
    def outcome(self) -> Outcome:
        """The worst outcome of all records; unknown when nothing was judged or the round itself had problems.

        What is skipped or waived does not keep a round from being ok, if anything was judged ok.
        """
        outcomes = [record.outcome for record in self.records]
        if self.problems:
            outcomes.append(Outcome.UNKNOWN)
        lowest = worst(outcomes)
        return Outcome.OK if lowest in (Outcome.SKIPPED, Outcome.WAIVED) and Outcome.OK in outcomes else lowest

    @property
    def counts(self) -> dict[Outcome, int]:
        """How many records have each outcome; every outcome is there, worst first."""
        worst_to_best = sorted(Outcome, key=lambda outcome: -outcome.badness)
        return {outcome: sum(record.outcome is outcome for record in self.records) for outcome in worst_to_best}

    @property
    def worst_first(self) -> list[Record]:
        return worst_first(self.records)

    def head(self) -> dict[str, Any]:
        """Everything but the records, as plain JSON types."""
        return {item.name: getattr(self, item.name) for item in fields(self) if item.name != "records"}
