"""After a round: its flips are recorded and sent, what lasts is said again, and figures and pings go out."""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

from rounds.alerting.alert import Alert
from rounds.alerting.configuration import Alerting
from rounds.alerting.grouping import stamp
from rounds.alerting.ledger import read_states
from rounds.alerting.sending import Outbox, Sent, beside_each_other
from rounds.alerting.telling import firing, occasion_of, record_flips
from rounds.alerting.windows import Window, open_windows
from rounds.round import Round
from rounds.senders import silences
from rounds.store import Store, StoreError


def tell(told: Round, alerting: Alerting, store: Store, seconds: float | None = None) -> Sent:
    """Tell a round, for as long as alerts.yaml allows; nothing that goes wrong here changes a verdict."""
    ends_at = time.monotonic() + (alerting.telling.budget if seconds is None else seconds)
    try:
        record_flips(told, alerting, store)
        sent = Outbox(store, alerting.channels, ends_at).send_all()
        with store.transaction() as statements:
            known, windows = read_states(statements), open_windows(statements, time.time())
    except StoreError as error:
        return Sent(problems=[f"no change could be recorded, so none was told: {error}"])
    lasting = firing(known, occasion_of(told, alerting.telling.link))
    jobs: dict[str, Callable[[], None]] = {}
    for name, channel in alerting.channels.items():
        sender: Any = channel.sender()
        if channel.tells == "rounds":
            jobs[name] = partial(sender.send_round, told)
        elif hasattr(sender, "firing"):
            jobs[name] = partial(_again, sender, lasting, windows)
    sent.problems += [each for each in beside_each_other(jobs, ends_at) if each not in sent.problems]
    return sent


def begin(round_id: str, batch: str, alerting: Alerting) -> list[str]:
    """Say that a round begins, where a channel wants to know: a round that hangs is then seen."""
    senders: dict[str, Any] = {
        name: each.sender() for name, each in alerting.channels.items() if each.tells == "rounds"
    }
    jobs = {name: partial(each.start, round_id, batch) for name, each in senders.items() if hasattr(each, "start")}
    return beside_each_other(jobs, time.monotonic() + 5)


def _again(sender: Any, lasting: list[Alert], windows: list[Window]) -> None:
    """What lasts is sent again, and windows are silences there."""
    sender.firing(lasting)
    for window in windows:
        sender.silence(silence_of(window))


def silence_of(window: Window) -> silences.Window:
    """A window as Alertmanager hears of it."""
    starts, ends = stamp(window.opened_at), stamp(window.ends_at)
    return silences.Window(window.id, window.system, starts, ends, window.opened_by, window.reason)
