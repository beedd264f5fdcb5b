"""Sending: each channel gets what it has still to take, in order, with retries, within a budget, and beside the others.

Whoever sends takes a delivery first, for as long as a try may last, so that two runners never send the same. What a try
brought is recorded at once. What could not be delivered waits for the next round, later and later.
"""

import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial

from rounds.alerting.alert import Alert
from rounds.alerting.grouping import seconds_of
from rounds.alerting.ledger import GIVEN_UP, SENT, WAITING, Delivery, Taken, settle, take, waiting
from rounds.senders.sender import Channel, NotDelivered, Sender
from rounds.store import Store, StoreError

_PAUSES = (0.5, 2.0, 5.0)  # between tries of one round
LONGEST_PAUSE = 6 * 3600.0
"""Whatever is said to wait longer was said by a clock that was ahead."""
_KEPT_SECONDS = 7 * 86400.0
_TRIES = 50
_STUCK = 3
_SLACK_SECONDS = 5.0


@dataclass
class Sent:
    """What came of sending: how many alerts each channel took, and what went wrong, in plain words."""

    taken: dict[str, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def beside_each_other(jobs: Mapping[str, Callable[[], None]], ends_at: float, kept: Collection[str] = ()) -> list[str]:
    """Do some jobs at once, by the names of their channels, until a time (time.monotonic); returns what went wrong.

    `kept` are channels for which nothing is lost that was not sent in time.
    """
    return awaited(begun(jobs), ends_at, kept)


@dataclass
class Begun:
    """Jobs that are being done, each in a thread, and what went wrong so far."""

    workers: dict[str, threading.Thread]
    problems: dict[str, str]


def begun(jobs: Mapping[str, Callable[[], None]]) -> Begun:
    """Begin some jobs at once, by the names of their channels."""
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
    return Begun(workers, problems)


def awaited(jobs: Begun, ends_at: float, kept: Collection[str] = ()) -> list[str]:
    """What went wrong, when all is done or the time (time.monotonic) has come."""
    for name, worker in jobs.workers.items():
        worker.join(max(ends_at - time.monotonic(), 0.0))
        if worker.is_alive():
            left = "; what is left is sent next time" if name in kept else ""
            jobs.problems[name] = f"{name}: no answer yet{left}"
    return list(jobs.problems.values())


def _is_stuck(delivery: Delivery) -> bool:
    """Whether it may be the alert itself that the channel does not take."""
    return delivery.tries >= _STUCK


def _so_many(own: list[Delivery]) -> str:
    return f"{len(own)} alert{'s wait' if len(own) != 1 else ' waits'}"


@dataclass
class Outbox:
    """All that is still to be sent. `clock` is seconds since 1970; `ends_at` (time.monotonic) is when sending ends.

    A person who `insists` does not wait until a channel that gave no answer is due again.
    """

    store: Store
    channels: Mapping[str, Channel]
    ends_at: float
    clock: Callable[[], float] = time.time
    insists: bool = False
    sent: Sent = field(default_factory=Sent)

    def send_all(self) -> Sent:
        """Send what is due; returns when all is sent, or the budget is used up. Raises StoreError."""
        self.sent.problems += beside_each_other(self.jobs(), self.ends_at, self.channels)
        return self.sent

    def jobs(self) -> dict[str, Callable[[], None]]:
        """For each channel that has something due, what sends it. Raises StoreError."""
        with self.store.reading() as statements:
            left = waiting(statements)
        jobs: dict[str, Callable[[], None]] = {}
        for name in dict.fromkeys(each.channel for each in left):
            own = [each for each in left if each.channel == name]
            fresh = [each.next_at for each in own if not _is_stuck(each) and (each.is_taken or not self.insists)]
            stuck = [each.next_at for each in own if _is_stuck(each) and not self.insists]
            next_at = max(fresh) if fresh else min(stuck, default=0.0)
            if name not in self.channels:
                self._miss(name, own)
            elif self._is_ahead(next_at):  # or another runner sends just now
                self._rest(name, own, next_at)
            else:
                jobs[name] = partial(self._send, self.channels[name], own)
        return jobs

    def _rest(self, name: str, own: list[Delivery], next_at: float) -> None:
        if any(each.is_taken for each in own):
            return  # another runner says what comes of it
        at = datetime.fromtimestamp(next_at, UTC)
        self._problem(name, f"{_so_many(own)} for it, next tried after {at:%H:%M} UTC")

    def _miss(self, name: str, own: list[Delivery]) -> None:
        """A channel that alerts.yaml had once: it may come back under that name, for as long as alerts are kept."""
        for delivery in own:
            if self._is_old(delivery):
                self._settle(delivery, GIVEN_UP, 0.0, "there is no such channel any more")
        self._problem(name, f"{_so_many(own)} for it, and there is no such channel any more")

    def _is_old(self, delivery: Delivery) -> bool:
        return self.clock() - seconds_of(delivery.alert.at) > _KEPT_SECONDS

    def _send(self, channel: Channel, due: list[Delivery]) -> None:
        """One channel's alerts, in order: behind one that cannot be delivered now, all others wait.

        One that could not be for a few tries is passed by all but those of its own key. When the channel takes one of
        these, it is tried again at once.
        """
        sender = channel.sender()
        passed: dict[str, Delivery] = {}
        is_open = False
        for delivery in due:
            key = delivery.alert.key
            if key in passed or self._waits_by_itself(delivery):
                passed.setdefault(key, delivery)
            elif self._deliver(sender, channel, delivery):
                is_open = True
            elif _is_stuck(delivery):
                passed[key] = replace(delivery, next_at=-1.0)  # it was tried just now
            else:
                return
        for delivery in passed.values() if is_open else ():
            if delivery.next_at >= 0 and not self._deliver(sender, channel, delivery):
                return

    def _waits_by_itself(self, delivery: Delivery) -> bool:
        return _is_stuck(delivery) and self._is_ahead(delivery.next_at) and not self.insists

    def _is_ahead(self, next_at: float) -> bool:
        return self.clock() < next_at <= self.clock() + LONGEST_PAUSE

    def _deliver(self, sender: Sender, channel: Channel, delivery: Delivery) -> bool:
        """Whether the next one may follow: it was taken, or never will be."""
        if delivery.is_taken and self._is_ahead(delivery.next_at):
            return False  # another runner sends it just now, and whoever is behind it waits
        left = max(self.ends_at - time.monotonic(), 0.0)  # no try begins after that
        lease = self.clock() + left + channel.deadline + _SLACK_SECONDS
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
        if why.permanent or (delivery.tries + 1 >= _TRIES and self._is_old(delivery)):
            self._settle(delivery, GIVEN_UP, 0.0, str(why))
            self._problem(channel.name, f"{why}; given up: {delivery.alert.title}")
            return True
        self._problem(channel.name, str(why))
        pause = why.retry_after or 30.0 * 2 ** min(delivery.tries, 20)
        self._settle(delivery, WAITING, self.clock() + min(pause, LONGEST_PAUSE), str(why))
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
