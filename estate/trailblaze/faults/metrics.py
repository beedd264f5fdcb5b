from collections.abc import Iterator

from ...fault import fault
from ..estate import DAY, TrailBlaze
from ..metrics import RATES, requests


@fault("a tenth of the usual traffic reaches the API since a day", "trailblaze.availability.usage-plausible")
def traffic_lost(estate: TrailBlaze) -> Iterator[None]:
    fewer = [requests(*which, rate, {DAY: rate / 10}) for which, rate in RATES.items()]
    with estate.prometheus.changed(*fewer):
        yield


@fault("one request in ten is answered with 500", "trailblaze.availability.error-rate")
def requests_fail(estate: TrailBlaze) -> Iterator[None]:
    failing = requests("/v1/assistant/status", "500", 0.01, {600: 0.6})
    with estate.prometheus.changed(failing):
        yield


@fault("somebody still asks for an endpoint that goes next week", "trailblaze.availability.deprecated-unused")
def deprecated_still_used(estate: TrailBlaze) -> Iterator[None]:
    with estate.prometheus.changed(requests("/v1/calendar", "200", 0, {2 * DAY: 0.01})):
        yield


@fault("the API was taken out of Prometheus' configuration", "trailblaze.health.prometheus-target-up")
def target_forgotten(estate: TrailBlaze) -> Iterator[None]:
    with estate.prometheus.changed(scrapes={}):
        yield
