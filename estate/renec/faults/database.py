from collections.abc import Iterator

from ...fault import fault
from ..estate import Renec


@fault("the streaming standby is stopped", "renec.availability.postgres-replica")
def stop_standby(estate: Renec) -> Iterator[None]:
    estate.standby.part.stop()
    estate.await_standbys(0)
    yield
    estate.standby.part.start()
    estate.await_standbys(1)


@fault("the database lets nobody in with the API's role", "renec.health.db-connectivity")
def api_locked_out(estate: Renec) -> Iterator[None]:
    limit = "ALTER ROLE renec CONNECTION LIMIT {}"
    with estate.database.meanwhile(limit.format(0), limit.format(-1)):
        yield


@fault("the spider was killed in the middle of its run, an hour ago", "renec.health.spider-run")
def run_killed(estate: Renec) -> Iterator[None]:
    found = estate.database.query(
        "INSERT INTO harvest_runs (spider, started_at, heartbeat_at, items, pages, requests, throttled, "
        "network_errors, log_errors) "
        "VALUES ('ec_standards', now() - interval '2 hours', now() - interval '1 hour', 900, 100, 200, 0, 0, 0) "
        "RETURNING id"
    )
    yield
    estate.database.query("DELETE FROM harvest_runs WHERE id = %s", found[0][0])


@fault("a twentieth of the last run's requests was answered with 429", "renec.health.spider-causes")
def run_throttled(estate: Renec) -> Iterator[None]:
    ((run, before),) = estate.database.query(
        "SELECT id, throttled FROM harvest_runs WHERE finished_at IS NOT NULL ORDER BY started_at DESC LIMIT 1"
    )
    estate.database.query("UPDATE harvest_runs SET throttled = requests / 20 WHERE id = %s", run)
    yield
    estate.database.query("UPDATE harvest_runs SET throttled = %s WHERE id = %s", before, run)
