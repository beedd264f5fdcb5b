from collections.abc import Iterator

from ...fault import fault
from ...prometheus import Series, growing, level, pending_for
from .. import metrics
from ..estate import Renec

HOUR = 3600


@fault("the API's machines compute at 85 %", "renec.resources.cpu")
def tier_busy(estate: Renec) -> Iterator[None]:
    before = metrics.idle("api", 0)
    busy = Series(before.name, before.labels, growing(0.75, {HOUR: 0.15}))
    with estate.prometheus.changed(busy):
        yield


@fault("the database's machine has used 90 % of its memory", "renec.resources.memory")
def tier_out_of_memory(estate: Renec) -> Iterator[None]:
    with estate.prometheus.changed(*metrics.memory("database", 0.90)):
        yield


@fault("the database's volume is 86 % full", "renec.resources.disk")
def volume_full(estate: Renec) -> Iterator[None]:
    with estate.prometheus.changed(*metrics.volume("database", 0.86)):
        yield


@fault("ten times as much is sent as usually", "renec.resources.network")
def egress_flood(estate: Renec) -> Iterator[None]:
    flood = {"bytes": metrics.TRAFFIC, "packets": metrics.TRAFFIC / metrics.PACKET}
    more = [metrics.counted("transmit", what, growing(each, {HOUR: 10 * each})) for what, each in flood.items()]
    with estate.prometheus.changed(*more):
        yield


@fault("one request in 900 fails for an hour", "renec.availability.api-error-rate")
def requests_fail(estate: Renec) -> Iterator[None]:
    each = metrics.REQUESTS / 900  # so few a second that the alert rule of the guide stays silent
    failing = [metrics.errors("timeout", name, growing(0.001, {HOUR: each})) for name in metrics.INSTANCES]
    with estate.prometheus.changed(*failing):
        yield


@fault(
    "each API server fails 0.04 times a second: too often together, and too seldom for a rule that looks at each alone",
    "renec.availability.alert-high-error-rate",
)
def errors_everywhere(estate: Renec) -> Iterator[None]:
    failing = [metrics.errors("timeout", name, growing(0.001, {900: 0.04})) for name in metrics.INSTANCES]
    with estate.prometheus.changed(*failing):
        yield


@fault("an error that nobody classified is raised 100 times", "renec.logs.error-types")
def unclassified_errors(estate: Renec) -> Iterator[None]:
    more = growing(metrics.UNKNOWN, {6 * HOUR: 100 / (6 * HOUR)})
    with estate.prometheus.changed(metrics.errors("unknown", metrics.INSTANCES[0], more)):
        yield


@fault("the spider was killed: its metric is gone, and the rule is silent", "renec.health.alert-spider-stalled")
def spider_killed(estate: Renec) -> Iterator[None]:
    with estate.prometheus.changed(gone=["spider_items_scraped_total"]):
        yield


@fault("the database's connection pool has been empty for ten minutes", "renec.health.no-firing-alerts")
def pool_exhausted(estate: Renec) -> Iterator[None]:
    alert = "DatabaseConnectionPoolExhausted"
    empty = Series("db_connection_pool_available", {}, level(38, {600: 0}))
    with estate.prometheus.changed(empty, pending_for(600, alert, {"severity": "critical"})):
        estate.prometheus.await_alert(alert)
        yield
    estate.prometheus.await_alert("Watchdog")
