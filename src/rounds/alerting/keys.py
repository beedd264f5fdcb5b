"""Keys: what a bad outcome is told under: the expectation itself, or a target that it cannot be judged without.

That is the target that could not be reached for it, or one behind that: a dependency that is down suppresses the
telling of what depends on it, not the looking, and not a recovery.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rounds.alerting.alert import Level
from rounds.alerting.flips import State
from rounds.alerting.ledger import Known
from rounds.outcome import Outcome
from rounds.record import Record

Behind = Mapping[str, tuple[str, ...]]
"""For each row of the inventory, by id, the keys of the targets it depends on, the nearest first."""


@dataclass(frozen=True)
class Keys:
    """The keys of one round. `down` are targets that cannot be reached, `up` those that answered again."""

    behind: Behind
    down: frozenset[str]
    up: frozenset[str]

    @classmethod
    def of(cls, records: Iterable[Record], before: Mapping[str, Known], behind: Behind) -> "Keys":
        """What the records say of targets, and for those that none of them looked at, what was told."""
        seen = {record.id: record for record in records}
        causes = [each.cause["target"] for each in seen.values() if each.outcome is Outcome.UNKNOWN and each.cause]
        told = {name: each for name, each in before.items() if each.is_told and each.key != name}
        blind = {name: each.key for name, each in told.items() if each.state.level is Level.UNKNOWN}
        judged = {name for name, record in seen.items() if record.outcome is not Outcome.UNKNOWN}
        up = frozenset(key for name, key in blind.items() if name in judged).difference(causes)
        lasting = {key for name, key in blind.items() if name not in seen}
        return cls(behind, frozenset(causes) | (lasting - up), up)

    def key_of(self, record: Record) -> str:
        """What a bad record is told under."""
        roots = [target for target in self.behind.get(record.id, ()) if target in self.down]
        if roots:
            return roots[-1]
        if record.outcome is Outcome.UNKNOWN and record.cause:
            return record.cause["target"]
        if record.outcome is Outcome.UNKNOWN and record.summary.startswith("not judged"):
            return f"{record.system}/not judged"
        return record.id

    def is_moved(self, known: Known, state: State, record: Record) -> bool:
        """Whether what was told under one key, and is as bad as it was, is now to be told under something else.

        One that still cannot be looked at, without a word why, stays where it is until that target has answered.
        """
        lasts = known.state.level is state.level is state.seen is not Level.GOOD and not state.is_flapping
        key = self.key_of(record)
        if not lasts or key == known.key:
            return False
        if state.level is Level.UNKNOWN:
            return key != record.id or known.key in self.up
        return known.key != record.id
