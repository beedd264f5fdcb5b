"""Grouping: what is bad with one cause is told as one alert, when it begins, while it lasts, and when it is over.

The *key* of an alert is what is told about: an expectation, or a target that cannot be reached, with the rows behind.
A cause that is known already suppresses the telling of further rows behind it, but never their recovery.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from rounds.alerting.alert import Alert, AlertRow, Kind, Level
from rounds.alerting.flips import Flip
from rounds.alerting.ledger import Known, new_id, told_under
from rounds.outcome import Outcome
from rounds.record import Record

_WORST_FIRST = (Level.CRITICAL, Level.UNKNOWN, Level.WARNING, Level.GOOD)


@dataclass(frozen=True)
class Occasion:
    """The round that alerts are made of. Times are seconds since 1970."""

    round: str
    batch: str
    at: float
    ends_at: float
    link: str = ""


@dataclass(frozen=True)
class Flipped:
    """A flip of an expectation, with the key it is told under, which for an end is the key that it began under."""

    expectation: str
    flip: Flip
    key: str


def key_of(record: Record) -> str:
    """What the record is told under: what it cannot be looked at for, or the expectation itself."""
    if record.outcome is Outcome.UNKNOWN and record.cause:
        return record.cause["target"]
    if record.outcome is Outcome.UNKNOWN and record.summary.startswith("not judged"):
        return f"{record.system}/not judged"
    return record.id


def row_of_record(record: Record, since: float) -> AlertRow:
    level = Level.of(record.outcome)
    told = (record.summary, record.target, record.runbook, record.remedy, record.severity)
    return AlertRow(record.id, level, *told, stamp(since))


def alerts_of(
    flips: Iterable[Flipped], before: Mapping[str, Known], after: Mapping[str, Known], occasion: Occasion
) -> list[Alert]:
    """The alerts that tell the flips of a round; `before` and `after` are what is known of all expectations."""
    flipped = list(flips)
    was, now = _bad_keys(before), _bad_keys(after)
    alerts = [_flapping(each, after, occasion) for each in flipped if each.flip.kind is Kind.FLAPPING]
    for key in dict.fromkeys(each.key for each in flipped if each.flip.kind is not Kind.FLAPPING):
        own = [each for each in flipped if each.key == key and each.flip.kind is not Kind.FLAPPING]
        kind = _kind(own, key in was, key in now)
        if kind is not None:
            alerts.append(_alert(key, kind, own, after, occasion))
    left = was - now - {alert.key for alert in alerts}
    return [*alerts, *(_left(key, before, after, occasion) for key in sorted(left))]


def _bad_keys(known: Mapping[str, Known]) -> set[str]:
    return {each.key for each in known.values() if each.state.level is not Level.GOOD}


def _kind(own: list[Flipped], was: bool, now: bool) -> Kind | None:
    kinds = {each.flip.kind for each in own}
    if not now:
        return (Kind.RECOVERED if Kind.RECOVERED in kinds else Kind.ENDED) if was or kinds else None
    is_a_cause = any(each.key != each.expectation for each in own)
    if Kind.BAD in kinds and not (was and is_a_cause):
        return Kind.BAD
    return Kind.REMINDER if Kind.REMINDER in kinds else None


def _alert(key: str, kind: Kind, own: list[Flipped], after: Mapping[str, Known], occasion: Occasion) -> Alert:
    is_over = kind in (Kind.RECOVERED, Kind.ENDED)
    rows = [_row(each, after) for each in own] if is_over else told_under(dict(after), key)
    since = min(each.flip.since for each in own)
    level = Level.GOOD if is_over else _worst(row.level for row in rows)
    alert = Alert(
        id=new_id(), key=key, kind=kind, level=level, system=own[0].expectation.partition(".")[0],
        title=_title(key, kind, rows), rows=_worst_first(rows),
        since=stamp(since), at=stamp(occasion.at), ends_at=stamp(occasion.ends_at), batch=occasion.batch,
        round=occasion.round, link=occasion.link,
    )  # fmt: skip
    return replace(alert, lasted_seconds=max(occasion.at - since, 0.0)) if is_over else alert


def _worst_first(rows: list[AlertRow]) -> tuple[AlertRow, ...]:
    return tuple(sorted(rows, key=lambda row: (_WORST_FIRST.index(row.level), row.id)))


def _row(flipped: Flipped, after: Mapping[str, Known]) -> AlertRow:
    known = after[flipped.expectation]
    assert known.row is not None  # noqa: S101 - whatever flipped was judged
    return replace(known.row, level=known.state.level)


def _flapping(flipped: Flipped, after: Mapping[str, Known], occasion: Occasion) -> Alert:
    alert = _alert(flipped.expectation, Kind.FLAPPING, [flipped], after, occasion)
    row = _row(flipped, after)
    return replace(alert, level=Level.WARNING, rows=(row,), title=f"{row.id} comes and goes: {row.summary}")


def _left(key: str, before: Mapping[str, Known], after: Mapping[str, Known], occasion: Occasion) -> Alert:
    """A cause that is gone although its rows are not good: they are told under keys of their own now."""
    behind = {
        name: each.state for name, each in before.items() if each.key == key and each.state.level is not Level.GOOD
    }
    own = [
        Flipped(name, Flip(Kind.RECOVERED, state.level, Level.GOOD, occasion.at, state.since), key)
        for name, state in behind.items()
    ]
    return _alert(key, Kind.RECOVERED, own, after, occasion)


def _worst(levels: Iterable[Level]) -> Level:
    return min(levels, key=_WORST_FIRST.index, default=Level.UNKNOWN)


def _title(key: str, kind: Kind, rows: list[AlertRow]) -> str:
    if len(rows) == 1 and rows[0].id == key:
        return f"{key} is good again: {rows[0].summary}" if kind is Kind.RECOVERED else f"{key}: {rows[0].summary}"
    many = f"{len(rows)} row{'s' if len(rows) != 1 else ''}"
    if kind is Kind.RECOVERED:
        return f"{key} can be looked at again ({many})"
    if kind is Kind.ENDED:
        return f"{key} is not judged any more ({many})"
    return f"{key} cannot be looked at ({many} unknown)"


def stamp(seconds: float) -> str:
    """Seconds since 1970 as RFC 3339 in UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
