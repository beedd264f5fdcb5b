"""Maintenance windows: while one is open for a system, rounds look and judge as ever, and tell nothing of it."""

from dataclasses import dataclass

from rounds.alerting.ledger import new_id
from rounds.store import Statements


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


def open_windows(statements: Statements, at: float) -> list[Window]:
    """Those that are open at a time."""
    return [each for each in unended_windows(statements, at) if each.closed_at is None]


def unended_windows(statements: Statements, at: float) -> list[Window]:
    """Those whose end has not come, also when they were closed before: an Alertmanager may not know that yet."""
    rows = statements.rows(
        "SELECT id, system, opened_at, ends_at, opened_by, reason, closed_at FROM windows"
        " WHERE opened_at <= ? AND ends_at > ? ORDER BY opened_at",
        at, at,
    )  # fmt: skip
    return [Window(*row) for row in rows]


def keep_window(statements: Statements, window: Window) -> None:
    """Open a window; another one of the system that is open goes on beside it."""
    values = (window.id, window.system, window.opened_at, window.ends_at, window.opened_by, window.reason)
    statements.run("INSERT INTO windows VALUES (?, ?, ?, ?, ?, ?, NULL)", *values)


def new_window(system: str, at: float, seconds: float, by: str, reason: str) -> Window:
    return Window(new_id(), system, at, at + seconds, by, reason)


def close_windows(statements: Statements, system: str, at: float) -> list[Window]:
    """Close all that are open for a system, and tell which."""
    found = [each for each in open_windows(statements, at) if each.system == system]
    for each in found:
        statements.run("UPDATE windows SET closed_at = ? WHERE id = ?", at, each.id)
    return found
