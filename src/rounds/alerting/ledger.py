"""The ledger of what is told: states, flips, alerts and their deliveries, in the history's database.

All of one round is recorded in one transaction, and sent afterwards: what was recorded is sent once, whenever the
process dies; what was not recorded was not told, and the next round finds it again.
"""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import Enum, auto
from typing import Any

from rounds.alerting.alert import Alert, AlertRow, Kind, Level
from rounds.alerting.flips import Flip, State
from rounds.store import Statements

WAITING, SENT, GIVEN_UP = "waiting", "sent", "given up"
_BEING_SENT = "is being sent"
_APART = 1e-5  # seconds, so that alerts keep their order


@dataclass(frozen=True)
class Occasion:
    """A round as alerts name it. Times are seconds since 1970; `ends_at` is when one like it must have come again."""

    round: str
    batch: str
    at: float
    ends_at: float
    link: str = ""


@dataclass(frozen=True)
class Known:
    """An expectation as the ledger knows it: its state, and the key of the alert that it was told under.

    `channels` are those that were told, and are due to hear the end; `seen` is the round that judged it last, and
    `newest_key` what it would have been told under in the newest round in which it was bad.
    """

    state: State
    key: str
    row: AlertRow | None = None
    channels: tuple[str, ...] = ()
    seen: Occasion | None = None
    newest_key: str = ""

    @property
    def is_told(self) -> bool:
        """Whether people believe it to be bad, or to come and go."""
        return self.state.level is not Level.GOOD or self.state.is_flapping


@dataclass(frozen=True)
class Delivery:
    """An alert that a channel has still to take, from `next_at` on; `is_taken` while a runner just sends it."""

    alert: Alert
    channel: str
    tries: int
    next_at: float
    is_taken: bool = False


def read_states(statements: Statements) -> dict[str, Known]:
    """Every expectation that was ever judged, by its id."""
    rows = statements.rows("SELECT expectation, state FROM states")
    return {expectation: _known(json.loads(text)) for expectation, text in rows}


def _known(data: dict[str, Any]) -> Known:
    state = State(**{
        **data["state"],
        "level": Level(data["state"]["level"]),
        "seen": Level(data["state"]["seen"]),
        "changes": tuple(data["state"]["changes"]),
    })  # fmt: skip
    row, seen = data["row"], data.get("seen")  # what was kept before there was one has none
    return Known(
        state, data["key"], row_of(row) if row else None,
        tuple(data.get("channels", ())), Occasion(**seen) if seen else None,
        data.get("newest_key", ""),
    )  # fmt: skip


def row_of(data: dict[str, Any]) -> AlertRow:
    return AlertRow(**(data | {"level": Level(data["level"])}))


def keep_states(statements: Statements, known: dict[str, Known]) -> None:
    statements.run_each(
        "INSERT INTO states VALUES (?, ?, ?) ON CONFLICT (expectation) DO UPDATE SET state = excluded.state",
        [(name, name.partition(".")[0], json.dumps(asdict(each))) for name, each in known.items()],
    )


def add_flips(statements: Statements, flips: Sequence[tuple[str, Flip, str, str]]) -> None:
    """Expectation, flip, round and the id of the alert that tells it (empty where a cause tells it already)."""
    rows = [
        (new_id(), name, flip.at, str(flip.kind), str(flip.before), str(flip.after), flip.since, told, alert or None)
        for name, flip, told, alert in flips
    ]
    statements.run_each("INSERT INTO flips VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)


def add_alerts(statements: Statements, alerts: Sequence[tuple[Alert, Sequence[str]]], at: float) -> None:
    """Keep alerts, and that their channels are still to take them, after all that there are: also when clocks jump."""
    ((newest,),) = statements.rows("SELECT max(made_at) FROM alerts")
    first = max(at, (newest or 0.0) + _APART)
    for place, (alert, channels) in enumerate(alerts):
        values = (alert.id, alert.key, first + place * _APART, json.dumps(asdict(alert)))
        statements.run("INSERT INTO alerts VALUES (?, ?, ?, ?)", *values)
        for channel in channels:
            statements.run("INSERT INTO deliveries VALUES (?, ?, ?, 0, 0, '')", alert.id, channel, WAITING)


def waiting(statements: Statements) -> list[Delivery]:
    """All that no channel has taken yet, in the order in which it happened."""
    rows = statements.rows(
        "SELECT a.alert, d.channel, d.tries, d.next_at, d.said FROM deliveries AS d JOIN alerts AS a ON a.id = d.alert"
        " WHERE d.status = ? ORDER BY a.made_at, d.channel",
        WAITING,
    )
    return [
        Delivery(alert_of(json.loads(text)), channel, tries, next_at, said == _BEING_SENT)
        for text, channel, tries, next_at, said in rows
    ]


def alert_of(data: dict[str, Any]) -> Alert:
    rows = tuple(row_of(row) for row in data["rows"])
    labels = tuple((name, value) for name, value in data["labels"])
    return Alert(**(data | {"kind": Kind(data["kind"]), "level": Level(data["level"]), "rows": rows, "labels": labels}))


def settle(statements: Statements, delivery: Delivery, status: str, next_at: float, said: str) -> None:
    """Say what became of one sending."""
    statements.run(
        "UPDATE deliveries SET status = ?, tries = tries + 1, next_at = ?, said = ? WHERE alert = ? AND channel = ?",
        status, next_at, said[:500], delivery.alert.id, delivery.channel,
    )  # fmt: skip


class Taken(Enum):
    """Whose a delivery is: ours to send, another runner's that sends it just now, or nobody's any more."""

    OURS = auto()
    ANOTHERS = auto()
    OVER = auto()


def take(statements: Statements, delivery: Delivery, until: float) -> Taken:
    """Take a delivery until a time, if no other runner has it."""
    rows = statements.rows(
        "SELECT next_at FROM deliveries WHERE alert = ? AND channel = ? AND status = ?",
        delivery.alert.id, delivery.channel, WAITING,
    )  # fmt: skip
    if not rows:
        return Taken.OVER
    if rows[0][0] != delivery.next_at:
        return Taken.ANOTHERS
    statements.run(
        "UPDATE deliveries SET next_at = ?, said = ? WHERE alert = ? AND channel = ?",
        until, _BEING_SENT, delivery.alert.id, delivery.channel,
    )  # fmt: skip
    return Taken.OURS


def told_under(known: Mapping[str, Known], key: str) -> list[AlertRow]:
    """The rows that were told under a key and are not over; what comes and goes is shown as it was seen last."""
    told = [(each.row, each.state) for each in known.values() if each.key == key and each.is_told]
    return [replace(row, level=state.seen if state.is_flapping else state.level) for row, state in told if row]


def new_id() -> str:
    return uuid.uuid4().hex
