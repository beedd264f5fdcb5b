"""A small world that is BigShot: its database, cache, queue, workers, web server and backend, with a month of past."""

import re
import secrets
import signal
from collections.abc import Mapping
from pathlib import Path

import psutil

from .. import certificate, containers
from ..estate import Estate, ask
from ..machine import Machine
from ..part import Part, free_port, wait_until
from . import backups, logs, recovery, rotation
from .cache import Cache
from .database import Database
from .frontend import HOST, Frontend
from .visitor import Visitors

DAY_LOOK_UPS = (9500, 500)
COMPOSE = Path(__file__).with_name("compose.yml")
ORDINARY_APP = re.compile(r"[\d-]+ [\d:,]+ (INFO|DEBUG) ")
ORDINARY_DATABASE = re.compile(r"[\d-]+ [\d:.]+ UTC \[\d+\] \w{5} LOG: ")
ORDINARY_WORKER = re.compile(r"\[[\d-]+ [\d:,]+: (INFO|DEBUG)/")
ORDINARY_FRONTEND = re.compile(r"[\d/]+ [\d:]+ \[(notice|warn)\] ")
ORDINARY_ACCESS = re.compile(r'.*" [1-4]\d\d \d+ "[^"]*" "[^"]*" 0\.[0-8]\d*$')

# Nobody waits for half an hour in a demonstration: until a task hangs, or until an update is finished.
QUICK = {
    "BIGSHOT_TASK_LIMIT": "1500ms",
    "BIGSHOT_CPU_WINDOW": "1s",
    "BIGSHOT_HEALTH_EVERY": "50ms",
    "BIGSHOT_HEALTH_TIMES": "2",
    "BIGSHOT_HEALTH_APART": "100ms",
    "BIGSHOT_JOB_TIME": "10s",
    "BIGSHOT_RECOVERY_TIMES": "2",
    "BIGSHOT_RECOVERY_APART": "100ms",
}


class BigShot(Estate):
    """BigShot on real parts."""

    system = "bigshot"
    database: Database
    cache: Cache
    frontend: Frontend
    machine: Machine
    visitors: Visitors
    backend: Part
    worker: Part

    @property
    def written(self) -> Mapping[Path, re.Pattern[str]]:
        return {
            self.home / "logs" / "app.log": ORDINARY_APP,
            self.worker.log: ORDINARY_WORKER,
            self.frontend.access_log: ORDINARY_ACCESS,
            self.frontend.error_log: ORDINARY_FRONTEND,
            self.database.log: ORDINARY_DATABASE,
        }

    def ask(self, path: str, token: str = "") -> tuple[int, dict[str, object]]:
        """Ask the backend itself; status 0 stands for no answer."""
        return ask(self.env["BIGSHOT_URL"] + path, token)

    def healthy(self) -> bool:
        return self.ask("/api/v1/health/detailed", self.env["BIGSHOT_TOKEN"])[0] == 200

    def await_health(self, healthy: bool = True) -> None:
        what = "BigShot should be healthy" if healthy else "BigShot should be unhealthy"
        wait_until(lambda: self.healthy() is healthy, what, pause=0.1)

    def await_memory(self, mib: int) -> None:
        """Wait until the backend and its children hold so much."""

        def held() -> bool:
            backend = psutil.Process(self.backend.pid)
            processes = [backend, *backend.children(recursive=True)]
            return sum(process.memory_info().rss for process in processes) > mib * 1024**2

        wait_until(held, f"the backend should hold {mib} MiB")

    def live_a_day(self) -> None:
        """Do at once what a day brings: jobs that change and pages that are looked up, for figures told as growth."""
        self.database.grow_changes(self.database.changes("jobs"))
        self.cache.look_up(*DAY_LOOK_UPS)

    def restart_worker(self) -> None:
        """Start a worker anew where the old one may have lost its broker: waiting for it takes longer."""
        self.worker.stop(0.2)
        self.worker.start()
        self.await_health()

    def _lay_out(self) -> None:
        for folder in ("logs", "backups", "ssl", "archive"):
            (self.home / folder).mkdir()
        (self.home / "control.json").write_text("{}")
        compose = self.home / "docker-compose.prod.yml"
        compose.write_text(COMPOSE.read_text())
        containers.install(self.root / "bin", self.root, compose)
        self.database = Database(self.root, self.servant, self.system)
        self.cache = Cache(self.root, self.servant)
        port = free_port()
        self.frontend = Frontend(self.root, self.home, self.servant, port)
        self.machine = Machine(self.root, processes=lambda: [part.pid for part in self._parts])
        self.visitors = Visitors(self.frontend)
        self.env = self._env(port)
        self.backend = self._program("backend", "bigshot.stand_ins.backend", {"BIGSHOT_PORT": str(port)})
        self.worker = self._program("worker", "bigshot.stand_ins.worker", {})
        self.worker.log = self.home / "logs" / "worker.log"
        self.worker.end_signal = signal.SIGQUIT  # Celery takes its time after a SIGTERM
        self._keep(self.database.part, self.cache.part, self.backend, self.worker, self.frontend.part)

    def _env(self, port: int) -> dict[str, str]:
        return {
            "BIGSHOT_HOME": str(self.home),
            "BIGSHOT_URL": f"http://127.0.0.1:{port}",
            "BIGSHOT_TOKEN": secrets.token_hex(16),
            "BIGSHOT_SMOKE_USER": "smoke-test",
            "BIGSHOT_SMOKE_PASSWORD": secrets.token_hex(16),
            "BIGSHOT_DSN": self.database.dsn("rounds_reader"),
            "BIGSHOT_APP_DSN": self.database.dsn("bigshot"),
            "BIGSHOT_BROKER_URL": self.cache.url(0),
            "BIGSHOT_CACHE_URL": self.cache.url(1),
            "BIGSHOT_TLS_ADDRESS": f"127.0.0.1:{self.frontend.port}",
            "BIGSHOT_TLS_NAME": HOST,
            "BIGSHOT_PROC": str(self.root / "proc"),
            "BIGSHOT_PATH": str(self.root / "bin"),
            "BIGSHOT_ATTESTATIONS": str(self.home / "recovery" / recovery.ATTESTED),
            "BIGSHOT_LOGROTATE": str(self.home / rotation.CONFIGURATION),
            "BIGSHOT_LOGROTATE_STATE": str(self.home / rotation.STATE),
            **QUICK,
        }

    def _start_parts(self) -> None:
        """Begin what takes long first, and do our own work while it goes on."""
        self.database.begin_init()
        self._parts.append(self.database.init)
        self.cache.start()
        logs.write_past(self.home / "logs", self.database.log)
        self.worker.start()
        certificate.issue(self.home / "ssl", HOST, 90)
        rotation.write(self.home)
        self.frontend.prepare()
        self.machine.start()
        self._helpers.append(self.machine)
        self.database.finish_init()
        self._parts.remove(self.database.init)
        self.frontend.part.start()
        self.cache.await_ready()
        self.cache.warm_up()
        self.database.await_ready()
        self.database.fill_a_month()
        self.backend.start()  # not before: a log-in that its database refuses would be in the log of a healthy day
        backups.make(self.home, self.database.dump().encode())
        recovery.write(self.home, self.database)
        self.frontend.await_ready()
        self.await_health()
        self.visitors.start()
        self._helpers.append(self.visitors)
