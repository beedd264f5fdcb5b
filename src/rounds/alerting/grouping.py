"""Grouping: what is bad with one cause is told as one alert, when it begins, while it lasts, and when it is over.

The *key* of an alert is what is told about: an expectation, or a target that cannot be reached, with the rows behind.
A cause that is known already suppresses the telling of further rows behind it, but never their recovery.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from rounds.alerting.alert import Alert, AlertRow, Kind, Level
from rounds.alerting.flips import Flip
from rounds.alerting.ledger import Known, Occasion, new_id, told_under
from rounds.record import Record

_WORST_FIRST = (Level.CRITICAL, Level.UNKNOWN, Level.WARNING, Level.GOOD)


@dataclass(frozen=True)
class Flipped:
    """A flip of an expectation, with the key it is told under, which for an end is the key that it began under."""

    expectation: str
    flip: Flip
    key: str


def row_of_record(record: Record, since: float) -> AlertRow:
    level = Level.of(record.outcome)
    told = (record.summary, record.target, record.runbook, record.remedy, record.severity)
    return AlertRow(record.id, level, *told, stamp(since))


def alerts_of(
    flips: Iterable[Flipped],
    before: Mapping[str, Known],
    after: Mapping[str, Known],
    occasion: Occasion,
    up: Collection[str] = (),
) -> list[Alert]:
    """The alerts that tell the flips of a round; `before` and `after` are what is known of all expectations.

    `up` are targets that answered in this round.
    """
    flipped = list(flips)
    keys = _Keys.of(before, after)
    alerts = []
    for key in dict.fromkeys(each.key for each in flipped):
        own = [each for each in flipped if each.key == key]
        kind = _kind(own, keys, before)
        if kind is not None:
            alerts.append(about(key, kind, own, after, occasion))
    left = keys.were_told - keys.are_told.keys() - {alert.key for alert in alerts}
    return [*alerts, *(_left(key, before, after, occasion, up) for key in sorted(left))]


@dataclass(frozen=True)
class _Keys:
    """The keys that people know of: as bad, and as coming and going; and those that they know of from now on."""

    were_bad: Mapping[str, Level]
    flapped: set[str]
    are_told: Mapping[str, Level]

    @classmethod
    def of(cls, before: Mapping[str, Known], after: Mapping[str, Known]) -> "_Keys":
        told = [each for each in before.values() if each.is_told]
        return cls(
            _levels(each for each in told if not each.state.is_flapping),
            {each.key for each in told if each.state.is_flapping},
            _levels(each for each in after.values() if each.is_told),
        )

    @property
    def were_told(self) -> set[str]:
        return self.were_bad.keys() | self.flapped

    def worsens(self, key: str) -> bool:
        """Whether people know of it as less bad than it is now: a pager may not have heard of it at all."""
        return _WORST_FIRST.index(self.are_told[key]) < _WORST_FIRST.index(self.were_bad[key])


def _levels(told: Iterable[Known]) -> dict[str, Level]:
    """The worst level of each key."""
    found: dict[str, Level] = {}
    for each in told:
        found[each.key] = _worst((found.get(each.key, Level.GOOD), each.state.level))
    return found


def _kind(own: list[Flipped], keys: _Keys, before: Mapping[str, Known]) -> Kind | None:
    """What is told of a key. Rows that join a cause which is known as bad, or as coming and going, are not told."""
    key, kinds = own[0].key, {each.flip.kind for each in own}
    if key not in keys.are_told:
        return Kind.RECOVERED if Kind.RECOVERED in kinds else Kind.ENDED
    flapping = [before.get(each.expectation) for each in own if each.flip.kind is Kind.FLAPPING]
    if flapping and (key not in keys.flapped or any(each and each.state.is_flapping for each in flapping)):
        return Kind.FLAPPING
    is_a_cause = any(each.key != each.expectation for each in own)
    if Kind.BAD in kinds and not (key in keys.were_bad and is_a_cause and not keys.worsens(key)):
        return Kind.BAD
    return Kind.REMINDER if Kind.REMINDER in kinds else None


def about(key: str, kind: Kind, own: list[Flipped], after: Mapping[str, Known], occasion: Occasion) -> Alert:
    """The alert about a key: of the flips that end it, or else of all that is told under it."""
    is_over = kind in (Kind.RECOVERED, Kind.ENDED)
    rows = [_row(each, after) for each in own] if is_over else told_under(after, key)
    begun = [] if is_over else [each.state.since for each in after.values() if each.key == key and each.is_told]
    since = min(*begun, *(each.flip.since for each in own), occasion.at)
    level = Level.GOOD if is_over else Level.WARNING if kind is Kind.FLAPPING else _worst(row.level for row in rows)
    system = (own[0].expectation if own else rows[0].id).partition(".")[0]
    alert = Alert(
        id=new_id(), key=key, kind=kind, level=level, system=system,
        title=_title(key, kind, rows), rows=_worst_first(rows),
        since=stamp(since), at=stamp(occasion.at), ends_at=stamp(occasion.ends_at), batch=occasion.batch,
        round=occasion.round, link=occasion.link,
    )  # fmt: skip
    return replace(alert, lasted_seconds=max(occasion.at - since, 0.0)) if is_over else alert


def _worst_first(rows: list[AlertRow]) -> tuple[AlertRow, ...]:
    return tuple(sorted(rows, key=lambda row: (_WORST_FIRST.index(row.level), row.id)))


def _row(flipped: Flipped, after: Mapping[str, Known]) -> AlertRow:
    """A row at the end of an alert; one that nobody has looked at since is as bad as it was."""
    known = after[flipped.expectation]
    assert known.row is not None  # noqa: S101 - whatever flipped was judged
    return replace(known.row, level=known.state.level if known.state.judged_at else flipped.flip.before)


def _left(
    key: str, before: Mapping[str, Known], after: Mapping[str, Known], occasion: Occasion, up: Collection[str]
) -> Alert:
    """A key that is told no more although its rows are not good: they are told under other keys now."""
    behind = {name: each.state for name, each in before.items() if each.key == key and each.is_told}
    own = [
        Flipped(name, Flip(Kind.RECOVERED, state.level, Level.GOOD, occasion.at, state.since), key)
        for name, state in behind.items()
    ]
    if key in up:
        return about(key, Kind.RECOVERED, own, after, occasion)
    ended = about(key, Kind.ENDED, own, after, occasion)
    rows = [replace(row, summary=f"told under {after[row.id].key} from now on: {row.summary}") for row in ended.rows]
    return replace(ended, rows=tuple(rows), title=_title(key, Kind.ENDED, rows))


def _worst(levels: Iterable[Level]) -> Level:
    return min(levels, key=_WORST_FIRST.index, default=Level.UNKNOWN)


def _title(key: str, kind: Kind, rows: list[AlertRow]) -> str:
    if len(rows) == 1 and rows[0].id == key:
        said = {Kind.RECOVERED: " is good again", Kind.FLAPPING: " comes and goes"}.get(kind, "")
        return f"{key}{said}: {rows[0].summary}"
    many = f"{len(rows)} row{'s' if len(rows) != 1 else ''}"
    said = {
        Kind.RECOVERED: f"can be looked at again ({many})",
        Kind.ENDED: f"is not told any more ({many})",
        Kind.FLAPPING: f"comes and goes ({many})",
    }.get(kind, f"cannot be looked at ({many} behind it)")
    return f"{key} {said}"


def seconds_of(stamp: str) -> float:
    """RFC 3339 as seconds since 1970."""
    return datetime.fromisoformat(stamp).timestamp()


def stamp(seconds: float) -> str:
    """Seconds since 1970 as RFC 3339 in UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
