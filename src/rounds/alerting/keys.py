"""Keys: what a bad outcome is told under: the expectation itself, or a target that it cannot be judged without.

That is the target that could not be reached for it, or one behind that: a dependency that is down suppresses the
telling of what depends on it, not the looking, and not a recovery.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from rounds.alerting.alert import Level
from rounds.alerting.flips import State
from rounds.alerting.ledger import Known
from rounds.inventory.dependencies import Needs
from rounds.outcome import Outcome
from rounds.record import Record


@dataclass(frozen=True)
class Rows:
    """The rows of the inventory, by id, with the targets that they cannot be judged without.

    Are they not `all`, because of a mistake somewhere, one that is missing need not be gone.
    """

    needs: Mapping[str, Needs] = field(default_factory=dict)
    are_all: bool = False


_FEWEST = 12
"""Letters of a reason that say the same where they are found again."""

_JUDGED = (Outcome.OK, Outcome.WARNING, Outcome.CRITICAL)
_LOOKED = (Outcome.OK, Outcome.WARNING)
"""Whoever judges so has seen its targets; what is critical may just not have reached them."""


@dataclass(frozen=True)
class Keys:
    """The keys of one round. `down` are targets that cannot be reached, `up` those that answered again.

    `reasons` are why a target could not be reached in this round.
    """

    rows: Rows
    down: frozenset[str]
    up: frozenset[str]
    reasons: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, records: Iterable[Record], before: Mapping[str, Known], rows: Rows, at: float) -> "Keys":
        """What the records say of targets, and for those that none of them looked at, what was told not long ago."""
        seen = {record.id: record for record in records}
        reasons = _reasons(seen.values())
        told = {name: each for name, each in before.items() if each.is_told and each.key != name}
        blind = {name: each for name, each in told.items() if each.state.level is Level.UNKNOWN}
        judged = {name: _real(record) for name, record in seen.items() if _real(record) in _JUDGED}
        answered = {each.key for name, each in blind.items() if name in judged}
        for name, outcome in judged.items():
            needs = rows.needs.get(name, Needs())
            answered.update((*needs.own, *needs.behind) if outcome in _LOOKED else ())
        up = frozenset(answered.difference(reasons))
        unseen = [each for name, each in blind.items() if name not in seen]
        lasting = {each.key for each in unseen if each.seen and each.seen.ends_at > at}
        return cls(rows, frozenset(reasons) | (lasting - up), up, reasons)

    def key_of(self, record: Record) -> str:
        """What a bad record is told under."""
        needs = self.rows.needs.get(record.id, Needs())
        roots = [target for target in needs.behind if target in self.down]
        if roots:
            return roots[-1]
        for target in needs.own:
            if any(len(words) >= _FEWEST and words in record.summary for words in self.reasons.get(target, ())):
                return target  # broken for the very reason that others could not look
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
        return known.key != record.id and known.key not in self.down


def _real(record: Record) -> Outcome:
    """What was seen, also of what is waived."""
    return record.real_outcome or record.outcome


def _reasons(records: Iterable[Record]) -> dict[str, frozenset[str]]:
    """Why targets could not be reached, in the words of the records."""
    found: dict[str, set[str]] = {}
    for record in records:
        if _real(record) is Outcome.UNKNOWN and record.cause:
            found.setdefault(record.cause["target"], set()).add(record.cause["words"])
    return {target: frozenset(words) for target, words in found.items()}
