"""Perera's leads in SQLite and in PostgreSQL: its guide knows both, and an installation has one of them."""

import contextlib
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from ..damage import changed
from ..postgres import Postgres

RECORDED = Path(__file__).parent / "recorded"


def make_sqlite(path: Path) -> None:
    """Leads of two and a half years: the active, the archived, and how many were purged."""
    with contextlib.closing(sqlite3.connect(path)) as leads:
        leads.executescript((RECORDED / "leads_sqlite.sql").read_text())


def fill(database: Postgres) -> None:
    grants = (RECORDED / "grants.sql").read_text().strip().split("\n")
    database.fill((RECORDED / "leads.sql").read_bytes(), grants)


def altered(path: Path, *statements: str, keys: bool = True) -> contextlib.AbstractContextManager[None]:
    """An SQLite file in which some statements were run, as large and as old as it was; afterwards it is as before.

    Without `keys`, foreign keys are not watched: SQLite's own default.
    """
    return changed(path, lambda changed_path: _run(changed_path, statements, keys=keys))


def _run(path: Path, statements: Sequence[str], *, keys: bool) -> None:
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as leads:
        leads.execute(f"PRAGMA foreign_keys = {keys:d}")
        for statement in statements:
            leads.execute(statement)
