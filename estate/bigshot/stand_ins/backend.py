"""BigShot's backend: its own process that really depends on PostgreSQL, Redis and Celery beside it."""

import hmac
import itertools
import json
import logging
import os
import socket
import threading
import time
from collections import deque
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psutil
import psycopg

from ...stand_ins.ballast import Ballast, Hog
from .components import Database, Fragments, Workers, ask
from .users import Users

VERSION = "2.4.1"
JOB_PERIOD = 2.0
QUIET_LOG = "imports.log"  # open for weeks, and hardly ever written to
LONGEST_BODY = 65_536
JOB = b"""
WITH finished AS (
    UPDATE jobs SET status = 'completed', started_at = coalesce(started_at, created_at), completed_at = now()
    WHERE status IN ('pending', 'running') AND
    created_at > now() - interval '1 hour' AND created_at < now() - interval '3 minutes')
INSERT INTO jobs (job_type, status, created_at, started_at, completed_at)
VALUES ((ARRAY['crawl', 'report', 'sync', 'notify'])[1 + (extract(epoch FROM now())::bigint / 2) % 4],
        'completed', now() - interval '1 second', now() - interval '900 milliseconds', now())
"""
FIGURES = b"""
SELECT count(*) FILTER (WHERE status = 'pending'), count(*) FILTER (WHERE status = 'running'),
       (SELECT count(*) FROM pg_stat_activity WHERE datname = 'bigshot') FROM jobs
"""
Reply = tuple[int, Any]


class BigShot:
    """The application behind the HTTP interface."""

    def __init__(self, home: Path, dsn: str, cache_url: str, token: str, account: tuple[str, str]) -> None:
        self.home = home
        self.cache_url = cache_url
        self.token = token
        self.database = Database(dsn)
        self.users = Users(self.database, account)
        self.fragments = Fragments()
        self.workers = Workers()
        self.ballast = Ballast()
        self.hog = Hog()
        self.lock = threading.Lock()
        self.requests: deque[float] = deque(maxlen=10000)
        self.pages = itertools.count(1)
        self.canned = itertools.count(1)

    def orders(self) -> dict[str, Any]:
        """Read what a fault wants of us, and carry the weight it asks for."""
        found: dict[str, Any] = json.loads((self.home / "control.json").read_text())
        with self.lock:
            self.ballast.hold(int(found.get("leak_mib", 0)))
            self.hog.hold(int(found.get("hog_mib", 0)))
        return found

    def reply(self, route: str, authorization: str, sent: bytes, address: str) -> Reply:
        self.requests.append(time.monotonic())
        orders, (method, _, path) = self.orders(), route.partition(" ")
        canned = orders.get("answers", {}).get(path)
        if canned and next(self.canned) % int(canned.get("every", 1)) == 0:
            return int(canned["status"]), canned["body"]
        found = self.read(path, authorization, orders) if method == "GET" else None
        return found or self.users.reply(route, authorization, sent, address) or (404, {"error": "not found"})

    def read(self, path: str, authorization: str, orders: dict[str, Any]) -> Reply | None:
        public = {"/api/v1/health": self.health, "/api/v1/metrics": self.metrics}
        if path in public:
            return public[path]()
        if path in {"/api/v1/health/detailed", "/api/v1/backup/status"}:
            if not hmac.compare_digest(authorization.encode(), f"Bearer {self.token}".encode()):
                return 401, {"error": "unauthorized", "message": "a valid bearer token is needed"}
            return self.detailed(orders) if path.endswith("detailed") else self.backup()
        if path.startswith("/domains/") and path[9:].isdigit():
            return self.page(int(path[9:]), orders)
        return None

    def health(self) -> Reply:
        return 200, {"status": "healthy", "version": VERSION, "timestamp": datetime.now(UTC).isoformat()}

    def detailed(self, orders: dict[str, Any]) -> Reply:
        cache = self.fragments.at(orders.get("cache_url", self.cache_url))
        components = {
            "database": ask(lambda: self.database.query(b"SELECT 1")),
            "redis": ask(cache.ping),
            "celery": ask(self.workers.ping),
        }
        well = all(component["status"] == "healthy" for component in components.values())
        return (200 if well else 503), {"status": "healthy" if well else "unhealthy", "components": components}

    def backup(self) -> Reply:
        return 200, json.loads((self.home / "backup_status.json").read_text())

    def metrics(self) -> Reply:
        try:
            pending, running, connections = self.database.query(FIGURES)[0]
        except psycopg.OperationalError:
            return 503, {"error": "the database does not answer"}
        minute = time.monotonic() - 60
        return 200, {
            "timestamp": datetime.now(UTC).isoformat(),
            "requests_per_minute": sum(when > minute for when in tuple(self.requests)),
            "jobs_pending": pending,
            "jobs_running": running,
            "active_connections": connections,
            "memory_bytes": psutil.Process().memory_info().rss,
        }

    def page(self, number: int, orders: dict[str, Any]) -> Reply:
        found = self.fragments.read(orders.get("cache_url", self.cache_url), number)
        count = next(self.pages)
        delay, failure = orders.get("delay"), orders.get("fail_every")
        if delay and count % int(delay["every"]) == 0:
            time.sleep(float(delay["seconds"]))
        if failure and count % int(failure) == 0:
            return 500, {"error": "internal server error"}
        return 200, {"domain": f"domain-{number}.example", "fragments": found}

    def schedule(self) -> None:
        """Be the job scheduler: one short job every two seconds."""
        while True:
            time.sleep(JOB_PERIOD)
            try:
                if not self.orders().get("scheduler_stopped"):
                    self.database.query(JOB)
            except (psycopg.Error, OSError, ValueError):
                continue  # the database logs its own failure; the next job will try again


class Handler(BaseHTTPRequestHandler):
    """JSON over HTTP."""

    bigshot: BigShot

    def do_GET(self) -> None:
        self.answer()

    def do_POST(self) -> None:
        self.answer()

    def answer(self) -> None:
        route, authorization = f"{self.command} {self.path.partition('?')[0]}", self.headers.get("Authorization", "")
        try:
            sent = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), LONGEST_BODY))
            status, body = self.bigshot.reply(route, authorization, sent, self.client_address[0])
        except Exception:
            logging.getLogger("bigshot.http").exception("unexpected failure at %s", self.path)
            status, body = 500, {"error": "internal server error"}
        text = json.dumps(body).encode()
        self.send_response(status, HTTPStatus(status).phrase)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class says so
        logging.getLogger("bigshot.http").info(format, *args)


class Server(ThreadingHTTPServer):
    """A server that takes bursts."""

    request_queue_size = 256
    daemon_threads = True

    def server_bind(self) -> None:
        """Bind without asking for our host name, which may take seconds."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_name, self.server_port = "bigshot", int(self.server_address[1])


def begin_logging(path: Path) -> None:
    handler = logging.FileHandler(path)
    formatter = logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    logging.basicConfig(level=logging.INFO, handlers=[handler])


def main() -> None:
    home = Path(os.environ["BIGSHOT_HOME"])
    begin_logging(home / "logs" / "app.log")
    logging.getLogger("bigshot.imports").addHandler(logging.FileHandler(home / "logs" / QUIET_LOG))
    dsn, cache_url, token = (os.environ[f"BIGSHOT_{name}"] for name in ("APP_DSN", "CACHE_URL", "TOKEN"))
    account = os.environ["BIGSHOT_SMOKE_USER"], os.environ["BIGSHOT_SMOKE_PASSWORD"]
    Handler.bigshot = BigShot(home, dsn, cache_url, token, account)
    threading.Thread(target=Handler.bigshot.schedule, daemon=True).start()
    logging.getLogger("bigshot").info("backend %s started", VERSION)
    Server(("127.0.0.1", int(os.environ["BIGSHOT_PORT"])), Handler).serve_forever()


if __name__ == "__main__":
    main()
