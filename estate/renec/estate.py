"""A small world that is RENEC Harvester: database and standby, Redis Cluster, API, CDN, metrics, alerts, logs."""

import os
import re
import secrets
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from .. import programs
from ..bucket import BucketServer
from ..estate import Estate
from ..machine import Machine
from ..part import Part, wait_until
from ..postgres import READER, Postgres
from ..prometheus import Prometheus
from ..site import Site
from . import logs, metrics, web
from .alerting import Alerting
from .backups import BUCKET, Backups
from .cluster import LOOK_UPS, Cluster
from .database import Database

SHARED = Path(__file__).parents[1]
WORKER_MIB = 96
WORKERS = 2


class Renec(Estate):
    """RENEC on real parts; Kubernetes, the CDN, the store of logs, Grafana and Alertmanager are stand-ins."""

    system = "renec"
    database: Database
    standby: Postgres
    cluster: Cluster
    prometheus: Prometheus
    machine: Machine
    alerting: Alerting
    bucket: BucketServer
    backups: Backups
    api: list[Site]
    web: Site

    @property
    def written(self) -> Mapping[Path, re.Pattern[str]]:
        return {self.home / "logs" / f"{name}.log": logs.ORDINARY for name in logs.COMPONENTS}

    @property
    def kubernetes(self) -> Path:
        """What kubectl answers from."""
        return self.root / "kubectl"

    def live_a_day(self) -> None:
        """Do at once what a day brings: look-ups in the cache, for figures that are told as growth."""
        self.cluster.look_up(LOOK_UPS, LOOK_UPS // 19)

    def process(self, name: str, mib: int) -> Part:
        """A process of the machine that holds so much memory, as the system counts it."""
        program = SHARED / "stand_ins" / "ballast.py"
        command = [sys.executable, "-I", "-S", str(program), str(mib), str(os.getpid()), name]
        part = Part(name, command, self.home, self.root / f"{name}.log")
        self._keep(part)
        return part

    def let_go(self, part: Part) -> None:
        """Know nothing more of a process that was ended."""
        self._parts.remove(part)
        self.machine.tick_now()

    def _lay_out(self) -> None:
        self.database = Database(self.root, self.servant, self.system)
        self.cluster = Cluster(self.root, self.servant)
        self.prometheus = metrics.prometheus(self.root, self.servant)
        self.alerting = Alerting(self.root)
        self.bucket = BucketServer(self.root)
        self.backups = Backups(self.home, self.database, self.bucket)
        self.api = [Site(self.root, f"api-{number}", web.API) for number in (1, 2, 3)]
        token = secrets.token_hex(16)
        self.web = Site(self.root, "web", web.around(token))
        self.workers = [self.process(f"gunicorn-worker-{number}", WORKER_MIB) for number in range(WORKERS)]
        self.machine = Machine(self.root, processes=lambda: [part.pid for part in self._parts])
        self.env = self._env(token)
        sites = [site.part for site in (*self.api, self.web)]
        nodes = [node.part for node in self.cluster.nodes]
        self._keep(self.database.part, self.prometheus.part, self.alerting.part, self.bucket.part, *sites, *nodes)

    def _env(self, token: str) -> dict[str, str]:
        api = {f"RENEC_API_{number}_URL": site.url for number, site in enumerate(self.api, 1)}
        return api | {
            "RENEC_UI_URL": self.web.url,
            "RENEC_UI_BEGINS": "^http://127",  # nobody issues a certificate for a demonstration
            "RENEC_LOG_STORE_URL": f"{self.web.url}/logs",
            "RENEC_GRAFANA_URL": f"{self.web.url}/grafana",
            "RENEC_GRAFANA_TOKEN": token,
            "RENEC_ALERTMANAGER_URL": self.alerting.alertmanager,
            "RENEC_PAGER_URL": self.alerting.receiver,
            "RENEC_PROMETHEUS_URL": self.prometheus.url,
            "RENEC_DSN": self.database.dsn(READER),
            "RENEC_API_DSN": self.database.dsn(self.system),
            "RENEC_REDIS_URL": self.cluster.url(),
            "RENEC_LOGS": str(self.home / "logs"),
            "RENEC_PROC": str(self.root / "proc"),
            "RENEC_PATH": str(self.root / "bin"),
            "RENEC_S3_URL": self.bucket.url,
            "RENEC_S3_BUCKET": BUCKET,
            "RENEC_S3_ACCESS_KEY": self.bucket.access_key,
            "RENEC_S3_SECRET_KEY": self.bucket.secret_key,
            "RENEC_BACKUPS": str(self.backups.folder),
            "RENEC_ARTIFACTS": str(self.backups.artifacts),
            "RENEC_SCRIPTS": str(self.home / "scripts"),
            "RENEC_RECOVERIES": str(self.backups.exercises),
            "RENEC_INCIDENTS": str(self.backups.incidents),
            "RENEC_POST_MORTEMS": str(self.backups.post_mortems),
            "RENEC_REGISTRY_URL": f"{self.web.url}/registry",
            # Nobody waits five minutes for an alert or a rollout that does not come, or fills 100 MB to scatter it.
            "RENEC_ALERT_PATIENCE": "3s",
            "RENEC_FRAGMENTATION_ABOVE": "20 MB",
            "RENEC_ROLLOUT_TIMES": "2",
            "RENEC_ROLLOUT_APART": "200ms",
        }

    def _start_parts(self) -> None:
        """Begin what takes long first, and do our own work while it goes on."""
        self.database.begin_init()
        self._parts.append(self.database.init)
        self.bucket.start()
        self.cluster.begin()
        self.cluster.introduce()
        self.prometheus.start()
        for part in (self.alerting.part, *(site.part for site in (*self.api, self.web)), *self.workers):
            part.start()
        shutil.copytree(SHARED / "recorded" / "kubectl", self.kubernetes)
        programs.install(self.root / "bin", "kubectl", SHARED / "stand_ins" / "kubectl_client.py", self.kubernetes)
        logs.write_past(self.home / "logs")
        self.backups.lay_out(self.root / "bin")
        self.machine.start()
        self._helpers.append(self.machine)
        self.database.finish_init()
        self._parts.remove(self.database.init)
        self.database.await_ready()
        self.database.fill_a_month()
        self._follow()
        self.bucket.await_ready()
        self.backups.make(self.root / "bin")
        for site in (*self.api, self.web):
            site.await_ready()
        self.alerting.await_ready()
        self.cluster.await_complete()
        self.cluster.warm_up()
        self.cluster.save()
        self.prometheus.await_ready()
        self.prometheus.await_alert("Watchdog")

    def _follow(self) -> None:
        self.standby = self.database.standby()
        self._keep(self.standby.part)
        self.standby.part.start()
        self.await_standbys(1)

    def await_standbys(self, count: int) -> None:
        wait_until(lambda: self.database.standbys() == count, f"{count} standbys should stream", pause=0.05)
