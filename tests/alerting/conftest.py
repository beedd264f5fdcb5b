"""Rounds, rows and channels for the tests of alerting: a store in a file, and channels that only remember."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, Literal

import pytest

from rounds.alerting.alert import Alert
from rounds.alerting.configuration import Alerting, Telling
from rounds.alerting.keys import Rows
from rounds.alerting.ledger import read_states
from rounds.alerting.sending import Outbox
from rounds.alerting.telling import firing, record_flips
from rounds.outcome import Outcome
from rounds.record import Record
from rounds.round import Round
from rounds.senders.sender import Channel, NotDelivered
from rounds.store import Store
from rounds.store_tables import MIGRATIONS

BEGUN = datetime(2026, 1, 5, 6, tzinfo=UTC).timestamp()
HOUR = 3600.0
DAY = 24 * HOUR
OK, CRITICAL, UNKNOWN, WARNING = Outcome.OK, Outcome.CRITICAL, Outcome.UNKNOWN, Outcome.WARNING


@dataclass
class Receiver:
    """What a channel took, and how it behaves."""

    taken: list[Alert] = field(default_factory=list)
    refuses: Callable[[], NotDelivered | None] = lambda: None


class Memory(Channel):
    kind: Literal["memory"] = "memory"
    receivers: ClassVar[dict[str, Receiver]] = {}

    def sender(self) -> "MemorySender":
        return MemorySender(self.receivers[self.name])


class MemorySender:
    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver

    def send(self, alert: Alert) -> None:
        refusal = self.receiver.refuses()
        if refusal:
            raise refusal
        self.receiver.taken.append(alert)


def stamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def a_record(name: str, outcome: Outcome, at: float, **given: Any) -> Record:
    system, area, _ = name.split(".")
    base = {
        "id": name, "system": system, "area": area, "check": "disk-usage", "when": ["daily"], "severity": "critical",
        "runbook": "Daily > Disks", "remedy": "free some space", "target": "web", "outcome": outcome,
        "summary": f"used is {'91' if outcome is Outcome.CRITICAL else '20'} %, allowed is at most 90 %",
        "judged_at": stamp(at),
    }  # fmt: skip
    return Record(**(base | given))


def a_round(at: float, *records: Record, batch: str = "daily") -> Round:
    told = Round(id=f"round-{at:.0f}", batch=batch, started_at=stamp(at - 5), finished_at=stamp(at))
    told.records = list(records)
    return told


def told(receiver: Receiver) -> list[tuple[str, str]]:
    """What a channel took: of each alert what it says, and about what."""
    return [(str(alert.kind), alert.key) for alert in receiver.taken]


def unreachable(target: str) -> tuple[Outcome, dict[str, Any]]:
    """What a round sees of a row when nobody could look at its target."""
    return UNKNOWN, {"cause": {"target": target, "words": "nobody listens"}, "summary": f"{target} cannot be reached"}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(MIGRATIONS, tmp_path / "history.sqlite")


@pytest.fixture
def channels() -> dict[str, Receiver]:
    """The receivers of the channels of `alerting`."""
    Memory.receivers.clear()
    Memory.receivers.update({"pager": Receiver(), "chat": Receiver()})
    return Memory.receivers


@pytest.fixture
def alerting(channels: dict[str, Receiver]) -> Callable[..., Alerting]:
    def made(**telling: Any) -> Alerting:
        return Alerting({name: Memory(name=name) for name in channels}, Telling.model_validate(telling))

    return made


@pytest.fixture
def seen(store, alerting):
    """Record and send a round of some rows at a time."""

    def seen(at, rows, batch="daily", said=None, declared=None):
        said = said or alerting(policy={"remind": None})
        records = [a_record(name, outcome, BEGUN + at, **given) for name, (outcome, given) in rows.items()]
        record_flips(a_round(BEGUN + at, *records, batch=batch), said, store, Rows(declared or {}, are_all=True))
        Outbox(store, said.channels, time.monotonic() + 5).send_all()

    return seen


@pytest.fixture
def lasting(store):
    def lasting(at):
        with store.reading() as statements:
            return firing(read_states(statements), BEGUN + at)

    return lasting
