"""Sending: each channel gets what it has still to take, in order, with retries, within a budget, and beside the others.

Whoever sends takes a delivery first, for as long as a try may last, so that two runners never send the same. What a try
brought is recorded at once. What could not be delivered waits for the next round, later and later.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from rounds.alerting.alert import Alert
from rounds.alerting.ledger import GIVEN_UP, SENT, WAITING, Delivery, Taken, settle, take, waiting
from rounds.senders.sender import Channel, NotDelivered, Sender
from rounds.store import Store, StoreError

_PAUSES = (0.5, 2.0, 5.0)  # between tries of one round
_LONGEST_PAUSE = 6 * 3600.0
_TRIES = 50


@dataclass
class Sent:
    """What came of sending: how many alerts each channel took, and what went wrong, in plain words."""

    taken: dict[str, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def beside_each_other(jobs: Mapping[str, Callable[[], None]], ends_at: float) -> list[str]:
    """Do some jobs at once, by the names of their channels, until a time (time.monotonic); returns what went wrong."""
    problems: dict[str, str] = {}

    def done(name: str) -> None:
        try:
            jobs[name]()
        except (NotDelivered, StoreError) as error:
            problems[name] = str(error) if str(error).startswith(name) else f"{name}: {error}"
        except Exception as error:  # noqa: BLE001 - a broken channel must neither stop another nor the round
            problems[name] = f"{name}: the sender itself broke: {type(error).__name__}"

    workers = {name: threading.Thread(target=done, args=(name,), name=f"send-{name}", daemon=True) for name in jobs}
    for worker in workers.values():
        worker.start()
    for name, worker in workers.items():
        worker.join(max(ends_at - time.monotonic(), 0.0))
        if worker.is_alive():
            problems[name] = f"{name}: no answer yet; what is left is sent next time"
    return list(problems.values())


@dataclass
class Outbox:
    """All that is still to be sent. `clock` is seconds since 1970; `ends_at` (time.monotonic) is when sending ends."""

    store: Store
    channels: Mapping[str, Channel]
    ends_at: float
    clock: Callable[[], float] = time.time
    sent: Sent = field(default_factory=Sent)

    def send_all(self) -> Sent:
        """Send what is due; returns when all is sent, or the budget is used up."""
        with self.store.transaction() as statements:
            left = waiting(statements)
        resting = {each.channel for each in left if each.next_at > self.clock()}  # or another runner sends just now
        due = [each for each in left if each.channel not in resting]
        jobs = {}
        for name, channel in self.channels.items():
            own = [each for each in due if each.channel == name]
            if own:
                jobs[name] = partial(self._send, channel, own)
        self.sent.problems += beside_each_other(jobs, self.ends_at)
        for name in sorted({each.channel for each in due} - self.channels.keys()):
            self.sent.problems.append(f"{name}: alerts wait for it, and there is no such channel any more")
        return self.sent

    def _send(self, channel: Channel, due: list[Delivery]) -> None:
        """One channel's alerts, in order: behind one that cannot be delivered now, all others wait."""
        sender = channel.sender()
        for delivery in due:
            if not self._deliver(sender, channel, delivery):
                return

    def _deliver(self, sender: Sender, channel: Channel, delivery: Delivery) -> bool:
        """Whether the next one may follow: it was taken, or never will be."""
        lease = self.clock() + channel.deadline * (len(_PAUSES) + 1) + sum(_PAUSES) + 60
        with self.store.transaction() as statements:
            taken = take(statements, delivery, lease)
        if taken is not Taken.OURS:
            return taken is Taken.OVER  # behind what another runner sends just now, the next one waits: order is kept
        why = self._try(sender, delivery.alert)
        if why is None:
            self._settle(delivery, SENT, 0.0, "")
            for trouble in getattr(sender, "troubles", ()):
                self._problem(channel.name, trouble)
            self.sent.taken[channel.name] = self.sent.taken.get(channel.name, 0) + 1
            return True
        self._problem(channel.name, str(why))
        if why.permanent or delivery.tries + 1 >= _TRIES:
            self._settle(delivery, GIVEN_UP, 0.0, str(why))
            return True
        pause = why.retry_after or min(30.0 * 2**delivery.tries, _LONGEST_PAUSE)
        self._settle(delivery, WAITING, self.clock() + pause, str(why))
        return False

    def _try(self, sender: Sender, alert: Alert) -> NotDelivered | None:
        """Send, a few times if need be; None when it was taken."""
        for pause in (*_PAUSES, None):
            try:
                sender.send(alert)
            except NotDelivered as why:
                is_out_of_time = pause is None or time.monotonic() + pause > self.ends_at
                if why.permanent or why.retry_after or is_out_of_time or pause is None:
                    return why
                time.sleep(pause)
            else:
                return None
        return None

    def _problem(self, channel: str, words: str) -> None:
        told = words if words.startswith(channel) else f"{channel}: {words}"
        if told not in self.sent.problems:
            self.sent.problems.append(told)

    def _settle(self, delivery: Delivery, status: str, next_at: float, said: str) -> None:
        with self.store.transaction() as statements:
            settle(statements, delivery, status, next_at, said)
