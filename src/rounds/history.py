"""What earlier rounds saw: outcomes and figures of every expectation, in one SQLite file of the state folder."""

import math
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from rounds.judge import Earlier, EarlierFigure
from rounds.round import Round

FILE = "history.sqlite"
KEPT_DAYS = 400
_VERSION = 1
_SCHEMA = """
CREATE TABLE IF NOT EXISTS outcomes (
    expectation TEXT NOT NULL, at REAL NOT NULL, outcome TEXT NOT NULL, since TEXT NOT NULL, round TEXT NOT NULL,
    PRIMARY KEY (expectation, at)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS figures (
    expectation TEXT NOT NULL, name TEXT NOT NULL, at REAL NOT NULL, value REAL NOT NULL,
    PRIMARY KEY (expectation, name, at)
) WITHOUT ROWID;
"""


class History:
    """Reads and adds to the history in a state folder. Errors are sqlite3.Error or OSError, for the caller to tell."""

    def __init__(self, state: Path) -> None:
        self.path = state / FILE

    def earlier(self, expectation: str) -> Earlier:
        """The figures recorded for an expectation, newest first; empty when there is no history yet."""
        if not self.path.exists():
            return Earlier()
        present = datetime.now(UTC).timestamp()
        figures: dict[str, list[EarlierFigure]] = {}
        asked = "SELECT name, at, value FROM figures WHERE expectation = ? ORDER BY at DESC"
        with self._open() as database:
            for name, at, value in database.execute(asked, (expectation,)):
                figures.setdefault(name, []).append(EarlierFigure(value, present - at))
        return Earlier(figures)

    def since(self, before: str = "9999-12-31T00:00:00Z") -> dict[str, tuple[str, str]]:
        """For each expectation its last outcome before a time, and since when (both RFC 3339) it has had it."""
        if not self.path.exists():
            return {}
        with self._open() as database:
            asked = "SELECT expectation, outcome, since, max(at) FROM outcomes WHERE at < ? GROUP BY expectation"
            return {row[0]: (row[1], row[2]) for row in database.execute(asked, (_seconds(before),))}

    def add(self, told: Round) -> None:
        """Keep a round's outcomes and figures, and forget what is too old; adding it twice changes nothing."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        at = _seconds(told.started_at)
        outcomes = [(record.id, at, record.outcome, record.since, told.id) for record in told.records]
        figures = [
            (record.id, seen.name, at, float(seen.value))
            for record in told.records
            for seen in record.observations
            if isinstance(seen.value, int | float) and math.isfinite(seen.value)
        ]
        with self._open() as database, database:
            database.executemany("INSERT OR REPLACE INTO outcomes VALUES (?, ?, ?, ?, ?)", outcomes)
            database.executemany("INSERT OR REPLACE INTO figures VALUES (?, ?, ?, ?)", figures)
            for table in ("outcomes", "figures"):
                database.execute(f"DELETE FROM {table} WHERE at < ?", (at - KEPT_DAYS * 86400,))  # noqa: S608 - our own two names

    def age(self, seconds: float) -> None:
        """Let everything kept so far be older: for estates, where nobody waits a day for a figure to compare with."""
        with self._open() as database, database:
            for table in ("outcomes", "figures"):
                database.execute(f"UPDATE {table} SET at = at - ?", (seconds,))  # noqa: S608 - our own two names

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.path, timeout=10)) as database:
            version = database.execute("PRAGMA user_version").fetchone()[0]
            if version == 0:
                database.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version={_VERSION}; COMMIT;")
                with suppress(sqlite3.OperationalError):  # another first round is just doing the same
                    database.execute("PRAGMA journal_mode=WAL")
            elif version != _VERSION:
                raise sqlite3.DatabaseError(
                    f"{self.path} was written by another version of Rounds ({version}, not {_VERSION})"
                )
            yield database


def _seconds(stamp: str) -> float:
    return datetime.fromisoformat(stamp).timestamp()
