from collections.abc import Iterator

from ...fault import fault
from .. import web
from ..estate import Renec

SLOW_SECONDS = 2.3  # later than the row allows, and earlier than the load balancer gives up


@fault(
    "two of the three API servers answer their health path with 500",
    "renec.health.lb-health-checks",
    "renec.health.api-status",
)
def api_servers_fail(estate: Renec) -> Iterator[None]:
    first, second, _ = estate.api
    failing = {"route": "GET /health", "status": 500, "json": {"status": "error"}}
    with first.told(**failing), second.told(**failing):
        yield


@fault("one API server hangs for more than 2 s before it answers", "renec.health.api-status")
def api_server_hangs(estate: Renec) -> Iterator[None]:
    with estate.api[1].told(route="GET /health", delay=SLOW_SECONDS):
        yield


@fault("the name of the UI leads to the origin, past the CDN", "renec.availability.cdn")
def cdn_bypassed(estate: Renec) -> Iterator[None]:
    with estate.web.told(route="GET /", headers={"Server": "nginx"}):
        yield


@fault("the log shipper of the spider's node stands still for 15 minutes", "renec.logs.aggregation")
def log_shipper_stopped(estate: Renec) -> Iterator[None]:
    with estate.web.told(route="POST /logs/renec-spider/_search", json=web.found(-900)):
        yield


@fault("somebody deleted a panel of the dashboard", "renec.health.grafana-dashboard")
def panel_deleted(estate: Renec) -> Iterator[None]:
    with estate.web.told(route="GET /grafana/api/dashboards/uid/overview", json=web.dashboard(web.PANELS[0])):
        yield


@fault("the address of the on-call receiver is wrong", "renec.health.detection-works")
def receiver_unreachable(estate: Renec) -> Iterator[None]:
    with estate.alerting.receiver_at("http://127.0.0.1:1/page"):
        estate.alerting.raise_alert("SpiderStalled")
        estate.alerting.await_failure()
        yield
    estate.alerting.restart()  # what failed is counted until then
