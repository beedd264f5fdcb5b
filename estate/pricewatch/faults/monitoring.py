from collections.abc import Iterator

from ...fault import fault
from ...prometheus import Series, growing, level
from .. import grafana, metrics
from ..estate import PriceWatch


@fault(
    "Prometheus is stopped",
    "pricewatch.health.prometheus-up",
    "pricewatch.health.error-rate",
    "pricewatch.health.enhanced-monitoring",
    "pricewatch.health.compose-services",
    "pricewatch.health.services-restored",
    "pricewatch.health.after-start",
    "pricewatch.health.system-check",
    "pricewatch.queue.size",
    "pricewatch.queue.processing-rate",
    "pricewatch.cache.enabled",
    may_redden={"pricewatch.resources.containers": "a stopped container has no figures"},
)
def stop_prometheus(estate: PriceWatch) -> Iterator[None]:
    estate.prometheus.part.stop()
    yield
    estate.prometheus.restart()


@fault("the metrics page is empty", "pricewatch.health.metrics-endpoint", "pricewatch.queue.size")
def metrics_page_empty(estate: PriceWatch) -> Iterator[None]:
    with estate.scraper.told(route="GET /metrics", text=""):
        yield


@fault("two hours' work waits in the queue", "pricewatch.queue.size")
def queue_piles_up(estate: PriceWatch) -> Iterator[None]:
    waiting = round(2 * 3600 * metrics.RATES[metrics.ITEMS])
    with estate.scraper.told(route="GET /metrics", text=metrics.PAGE.format(waiting=waiting)):
        yield


@fault("the workers pause: nothing was processed for an hour", "pricewatch.queue.processing-rate")
def workers_paused(estate: PriceWatch) -> Iterator[None]:
    rate = metrics.RATES[metrics.ITEMS]
    with estate.prometheus.changed(Series(metrics.ITEMS, metrics.SCRAPER, growing(rate, {3700: 0}))):
        yield


@fault(
    "every tenth scrape of the last hour failed",
    "pricewatch.health.error-rate",
    "pricewatch.health.enhanced-monitoring",
)
def scrapes_fail(estate: PriceWatch) -> Iterator[None]:
    with estate.prometheus.changed(metrics.errors({3600: metrics.RATES[metrics.REQUESTS] / 10})):
        yield


@fault("two hours ago a tenth of the scrapes failed for ten minutes", "pricewatch.health.enhanced-monitoring")
def scrapes_failed_before(estate: PriceWatch) -> Iterator[None]:
    failing = metrics.RATES[metrics.REQUESTS] / 10
    with estate.prometheus.changed(metrics.errors({7200: failing, 6600: metrics.ERROR_RATE})):
        yield


@fault("the cache is switched off", "pricewatch.cache.enabled")
def cache_off(estate: PriceWatch) -> Iterator[None]:
    hits = Series(metrics.HITS, metrics.SCRAPER, growing(metrics.RATES[metrics.HITS], {3600: 0}))
    with estate.prometheus.changed(hits, Series(metrics.CACHE, metrics.SCRAPER, level(1, {3600: 0}))):
        yield


@fault("Grafana's data source points to a closed port", "pricewatch.health.grafana")
def data_source_misled(estate: PriceWatch) -> Iterator[None]:
    health = {"status": "ERROR", "message": grafana.REFUSED}
    answer = {"results": {"A": {"status": 500, "error": grafana.REFUSED, "frames": []}}}
    with (
        estate.grafana.told(route=grafana.SOURCE_HEALTH, status=400, json=health),
        estate.grafana.told(route=grafana.QUERY, status=500, json=answer),
    ):
        yield
