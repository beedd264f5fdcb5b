"""After a round: its flips are recorded and sent, what lasts is said again, and figures and pings go out."""

import time
from collections.abc import Collection
from functools import partial
from typing import Any

from rounds.alerting.alert import Alert
from rounds.alerting.configuration import Alerting
from rounds.alerting.grouping import stamp
from rounds.alerting.ledger import read_states
from rounds.alerting.sending import Outbox, Sent, beside_each_other
from rounds.alerting.telling import firing, record_flips
from rounds.alerting.windows import Window, unended_windows
from rounds.round import Round
from rounds.senders import silences
from rounds.senders.sender import Channel
from rounds.store import Store, StoreError


def tell(
    told: Round, alerting: Alerting, store: Store, seconds: float | None = None, rows: Collection[str] = ()
) -> Sent:
    """Tell a round, for as long as alerts.yaml allows; nothing that goes wrong here changes a verdict.

    `rows` are the ids of all rows that the inventory has.
    """
    ends_at = time.monotonic() + (alerting.telling.budget if seconds is None else seconds)
    try:
        record_flips(told, alerting, store, rows)
        sent = Outbox(store, alerting.channels, ends_at).send_all()
        with store.reading() as statements:
            lasting = firing(read_states(statements), time.time())
            windows = unended_windows(statements, time.time())
    except StoreError as error:
        return Sent(problems=[f"no change could be recorded, so none was told: {error}"])
    jobs = {}
    for name, channel in alerting.channels.items():
        own = [alert for alert, channels in lasting if name in channels]
        jobs[name] = partial(_tell_channel, channel, told, own, windows)
    sent.problems += [each for each in beside_each_other(jobs, ends_at) if each not in sent.problems]
    return sent


def _tell_channel(channel: Channel, told: Round, lasting: list[Alert], windows: list[Window]) -> None:
    """The round itself, where a channel tells rounds; else what lasts again, and windows as silences."""
    sender: Any = channel.sender()
    if channel.tells == "rounds":
        sender.send_round(told)
    elif hasattr(sender, "firing"):
        sender.firing(lasting)
        for window in windows:
            verb = sender.silence if window.closed_at is None else sender.lift
            verb(silence_of(window))


def begin(round_id: str, batch: str, alerting: Alerting) -> list[str]:
    """Say that a round begins, where a channel wants to know: a round that hangs is then seen."""

    def start(channel: Channel) -> None:
        sender: Any = channel.sender()
        if hasattr(sender, "start"):
            sender.start(round_id, batch)

    jobs = {name: partial(start, each) for name, each in alerting.channels.items() if each.tells == "rounds"}
    return beside_each_other(jobs, time.monotonic() + 5)


def silence_of(window: Window) -> silences.Window:
    """A window as Alertmanager hears of it."""
    starts, ends = stamp(window.opened_at), stamp(window.ends_at)
    return silences.Window(window.id, window.system, starts, ends, window.opened_by, window.reason)
