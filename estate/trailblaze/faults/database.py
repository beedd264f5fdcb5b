from collections.abc import Iterator

import psycopg

from ...fault import fault
from ...part import wait_until
from ..estate import TrailBlaze

LAG = "SELECT coalesce(max(replay_lag), '0') > interval '3100 ms' FROM pg_stat_replication"


@fault(
    "the database is stopped",
    "trailblaze.health.db-connectivity",
    "trailblaze.availability.replication-lag",
    "trailblaze.health.scrapers-ran",
    "trailblaze.health.scraper-default-run",
    "trailblaze.cache.hit-rate",
    "trailblaze.cache.validation-success",
    "trailblaze.integrity.constraints-valid",
    "trailblaze.data-quality.event-dates",
    "trailblaze.data-quality.source-structure",
    "trailblaze.backup.wal-hourly",
    "trailblaze.recovery.full-restore",
    "trailblaze.recovery.single-table",
)
def stop_database(estate: TrailBlaze) -> Iterator[None]:
    estate.database.part.stop()
    yield
    estate.database.part.start()
    estate.database.await_ready()
    estate.database.await_followed()


@fault("the replica does not replay what it receives", "trailblaze.availability.replication-lag")
def replay_paused(estate: TrailBlaze) -> Iterator[None]:
    with psycopg.connect(estate.replica.superuser, autocommit=True) as replica:
        replica.execute("SELECT pg_wal_replay_pause()")
        wait_until(lambda: falls_behind(estate), "the replica should fall behind", pause=0.1)
        yield
        replica.execute("SELECT pg_wal_replay_resume()")
    # The primary tells the lag that it measured last until it measures another.
    wait_until(lambda: not falls_behind(estate), "the replica should catch up", pause=0.1)
    estate.database.await_followed()


def falls_behind(estate: TrailBlaze) -> bool:
    """Write something, so that there is something to replay."""
    estate.database.query("UPDATE events SET updated_at = now() WHERE id = 1")
    return bool(estate.database.query(LAG)[0][0])


@fault("the replica is stopped", "trailblaze.availability.replication-lag")
def stop_replica(estate: TrailBlaze) -> Iterator[None]:
    estate.replica.part.stop()
    yield
    estate.replica.part.start()
    estate.replica.await_ready()
    estate.database.await_followed()


@fault("the schedule of aerc_calendar is off since two days", "trailblaze.health.scrapers-ran")
def schedule_off(estate: TrailBlaze) -> Iterator[None]:
    rows = estate.database.query(
        "WITH gone AS (DELETE FROM scraper_runs WHERE scraper = 'aerc_calendar' "
        "AND started_at > now() - interval '2 days' RETURNING *) SELECT json_agg(gone)::text FROM gone"
    )
    yield
    estate.database.query(
        "INSERT INTO scraper_runs SELECT * FROM json_populate_recordset(NULL::scraper_runs, %s::json)", rows[0][0]
    )


@fault("the last run of aerc_calendar exited with 1", "trailblaze.health.scraper-default-run")
def last_run_failed(estate: TrailBlaze) -> Iterator[None]:
    number = estate.database.add_run("aerc_calendar", "10 minutes", 1)
    yield
    estate.database.query("DELETE FROM scraper_runs WHERE id = %s", number)


@fault("every scraper is run with a forced refresh", "trailblaze.cache.hit-rate")
def always_refreshed(estate: TrailBlaze) -> Iterator[None]:
    estate.database.query(
        "UPDATE scraper_runs SET cache_hits = 0, cache_misses = cache_misses + 1000 * cache_hits WHERE cache_hits > 0"
    )
    yield
    estate.database.query(
        "UPDATE scraper_runs SET cache_hits = cache_misses / 1000, cache_misses = cache_misses % 1000 "
        "WHERE cache_misses >= 1000"
    )


@fault("one cached entry in twenty is corrupt", "trailblaze.cache.validation-success")
def entries_corrupt(estate: TrailBlaze) -> Iterator[None]:
    estate.database.query("UPDATE scraper_runs SET entries_invalid = entries_invalid + 2")
    yield
    estate.database.query("UPDATE scraper_runs SET entries_invalid = entries_invalid - 2")
