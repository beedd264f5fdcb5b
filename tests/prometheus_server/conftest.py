"""A real Prometheus with a past of five weeks, and applications that it scrapes."""

import contextlib
import http.server
import inspect
import math
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from rounds.estate.ground import raze, servant, settle
from rounds.estate.prometheus import Prometheus, Series, growing, level
from rounds.fixtures import exposition, prometheus, prometheus_rules  # noqa: F401 - their probes become known
from rounds.judge import Observer
from rounds.probe import PROBES
from rounds.targets import Endpoint
from rounds.targets import Prometheus as Target

DAY = 86400.0
PAGE = """# HELP queue_size URLs that wait.
# TYPE queue_size gauge
queue_size 5000
# TYPE http_requests_total counter
http_requests_total{method="GET",endpoint="/",status_code="200"} 7
# TYPE http_request_duration_seconds histogram
http_request_duration_seconds_bucket{method="GET",endpoint="/",le="0.5"} 6
http_request_duration_seconds_bucket{method="GET",endpoint="/",le="+Inf"} 7
http_request_duration_seconds_sum{method="GET",endpoint="/"} 1.5
http_request_duration_seconds_count{method="GET",endpoint="/"} 7
# TYPE odd gauge
odd NaN
# TYPE unused_total counter
"""
SERIES = [
    Series("http_requests_total", {"status_code": "200"}, growing(9.9)),
    Series("http_requests_total", {"status_code": "500"}, growing(0.1)),
    Series("good_requests_total", {"status_code": "200"}, growing(1)),
    Series("collapsed_total", {}, growing(10, {DAY: 1})),
    Series("flooded_total", {}, growing(10, {DAY: 100})),
    Series("idle_total", {}, growing(0)),
    Series("young_total", {}, lambda at: at + 2 * DAY if at > -2 * DAY else None),
    Series("gone_total", {}, growing(1)).until(3600),
    Series("nan_ratio", {}, level(math.nan)),
    Series("endless_seconds", {}, level(math.inf)),
    Series("cpu_percent", {"tier": "web"}, level(40)),
    Series("cpu_percent", {"tier": "db"}, level(85)),
    Series("items_total", {}, growing(2)),
    Series("stalled_items_total", {}, growing(2, {1800: 0})),
    Series("harvest_scheduled", {}, level(1)),
    Series("harvest_idle", {}, level(0)),
    Series("errors_total", {"type": "timeout"}, growing(0.01)),
    Series("errors_total", {"type": "parse"}, growing(0.01, {DAY: 0.1})),
    Series("calm_errors_total", {"type": "timeout"}, growing(0.01)),
    Series("calm_errors_total", {"type": "unknown"}, growing(0.0005)),
    Series("untyped_errors_total", {}, growing(0.01)),
    Series("network_bytes_total", {"instance": "a"}, growing(1e6)),
    Series("network_packets_total", {"instance": "a"}, growing(1000)),
    Series("network_drops_total", {"instance": "a"}, growing(0.1)),
    Series("network_many_drops_total", {"instance": "a"}, growing(10)),
]
RULES = {
    "fine": [
        {"alert": "Watchdog", "expr": "vector(1)", "labels": {"severity": "none"}},
        {"alert": "ManyErrors", "expr": 'rate(http_requests_total{status_code="500"}[5m]) > 0.5', "for": "10m",
         "labels": {"severity": "warning"}},
        {"record": "job:items:rate5m", "expr": "sum(rate(items_total[5m]))"},
    ],
    "poor": [
        {"alert": "Blind", "expr": "rate(no_such_total[10m]) == 0", "for": "20m", "labels": {"severity": "critical"}},
        {"alert": "Ill", "expr": "up * on() up > 5", "labels": {"severity": "critical"}},
    ],
}  # fmt: skip


class Application:
    """A small application in this process; `pages` are its answers by path: status, content type, body."""

    def __init__(self) -> None:
        self.pages: dict[str, Any] = {"/metrics": (200, "text/plain; version=0.0.4; charset=utf-8", PAGE)}
        self.seen: list[str] = []
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.address = f"127.0.0.1:{self._server.server_port}"
        self.endpoint = Endpoint(name="api", system="shop", url=f"http://{self.address}")
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def _handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        application = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                application.seen.append(self.path)
                page = application.pages.get(self.path, (404, "text/plain", ""))
                status, kind, text = page() if callable(page) else page
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_: object) -> None:
                pass

        return Handler

    def end(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture(scope="session")
def application() -> Iterator[Application]:
    running = Application()
    yield running
    running.end()


@pytest.fixture
def own_application() -> Iterator[Application]:
    running = Application()
    yield running
    running.end()


def needs_prometheus() -> None:
    missing = [name for name in ("prometheus", "promtool") if shutil.which(name) is None]
    if missing and os.environ.get("CI") == "true":
        pytest.fail(f"{' and '.join(missing)} must be there in CI: apt-get install prometheus")
    if missing:
        pytest.skip(f"{' and '.join(missing)} is missing: apt-get install prometheus")


@pytest.fixture
def needs() -> Callable[[], None]:
    return needs_prometheus


@contextlib.contextmanager
def serving(series: list[Series], **given: Any) -> Iterator[Prometheus]:
    needs_prometheus()
    who = servant()
    root = settle(who)
    running = Prometheus(root, who, series, **given)
    try:
        running.start()
        running.await_ready()
        yield running
    finally:
        running.part.stop()
        raze(root)


@pytest.fixture(scope="session")
def server(application: Application) -> Iterator[Prometheus]:
    with serving(SERIES, scrapes={"api": [application.address], "dead": ["127.0.0.1:1"]}, rules=RULES) as running:
        yield running


@pytest.fixture
def metrics(server: Prometheus) -> Target:
    return Target(name="metrics", system="shop", url=server.url)


@pytest.fixture
def judged(row: Callable[..., Any]) -> Callable[..., Observer]:
    """Look as a round does and judge: `judged(check, prometheus=metrics, query="up", …)`."""

    def judge(check: Callable[..., None], **fields: Any) -> Observer:
        parameters = inspect.signature(check).parameters
        expected = row(parameters["expected"].annotation, **fields)
        facts = {}
        for name in parameters.keys() & PROBES.keys():
            probe = PROBES[name]
            facts[name] = probe.look(*[getattr(expected, argument) for argument in probe.arguments])
        observer = Observer()
        check(expected=expected, observe=observer, **facts)
        return observer

    return judge
