"""Stepping: what each record of a round makes of what is known of its expectation, and which flips that gives."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from rounds.alerting.alert import Kind, Level
from rounds.alerting.flips import Flip, State, move, reminded, step
from rounds.alerting.grouping import Flipped, row_of_record, seconds_of
from rounds.alerting.keys import Keys
from rounds.alerting.ledger import Known, Occasion
from rounds.alerting.policy import Policy
from rounds.cadence import due_within
from rounds.outcome import Outcome
from rounds.record import Record

_GONE = "the inventory has no such row any more"

Ledger = Mapping[str, Known]
"""What is known of each expectation, by its id."""


@dataclass
class Stepping:
    """One round's steps. `seen` is what is known anew, `flips` what is to be told of it."""

    before: Ledger
    keys: Keys
    occasion: Occasion
    policy_of: Callable[[str], Policy]
    seen: dict[str, Known] = field(default_factory=dict)
    flips: list[Flipped] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._told_at = {each.key: each.state.told_at for each in self.before.values() if each.is_told}
        self._alive: set[str] = set()

    def judge(self, records: list[Record]) -> None:
        """Take in what a round judged; those first that people do not believe to be bad for a reason of their own."""
        ids = {record.id for record in records}
        unseen = {each.key for name, each in self.before.items() if each.is_told and name not in ids}
        self._alive = unseen - self.keys.up
        for record in sorted(records, key=lambda record: self._is_told_for_itself(record.id)):
            known = self.before.get(record.id, Known(State(), record.id))
            held = self._is_held_back(record)
            self.seen[record.id] = self._hold(known, record) if held else self._step(known, record)
            if not held and self.seen[record.id].is_told:
                self._alive.add(self.seen[record.id].key)

    def end(self, quiet: set[str]) -> None:
        """End what the inventory has no more, and what waited, unseen, for a target that answered."""
        rows = self.keys.rows
        systems = {row.partition(".")[0] for row in rows.needs if rows.are_all} - quiet
        for name, known in self.before.items():
            system = name.partition(".")[0]
            if name in self.seen or not known.is_told or known.row is None or system in quiet:
                continue
            if system in systems and name not in rows.needs:
                row = replace(known.row, summary=_GONE)
                self._forget(name, replace(known, row=row), Kind.ENDED)
            elif known.key in self.keys.up and known.key != name:
                self._let_go(name, known)

    def _is_told_for_itself(self, name: str) -> bool:
        known = self.before.get(name)
        return known is not None and known.is_told and known.key == name

    def _is_held_back(self, record: Record) -> bool:
        """What was broken before it could not be looked at is no news, where the reason for that is told by others."""
        key = self.keys.key_of(record)
        if record.outcome is not Outcome.UNKNOWN or key == record.id or not self._is_told_for_itself(record.id):
            return False
        is_broken = self.before[record.id].state.level is not Level.UNKNOWN
        return is_broken and (key in self._alive or _is_of_the_round(key))

    def _hold(self, known: Known, record: Record) -> Known:
        """It stays as it was told; where no cause reminds of it, it does so for itself."""
        state, flip = known.state, None
        if _is_of_the_round(self.keys.key_of(record)):
            state, flip = reminded(replace(state, seen=state.level), self.policy_of(record.id), self.occasion.at)
        if flip:
            self.flips.append(Flipped(record.id, flip, known.key))
        return replace(known, state=state, seen=_last(known.seen, self.occasion))

    def _step(self, known: Known, record: Record) -> Known:
        policy = self.policy_of(record.id)
        at = seconds_of(record.judged_at) if record.judged_at else self.occasion.at
        state, flip = step(known.state, record.outcome, policy, at)
        key, newest = known.key, self.keys.key_of(record) if state.seen is not Level.GOOD else known.newest_key
        if state.is_flapping and newest != (known.newest_key or newest):
            state = replace(state, changed_at=at)  # it is not calm yet
        if flip is None and self.keys.is_moved(known, state, record):
            state, flip = move(state, policy, at)
        is_new = not known.is_told and Level.of(record.outcome) is not Level.GOOD
        if is_new or (flip and flip.kind is Kind.BAD):
            key = newest
        if flip is not None and flip.kind is Kind.BAD and known.is_told and key != known.key:
            state = replace(state, since=at)  # of what it is told under now
            flip = replace(flip, since=at)
        if flip is not None:
            self.flips.append(Flipped(record.id, flip, key))
            if flip.kind is Kind.BAD:  # all rows of a cause are reminded of at once
                state = replace(state, told_at=self._told_at.setdefault(key, state.told_at))
        row = row_of_record(record, state.since)
        return Known(state, key, row, known.channels, _last(known.seen, self.occasion), newest)

    def _forget(self, name: str, known: Known, kind: Kind) -> None:
        """It is told no more, and the next round that judges it judges it as for the first time."""
        state = known.state
        was = state.seen if state.is_flapping else state.level
        self.flips.append(Flipped(name, Flip(kind, was, Level.GOOD, self.occasion.at, state.since), known.key))
        self.seen[name] = replace(known, state=State())

    def _let_go(self, name: str, known: Known) -> None:
        """What could not be looked at is judged anew when its turn comes; what was broken is told for itself."""
        if known.state.level is Level.UNKNOWN or known.state.is_flapping:
            self._forget(name, known, Kind.RECOVERED)
            return
        flip = Flip(Kind.BAD, known.state.level, known.state.level, self.occasion.at, known.state.since)
        self.flips.append(Flipped(name, flip, name))
        self.seen[name] = replace(known, key=name)


def _is_of_the_round(key: str) -> bool:
    """Whether it was the round that ended too early, and no target that could not be reached."""
    return key.endswith("/not judged")


def _last(before: Occasion | None, occasion: Occasion) -> Occasion:
    """A row of several batches lasts until the latest time at which one of them must have come again."""
    if before is None:
        return occasion
    longest = occasion.at + due_within("quarterly")  # whatever is later was said by a clock that was ahead
    return replace(occasion, ends_at=min(max(before.ends_at, occasion.ends_at), longest))
