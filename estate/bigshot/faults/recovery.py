"""Restores that nobody tried or that brought too little, and a database that lost what it promised to keep."""

import contextlib
import datetime as dt
from collections.abc import Iterator

import psycopg

from ...damage import changed, set_aside
from ...fault import fault
from ..estate import BigShot
from ..recovery import ATTESTED, RECORDS, failed_over, kept, lines, rewrite

LONG_AGO = dt.timedelta(days=120)
LOST = 150
JOBS = """INSERT INTO jobs (job_type, status, created_at, started_at, completed_at)
    SELECT 'report', 'completed', made, made, made + interval '9 seconds'
    FROM generate_series(1, %s), (SELECT now() - interval '94 days' AS made) m RETURNING *"""
NEXT_JOB = """INSERT INTO jobs (job_type, status, created_at, started_at, completed_at)
    VALUES ('sync', 'completed', now(), now(), now())"""


@fault("nobody has tried a restore for four months", "bigshot.recovery.restore-drill")
def restores_stopped(estate: BigShot) -> Iterator[None]:
    records = estate.home / "recovery" / RECORDS
    then = (dt.datetime.now(dt.UTC) - LONG_AGO).isoformat()
    with changed(records, lambda path: rewrite(path, [each | {"at": then} for each in lines(path)[-1:]])):
        yield


@fault("the last restore took five hours", "bigshot.recovery.rto-rpo")
def restore_slow(estate: BigShot) -> Iterator[None]:
    records = estate.home / "recovery" / RECORDS
    with changed(records, lambda path: rewrite(path, [each | {"seconds": 5 * 3600} for each in lines(path)])):
        yield


@fault("nobody has tried the failover for four months", "bigshot.recovery.failover-tested")
def failover_old(estate: BigShot) -> Iterator[None]:
    attested = estate.home / "recovery" / ATTESTED
    then = dt.datetime.now(dt.UTC) - LONG_AGO
    with changed(attested, lambda path: rewrite(path, [dict(failed_over(then))])):
        yield


@fault("a backup was restored, and the state before was not saved", "bigshot.recovery.restored-state")
def state_not_kept(estate: BigShot) -> Iterator[None]:
    with set_aside(kept(estate.home)):
        yield


@fault("an incomplete dump was restored: a part of the subscriptions is missing", "bigshot.recovery.data-verified")
def restored_incompletely(estate: BigShot) -> Iterator[None]:
    rows = estate.database.query("DELETE FROM subscriptions WHERE id % 20 = 7 RETURNING *")
    yield
    with psycopg.connect(estate.database.superuser) as connection:
        connection.cursor().executemany("INSERT INTO subscriptions VALUES (%s, %s, %s)", rows)
    estate.database.query("ANALYZE subscriptions")


@fault("a concurrent reindex was interrupted", "bigshot.integrity.indexes-valid")
def reindex_interrupted(estate: BigShot) -> Iterator[None]:
    """It waits for whoever writes to the table, and gives up: the half-built index stays."""
    with psycopg.connect(estate.database.superuser) as writer:
        writer.execute("LOCK TABLE domains IN ROW EXCLUSIVE MODE")
        with psycopg.connect(estate.database.superuser, autocommit=True) as admin:
            admin.execute("SET log_min_messages = fatal")  # its end would be a fault of its own in the log
            admin.execute("SET lock_timeout = '100ms'")
            with contextlib.suppress(psycopg.errors.LockNotAvailable):
                admin.execute("REINDEX INDEX CONCURRENTLY domains_name_key")
    yield
    estate.database.query("DROP INDEX domains_name_key_ccnew")


@fault("150 old jobs were deleted before anybody archived them", "bigshot.integrity.jobs-archive-complete")
def jobs_lost(estate: BigShot) -> Iterator[None]:
    """Afterwards these jobs are in the archive after all: their ids were given, so nothing else can close the gap."""
    query = estate.database.query
    rows = query(JOBS, LOST)
    query("DELETE FROM jobs WHERE id = ANY(%s)", [row[0] for row in rows])
    query(NEXT_JOB)
    yield
    with psycopg.connect(estate.database.superuser) as connection:
        connection.cursor().executemany("INSERT INTO jobs_archive VALUES (%s, %s, %s, %s, %s, %s)", rows)
