"""Telling: the flips of a round are recorded first and sent after: nothing is lost, and nothing is told twice."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from rounds.alerting.alert import Alert, Kind, Level
from rounds.alerting.configuration import Alerting
from rounds.alerting.flips import Flip, State, step
from rounds.alerting.grouping import Flipped, Occasion, alerts_of, key_of, row_of_record, stamp
from rounds.alerting.ledger import Known, add_alert, add_flips, keep_states, read_states
from rounds.alerting.windows import open_windows
from rounds.quantities import read
from rounds.record import Record
from rounds.round import Round
from rounds.store import Store

# When a batch must have come again, with some slack.
NEXT_ROUND = {"continuous": "15m", "daily": "26h", "weekly": "8d", "monthly": "32d", "quarterly": "95d"}
_OTHERWISE = "26h"
_APART = 1e-5  # seconds, so that the alerts of a round keep their order

Known_ = Mapping[str, Known]


def occasion_of(told: Round, link: str) -> Occasion:
    """The round as alerts name it."""
    at = _seconds(told.finished_at or told.started_at)
    due = read(NEXT_ROUND.get(told.batch.partition("-")[0], _OTHERWISE), "s")
    return Occasion(told.id, told.batch, at, at + due, link.format(round=told.id) if link else "")


def record_flips(told: Round, alerting: Alerting, store: Store) -> list[Alert]:
    """Record what a round changed, with the alerts that tell it and the channels that are to take them."""
    occasion = occasion_of(told, alerting.telling.link)
    with store.transaction() as statements:
        before = read_states(statements)
        quiet = {window.system for window in open_windows(statements, occasion.at)}
        judged = [record for record in told.records if record.system not in quiet]
        after, flips = _stepped(judged, before, alerting)
        alerts = alerts_of(flips, before, after, occasion)
        keep_states(statements, {record.id: after[record.id] for record in judged})
        told_by = {row.id: alert.id for alert in alerts for row in alert.rows}
        add_flips(
            statements, [(each.expectation, each.flip, told.id, told_by.get(each.expectation, "")) for each in flips]
        )
        for place, alert in enumerate(alerts):
            channels = alerting.channels_for(alert, _was(alert, before))
            add_alert(statements, alert, occasion.at + place * _APART, channels)
    return alerts


def _stepped(records: list[Record], before: Known_, alerting: Alerting) -> tuple[dict[str, Known], list[Flipped]]:
    after, flips = dict(before), []
    for record in records:
        known = before.get(record.id, Known(State(), record.id))
        at = _seconds(record.judged_at)
        state, flip = step(known.state, record.outcome, alerting.policy_of(record.id), at)
        key = known.key
        if flip is not None:
            if flip.kind is Kind.BAD:
                key = key_of(record)
            flips.append(Flipped(record.id, flip, key))
        after[record.id] = Known(state, key, row_of_record(record, state.since))
    return after, flips


def _was(alert: Alert, before: Known_) -> Level:
    """How bad it is, or was before it was over: what its routes ask."""
    if not alert.is_over:
        return alert.level
    levels = [before[row.id].state.level for row in alert.rows if row.id in before]
    return next((each for each in (Level.CRITICAL, Level.UNKNOWN, Level.WARNING) if each in levels), Level.CRITICAL)


def firing(known: Known_, occasion: Occasion) -> list[Alert]:
    """Everything that is told as bad and not over, for channels that want to hear it again and again."""
    bad: dict[str, list[Known]] = {}
    for each in known.values():
        if each.state.level is not Level.GOOD and each.row is not None:
            bad.setdefault(each.key, []).append(each)
    return [_lasting(key, rows, occasion) for key, rows in sorted(bad.items())]


def _lasting(key: str, behind: list[Known], occasion: Occasion) -> Alert:
    since = min(each.state.since for each in behind)
    flips = [Flipped(each.row.id, _reminder(each.state, occasion), key) for each in behind if each.row]
    after = {each.row.id: each for each in behind if each.row}
    return replace(alerts_of(flips, after, after, occasion)[0], since=stamp(since))


def _reminder(state: State, occasion: Occasion) -> Flip:
    return Flip(Kind.REMINDER, state.level, state.level, occasion.at, state.since)


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()
