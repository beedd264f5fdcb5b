"""A small world that is PriceWatch: scraper, database, Prometheus, Grafana, the shops it watches and its proxies."""

import contextlib
import json
import re
import secrets
import socket
import sys
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from .. import containers, programs
from ..estate import Estate
from ..machine import Machine
from ..part import Part, free_port, wait_until
from ..postgres import Postgres
from ..prometheus import Prometheus
from ..site import Site
from . import backups, extraction, grafana, logs, metrics
from .scraping import Scraping

HERE = Path(__file__).parent
ORDINARY = re.compile(r'\{"timestamp": "[^"]+", "level": "INFO"')
SHOPS = ("alpha", "beta", "gamma")
PROVIDERS = 2
PROXIES_EACH = 6
WAITING = 40
SCRIPTS = ("verify_health", "system_check", "verify_restoration", "check_proxy_health")


class PriceWatch(Estate):
    """PriceWatch on real parts; Grafana is a site of recorded answers."""

    system = "pricewatch"
    database: Postgres
    prometheus: Prometheus
    scraper: Site
    grafana: Site
    shops: dict[str, Site]
    providers: list[Part]
    machine: Machine

    @property
    def log(self) -> Path:
        return self.home / "logs" / "scraper.log"

    @property
    def compose(self) -> Path:
        return self.home / "docker-compose.yml"

    @property
    def emergency(self) -> Path:
        """The file that whoever calls an emergency makes."""
        return self.home / "state" / "emergency"

    @property
    def written(self) -> Mapping[Path, re.Pattern[str]]:
        return {self.log: ORDINARY}

    def await_scraped(self, up: int = 1) -> None:
        """Wait until Prometheus has scraped the scraper again, or failed to."""

        def was() -> bool:
            with contextlib.suppress(OSError):
                return bool(self.prometheus.value_by_labels(f'up{{job="scraper"}} == {up}'))
            return False

        wait_until(was, f"the scraper should be {'up' if up else 'down'} in Prometheus")

    def proxies_listen(self, provider: int) -> bool:
        """Tell whether each proxy of a provider takes connections."""
        for port in self.ports[provider * PROXIES_EACH : (provider + 1) * PROXIES_EACH]:
            with socket.socket() as knock:
                if knock.connect_ex(("127.0.0.1", port)):
                    return False
        return True

    @contextlib.contextmanager
    def beside(self, part: Part) -> Iterator[None]:
        """Let another part run for a while."""
        self._keep(part)
        part.start()
        try:
            yield
        finally:
            part.stop(0.1)
            self._parts.remove(part)
            part.changed()

    def _lay_out(self) -> None:
        for folder in ("config", "state", "scripts"):
            (self.home / folder).mkdir()
        (self.home / "config" / "scraper.env").write_text("LOG_LEVEL=INFO\nSCRAPER_CONCURRENCY=4\n")
        self.compose.write_text((HERE / "docker-compose.yml").read_text())
        containers.install(self.root / "bin", self.root, self.compose)
        programs.script(self.root / "bin", "python3", f'exec {sys.executable} -I -S "$@"')
        for name in SCRIPTS:
            (self.home / "scripts" / f"{name}.py").write_text((HERE / "stand_ins" / "ops.py").read_text())
        self.database = Postgres(self.root, self.servant, self.system)
        programs.script(self.root / "bin", "psql", f'exec {self.database.bin / "psql"} "$@"')
        self.machine = Machine(self.root, processes=lambda: [part.pid for part in self._parts])
        self._lay_out_services()
        self.env = self._env()
        self._write_settings()
        extraction.write(self.home, {f"shop-{name}.example": shop.url for name, shop in self.shops.items()})
        shops = [shop.part for shop in self.shops.values()]
        services = [self.database.part, self.scraper.part, self.prometheus.part, self.grafana.part]
        self._keep(*services, *shops, *self.providers)

    def _lay_out_services(self) -> None:
        self.token = secrets.token_hex(16)
        self.scraper = Site(self.root, "scraper", {"GET /metrics": {"text": metrics.PAGE.format(waiting=WAITING)}})
        self.grafana = Site(self.root, "grafana", grafana.routes(self.token))
        self.shops = {name: Site(self.root, f"shop-{name}", {"GET /": {"text": extraction.PAGE}}) for name in SHOPS}
        scrapes = {"scraper": [f"127.0.0.1:{self.scraper.port}"]}
        self.prometheus = Prometheus(self.root, self.servant, metrics.healthy(), scrapes=scrapes)
        self.ports = [free_port() for _ in range(PROVIDERS * PROXIES_EACH)]
        self.providers = [self._provider(number) for number in range(PROVIDERS)]
        self.scraping = Scraping(self.database.dsn(self.system), self.log, lambda: self.scraper.part.alive)

    def _provider(self, number: int) -> Part:
        ports = map(str, self.ports[number * PROXIES_EACH : (number + 1) * PROXIES_EACH])
        program = str(HERE / "stand_ins" / "proxies.py")
        name = f"proxies-{number + 1}"
        return Part(name, [sys.executable, "-I", "-S", program, *ports], self.home, self.root / f"{name}.log")

    def _env(self) -> dict[str, str]:
        shops = {f"PRICEWATCH_SHOP_{name.upper()}": shop.url for name, shop in self.shops.items()}
        return {
            "PRICEWATCH_HOME": str(self.home),
            "PRICEWATCH_PROC": str(self.root / "proc"),
            "PRICEWATCH_PATH": str(self.root / "bin"),
            "PRICEWATCH_DSN": self.database.dsn("rounds_reader"),
            "PRICEWATCH_SCRAPER_URL": self.scraper.url,
            "PRICEWATCH_PROMETHEUS_URL": self.prometheus.url,
            "PRICEWATCH_GRAFANA_URL": self.grafana.url,
            "PRICEWATCH_GRAFANA_TOKEN": self.token,
            # Nobody waits two minutes for a demonstration of a service that does not start.
            "PRICEWATCH_STATS_WINDOW": "0s",
            "PRICEWATCH_START_ATTEMPTS": "2",
            "PRICEWATCH_START_PAUSE": "200ms",
            "PRICEWATCH_FLOW_ATTEMPTS": "2",
            "PRICEWATCH_FLOW_PAUSE": "200ms",
            **shops,
        }

    def _write_settings(self) -> None:
        """Write the .env of the operators' programs."""
        settings = {
            "PRICEWATCH_DATABASE_URL": self.database.dsn(self.system),
            "PRICEWATCH_SCRAPER_URL": self.scraper.url,
            "PRICEWATCH_PROMETHEUS_URL": self.prometheus.url,
            "PRICEWATCH_GRAFANA_URL": self.grafana.url,
            "PRICEWATCH_KNOWN_PAGE": f"{self.shops['alpha'].url}/",
        }
        file = self.home / ".env"
        file.touch(mode=0o600)
        file.write_text("".join(f"{name}='{value}'\n" for name, value in settings.items()))

    def _start_parts(self) -> None:
        """Begin what takes long first; the scraper answers before Prometheus asks it."""
        self.database.begin_init()
        self._parts.append(self.database.init)
        for part in self.providers:
            part.start()
        self.scraper.start()
        self.prometheus.start()
        for site in (self.grafana, *self.shops.values()):
            site.start()
        logs.write_past(self.log.parent)
        self.machine.start()
        self._helpers.append(self.machine)
        self.database.finish_init()
        self._parts.remove(self.database.init)
        self.database.await_ready()
        self._fill()
        backups.make(self.home, self.database)
        self.prometheus.await_ready()
        for number, provider in enumerate(self.providers):
            provider.await_ready(partial(self.proxies_listen, number))
        self.scraping.start()
        self._helpers.append(self.scraping)

    def _fill(self) -> None:
        recorded = HERE / "recorded"
        self.database.fill(
            (recorded / "schema.sql").read_bytes(), (recorded / "grants.sql").read_text().strip().split("\n")
        )
        for number, port in enumerate(self.ports, 1):
            self.database.query("UPDATE proxies SET address = %s WHERE id = %s", f"127.0.0.1:{port}", number)
        tables = ("monitored_urls", "proxies", "price_history")
        counts = {table: self.database.query(f"SELECT count(*) FROM {table}")[0][0] for table in tables}  # noqa: S608 - our own names
        (self.home / "state" / "rows-before.json").write_text(json.dumps(counts))
