from collections.abc import Iterator

from ...control import told
from ...estate import ask
from ...fault import fault
from ...part import wait_until
from ..estate import TrailBlaze
from ..metrics import JOB


def await_up(estate: TrailBlaze, value: int) -> None:
    """Wait until Prometheus has seen at its next scrape how the API is."""
    query = f'up{{job="{JOB}"}}'
    seen = estate.prometheus.value_by_labels
    wait_until(lambda: [each["value"] for each in seen(query)] == [str(value)], f"up should be {value}", pause=0.1)


def visit(estate: TrailBlaze, path: str, times: int = 1) -> list[int]:
    """Ask the API as a user does; give the status of each answer."""
    return [ask(estate.env["TRAILBLAZE_URL"] + path)[0] for _ in range(times)]


@fault(
    "the router of version 1 is mounted under another prefix",
    "trailblaze.availability.v1-events",
    "trailblaze.availability.both-versions-mounted",
    "trailblaze.cache.events-response",
)
def version_1_moved(estate: TrailBlaze) -> Iterator[None]:
    with told(estate.home / "api", v1_prefix="/api/v1"):
        yield


@fault(
    "the router of version 2 was forgotten",
    "trailblaze.availability.both-versions-mounted",
    "trailblaze.data-quality.v2-schema",
)
def version_2_forgotten(estate: TrailBlaze) -> Iterator[None]:
    with told(estate.home / "api", v2_missing=True):
        yield


@fault("answers of the listing expire at once", "trailblaze.cache.events-response")
def listing_not_cached(estate: TrailBlaze) -> Iterator[None]:
    with told(estate.home / "api", cache_seconds=0):
        yield


@fault("without Gemini the assistant fails with 500", "trailblaze.availability.degraded-mode")
def no_circuit_breaker(estate: TrailBlaze) -> Iterator[None]:
    with told(estate.home / "canary", no_breaker=True):
        yield


@fault("the middleware does not count requests that raise", "trailblaze.health.exceptions-counted")
def exceptions_uncounted(estate: TrailBlaze) -> Iterator[None]:
    with told(estate.home / "canary", exceptions_uncounted=True):
        yield


@fault(
    "/metrics answers an error page with status 200",
    "trailblaze.health.metrics-endpoint",
    "trailblaze.health.prometheus-target-up",
)
def metrics_page_broken(estate: TrailBlaze) -> Iterator[None]:
    with told(estate.home / "api", metrics_as_html=True):
        await_up(estate, 0)
        yield
    await_up(estate, 1)


@fault(
    "the API is dead",
    "trailblaze.availability.v1-events",
    "trailblaze.availability.both-versions-mounted",
    "trailblaze.cache.events-response",
    "trailblaze.data-quality.v2-schema",
    "trailblaze.health.metrics-endpoint",
    "trailblaze.health.prometheus-target-up",
)
def stop_api(estate: TrailBlaze) -> Iterator[None]:
    estate.api.stop()
    await_up(estate, 0)
    yield
    estate.restart(estate.api, estate.env["TRAILBLAZE_URL"])
    await_up(estate, 1)


@fault("an endpoint raises", "trailblaze.logs.exceptions-500", "trailblaze.data-quality.v2-schema")
def endpoint_raises(estate: TrailBlaze) -> Iterator[None]:
    with told(estate.home / "api", raising=["/v2/events"]):
        visit(estate, "/v2/events", 2)
        yield


@fault(
    "the log is written by the formatter of the runbook, which knows neither time nor level",
    "trailblaze.logs.fields-not-null",
    "trailblaze.logs.structure",
)
def formatter_of_the_runbook(estate: TrailBlaze) -> Iterator[None]:
    with told(estate.home / "api", formatter="runbook"):
        visit(estate, "/v1/events", 40)
        yield
