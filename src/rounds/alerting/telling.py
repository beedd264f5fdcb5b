"""Telling: the flips of a round are recorded first and sent after: nothing is lost, and nothing is told twice."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from rounds.alerting.alert import Alert, Kind, Level
from rounds.alerting.configuration import Alerting
from rounds.alerting.flips import Flip, State, step
from rounds.alerting.grouping import Flipped, alerts_of, key_of, row_of_record
from rounds.alerting.ledger import Known, Occasion, add_alert, add_flips, keep_states, read_states
from rounds.alerting.windows import open_windows
from rounds.cadence import due_within
from rounds.record import Record
from rounds.round import Round
from rounds.store import Store

_APART = 1e-5  # seconds, so that the alerts of a round keep their order
_GONE = "the inventory has no such row any more"

Ledger = Mapping[str, Known]
"""What is known of each expectation, by its id."""


def occasion_of(told: Round, link: str) -> Occasion:
    """The round as alerts name it."""
    at = _seconds(told.finished_at or told.started_at)
    return Occasion(told.id, told.batch, at, at + due_within(told.batch), link.format(round=told.id) if link else "")


def record_flips(told: Round, alerting: Alerting, store: Store, rows: Collection[str] = ()) -> list[Alert]:
    """Record what a round changed, with the alerts that tell it and the channels that are to take them.

    `rows` are the ids of all rows that the inventory has, whether this round judged them or not: what it has no more
    is ended.
    """
    occasion = occasion_of(told, alerting.telling.link)
    with store.transaction() as statements:
        before = read_states(statements)
        quiet = {window.system for window in open_windows(statements, occasion.at)}
        judged = [record for record in told.records if record.system not in quiet]
        seen, flips = _stepped(judged, before, alerting, occasion)
        gone, ends = _gone({name: each for name, each in before.items() if name not in seen}, rows, quiet, occasion)
        seen |= gone
        flips += ends
        after = {**before, **seen}
        alerts = alerts_of(flips, before, after, occasion)
        channels = {alert.id: _channels(alert, alerting, before.values()) for alert in alerts}
        keep_states(statements, _with_channels(seen, alerts, channels, before))
        told_by = {row.id: alert.id for alert in alerts for row in alert.rows}
        add_flips(
            statements, [(each.expectation, each.flip, told.id, told_by.get(each.expectation, "")) for each in flips]
        )
        for place, alert in enumerate(alerts):
            add_alert(statements, alert, occasion.at + place * _APART, channels[alert.id])
    return alerts


def _stepped(
    records: list[Record], before: Ledger, alerting: Alerting, occasion: Occasion
) -> tuple[dict[str, Known], list[Flipped]]:
    seen, flips = {}, []
    for record in records:
        known = before.get(record.id, Known(State(), record.id))
        at = _seconds(record.judged_at) if record.judged_at else occasion.at
        state, flip = step(known.state, record.outcome, alerting.policy_of(record.id), at)
        flip = flip or _moved(known, state, record, at)
        is_new = not known.is_told and Level.of(record.outcome) is not Level.GOOD
        key = key_of(record) if is_new or (flip and flip.kind is Kind.BAD) else known.key
        if flip is not None:
            flips.append(Flipped(record.id, flip, key))
        row = row_of_record(record, state.since)
        seen[record.id] = Known(state, key, row, known.channels, _last(known.seen, occasion))
    return seen, flips


def _moved(known: Known, state: State, record: Record, at: float) -> Flip | None:
    """What could not be looked at for one cause cannot be for another one now."""
    is_still_unknown = known.state.level is state.level is state.seen is Level.UNKNOWN and not state.is_flapping
    if is_still_unknown and key_of(record) not in (known.key, record.id):
        return Flip(Kind.BAD, Level.UNKNOWN, Level.UNKNOWN, at, state.turned_at)
    return None


def _last(before: Occasion | None, occasion: Occasion) -> Occasion:
    """A row of several batches lasts until the latest time at which one of them must have come again."""
    return replace(occasion, ends_at=max(before.ends_at, occasion.ends_at)) if before else occasion


def _gone(
    unseen: Ledger, rows: Collection[str], quiet: Collection[str], occasion: Occasion
) -> tuple[dict[str, Known], list[Flipped]]:
    """What was told and is in the inventory no more, of the systems that the inventory has."""
    systems = {row.partition(".")[0] for row in rows} - set(quiet)
    gone, ends = {}, []
    for name, known in unseen.items():
        if not known.is_told or known.row is None or name in rows or name.partition(".")[0] not in systems:
            continue
        flip = Flip(Kind.ENDED, known.state.level, Level.GOOD, occasion.at, known.state.since)
        ends.append(Flipped(name, flip, known.key))
        gone[name] = Known(State(), known.key, replace(known.row, summary=_GONE), known.channels)
    return gone, ends


def _channels(alert: Alert, alerting: Alerting, before: Iterable[Known]) -> list[str]:
    """Who was told of it is told how it goes on, whatever the routes say; the beginning goes where they lead."""
    told = {name for each in before if each.key == alert.key and each.is_told for name in each.channels}
    if not alert.is_over:
        told |= set(alerting.channels_for(alert, alert.level))
    return [name for name in alerting.channels if name in told]


def _with_channels(
    seen: dict[str, Known], alerts: list[Alert], channels: Mapping[str, list[str]], before: Ledger
) -> dict[str, Known]:
    """Each row with the channels that believe it to be bad."""
    now = {alert.key: tuple(channels[alert.id]) for alert in alerts if not alert.is_over}
    known = {each.key: each.channels for each in before.values() if each.is_told}
    return {
        name: replace(each, channels=now.get(each.key, known.get(each.key, ())) if each.is_told else ())
        for name, each in seen.items()
    }


def firing(known: Ledger, at: float) -> list[tuple[Alert, frozenset[str]]]:
    """What was told and is not over, with the channels it was told to, for those that want to hear it again.

    What nobody has looked at since its next round was due is left out: it ends by itself.
    """
    bad: dict[str, list[Known]] = {}
    for each in known.values():
        if each.is_told and each.row is not None and each.seen is not None:
            bad.setdefault(each.key, []).append(each)
    return [_lasting(key, rows) for key, rows in sorted(bad.items()) if max(_ends(rows)) > at]


def _ends(behind: list[Known]) -> list[float]:
    return [each.seen.ends_at for each in behind if each.seen]


def _lasting(key: str, behind: list[Known]) -> tuple[Alert, frozenset[str]]:
    newest = max((each.seen for each in behind if each.seen), key=lambda seen: seen.at)
    occasion = replace(newest, ends_at=max(_ends(behind)))
    flips = [Flipped(each.row.id, _reminder(each.state, occasion), key) for each in behind if each.row]
    after = {each.row.id: each for each in behind if each.row}
    channels = frozenset(name for each in behind for name in each.channels)
    return alerts_of(flips, after, after, occasion)[0], channels


def _reminder(state: State, occasion: Occasion) -> Flip:
    if state.is_flapping:
        return Flip(Kind.FLAPPING, state.level, state.seen, occasion.at, min((*state.changes, state.turned_at)))
    return Flip(Kind.REMINDER, state.level, state.level, occasion.at, state.since)


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()
