from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from ...control import told
from ...fault import fault
from ...part import wait_until
from ..estate import BigShot
from ..logs import requests_since


@fault(
    "the public health endpoint answers 500 with a JSON body", "bigshot.health.api-basic", "bigshot.health.post-update"
)
def health_answers_500(estate: BigShot) -> Iterator[None]:
    body = {"status": "error", "message": "internal server error"}
    with told(estate.home, answers={"/api/v1/health": {"status": 500, "body": body}}):
        yield


@fault(
    "after an update a broken container answers every second request",
    "bigshot.health.post-update",
    may_redden={"bigshot.health.api-basic": "it asks once and may meet either container"},
)
def half_updated(estate: BigShot) -> Iterator[None]:
    body = {"status": "starting", "message": "migrations are missing"}
    with told(estate.home, answers={"/api/v1/health": {"status": 503, "body": body, "every": 2}}):
        yield


@fault("the job API answers 500", "bigshot.health.smoke-tests")
def job_api_broken(estate: BigShot) -> Iterator[None]:
    with told(estate.home, answers={"/api/v1/jobs": {"status": 500, "body": {"error": "internal server error"}}}):
        yield


@fault("the backend has the wrong address of its cache", "bigshot.health.api-detailed")
def backend_loses_cache(estate: BigShot) -> Iterator[None]:
    with told(estate.home, cache_url="redis://127.0.0.1:1/1"):
        yield


@fault("the metrics endpoint serves figures of 20 minutes ago", "bigshot.performance.metrics-endpoint")
def metrics_frozen(estate: BigShot) -> Iterator[None]:
    body = estate.ask("/api/v1/metrics")[1] | {"timestamp": (datetime.now(UTC) - timedelta(minutes=20)).isoformat()}
    with told(estate.home, answers={"/api/v1/metrics": {"status": 200, "body": body}}):
        yield


@fault("a tenth of the pages takes a second longer", "bigshot.performance.response-time")
def slow_pages(estate: BigShot) -> Iterator[None]:
    hour = requests_since(estate.frontend.access_log, timedelta(hours=1))
    with told(estate.home, delay={"every": 1, "seconds": 1}):
        estate.visitors.crowd(max(60, hour // 8))
    with told(estate.home, delay={"every": 10, "seconds": 1}):
        yield


@fault(
    "one page in twenty is answered with 500",
    "bigshot.availability.error-rate",
    may_redden={"bigshot.logs.nginx-error-share": "the same answers count in the last day, once there are enough"},
)
def failing_pages(estate: BigShot) -> Iterator[None]:
    lately = requests_since(estate.frontend.access_log, timedelta(minutes=5))
    with told(estate.home, fail_every=1):
        estate.visitors.crowd(max(12, lately // 25))
    with told(estate.home, fail_every=20):
        yield
    with estate.visitors.visit:  # the last page of the fault is in the log before what it wrote is taken away
        pass


@fault(
    "nginx is stopped",
    "bigshot.health.compose-services",
    "bigshot.health.services-prod-file",
    "bigshot.recovery.services-recovered",
    "bigshot.security.certificate-expiry",
    may_redden={"bigshot.resources.containers": "a stopped container has no figures"},
)
def stop_frontend(estate: BigShot) -> Iterator[None]:
    estate.frontend.part.stop()
    yield
    estate.frontend.part.start()
    estate.frontend.await_ready()
    wait_until(lambda: estate.frontend.visit("/domains/1") == 200, "nginx should serve pages again")
