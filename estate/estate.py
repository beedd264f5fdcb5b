"""A small world that is BigShot: real parts on free ports of 127.0.0.1, under one directory, gone without a trace."""

import json
import secrets
import signal
import sys
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import psutil

from . import backups, certificate, containers, logs
from .cache import Cache
from .certificate import HOST
from .database import Database
from .frontend import Frontend
from .ground import raze, servant, settle, sweep
from .machine import Machine
from .part import EstateError, Part, free_port, python_env, wait_until
from .visitor import Visitors

DAY_LOOK_UPS = (9500, 500)


class Estate:
    """Start with `with Estate() as estate:`, from the main thread: the parts end with the thread that started them."""

    root: Path
    env: dict[str, str]
    home: Path
    database: Database
    cache: Cache
    frontend: Frontend
    machine: Machine
    visitors: Visitors
    backend: Part
    worker: Part

    def __init__(self) -> None:
        self._running = False
        self._helpers: list[Machine | Visitors] = []
        self._parts: list[Part] = []

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        if self._running:
            raise EstateError("this estate is already running")
        sweep()
        self._running = True
        self._helpers, self._parts = [], []
        self._servant = servant()
        self.root = settle(self._servant)
        try:
            self._lay_out()
            self._start_parts()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End everything and leave nothing; may be called again."""
        if not self._running:
            return
        self._running = False
        for helper in self._helpers:
            helper.stop()
        for part in reversed(self._parts):
            part.changed = lambda: None
            part.end_signal = part.quick_end  # nothing is kept, so nobody needs to finish
        for part in reversed(self._parts):
            part.stop(3)
        raze(self.root)

    def ask(self, path: str, token: str = "") -> tuple[int, dict[str, object]]:
        """Ask the backend itself; status 0 stands for no answer."""
        request = Request(self.env["BIGSHOT_URL"] + path, headers={"Authorization": f"Bearer {token}"})  # noqa: S310 - our own backend on 127.0.0.1
        try:
            with urlopen(request, timeout=5) as answer:  # noqa: S310 - our own backend on 127.0.0.1
                return answer.status, json.loads(answer.read())
        except HTTPError as error:
            return error.code, json.loads(error.read())
        except (URLError, OSError):
            return 0, {}

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
        self.home = self.root / "bigshot"
        for folder in ("logs", "backups", "ssl"):
            (self.home / folder).mkdir(parents=True)
        (self.home / "control.json").write_text("{}")
        (self.home / "docker-compose.prod.yml").write_text(containers.COMPOSE)
        containers.install(self.root / "bin", self.root)
        self.database = Database(self.root, self._servant)
        self.cache = Cache(self.root, self._servant)
        port = free_port()
        self.frontend = Frontend(self.root, self.home, self._servant, port)
        self.machine = Machine(self.root)
        self.visitors = Visitors(self.frontend)
        self.env = self._env(port)
        env = python_env() | self.env | {"BIGSHOT_PORT": str(port)}
        self.backend = self._program("backend", env)
        self.worker = self._program("worker", env)
        self._parts = [self.database.part, self.cache.part, self.backend, self.worker, self.frontend.part]
        for part in self._parts:
            part.changed = self._record

    def _env(self, port: int) -> dict[str, str]:
        return {
            "BIGSHOT_HOME": str(self.home),
            "BIGSHOT_URL": f"http://127.0.0.1:{port}",
            "BIGSHOT_TOKEN": secrets.token_hex(16),
            "BIGSHOT_DSN": self.database.dsn("rounds_reader"),
            "BIGSHOT_APP_DSN": self.database.dsn("bigshot"),
            "BIGSHOT_BROKER_URL": self.cache.url(0),
            "BIGSHOT_CACHE_URL": self.cache.url(1),
            "BIGSHOT_TLS_ADDRESS": f"127.0.0.1:{self.frontend.port}",
            "BIGSHOT_TLS_NAME": HOST,
            "BIGSHOT_PROC": str(self.root / "proc"),
            "BIGSHOT_PATH": str(self.root / "bin"),
            # Nobody waits half an hour for a demonstration of a task that hangs.
            "BIGSHOT_TASK_LIMIT": "3s",
            "BIGSHOT_CPU_WINDOW": "1s",
        }

    def _program(self, name: str, env: dict[str, str]) -> Part:
        command = [sys.executable, "-m", f"{__package__}.stand_ins.{name}"]
        end_signal = signal.SIGQUIT if name == "worker" else signal.SIGTERM  # Celery takes its time after a SIGTERM
        return Part(name, command, self.home, self.root / f"{name}.log", env, end_signal=end_signal)

    def _record(self) -> None:
        containers.record(self.root, self._parts)

    def _start_parts(self) -> None:
        """Begin what takes long first, and do our own work while it goes on."""
        self.database.begin_init()
        self._parts.append(self.database.init)
        self.cache.start()
        self.worker.start()
        certificate.issue(self.home / "ssl", 90)
        logs.write_past(self.home / "logs")
        self.frontend.prepare()
        self.machine.start()
        self._helpers.append(self.machine)
        self.database.finish_init()
        self._parts.remove(self.database.init)
        self.frontend.part.start()
        self.cache.await_ready()
        self.cache.warm_up()
        self.database.await_ready()
        self.database.fill()
        self.backend.start()  # not before: a log-in that its database refuses would be in the log of a healthy day
        backups.make(self.home / "backups", self.database.dump())
        self.frontend.await_ready()
        self.await_health()
        self.visitors.start()
        self._helpers.append(self.visitors)
