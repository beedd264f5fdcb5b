import contextlib
import os
import signal
import time
from collections.abc import Iterator

import psycopg

from ...control import told
from ...fault import fault
from ...part import wait_until
from ..estate import BigShot

GONE = "the database does not answer"
AT_REST = "SELECT count(*) = 0 FROM pg_stat_activity WHERE usename = 'bigshot'"


@fault(
    "the database is stopped",
    "bigshot.health.db-connectivity",
    "bigshot.health.api-detailed",
    "bigshot.health.compose-services",
    "bigshot.health.services-prod-file",
    "bigshot.health.smoke-tests",
    "bigshot.performance.metrics-endpoint",
    "bigshot.performance.table-modifications",
    "bigshot.security.failed-logins",
    "bigshot.security.audit-log",
    "bigshot.queue.job-failure-share",
    "bigshot.queue.jobs-not-stuck",
    "bigshot.queue.job-duration",
    "bigshot.logs.post-update",  # the backend logs that it cannot connect
    "bigshot.integrity.table-counts",
    "bigshot.integrity.indexes-valid",
    "bigshot.integrity.jobs-archive-complete",
    "bigshot.data-quality.domains-report",
    "bigshot.recovery.services-recovered",
    "bigshot.recovery.restored-state",
    "bigshot.recovery.data-verified",
    may_redden={
        "bigshot.logs.database-errors": "clients that were connected leave a FATAL 57P01 in its log",
        "bigshot.logs.all-services-tail": "the same record is FATAL",
        "bigshot.resources.containers": "a stopped container has no figures",
    },
)
def stop_database(estate: BigShot) -> Iterator[None]:
    estate.database.part.stop()
    estate.await_health(healthy=False)
    yield
    estate.database.part.start()
    estate.database.await_ready()
    estate.await_health()
    wait_until(lambda: answers(estate), "the database should answer")


@fault(
    "a backend process of PostgreSQL was killed, the server recovered",
    "bigshot.logs.database-errors",
    "bigshot.logs.post-update",
    "bigshot.logs.all-services-tail",
)
def kill_database_process(estate: BigShot) -> Iterator[None]:
    database = estate.database
    changes, size = database.changes("jobs"), database.log.stat().st_size
    with told(estate.home, scheduler_stopped=True):  # its failed attempts would be a fault of their own
        time.sleep(0.2)  # it may just have read the orders of before
        wait_until(lambda: bool(database.query(AT_REST)[0][0]), "the application should be at rest")
        victim = psycopg.connect(database.superuser)
        os.kill(victim.info.backend_pid, signal.SIGKILL)
        victim.close()
        end = time.monotonic() + 1
        while time.monotonic() < end and not fatal(estate, size):
            answers(estate)
        wait_until(lambda: answers(estate), "the database should recover")
        if not fatal(estate, size):  # it recovered before anyone knocked
            end_a_session(estate)
    database.query("ANALYZE")
    database.grow_changes(changes)  # a crash zeroes the statistics, which is not what this fault is about
    yield


def answers(estate: BigShot) -> bool:
    with contextlib.suppress(psycopg.OperationalError):
        return bool(estate.database.query("SELECT 1"))
    return False


def fatal(estate: BigShot, since: int) -> bool:
    with estate.database.log.open("rb") as file:
        file.seek(since)
        return b"57P" in file.read()


def end_a_session(estate: BigShot) -> None:
    victim = psycopg.connect(estate.database.superuser)
    estate.database.query("SELECT pg_terminate_backend(%s, 2000)", victim.info.backend_pid)
    victim.close()


@fault("20 log-ins from one address failed", "bigshot.security.failed-logins")
def login_burst(estate: BigShot) -> Iterator[None]:
    rows = estate.database.query(
        "INSERT INTO login_attempts (username, login_time, ip_address, success) "
        "SELECT 'user' || n, now() - interval '20 minutes' + n * interval '10 seconds', '203.0.113.9', false "
        "FROM generate_series(1, 20) n RETURNING id",
    )
    yield
    estate.database.query("DELETE FROM login_attempts WHERE id = ANY(%s)", [row[0] for row in rows])


@fault("a tenth of the jobs failed", "bigshot.queue.job-failure-share")
def jobs_fail(estate: BigShot) -> Iterator[None]:
    rows = estate.database.query(
        "UPDATE jobs SET status = 'failed' WHERE status = 'completed' AND id / 4 % 10 = 0 RETURNING id",
    )
    yield
    estate.database.query("UPDATE jobs SET status = 'completed' WHERE id = ANY(%s)", [row[0] for row in rows])


@fault("reports take an hour longer than in the month before", "bigshot.queue.job-duration")
def jobs_take_longer(estate: BigShot) -> Iterator[None]:
    rows = estate.database.query(
        "UPDATE jobs SET completed_at = completed_at + interval '1 hour' WHERE job_type = 'report' "
        "AND status = 'completed' AND completed_at BETWEEN now() - interval '29 days' AND now() - interval '2 hours' "
        "RETURNING id",
    )
    yield
    later = "UPDATE jobs SET completed_at = completed_at - interval '1 hour' WHERE id = ANY(%s)"
    estate.database.query(later, [row[0] for row in rows])


@fault("a job has been running since last week", "bigshot.queue.jobs-not-stuck")
def job_stuck(estate: BigShot) -> Iterator[None]:
    rows = estate.database.query(
        "INSERT INTO jobs (job_type, status, created_at, started_at) "
        "VALUES ('report', 'running', now() - interval '7 days', now() - interval '7 days') RETURNING id",
    )
    yield
    estate.database.query("DELETE FROM jobs WHERE id = %s", rows[0][0])


@fault(
    "a row in the middle of the audit log was deleted",
    "bigshot.security.audit-log",
    "bigshot.recovery.data-verified",  # the backup has it
)
def audit_row_deleted(estate: BigShot) -> Iterator[None]:
    rows = estate.database.query("DELETE FROM audit_log WHERE id = (SELECT max(id) - 9 FROM audit_log) RETURNING *")
    yield
    estate.database.query("INSERT INTO audit_log VALUES (%s, %s, %s, %s, %s)", *rows[0])


@fault(
    "a fifth of the domains was deleted",
    "bigshot.integrity.table-counts",
    "bigshot.recovery.restored-state",  # the backup has them
    "bigshot.recovery.data-verified",
)
def domains_deleted(estate: BigShot) -> Iterator[None]:
    rows = estate.database.query("DELETE FROM domains WHERE id % 5 = 2 RETURNING *")
    yield
    with psycopg.connect(estate.database.superuser) as connection:
        connection.cursor().executemany("INSERT INTO domains VALUES (%s, %s, %s, %s)", rows)
    estate.database.query("ANALYZE domains")


@fault("a migration set every domain to inactive", "bigshot.data-quality.domains-report")
def domains_inactive(estate: BigShot) -> Iterator[None]:
    ids = estate.database.query("UPDATE domains SET status = 'inactive' WHERE status = 'active' RETURNING id")
    yield
    estate.database.query("UPDATE domains SET status = 'active' WHERE id = ANY(%s)", [row[0] for row in ids])


@fault("an import dated 800 old domains anew, as if they had been added today", "bigshot.data-quality.domains-report")
def domains_dated_anew(estate: BigShot) -> Iterator[None]:
    rows = estate.database.query("SELECT created_at, id FROM domains WHERE id <= 800")
    estate.database.query("UPDATE domains SET created_at = now() WHERE id <= 800")
    yield
    with psycopg.connect(estate.database.superuser) as connection:
        connection.cursor().executemany("UPDATE domains SET created_at = %s WHERE id = %s", rows)


@fault("the job scheduler stands still: nothing changed in jobs since", "bigshot.performance.table-modifications")
def stop_job_scheduler(estate: BigShot) -> Iterator[None]:
    changes = estate.database.changes("jobs")
    with told(estate.home, scheduler_stopped=True):
        # A day cannot be waited for: the counter falls below any earlier figure instead of standing still.
        estate.database.query("SELECT pg_stat_reset_single_table_counters('jobs'::regclass)")
        yield
    estate.database.grow_changes(changes)
