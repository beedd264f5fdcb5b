"""Maintenance windows: while one is open for a system, rounds look and judge as ever, and tell nothing of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from rounds.round import Round
from rounds.store import Statements, Store


@dataclass(frozen=True)
class Window:
    """A window of a system; it ends by itself. Times are seconds since 1970."""

    id: str
    system: str
    opened_at: float
    ends_at: float
    opened_by: str
    reason: str
    closed_at: float | None = None

    def is_open(self, at: float) -> bool:
        ends = self.ends_at if self.closed_at is None else min(self.ends_at, self.closed_at)
        return self.opened_at <= at < ends


def open_windows(statements: Statements, at: float) -> list[Window]:
    """Those that are open at a time."""
    return [each for each in windows_since(statements, at) if each.is_open(at)]


def windows_since(statements: Statements, at: float) -> list[Window]:
    """Those whose end had not come at a time, also when they were closed before: an Alertmanager may not know that."""
    rows = statements.rows(
        "SELECT id, system, opened_at, ends_at, opened_by, reason, closed_at FROM windows"
        " WHERE ends_at > ? ORDER BY opened_at",
        at,
    )
    return [Window(*row) for row in rows]


def is_quiet(windows: Iterable[Window], system: str, judged_at: str, otherwise: float) -> bool:
    """Whether a record is of a time in a window of its system; one that was never judged is of the round's end."""
    at = datetime.fromisoformat(judged_at).timestamp() if judged_at else otherwise
    return any(each.system == system and each.is_open(at) for each in windows)


def keep_window(statements: Statements, window: Window) -> None:
    """Open a window; another one of the system that is open goes on beside it."""
    values = (window.id, window.system, window.opened_at, window.ends_at, window.opened_by, window.reason)
    statements.run("INSERT INTO windows VALUES (?, ?, ?, ?, ?, ?, NULL)", *values)


def new_window(system: str, at: float, seconds: float, by: str, reason: str) -> Window:
    from rounds.alerting.ledger import new_id  # noqa: PLC0415 - each round asks for windows, few open one

    return Window(new_id(), system, at, at + seconds, by, reason)


def close_windows(statements: Statements, system: str, at: float) -> list[Window]:
    """Close all that are open for a system, and tell which."""
    found = [each for each in open_windows(statements, at) if each.system == system]
    for each in found:
        statements.run("UPDATE windows SET closed_at = ? WHERE id = ?", at, each.id)
    return found


def notices_of_windows(told: Round, store: Store) -> list[str]:
    """What all reports of a round say of the windows in which rows of it were judged. Raises StoreError."""
    if not store.exists:
        return []
    at = datetime.fromisoformat(told.finished_at or told.started_at)
    with store.reading() as statements:
        windows = windows_since(statements, datetime.fromisoformat(told.started_at).timestamp())
    said = []
    for window in windows:
        moments = [record.judged_at for record in told.records if record.system == window.system]
        quiet = [each for each in moments if is_quiet([window], window.system, each, at.timestamp())]
        if quiet:
            of_it = "Nothing is told of it" if len(quiet) == len(moments) else "What was judged meanwhile is not told"
            said.append(f"{_said(window, at)} {of_it}.")
    return said


def _said(window: Window, at: datetime) -> str:
    """Such as: Maintenance of bigshot until 23:10 UTC, by eve: moving the disks."""
    last = window.ends_at if window.closed_at is None else min(window.ends_at, window.closed_at)
    ends = datetime.fromtimestamp(last, UTC)
    until = f"{ends:%H:%M} UTC" if ends.date() == at.astimezone(UTC).date() else f"{ends:%Y-%m-%d %H:%M} UTC"
    reason = window.reason.rstrip()
    stop = "" if reason.endswith((".", "!", "?")) else "."
    return f"Maintenance of {window.system} until {until}, by {window.opened_by}: {reason}{stop}"
