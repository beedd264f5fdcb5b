"""TrailBlaze's API: counts its requests, logs as JSON, caches its listing, and asks Gemini through a circuit breaker.

What a fault wants of it stands in a file of orders, read anew for each request.
"""

import json
import signal
import sys
import threading
import time
import traceback
import urllib.error
import urllib.request
import uuid
from collections import Counter
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

BUCKETS = (0.05, 0.1, 0.5, 1.0)
CACHE_SECONDS = 300
TEXT = "text/plain; version=0.0.4; charset=utf-8"
Reply = tuple[int, str, dict[str, str], str]


def as_json(document: Any, status: int = 200, **headers: str) -> Reply:
    return status, "application/json", headers, json.dumps(document)


class Log:
    """Records as JSON, one a line; `runbook` is the formatter that names fields which records do not have."""

    def __init__(self, path: Path) -> None:
        self.path, self.lock = path, threading.Lock()

    def write(self, level: str, message: str, formatter: str = "", **context: Any) -> None:
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        record: dict[str, Any] = {"timestamp": now, "level": level, "service": "api", "request_id": uuid.uuid4().hex}
        if formatter == "runbook":
            record = {"timestamp": None, "level": None}
        with self.lock, self.path.open("a") as file:
            file.write(json.dumps(record | {"message": message, "context": context}) + "\n")


class Metrics:
    """What the middleware counts, as its page shows it."""

    def __init__(self) -> None:
        self.requests: Counter[tuple[str, str, int]] = Counter()
        self.seconds: dict[str, list[float]] = {}
        self.lock = threading.Lock()

    def count(self, endpoint: str, status: int, seconds: float) -> None:
        with self.lock:
            self.requests["GET", endpoint, status] += 1
            self.seconds.setdefault(endpoint, []).append(seconds)

    def page(self) -> str:
        with self.lock:
            lines = ["# HELP http_requests_total Requests.", "# TYPE http_requests_total counter"]
            for (method, endpoint, status), number in self.requests.items():
                labels = f'method="{method}",endpoint="{endpoint}",status_code="{status}"'
                lines.append(f"http_requests_total{{{labels}}} {number}")
            lines += ["# HELP http_request_duration_seconds Time.", "# TYPE http_request_duration_seconds histogram"]
            for endpoint, seconds in self.seconds.items():
                lines += _histogram(f'method="GET",endpoint="{endpoint}"', seconds)
        return "\n".join(lines) + "\n"


def _histogram(labels: str, seconds: list[float]) -> list[str]:
    name, bounds = "http_request_duration_seconds", [(f"{bound:g}", bound) for bound in BUCKETS]
    counts = [(text, sum(each <= bound for each in seconds)) for text, bound in bounds] + [("+Inf", len(seconds))]
    buckets = [f'{name}_bucket{{{labels},le="{text}"}} {count}' for text, count in counts]
    return [*buckets, f"{name}_sum{{{labels}}} {sum(seconds):.6f}", f"{name}_count{{{labels}}} {len(seconds)}"]


class Api:
    """The application behind the HTTP interface."""

    def __init__(self, home: Path, name: str, gemini: str) -> None:
        self.control = home / name / "control.json"
        self.event = json.loads((home / "schemas" / "event.schema.json").read_text())
        self.log = Log(home / "logs" / ("app.log" if name == "api" else f"{name}.log"))
        self.metrics, self.gemini = Metrics(), gemini
        self.listing: tuple[float, str] = (0.0, "")

    def answer(self, path: str) -> Reply:
        """What the middleware does around a handler: time it, count it, log it."""
        orders, begun = json.loads(self.control.read_text()), time.monotonic()
        try:
            reply = self.route(path, orders)
        except Exception as error:  # noqa: BLE001 - this is the middleware
            reply = as_json({"detail": "Internal Server Error"}, 500)
            self.log.write("ERROR", f"unhandled {error!r}", path=path, status=500, exc_info=traceback.format_exc())
            if orders.get("exceptions_uncounted"):
                return reply
        self.metrics.count(path, reply[0], time.monotonic() - begun)
        if path != "/metrics":
            formatter = orders.get("formatter", "")
            self.log.write("INFO", f"GET {path}", formatter, path=path, status=reply[0])
        return reply

    def route(self, path: str, orders: dict[str, Any]) -> Reply:
        first = orders.get("v1_prefix", "/v1")
        prefixes = [first] if orders.get("v2_missing") else [first, "/v2"]
        if path in orders.get("raising", ["/debug/raise"]):
            raise KeyError(path)
        if path == "/metrics":
            is_page = not orders.get("metrics_as_html")
            return (200, TEXT, {}, self.metrics.page()) if is_page else (200, "text/html", {}, "<h1>Sorry</h1>")
        if path == "/health":
            state = "reachable" if self.asks_gemini() else "unreachable"
            return as_json({"status": "healthy", "dependencies": {"gemini": state}})
        if path == "/openapi.json":
            return as_json(_described(prefixes, self.event))
        for prefix in prefixes:
            if path == f"{prefix}/events":
                dropped = orders.get("v2_drops", "") if prefix == "/v2" else ""
                return without(dropped, self.events(orders.get("cache_seconds", CACHE_SECONDS)))
            if path == f"{prefix}/assistant/status":
                return self.assistant(has_breaker=not orders.get("no_breaker"))
        return as_json({"detail": "Not Found"}, 404)

    def events(self, kept: int) -> Reply:
        made, body = self.listing
        age = int(time.time() - made)
        is_hit = age < kept
        if not is_hit:
            body = json.dumps([_ride(number) for number in range(1, 61)])
            self.listing, age = (time.time(), body), 0
        control = f"public, max-age={max(kept - age, 0)}"
        return 200, "application/json", {"X-Cache": "HIT" if is_hit else "MISS", "Cache-Control": control}, body

    def assistant(self, *, has_breaker: bool) -> Reply:
        if self.asks_gemini():
            return as_json({"status": "ready"})
        if not has_breaker:
            raise ConnectionError("Gemini")
        return as_json({"detail": "the assistant is away, please try again later"}, 503)

    def asks_gemini(self) -> bool:
        request = urllib.request.Request(f"{self.gemini}/v1beta/models")  # noqa: S310 - a stand-in on 127.0.0.1
        try:
            urllib.request.urlopen(request, timeout=1).close()  # noqa: S310 - a stand-in on 127.0.0.1
        except (urllib.error.URLError, OSError):
            return False
        return True


def _ride(number: int) -> dict[str, Any]:
    day = f"2026-07-{1 + number % 28:02d}"
    told: dict[str, Any] = {"id": number, "name": f"Ride {number}", "location": f"Camp {number % 17}"}
    told |= {"date_start": day, "date_end": day, "source": "aerc_calendar", "website": None}
    return told | {"listed_at": time.time()}


def without(field: str, reply: Reply) -> Reply:
    """The same reply, as a release answers it that forgot a field."""
    if not field:
        return reply
    rides = [{name: value for name, value in ride.items() if name != field} for ride in json.loads(reply[3])]
    return (*reply[:3], json.dumps(rides))


def _described(prefixes: list[str], event: dict[str, Any]) -> dict[str, Any]:
    operation = {"responses": {"200": {"description": "Successful Response"}}}
    paths = [f"{prefix}/{rest}" for prefix in prefixes for rest in ("events", "assistant/status")]
    operations = {path: {"get": operation | {"operationId": path.strip("/").replace("/", "_")}} for path in paths}
    info = {"title": "TrailBlaze", "version": "2.1.0"}
    schemas = {"EventResponse": event}
    return {"openapi": "3.1.0", "info": info, "paths": operations, "components": {"schemas": schemas}}


class Service(BaseHTTPRequestHandler):
    """HTTP around it."""

    protocol_version = "HTTP/1.1"
    api: Api

    def do_GET(self) -> None:
        status, kind, headers, body = self.api.answer(self.path.partition("?")[0])
        data = body.encode()
        self.send_response(status)
        for name, value in ({"Content-Type": kind, "Content-Length": str(len(data))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - http.server's name
        """Say nothing: the application logs itself."""


class Server(ThreadingHTTPServer):
    """Many at once, and quickly gone."""

    daemon_threads = True
    request_queue_size = 128


def main(port: str, home: str, name: str, gemini: str) -> None:
    Service.api = Api(Path(home), name, gemini)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    Server(("127.0.0.1", int(port)), Service).serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
