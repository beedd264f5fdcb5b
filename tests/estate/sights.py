"""What an operator would see of each fault, asked of the real parts."""

import json
import subprocess
import tarfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from cryptography import x509

from rounds.estate.bigshot.backups import LATEST, archives, prepared, weekly
from rounds.estate.bigshot.estate import BigShot
from rounds.estate.bigshot.faults.queue import client
from rounds.estate.bigshot.recovery import ATTESTED, BEGUN, RECORDS, lines
from rounds.estate.bigshot.rotation import CONFIGURATION, months
from rounds.estate.part import wait_until


def run(estate: BigShot, *command: str) -> str:
    program = f"{estate.env['BIGSHOT_PATH']}/{command[0]}"
    return subprocess.run([program, *command[1:]], capture_output=True, text=True, check=True, timeout=20).stdout


def compose(estate: BigShot, *command: str) -> str:
    return run(estate, "docker", "compose", "-f", f"{estate.home}/docker-compose.prod.yml", *command)


def running(estate: BigShot, service: str) -> bool:
    rows = [json.loads(line) for line in compose(estate, "ps", "--all", "--format", "json").splitlines()]
    return {row["Service"]: row["State"] for row in rows}[service] == "running"


def memory_share(estate: BigShot, service: str) -> float:
    name = f"bigshot-{service}-1"
    row = json.loads(run(estate, "docker", "stats", "--no-stream", "--format", "json", name))
    return float(row["MemPerc"].rstrip("%"))


def largest_process_mib(estate: BigShot) -> float:
    lines = run(estate, "docker", "top", "bigshot-backend-1", "-eo", "pid,rss,args").splitlines()[1:]
    return max(int(line.split()[1]) for line in lines if "stand_ins.backend" in line) / 1024


def volume_used(estate: BigShot) -> int:
    return int(run(estate, "df", "-P", "-k", "/srv/bigshot").splitlines()[1].split()[4].rstrip("%"))


def restarts(estate: BigShot, service: str) -> int:
    return int(json.loads(run(estate, "docker", "inspect", f"bigshot-{service}-1"))[0]["RestartCount"])


def health(estate: BigShot) -> set[int]:
    return {estate.ask("/api/v1/health")[0] for _ in range(4)}


def starting_a_job(estate: BigShot) -> int:
    """Without a log-in, which would leave its own trace."""
    return httpx.post(f"{estate.env['BIGSHOT_URL']}/api/v1/jobs", json={"job_type": "noop"}).status_code


def app_lines(estate: BigShot, *words: str) -> int:
    lines = (estate.home / "logs" / "app.log").read_text().splitlines()
    return sum(all(word in line for word in words) for line in lines)


def statuses(estate: BigShot, tail: int = 10**6) -> list[int]:
    lines = estate.frontend.access_log.read_text().splitlines()[-tail:]
    return [int(line.split('" ')[1].split()[0]) for line in lines]


def share_of_5xx(estate: BigShot, tail: int = 10**6) -> float:
    seen = statuses(estate, tail)
    return sum(status >= 500 for status in seen) / len(seen)


def slow(estate: BigShot) -> bool:
    lines = estate.frontend.access_log.read_text().splitlines()[-400:]
    times = sorted(float(line.rsplit(" ", 1)[1]) for line in lines)
    return times[int(len(times) * 0.95)] > 0.5


def count(estate: BigShot, sql: str) -> int:
    return int(estate.database.query(sql)[0][0])


def readable(path: Path) -> bool:
    try:
        with tarfile.open(path) as tar:
            dump = tar.extractfile("database.sql")
            return dump is not None and b"database dump complete" in dump.read() and len(tar.getnames()) == 3
    except (EOFError, tarfile.TarError):
        return False


def age_of_newest(estate: BigShot) -> timedelta:
    return datetime.now(UTC) - datetime.fromtimestamp(archives(estate.home / "backups")[-1].stat().st_mtime, UTC)


def days_since_friday(estate: BigShot) -> int:
    name = weekly(estate.home)[-1].name
    return (datetime.now(UTC) - datetime.strptime(name, "weekly-%Y%m%d.tar.gz").replace(tzinfo=UTC)).days


def days_since(estate: BigShot, file: str) -> int:
    newest = max(str(each["at"]) for each in lines(estate.home / "recovery" / file))
    return (datetime.now(UTC) - datetime.fromisoformat(newest)).days


def kept_states(estate: BigShot) -> list[Path]:
    return [each for each in (estate.home / "recovery").iterdir() if each.name not in (ATTESTED, BEGUN, RECORDS)]


def reported_age(estate: BigShot) -> timedelta:
    last = estate.ask("/api/v1/backup/status", estate.env["BIGSHOT_TOKEN"])[1]["last_backup"]
    assert isinstance(last, dict)
    return datetime.now(UTC) - datetime.fromisoformat(last["finished_at"])


def days_left(estate: BigShot) -> int:
    served = estate.frontend.served()
    return (x509.load_der_x509_certificate(served).not_valid_after_utc - datetime.now(UTC)).days if served else -1


def metrics_age(estate: BigShot) -> timedelta:
    return datetime.now(UTC) - datetime.fromisoformat(str(estate.ask("/api/v1/metrics")[1]["timestamp"]))


def used_of_redis(estate: BigShot) -> float:
    with estate.cache.client() as redis:
        seen = redis.info("memory")
    return float(seen["used_memory"]) / float(seen["maxmemory"])


def misses(estate: BigShot) -> bool:
    before = estate.cache.figures()
    for number in range(5):
        estate.frontend.visit(f"/domains/{number}")
    hits, missed = (now - then for now, then in zip(estate.cache.figures(), before, strict=True))
    return missed > hits


def largest_key(estate: BigShot) -> int:
    with estate.cache.client() as redis:
        return max((redis.memory_usage(key) or 0 for key in redis.scan_iter(count=1000)), default=0)


def hanging(estate: BigShot) -> bool:
    with client(estate) as celery:
        return any(time.time() - task["time_start"] > 1.5 for task in celery.active())


def tracebacks(estate: BigShot) -> bool:
    return "Traceback" in estate.worker.log.read_text()


def uncompressed(estate: BigShot) -> list[str]:
    """The logs that nobody has written to for 15 days, less the one that the backend holds open."""
    held = {str(link.resolve()) for link in Path(f"/proc/{estate.backend.pid}/fd").iterdir()}
    old = [path for path in (estate.home / "logs").rglob("*.log") if time.time() - path.stat().st_mtime > 15 * 86_400]
    return [path.name for path in old if str(path) not in held]


def pile(estate: BigShot) -> int:
    with estate.cache.client(0) as broker:
        return int(broker.llen("celery"))


def busy_share(estate: BigShot) -> float:
    def ticks() -> list[int]:
        return [int(figure) for figure in (estate.machine.proc / "stat").read_text().splitlines()[0].split()[1:]]

    before = ticks()
    time.sleep(0.6)
    wait_until(lambda: sum(ticks()) - sum(before) >= 50, "the counters should move")
    passed = [now - then for now, then in zip(ticks(), before, strict=True)]
    return 1 - passed[3] / sum(passed)


def available_share(estate: BigShot) -> float:
    lines = (estate.machine.proc / "meminfo").read_text().splitlines()
    figures = {line.split(":")[0]: int(line.split()[1]) for line in lines}
    return figures["MemAvailable"] / figures["MemTotal"]


def load(estate: BigShot) -> float:
    return float((estate.machine.proc / "loadavg").read_text().split()[2])


def jobs_changed(estate: BigShot) -> int:
    return estate.database.changes("jobs")


LONGEST = "SELECT extract(epoch FROM max(completed_at - started_at)) FROM jobs"
FAILED_SHARE = "SELECT 100 * count(*) FILTER (WHERE status = 'failed') / count(*) FROM jobs"
STUCK = "SELECT count(*) FROM jobs WHERE status IN ('pending', 'running') AND created_at < now() - interval '1 day'"
GAPS = "SELECT max(id) - min(id) + 1 - count(*) FROM audit_log"
LARGEST_GAP = (
    "SELECT max(id - before - 1) FROM (SELECT id, lag(id) OVER (ORDER BY id) AS before "
    "FROM (SELECT id FROM jobs UNION ALL SELECT id FROM jobs_archive) AS ids) AS pairs"
)
FAILED_LOGINS = "SELECT count(*) FROM login_attempts WHERE NOT success AND login_time > now() - interval '1 hour'"

SIGHTS: dict[str, Callable[[BigShot], bool]] = {
    "health-answers-500": lambda e: e.ask("/api/v1/health")[0] == 500,
    "half-updated": lambda e: health(e) == {200, 503},
    "job-api-broken": lambda e: starting_a_job(e) == 500,
    "backend-loses-cache": lambda e: not e.healthy(),
    "metrics-frozen": lambda e: metrics_age(e) > timedelta(minutes=5),
    "slow-pages": slow,
    "failing-pages": lambda e: share_of_5xx(e, 250) > 0.01,
    "stop-frontend": lambda e: not running(e, "frontend"),
    "restarts-in-a-loop": lambda e: restarts(e, "frontend") > 0,
    "errors-logged": lambda e: app_lines(e, " ERROR ") > 10,
    "warnings-logged": lambda e: app_lines(e, " WARNING ") > 100,
    "unauthorized-requests": lambda e: app_lines(e, "unauthorized") > 20,
    "privilege-escalation": lambda e: app_lines(e, "bigshot.security", "id=18") > 0,
    "gateway-errors": lambda e: share_of_5xx(e) > 0.03,
    "backup-missing": lambda e: age_of_newest(e) > timedelta(hours=25),
    "backup-truncated": lambda e: not readable(prepared(e.home)),
    "update-unprepared": lambda e: datetime.now(UTC).timestamp() - prepared(e.home).stat().st_mtime > 7200,
    "fridays-skipped": lambda e: days_since_friday(e) > 8,
    "weekly-truncated": lambda e: not readable(weekly(e.home)[-1]),
    "archived-removed": lambda e: len(weekly(e.home)) < 14,
    "archive-misnamed": lambda e: (e.home / "backups" / "backup.tar.gz").exists(),
    "restores-stopped": lambda e: days_since(e, RECORDS) > 100,
    "restore-slow": lambda e: all(each["seconds"] == 18_000 for each in lines(e.home / "recovery" / RECORDS)),
    "failover-old": lambda e: days_since(e, ATTESTED) > 100,
    "state-not-kept": lambda e: kept_states(e) == [],
    "restored-incompletely": lambda e: count(e, "SELECT count(*) FROM subscriptions") < 200,
    "reindex-interrupted": lambda e: count(e, "SELECT count(*) FROM pg_index WHERE NOT indisvalid") == 1,
    "jobs-lost": lambda e: count(e, LARGEST_GAP) >= 150,
    "backup-status-old": lambda e: reported_age(e) > timedelta(hours=25),
    "pointer-old": lambda e: (e.home / "backups" / LATEST).resolve() != prepared(e.home).resolve(),
    "stop-database": lambda e: not running(e, "database"),
    "kill-database-process": lambda e: (
        "57P" in compose(e, "logs", "--no-color", "--no-log-prefix", "--since", "24h", "database")
    ),
    "login-burst": lambda e: count(e, FAILED_LOGINS) > 10,
    "jobs-fail": lambda e: count(e, FAILED_SHARE) > 5,
    "jobs-take-longer": lambda e: count(e, LONGEST) > 3600,
    "job-stuck": lambda e: count(e, STUCK) > 0,
    "audit-row-deleted": lambda e: count(e, GAPS) > 0,
    "domains-deleted": lambda e: count(e, "SELECT count(*) FROM domains") < 1800,
    "domains-inactive": lambda e: count(e, "SELECT count(*) FROM domains WHERE status = 'active'") == 0,
    "domains-dated-anew": lambda e: (
        count(e, "SELECT count(*) FROM domains WHERE created_at > now() - interval '1 hour'") >= 800
    ),
    "stop-job-scheduler": lambda e: jobs_changed(e) < 100,
    "redis-nearly-full": lambda e: used_of_redis(e) > 0.9,
    "huge-key": lambda e: largest_key(e) > 10_000_000,
    "cache-flushed": misses,
    "stop-redis": lambda e: not running(e, "redis"),
    "stop-worker": lambda e: not running(e, "worker"),
    "task-hangs": hanging,
    "queue-piles-up": lambda e: pile(e) > 1000,
    "task-crashes": tracebacks,
    "rotation-removed": lambda e: not (e.home / CONFIGURATION).exists(),
    "log-left-over": lambda e: uncompressed(e) != [],
    "archive-empty": lambda e: not any(file for folder in months(e.home) for file in folder.iterdir()),
    "volume-full": lambda e: volume_used(e) > 90,
    "memory-taken": lambda e: available_share(e) < 0.1,
    "load-high": lambda e: load(e) > 3,
    "cpu-busy": lambda e: busy_share(e) > 0.8,
    "memory-hog": lambda e: memory_share(e, "backend") > 90,
    "backend-leaks": lambda e: largest_process_mib(e) > 1024 and memory_share(e, "backend") < 90,
    "certificate-expires": lambda e: 0 < days_left(e) < 21,
}
