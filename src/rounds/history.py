"""What earlier rounds saw: outcomes and figures of every expectation, and what was told of them."""

import json
import math
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from rounds.judge import Earlier, EarlierFigure
from rounds.past import (
    MOST_ENTRIES,
    MOST_FIGURES,
    MOST_OUTCOMES,
    MOST_PAGES,
    MOST_RECORDS,
    Course,
    Entry,
    Known,
    Past,
    drawn_names,
    main_figure,
)
from rounds.record import Record
from rounds.round import Round
from rounds.secret import Secret
from rounds.store import FILE, Row, Statements, Store, StoreError
from rounds.store_tables import FORGET_TOLD, MIGRATIONS

KEPT_DAYS = 400.0
_DAY = 86400.0
_MOST_FORGOTTEN = 7 * _DAY

# Both databases find each next name in the index: to group all rows of a year would read them all in each round.
_NAMES = (
    "WITH RECURSIVE names(name) AS (SELECT min(expectation) FROM outcomes UNION ALL SELECT (SELECT min(expectation)"
    " FROM outcomes WHERE expectation > names.name) FROM names WHERE names.name IS NOT NULL)"
)
_ALL_NAMES = f"{_NAMES} SELECT name FROM names WHERE name IS NOT NULL"  # noqa: S608 - our own words
_LAST_OUTCOMES = (
    f"{_NAMES} SELECT o.expectation, o.outcome, o.since FROM names JOIN outcomes AS o ON o.expectation = names.name"  # noqa: S608 - the same
    " AND o.at = (SELECT max(at) FROM outcomes WHERE expectation = names.name AND at < ?)"
)


class History:
    """Reads and adds to the history. Raises StoreError, for the caller to tell."""

    def __init__(self, state: Path, url: Secret | None = None, kept_days: float = KEPT_DAYS) -> None:
        self.store = Store(MIGRATIONS, state / FILE, url)
        self.kept_days = kept_days
        self._failed: StoreError | None = None

    def earlier(self, expectation: str) -> Earlier:
        """The figures recorded for an expectation, newest first; empty when there is no history yet.

        What failed once is not tried again: a hundred rows must not wait a hundred times for a server that is away.
        """
        if self._failed is not None:
            raise self._failed
        if not self.store.exists:
            return Earlier()
        present = datetime.now(UTC).timestamp()
        figures: dict[str, list[EarlierFigure]] = {}
        asked = "SELECT name, at, value FROM figures WHERE expectation = ? ORDER BY at DESC"
        try:
            with self.store.reading() as statements:
                for name, at, value in statements.rows(asked, expectation):
                    figures.setdefault(name, []).append(EarlierFigure(value, present - at))
        except StoreError as error:
            self._failed = error
            raise
        return Earlier(figures)

    def since(self, before: str = "9999-12-31T00:00:00Z") -> dict[str, tuple[str, str]]:
        """For each expectation its last outcome before a time, and since when (both RFC 3339) it has had it."""
        if not self.store.exists:
            return {}
        with self.store.reading() as statements:
            return {row[0]: (row[1], row[2]) for row in statements.rows(_LAST_OUTCOMES, _seconds(before))}

    def past(self, told: Round) -> Past:
        """What a page shows of the rounds before this one, of its worst records."""
        if not self.store.exists or not told.records:
            return Past()
        records, before = told.worst_first[:MOST_RECORDS], _seconds(told.started_at)
        mains = [(record.id, seen.name) for record in records if (seen := main_figure(record))]
        past = Past()
        with self.store.reading() as statements:
            for name, outcome in _last(statements, "outcomes", "outcome", [(each.id,) for each in records], before):
                past.outcomes.setdefault(name, []).append(outcome)
            for name, figure, value in _last(statements, "figures", "value", mains, before):
                past.figures.setdefault((name, figure), []).append(value)
            for record in [each for each in records if past.is_worth_a_page(each)][:MOST_PAGES]:
                past.courses[record.id] = _course(statements, record.id, record, MOST_ENTRIES, before)
        return past

    def course(self, expectation: str, record: Record | None, limit: int) -> Course:
        """All that a page of an expectation shows; `record` is what is known of it from a report, if anything is."""
        with self.store.reading() as statements:
            return _course(statements, expectation, record, limit, math.inf)

    def entries(self, expectation: str, limit: int) -> list[Entry]:
        """What the last rounds saw of an expectation, the oldest first."""
        if not self.store.exists:
            return []
        with self.store.reading() as statements:
            return _entries(statements, expectation, limit)

    def known(self, expectation: str) -> dict[str, Known]:
        """What is known of the figures of an expectation."""
        with self.store.reading() as statements:
            return _known(statements, expectation)

    def names(self) -> list[str]:
        """Every expectation that was ever judged."""
        if not self.store.exists:
            return []
        with self.store.reading() as statements:
            return [name for (name,) in statements.rows(_ALL_NAMES)]

    def add(self, told: Round) -> None:
        """Keep a round's outcomes and figures, and forget what is too old; adding it twice changes nothing."""
        at = _seconds(told.started_at)
        outcomes = {record.id: (record.id, at, str(record.outcome), record.since, told.id) for record in told.records}
        figures = {
            (record.id, seen.name, at): float(seen.value)
            for record in told.records
            for seen in record.observations
            if isinstance(seen.value, int | float) and math.isfinite(seen.value)
        }
        with self.store.transaction() as statements:
            statements.run_each(
                "INSERT INTO outcomes VALUES (?, ?, ?, ?, ?) ON CONFLICT (expectation, at) DO UPDATE"
                " SET outcome = excluded.outcome, since = excluded.since, round = excluded.round",
                list(outcomes.values()),
            )
            statements.run_each(
                "INSERT INTO figures VALUES (?, ?, ?, ?) ON CONFLICT (expectation, name, at) DO UPDATE"
                " SET value = excluded.value",
                [(*key, value) for key, value in figures.items()],
            )
            _keep_limits(statements, told)
            self._prune(statements, at)

    def _prune(self, statements: Statements, at: float) -> None:
        """Once a day: to look for what is too old reads all of it. A clock that jumps ahead costs a week at most."""
        ((pruned_at,),) = statements.rows("SELECT max(at) FROM pruned")
        if pruned_at is not None and abs(at - pruned_at) < _DAY:
            return
        until = at if pruned_at is None else min(at, pruned_at + _MOST_FORGOTTEN)
        for table in ("outcomes", "figures"):
            statements.run(f"DELETE FROM {table} WHERE at < ?", until - self.kept_days * _DAY)  # noqa: S608 - our own two names
        for statement in FORGET_TOLD:
            statements.run(statement, until - self.kept_days * _DAY)
        statements.run("DELETE FROM pruned")
        statements.run("INSERT INTO pruned VALUES (?)", until)

    def age(self, seconds: float) -> None:
        """Let everything kept so far be older: for estates, where nobody waits a day for a figure to compare with."""
        with self.store.transaction() as statements:
            for table in ("outcomes", "figures"):
                statements.run(f"UPDATE {table} SET at = at - ?", seconds)  # noqa: S608 - our own two names


def _known(statements: Statements, expectation: str) -> dict[str, Known]:
    asked = "SELECT name, unit, allowed, bounds FROM limits WHERE expectation = ?"
    return {name: Known(*rest) for name, *rest in statements.rows(asked, expectation)}


def _entries(
    statements: Statements, expectation: str, limit: int, before: float = 1e300, names: Sequence[str] | None = None
) -> list[Entry]:
    """The last rounds before a time, the oldest first, with the figures of these names; of all without names."""
    asked = "SELECT at, outcome, since, round FROM outcomes WHERE expectation = ? AND at < ? ORDER BY at DESC LIMIT ?"
    rows = statements.rows(asked, expectation, before, limit)[::-1]
    figures: dict[float, dict[str, float]] = {}
    if rows and names is None:
        asked = "SELECT at, name, value FROM figures WHERE expectation = ? AND at >= ? AND at < ?"
        for at, name, value in statements.rows(asked, expectation, rows[0][0], before):
            figures.setdefault(at, {})[name] = value
    for name in names or () if rows else ():  # each by itself: the index has expectation, name and time
        asked = "SELECT at, value FROM figures WHERE expectation = ? AND name = ? AND at >= ? AND at < ?"
        for at, value in statements.rows(asked, expectation, name, rows[0][0], before):
            figures.setdefault(at, {})[name] = value
    return [Entry(at, outcome, since, told, figures.get(at, {})) for at, outcome, since, told in rows]


def _course(statements: Statements, expectation: str, record: Record | None, limit: int, before: float) -> Course:
    known = _known(statements, expectation)
    names = drawn_names(record, known)
    entries = _entries(statements, expectation, limit, min(before, 1e300), names)
    return Course(entries, {name: known[name] for name in names})


def _keep_limits(statements: Statements, told: Round) -> None:
    """Only what is new: in most rounds nothing is."""
    seen_now = {
        (record.id, seen.name): (seen.unit, seen.allowed, json.dumps(seen.limit, default=str))
        for record in told.records
        for seen in record.observations
        if isinstance(seen.value, int | float)
    }
    kept = {(row[0], row[1]): row[2:] for row in statements.rows("SELECT * FROM limits")}
    statements.run_each(
        "INSERT INTO limits VALUES (?, ?, ?, ?, ?) ON CONFLICT (expectation, name) DO UPDATE"
        " SET unit = excluded.unit, allowed = excluded.allowed, bounds = excluded.bounds",
        [(*key, *known) for key, known in seen_now.items() if kept.get(key) != known],
    )


def _last(
    statements: Statements, table: str, column: str, names: Sequence[tuple[str, ...]], before: float
) -> list[Row]:
    """The last rows of each of some names, the oldest first, asked for at once."""
    if not names:
        return []
    keys, most = (["expectation"], MOST_OUTCOMES) if len(names[0]) == 1 else (["expectation", "name"], MOST_FIGURES)
    marks = ", ".join(f"({', '.join('?' for _ in keys)})" for _ in names)
    same = " AND ".join(f"{{0}}.{key} = asked.{key}" for key in keys)
    statement = (
        f"WITH asked({', '.join(keys)}) AS (VALUES {marks}) SELECT {', '.join(f't.{key}' for key in keys)}, t.{column}"  # noqa: S608 - our own names
        f" FROM asked JOIN {table} AS t ON {same.format('t')} AND t.at < ? AND t.at >= coalesce((SELECT o.at FROM"
        f" {table} AS o WHERE {same.format('o')} AND o.at < ? ORDER BY o.at DESC LIMIT 1 OFFSET {most - 1}), -1e300)"
        " ORDER BY t.at"
    )
    return statements.rows(statement, *(word for each in names for word in each), before, before)


def _seconds(stamp: str) -> float:
    return datetime.fromisoformat(stamp).timestamp()
