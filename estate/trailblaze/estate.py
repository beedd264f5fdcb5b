"""A small world that is TrailBlaze: its API, databases, scrapers' cache, Prometheus, and the world outside."""

import re
import secrets
import shutil
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from .. import containers, programs
from ..estate import Estate, ask
from ..machine import Machine
from ..part import Part, clean_env, free_port
from ..postgres import READER, Postgres
from ..prometheus import Prometheus
from ..site import Route, Site
from . import backups, logs
from .cache import Cache
from .database import Database
from .metrics import JOB, series
from .pages import THIS_MONTH, page
from .scraping import Scrapers

COMPOSE = Path(__file__).with_name("compose.yml")
STAND_INS = Path(__file__).with_name("stand_ins")
SCHEMA = Path(__file__).parent / "recorded" / "event.schema.json"
ORDINARY = re.compile(r'\{"timestamp": "[^"]+", "level": "(?:DEBUG|INFO|WARNING)", "service": (?!.*"status": 5)')
NOWHERE = "http://127.0.0.1:9"  # the port of discard, which nobody serves
DAY = 86400.0
SEARCH, TRACES_OF = "POST /trailblaze-*/_search", "GET /api/traces"
FOUND = {
    "_shards": {"total": 3, "successful": 3, "failed": 0},
    "hits": {"hits": [{"_source": {"@timestamp": "{{now-2}}"}}]},
}
TRACES = {"data": [{"traceID": "5f0c2d7a1be94c4f", "spans": [{"startTime": "{{epoch-40}}000000"}]}]}


class TrailBlaze(Estate):
    """TrailBlaze on real parts."""

    system = "trailblaze"
    database: Database
    replica: Postgres
    prometheus: Prometheus
    machine: Machine
    cache: Cache
    scrapers: Scrapers
    api: Part
    canary: Part
    manage: Part

    @property
    def written(self) -> Mapping[Path, re.Pattern[str]]:
        return {self.home / "logs" / name: ORDINARY for name in ("app.log", "scrapers.log")}

    def live_a_day(self) -> None:
        """Do at once what a day brings: traffic on the network."""
        self.machine.live(26 * 3600)

    def restart(self, part: Part, url: str) -> None:
        part.start()
        part.await_ready(lambda: ask(f"{url}/health")[0] == 200)

    def _lay_out(self) -> None:
        for folder in ("logs", "api", "canary", "schemas"):
            (self.home / folder).mkdir()
        shutil.copy(SCHEMA, self.home / "schemas" / SCHEMA.name)
        for name in ("api", "canary"):
            (self.home / name / "control.json").write_text("{}")
        compose = self.home / "docker-compose.yml"
        compose.write_text(COMPOSE.read_text())
        containers.install(self.root / "bin", self.root, compose)
        self.database = Database(self.root, self.servant, self.system)
        for name in ("pg_dump", "pg_restore"):
            programs.script(self.root / "bin", name, f'exec {self.database.bin / name} "$@"')
        backups.lay_out(self.home, self.database)
        self.machine = Machine(
            self.root, volume="/srv/trailblaze", processes=lambda: [each.pid for each in self._parts]
        )
        self.cache = Cache(self.home)
        self.gemini = Site(self.root, "gemini", {"GET /v1beta/models": {"json": {"models": [{"name": "gemini"}]}}})
        shown = {"GET /aerc*": "aerc_calendar", "GET /trails*": "trail_conditions"}
        sites = {route: {"text": page(source, THIS_MONTH)} for route, source in shown.items()}
        self.sources = Site(self.root, "sources", sites)
        self.scrapers = Scrapers(self.home, self.sources.url)
        stores: dict[str, Route] = {SEARCH: {"json": FOUND}, TRACES_OF: {"json": TRACES}}
        self.stores = Site(self.root, "stores", stores)
        ports = {name: free_port() for name in ("api", "canary")}
        scrapes = {JOB: [f"127.0.0.1:{ports['api']}"]}
        self.prometheus = Prometheus(self.root, self.servant, series(), scrapes=scrapes)
        self.api = self._python("api", "api.py", ports["api"], self.home, "api", self.gemini.url)
        self.canary = self._python("canary", "api.py", ports["canary"], self.home, "canary", NOWHERE)
        self.manage = self._python("manage", "manage.py")
        self.env = self._env(ports)
        sites_parts = [site.part for site in (self.gemini, self.sources, self.stores)]
        self._keep(self.database.part, self.api, self.canary, self.manage, self.prometheus.part, *sites_parts)

    def _python(self, name: str, program: str, *arguments: object) -> Part:
        """A small program that needs no more than Python itself."""
        command = [sys.executable, "-I", "-S", str(STAND_INS / program), *map(str, arguments)]
        return Part(name, command, self.home, self.root / f"{name}.log", clean_env())

    def _env(self, ports: Mapping[str, int]) -> dict[str, str]:
        return {
            "TRAILBLAZE_HOME": str(self.home),
            "TRAILBLAZE_BACKUPS": str(self.home / "backups"),
            "TRAILBLAZE_BASE_BACKUPS": str(self.home / "base"),
            "TRAILBLAZE_WAL_ARCHIVE": str(self.home / "wal"),
            "TRAILBLAZE_URL": f"http://127.0.0.1:{ports['api']}",
            "TRAILBLAZE_CANARY_URL": f"http://127.0.0.1:{ports['canary']}",
            "TRAILBLAZE_PROMETHEUS_URL": self.prometheus.url,
            "TRAILBLAZE_GEMINI_URL": self.gemini.url,
            "TRAILBLAZE_GEMINI_KEY": secrets.token_hex(16),
            "TRAILBLAZE_AERC_SITE": f"{self.sources.url}/aerc",
            "TRAILBLAZE_TRAILS_SITE": f"{self.sources.url}/trails",
            "TRAILBLAZE_LOG_STORE_URL": self.stores.url,
            "TRAILBLAZE_LOG_STORE_KEY": f"ApiKey {secrets.token_hex(16)}",
            "TRAILBLAZE_TRACES_URL": self.stores.url,
            "TRAILBLAZE_DSN": self.database.dsn(READER),
            "TRAILBLAZE_APP_DSN": self.database.dsn(self.system),
            "TRAILBLAZE_PROC": str(self.machine.proc),
            "TRAILBLAZE_PATH": str(self.root / "bin"),
            "TRAILBLAZE_MAY_HAVE_NO_REPLICA": "false",
            # A deprecated endpoint that is due next week is judged.
            "TRAILBLAZE_CALENDAR_REMOVED_AT": str(int(time.time() + 7 * DAY)),
            # Nobody waits so long for a demonstration.
            "TRAILBLAZE_LAG": "3s",
            "TRAILBLAZE_CPU_WINDOW": "1s",
        }

    def _start_parts(self) -> None:
        """Begin what takes long first, and do our own work while it goes on."""
        self.database.begin_init()
        self._parts.append(self.database.init)
        for part in (self.api, self.canary, self.manage):
            part.start()
        self.prometheus.start()
        logs.write_past(self.home / "logs")
        self.cache.fill()
        for site in (self.gemini, self.sources, self.stores):
            site.start()
        self.scrapers.validate(days_ago=2)
        self.machine.start()
        self._helpers.append(self.machine)
        self.database.archive_with(self.home / "scripts" / "archive_wal.sh")
        self._parts.remove(self.database.init)
        self.database.await_ready()
        self.database.fill_a_month()
        self.replica = self.database.standby("replica")
        self._keep(self.replica.part)
        self.replica.part.start()
        backups.make(self.home, self.database)
        self.database.await_archived()
        self.replica.await_ready()
        self.prometheus.await_ready()
        self.database.await_followed()
