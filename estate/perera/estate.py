"""A small world that is Perera: API, orchestrator, collector, sources, databases; with logs and backups of a past."""

import contextlib
import json
import re
import secrets
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from .. import containers, programs
from ..bucket import BucketServer
from ..control import told
from ..estate import Estate, ask
from ..ground import write
from ..machine import Machine
from ..part import Part, python_env, wait_until
from ..postgres import READER, Postgres
from ..site import Site
from . import backups, databases, exports, logs, routes
from .stand_ins.records import SOURCES

HERE = Path(__file__).parent
STAND_INS = HERE.parent / "stand_ins"
UNITS = {
    "perera-lead-scraper-api.service": {"part": "api", "up": 3 * 86400},
    "perera-lead-scraper-orchestrator.service": {"part": "orchestrator", "up": 3 * 86400},
    "perera-metrics-collector.service": {"part": "collector", "up": 9 * 86400},
}
BACKUP = """backup:
  enabled: true
  schedule: "0 1 * * *"
  retention_days: 30
  backup_dir: data/backups
"""
ORDINARY = re.compile(r"[\d-]+ [\d:,]+ - \S+ - (INFO|DEBUG) - ")


class Perera(Estate):
    """Perera on real parts."""

    system = "perera"
    machine: Machine
    api: Site
    sources: Site
    database: Postgres
    bucket: BucketServer
    orchestrator: Part
    collector: Part
    workers: tuple[int, ...]

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    @property
    def log(self) -> Path:
        return self.logs / "app.log"

    @property
    def leads(self) -> Path:
        """The live SQLite database."""
        return self.home / "data" / "leads.db"

    @property
    def written(self) -> Mapping[Path, re.Pattern[str]]:
        return {self.log: ORDINARY, self.orchestrator.log: ORDINARY}

    @property
    def components(self) -> dict[str, str]:
        """What the API says of its components."""
        return dict(ask(f"{self.api.url}/api/health")[1].get("components", {}))

    def await_component(self, name: str, state: str) -> None:
        wait_until(lambda: self.components.get(name) == state, f"component {name} should be {state}")

    def show_workers(self, part: Part, mib: int = 0) -> None:
        """Let the machine show the children of a part, once they hold so much."""
        wait_until(
            lambda: sum(map(_resident, part.descendants())) >= mib * 1024**2, f"{part.name} should hold {mib} MiB"
        )
        self.workers = tuple(child.pid for child in part.descendants()) if mib else ()
        self.machine.tick_now()

    def start_orchestrator(self) -> None:
        self.orchestrator.start()
        pid_file = self.home / "app.pid"
        self.orchestrator.await_ready(lambda: pid_file.exists() and pid_file.read_text().strip() == self._pid)

    def begin_new_logs(self) -> None:
        """Tell the orchestrator that its log was rotated, as postrotate does; it writes to the new one afterwards."""
        size = self.log.stat().st_size
        self.orchestrator.tell(signal.SIGUSR1)
        wait_until(lambda: self.log.stat().st_size > size, "the orchestrator should write to the new log")

    @contextmanager
    def orders(self, **orders: Any) -> Iterator[None]:
        """Tell the orchestrator something for a while; it has heard it when the damage begins."""
        with told(self.home, **orders):
            self.await_heard()
            yield

    def await_heard(self) -> None:
        control, heard = self.home / "control.json", self.home / "heard.json"
        wait_until(lambda: json.loads(heard.read_text()) == json.loads(control.read_text()), "orders should be heard")

    @property
    def _pid(self) -> str:
        return str(self.orchestrator.pid)

    def _lay_out(self) -> None:
        for folder in ("logs", "data"):
            (self.home / folder).mkdir()
        (self.home / "control.json").write_text("{}")
        (self.home / "docker-compose.yml").write_text((HERE / "compose.yml").read_text())
        self.workers = ()
        self.machine = Machine(
            self.root, processes=lambda: [*(part.pid for part in self._parts), *self.workers], volume="/srv/perera"
        )
        self._lay_out_programs()
        self.database = Postgres(self.root, self.servant, self.system)
        self.bucket = BucketServer(self.root)
        self.sources = Site(self.root, "sources", {f"GET /{name}": {"text": "permits and bids"} for name in SOURCES})
        self.api = Site(self.root, "api", {})
        self.env = self._env()
        self.api.part.command = [
            sys.executable, "-m", f"{__package__}.stand_ins.api", str(self.api.port), str(self.api.routes)
        ]  # fmt: skip
        self.api.part.env = python_env() | self.env
        write(self.api.routes, json.dumps(routes.of(self.env["PERERA_API_KEY"])))
        self.orchestrator = self._program("orchestrator", f"{self.system}.stand_ins.orchestrator", {})
        shell = 'echo $$ > "$PERERA_HOME/collector.pid"; exec sleep 1000000'
        self.collector = Part(
            "collector", ["/bin/sh", "-c", shell], self.home, self.root / "collector.log", python_env() | self.env
        )
        self._keep(self.api.part, self.orchestrator, self.collector, self.sources.part)
        self._keep(self.database.part, self.bucket.part)

    def _lay_out_programs(self) -> None:
        folder = self.root / "bin"
        containers.install(folder, self.root, self.home / "docker-compose.yml")
        programs.install(folder, "systemctl", STAND_INS / "systemctl.py", self.root)
        programs.install(folder, "lead-scraper", HERE / "stand_ins" / "cli.py", self.home)
        write(self.root / "units.json", json.dumps(UNITS))

    def _env(self) -> dict[str, str]:
        return {
            "PERERA_HOME": str(self.home),
            "PERERA_URL": self.api.url,
            "PERERA_API_KEY": secrets.token_hex(16),
            "PERERA_PROC": str(self.root / "proc"),
            "PERERA_PATH": str(self.root / "bin"),
            "PERERA_CLI": "lead-scraper",
            "PERERA_DSN": self.database.dsn(READER),
            "PERERA_S3_URL": self.bucket.url,
            "PERERA_S3_BUCKET": exports.BUCKET,
            "PERERA_S3_ACCESS_KEY": self.bucket.access_key,
            "PERERA_S3_SECRET_KEY": self.bucket.secret_key,
            # Nobody waits two minutes in a demonstration for an API that does not come up.
            "PERERA_START_TRIES": "2",
            "PERERA_START_PAUSE": "200ms",
        }

    def _start_parts(self) -> None:
        """Begin what takes long first. The orchestrator begins before the newest rotation, which it must survive."""
        self.database.begin_init()
        self._parts.append(self.database.init)
        self.bucket.start()
        logs.write_past(self.logs)
        self.orchestrator.start()
        self.api.part.start()
        self.sources.part.start()
        self.collector.start()
        self._fill()
        self.machine.start()
        self._helpers.append(self.machine)
        self.orchestrator.await_ready((self.home / "app.pid").exists)
        logs.rotate(self.logs)
        self.begin_new_logs()
        self.sources.await_ready()
        self.api.await_ready()
        self._finish_stores()

    def _fill(self) -> None:
        databases.make_sqlite(self.leads)
        entries = [f"  - name: {name}\n    url: {self.sources.url}/{name}\n    enabled: true\n" for name in SOURCES]
        dormant = f"  - name: former_portal\n    url: {self.sources.url}/former\n    enabled: false\n"
        write(self.home / "config.yml", "data_sources:\n" + "".join(entries) + dormant + BACKUP)
        backups.make_copies(self.home)
        backups.copy_configuration(self.home)
        exports.make(self.home)

    def _finish_stores(self) -> None:
        self.database.finish_init()
        self._parts.remove(self.database.init)
        self.bucket.await_ready()
        self.bucket.make(exports.BUCKET)
        backups.upload(self.home, self.bucket)
        exports.upload(self.home, self.bucket)
        self.database.await_ready()
        databases.fill(self.database)
        backups.make_dumps(self.home, self.database)


def _resident(process: psutil.Process) -> int:
    with contextlib.suppress(psutil.Error):  # it may just have ended
        return int(process.memory_info().rss)
    return 0
