"""Databases that are not sound, or have lost what should still exist."""

from collections.abc import Iterator

import psycopg
from psycopg.errors import LockNotAvailable

from ...damage import sqlite_page_overwritten
from ...fault import fault
from ...part import EstateError
from ..databases import altered
from ..estate import Perera

UNREADABLE = "what is on that page cannot be counted any more"


@fault(
    "a page in the middle of the live database was overwritten",
    "perera.integrity.sqlite-live-check",
    "perera.integrity.db-integrity-cli",
    may_redden=dict.fromkeys(
        (
            "perera.integrity.archive-complete",
            "perera.backup.rows-match-live",
            "perera.data-quality.lead-quality",
            "perera.data-quality.duplicates",
            "perera.data-quality.leads-valid",
            "perera.health.component-storage",
            "perera.health.all-components-healthy",
        ),
        UNREADABLE,
    ),
)
def page_overwritten(estate: Perera) -> Iterator[None]:
    with sqlite_page_overwritten(estate.leads):
        yield


@fault(
    "an archived lead left its contacts behind",
    "perera.integrity.db-integrity-cli",
    "perera.integrity.sqlite-live-check",
)
def contacts_orphaned(estate: Perera) -> Iterator[None]:
    with altered(
        estate.leads,
        "INSERT INTO leads_archive SELECT *, datetime('now') FROM leads WHERE id = 2100",
        "DELETE FROM leads WHERE id = 2100",
        keys=False,
    ):
        yield


@fault("old leads were deleted, and never written to the archive", "perera.integrity.archive-complete")
def deleted_without_archive(estate: Perera) -> Iterator[None]:
    with altered(estate.leads, "DELETE FROM leads WHERE id < 2010"):
        yield


@fault("archiving stopped after it had copied the leads", "perera.integrity.archive-complete")
def archived_and_active(estate: Perera) -> Iterator[None]:
    with altered(estate.leads, "INSERT INTO leads_archive SELECT *, datetime('now') FROM leads ORDER BY id LIMIT 12"):
        yield


@fault("rebuilding the indexes was interrupted while it waited for a writer", "perera.integrity.pg-index-valid")
def reindex_interrupted(estate: Perera) -> Iterator[None]:
    database = estate.database
    with psycopg.connect(database.superuser) as writer:
        writer.execute("INSERT INTO leads (name, source, created_at) VALUES ('Draft', 'news_feed', now())")
        try:
            with psycopg.connect(database.superuser, autocommit=True) as rebuild:
                rebuild.execute("SET lock_timeout = '200ms'")
                rebuild.execute("REINDEX TABLE CONCURRENTLY leads")
        except LockNotAvailable:
            writer.rollback()
        else:
            raise EstateError("the rebuild should have been interrupted")
    yield
    left = database.query("SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid")
    for (index,) in left:
        database.query(f"DROP INDEX {index}")
