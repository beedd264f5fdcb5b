"""The past of TrailBlaze's metrics, as Prometheus remembers it."""

from ..prometheus import Series, growing

JOB = "trailblaze-api"
BEFORE = {"job": JOB, "instance": "app:8000", "method": "GET"}
RATES = {
    ("/v1/events", "200"): 3.0,
    ("/v2/events", "200"): 1.5,
    ("/v1/assistant/status", "200"): 0.5,
    ("/v1/events", "404"): 0.05,
    ("/v1/assistant/status", "500"): 0.01,
}


def requests(endpoint: str, status: str, rate: float, since: dict[float, float] | None = None) -> Series:
    """The counter of one endpoint and status; `since` says how fast it grew lately."""
    return Series("http_requests_total", BEFORE | {"endpoint": endpoint, "status_code": status}, growing(rate, since))


def series() -> list[Series]:
    return [requests(endpoint, status, rate) for (endpoint, status), rate in RATES.items()]
