"""After a round: its flips are recorded and sent, what lasts is said again, and figures and pings go out."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from rounds.alerting.configuration import Alerting
from rounds.alerting.grouping import seconds_of, stamp
from rounds.alerting.keys import Rows
from rounds.alerting.ledger import read_states
from rounds.alerting.sending import Begun, Outbox, Sent, begun, beside_each_other
from rounds.alerting.telling import Lasting, firing, record_flips, without_history
from rounds.alerting.windows import Window, is_quiet, windows_since
from rounds.outcome import Outcome
from rounds.round import Round
from rounds.senders import silences
from rounds.senders.sender import Channel
from rounds.store import Store, StoreError


def tell(told: Round, alerting: Alerting, store: Store, seconds: float | None = None, rows: Rows | None = None) -> Sent:
    """Tell a round, for as long as alerts.yaml allows; nothing that goes wrong here changes a verdict.

    `rows` are all rows that the inventory has, with the targets they depend on.
    """
    ends_at = time.monotonic() + (alerting.telling.budget if seconds is None else seconds)
    outbox = Outbox(store, alerting.channels, ends_at)
    due: dict[str, Callable[[], None]] = {}
    windows: list[Window] = []
    unrecorded: Lasting | None = None
    try:
        record_flips(told, alerting, store, rows)
        due = outbox.jobs()
        with store.reading() as statements:
            windows = windows_since(statements, time.time())
    except StoreError as error:
        outbox.sent.problems.append(f"no change could be recorded, so none was told: {error}")
        unrecorded = without_history(told, alerting, rows)
    last = _Last(told, store, windows, unrecorded)
    jobs = {
        name: partial(_one_after_the_other, due.get(name), partial(last.tell, name, channel))
        for name, channel in alerting.channels.items()
    }
    outbox.sent.problems += beside_each_other(jobs, ends_at, due)
    return outbox.sent


@dataclass(frozen=True)
class _Last:
    """What each channel is told last of all, when it has taken what changed.

    That is the round itself, where a channel tells rounds; else what lasts again, and windows as silences. What lasts
    is read just before it is sent: another runner may have told its end. `unrecorded` is what there is without history.
    """

    told: Round
    store: Store
    windows: list[Window]
    unrecorded: Lasting | None

    def tell(self, name: str, channel: Channel) -> None:
        sender: Any = channel.sender()
        if channel.tells == "rounds":
            sender.send_round(_quieted(self.told, self.windows) if channel.wakes else self.told)
        elif hasattr(sender, "firing"):
            lasting = self.unrecorded if self.unrecorded is not None else self._lasting()
            sender.firing([alert for alert, channels in lasting if name in channels])
            for window in self.windows:
                verb = sender.silence if window.closed_at is None else sender.lift
                verb(silence_of(window))

    def _lasting(self) -> Lasting:
        with self.store.reading() as statements:
            return firing(read_states(statements), time.time())


def _quieted(told: Round, windows: list[Window]) -> Round:
    """The round as it wakes people: what was judged in a maintenance window wakes nobody."""
    at = seconds_of(told.finished_at or told.started_at)
    records = [
        replace(each, outcome=Outcome.WAIVED, summary=f"in a maintenance window: {each.summary}")
        if each.outcome.is_bad and is_quiet(windows, each.system, each.judged_at, at) else each
        for each in told.records
    ]  # fmt: skip
    return replace(told, records=records)


def _one_after_the_other(first: Callable[[], None] | None, then: Callable[[], None]) -> None:
    if first is not None:
        first()
    then()


def begin(round_id: str, batch: str, alerting: Alerting) -> Begun:
    """Say that a round begins, where a channel wants to know: a round that hangs is then seen. Nobody waits for it."""

    def start(channel: Channel) -> None:
        sender: Any = channel.sender()
        if hasattr(sender, "start"):
            sender.start(round_id, batch)

    jobs = {name: partial(start, each) for name, each in alerting.channels.items() if each.tells == "rounds"}
    return begun(jobs)


def silence_of(window: Window) -> silences.Window:
    """A window as Alertmanager hears of it."""
    starts, ends = stamp(window.opened_at), stamp(window.ends_at)
    return silences.Window(window.id, window.system, starts, ends, window.opened_by, window.reason)
