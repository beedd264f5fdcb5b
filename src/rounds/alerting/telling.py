"""Telling: the flips of a round are recorded first and sent after: nothing is lost, and nothing is told twice."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from rounds.alerting.alert import Alert, Kind
from rounds.alerting.configuration import Alerting
from rounds.alerting.flips import is_stale
from rounds.alerting.grouping import about, alerts_of, seconds_of
from rounds.alerting.keys import Keys, Rows
from rounds.alerting.ledger import Known, Occasion, add_alerts, add_flips, keep_states, read_states
from rounds.alerting.stepping import Ledger, Stepping
from rounds.alerting.windows import is_quiet, windows_since
from rounds.cadence import due_within
from rounds.record import Record
from rounds.round import Round
from rounds.store import Store

Lasting = list[tuple[Alert, frozenset[str]]]
"""Alerts that are told again while they last, each with the channels that hear them."""


def occasion_of(told: Round, link: str) -> Occasion:
    """The round as alerts name it."""
    at = seconds_of(told.finished_at or told.started_at)
    return Occasion(told.id, told.batch, at, at + due_within(told.batch), link)


def record_flips(told: Round, alerting: Alerting, store: Store, rows: Rows | None = None) -> list[Alert]:
    """Record what a round changed, with the alerts that tell it and the channels that are to take them.

    `rows` are all rows that the inventory has, whether this round judged them or not, with the targets they depend
    on: what it has no more is ended, and what depends on a target that is down is told under that.
    """
    occasion = occasion_of(told, alerting.telling.link_to(told.id))
    with store.transaction() as statements:
        before = read_states(statements)
        windows = windows_since(statements, seconds_of(told.started_at))
        loud = [each for each in told.records if not is_quiet(windows, each.system, each.judged_at, occasion.at)]
        judged = [each for each in loud if not _is_stale(each, before)]
        keys = Keys.of(judged, before, rows or Rows(), occasion.at)
        steps = Stepping(before, keys, occasion, alerting.policy_of)
        steps.judge(judged)
        steps.end({each.system for each in windows if each.is_open(occasion.at)})
        after = {**before, **steps.seen}
        alerts = alerts_of(steps.flips, before, after, occasion, keys.up)
        channels = {alert.id: _channels(alert, alerting, before.values()) for alert in alerts}
        keep_states(statements, _with_channels(after, steps.seen, alerts, channels))
        told_by = {row.id: alert.id for alert in alerts for row in alert.rows}
        add_flips(
            statements,
            [(each.expectation, each.flip, told.id, told_by.get(each.expectation, "")) for each in steps.flips],
        )
        add_alerts(statements, [(alert, channels[alert.id]) for alert in alerts], occasion.at)
    return alerts


def _channels(alert: Alert, alerting: Alerting, before: Iterable[Known]) -> list[str]:
    """Who was told of it is told how it goes on, whatever the routes say; the beginning goes where they lead."""
    told = {name for each in before if each.key == alert.key and each.is_told for name in each.channels}
    if not alert.is_over:
        told |= set(alerting.channels_for(alert, alert.level))
    return [name for name in alerting.channels if name in told]


def _is_stale(record: Record, before: Ledger) -> bool:
    known = before.get(record.id)
    return known is not None and bool(record.judged_at) and is_stale(known.state, seconds_of(record.judged_at))


def _with_channels(
    after: Ledger, seen: Ledger, alerts: list[Alert], channels: Mapping[str, list[str]]
) -> dict[str, Known]:
    """What is to be kept: all rows of a key have the channels that believe it to be bad, and were told at one time."""
    told = {alert.key: alert for alert in alerts if not alert.is_over}
    known = {each.key: each.channels for each in after.values() if each.is_told and each.channels}
    kept = {}
    for name, each in after.items():
        alert = told.get(each.key) if each.is_told else None
        if alert is not None:
            state = replace(each.state, told_at=max(each.state.told_at, seconds_of(alert.at)))
            kept[name] = replace(each, channels=tuple(channels[alert.id]), state=state)
        elif name in seen:
            kept[name] = replace(each, channels=known.get(each.key, ()) if each.is_told else ())
    return kept


def without_history(told: Round, alerting: Alerting, rows: Rows | None) -> Lasting:
    """What is bad in a round whose changes cannot be kept, for channels that are told again and again anyway."""
    occasion = occasion_of(told, alerting.telling.link_to(told.id))
    steps = Stepping({}, Keys.of(told.records, {}, rows or Rows(), occasion.at), occasion, alerting.policy_of)
    steps.judge(told.records)
    alerts = alerts_of(steps.flips, {}, steps.seen, occasion)
    return [(each, frozenset(alerting.channels_for(each, each.level))) for each in alerts]


def firing(known: Ledger, at: float) -> Lasting:
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
    after = {each.row.id: each for each in behind if each.row}
    kind = Kind.FLAPPING if all(each.state.is_flapping for each in behind) else Kind.BAD
    channels = frozenset(name for each in behind for name in each.channels)
    return about(key, kind, [], after, occasion), channels
