"""A year of rounds: outages, flaps, restarts, jumps of the clock, two runners; each real change is told exactly once."""

import random
import time
from itertools import pairwise

import pytest

from rounds.alerting import sending
from rounds.alerting.sending import Outbox
from rounds.alerting.telling import record_flips
from rounds.outcome import Outcome
from rounds.senders.sender import NotDelivered
from rounds.store import StoreError
from tests.alerting.conftest import BEGUN, a_record, a_round

SEED = 2026
ROUNDS = 365 * 2
ROWS = 9
HALF_A_DAY = 12 * 3600.0
LEVELS = {Outcome.CRITICAL: "critical", Outcome.UNKNOWN: "unknown", Outcome.WARNING: "warning"}


def a_truth(chance):
    """What each row really is in each round: long calms, outages of some rounds, now and then another level in one."""
    truth = {}
    for number in range(ROWS):
        seen = []
        while len(seen) < ROUNDS:
            seen += [Outcome.OK] * chance.randint(20, 200)
            for _ in range(chance.choice([1, 1, 1, 2])):
                seen += [chance.choice(list(LEVELS))] * chance.randint(1, 12)
        truth[f"shop.area.row{number}"] = seen[:ROUNDS]
    return truth


def due(truth):
    """What must be told, by what really was: every change of a row's level, once."""
    told = []
    for name, seen in truth.items():
        before = None
        for outcome in seen:
            level = LEVELS.get(outcome)
            if level != before:
                told.append((name, level or "good"))
            before = level
    return sorted(told)


class World:
    """Channels that are down for days, runners that die, clocks that jump."""

    def __init__(self, chance, store, said):
        self.chance, self.store, self.said = chance, store, said
        self.clock, self.unrecorded = BEGUN, 0

    def round(self, number, truth):
        jump = self.chance.choice([0.0] * 40 + [-2 * 86400.0, 2 * 86400.0])  # of this runner's clock alone
        at = BEGUN + number * HALF_A_DAY + jump
        told = a_round(at, *(a_record(name, seen[number], at) for name, seen in truth.items()), batch="continuous")
        record_flips(told, self.said, self.store)
        if self.chance.random() < 0.1:
            return  # killed between recording and sending
        self.send(number)

    def send(self, number):
        present = BEGUN + number * HALF_A_DAY
        for _ in range(self.chance.choice([1, 1, 2])):  # two runners, one after the other on the same store
            outbox = Outbox(self.store, self.said.channels, time.monotonic() + 30, clock=lambda: present)
            if self.chance.random() < 0.02:
                self._dies_after_sending(outbox)
            outbox.send_all()

    def _dies_after_sending(self, outbox):
        """The receiver took it, and what was sent could not be recorded any more."""

        def full_disk(*_):
            self.unrecorded += 1
            raise StoreError("the disk is full")

        outbox._settle = full_disk


def test_in_a_year_each_change_is_told_exactly_once_per_channel(store, channels, alerting, monkeypatch):
    monkeypatch.setattr(sending, "_PAUSES", ())
    chance = random.Random(SEED)  # noqa: S311 - the same year each time
    world = World(chance, store, alerting(policy={"remind": None, "flapping": None}))
    down = {"chat": 0}

    def refuses():
        if down["chat"] > 0:
            return NotDelivered("chat is down")
        return None

    channels["chat"].refuses = refuses
    truth = a_truth(chance)
    for number in range(ROUNDS):
        down["chat"] = down["chat"] - 1 if down["chat"] > 0 else chance.choice([0] * 60 + [chance.randint(1, 20)])
        world.round(number, truth)
    down["chat"] = 0
    for later in range(1, 40):
        world.send(ROUNDS + 30 * later)
    expected = due(truth)
    assert len(expected) > 80
    for receiver in channels.values():
        unique = {alert.id: alert for alert in receiver.taken}
        told = sorted((row.id, str(row.level)) for alert in unique.values() for row in alert.rows)
        assert told == expected
        assert len(receiver.taken) - len(unique) <= world.unrecorded  # the same alert with the same id, to be dropped


@pytest.mark.parametrize("seed", range(3))
def test_what_flaps_for_months_is_told_rarely_and_ends_with_the_truth(store, channels, alerting, seed):
    chance = random.Random(seed)  # noqa: S311 - the same months each time
    said = alerting(policy={"remind": None, "flapping": {"changes": 4, "within": "4d", "calm": "3d"}})
    seen = [chance.choice([Outcome.OK, Outcome.CRITICAL]) for _ in range(300)] + [Outcome.OK] * 10
    for number, outcome in enumerate(seen):
        at = BEGUN + number * HALF_A_DAY
        record_flips(a_round(at, a_record("shop.a.row", outcome, at)), said, store)
    Outbox(store, said.channels, time.monotonic() + 30).send_all()
    kinds = [str(alert.kind) for alert in channels["pager"].taken]
    changes = sum(one is not other for one, other in pairwise(seen))
    assert len(kinds) < changes / 3
    assert kinds[-1] == "recovered"
