import hashlib
from typing import Any

import pytest
from sights import SIGHTS, count, pile, running

from rounds.estate import faults_of
from rounds.estate.bigshot import rotation
from rounds.estate.bigshot.estate import BigShot
from rounds.estate.bigshot.faults.queue import client
from rounds.estate.part import wait_until

TABLES = ("users", "domains", "subscriptions", "login_attempts", "audit_log", "settings")


def state(estate: BigShot) -> dict[str, Any]:
    """What has to be the same before a fault and after it."""
    backups = sorted((estate.home / "backups").iterdir())
    recovery = estate.home / "recovery"
    app = (estate.home / "logs" / "app.log").read_text().splitlines()
    database = estate.database.log.read_text().splitlines()
    seen: dict[str, Any] = {
        "backups": [(path.name, path.lstat().st_size, path.lstat().st_mtime_ns) for path in backups],
        "bytes": [hashlib.sha256(path.read_bytes()).hexdigest() for path in backups if path.is_file()],
        "ssl": [(path.read_bytes(), path.stat().st_mtime_ns) for path in sorted((estate.home / "ssl").iterdir())],
        "served": estate.frontend.served(),
        "control": (estate.home / "control.json").read_text(),
        "backup status": (estate.home / "backup_status.json").read_text(),
        "app log": [line for line in app if " INFO " not in line],
        "database log": [line for line in database if " LOG: " not in line],
        "bad requests": [line for line in estate.frontend.access_log.read_text().splitlines() if '" 50' in line],
        "worker log": [line for line in estate.worker.log.read_text().splitlines() if ": INFO/" not in line],
        "nginx log": [line for line in estate.frontend.error_log.read_text().splitlines() if "[notice]" not in line],
        "logs": sorted(str(path) for path in (estate.home / "logs").rglob("*")),
        "archive": sorted((str(path), path.stat().st_mtime_ns) for path in (estate.home / "archive").rglob("*.gz")),
        "recovery": sorted((path.name, path.stat().st_mtime_ns, path.read_bytes()) for path in recovery.iterdir()),
        "rotation": [(estate.home / name).read_text() for name in (rotation.CONFIGURATION, rotation.STATE)],
        "restarts": estate.frontend.part.restarts,
        "df": (estate.machine.df / "df-k.txt").read_text(),
        "machine": (estate.machine.busy, estate.machine.load, estate.machine.available),
        "failed jobs": count(estate, "SELECT count(*) FROM jobs WHERE status = 'failed'"),
        "old jobs": count(estate, "SELECT count(*) FROM jobs WHERE created_at < now() - interval '1 day 1 hour'"),
        "durations": estate.database.query("SELECT sum(completed_at - started_at) FROM jobs WHERE id < 1550"),
        "pile": pile(estate),
        "runs": [running(estate, part) for part in ("backend", "worker", "database", "redis", "frontend")],
    }
    with estate.cache.client() as redis:
        seen["maxmemory"], seen["keys"] = redis.config_get("maxmemory"), redis.dbsize()
    for table in TABLES:
        seen[table] = estate.database.query(f"SELECT * FROM {table} ORDER BY 1")  # noqa: S608 - names of our own
    return seen


def test_each_fault_has_a_sight() -> None:
    assert set(SIGHTS) == set(faults_of("bigshot"))


@pytest.mark.parametrize("name", sorted(faults_of("bigshot")))
def test_fault_goes_in_and_out(estate: BigShot, name: str) -> None:
    changes = estate.database.changes("jobs")
    hits, misses = estate.cache.figures()
    before = state(estate)
    assert not SIGHTS[name](estate)
    with faults_of("bigshot")[name].put_into(estate):
        assert SIGHTS[name](estate)
    assert not SIGHTS[name](estate)
    assert state(estate) == before
    assert estate.healthy()
    assert estate.database.changes("jobs") >= changes
    estate.visitors.crowd(3)
    new_hits, new_misses = estate.cache.figures()
    assert new_hits - hits >= 4 * (new_misses - misses)
    assert new_hits >= hits


def test_a_fault_goes_out_when_the_look_at_it_fails(estate: BigShot) -> None:
    with pytest.raises(ZeroDivisionError), faults_of("bigshot")["health-answers-500"].put_into(estate):
        _ = 1 / 0
    assert estate.ask("/api/v1/health")[0] == 200


def test_tasks_run_again_after_the_pile(estate: BigShot) -> None:
    with faults_of("bigshot")["queue-piles-up"].put_into(estate):
        pass
    with client(estate) as celery:
        celery.send_many("bigshot.add", 20)
    wait_until(lambda: pile(estate) == 0, "the worker should take the tasks")
