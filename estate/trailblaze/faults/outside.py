from collections.abc import Iterator
from typing import Any

from ...fault import fault
from ..cache import stamp
from ..estate import FOUND, SEARCH, TRACES_OF, TrailBlaze


@fault("no connection to Gemini can be made", "trailblaze.health.gemini-reachable")
def gemini_blocked(estate: TrailBlaze) -> Iterator[None]:
    estate.gemini.part.stop()
    yield
    estate.gemini.start()


@fault("Gemini does not accept our key any more", "trailblaze.health.gemini-reachable")
def gemini_key_expired(estate: TrailBlaze) -> Iterator[None]:
    with estate.gemini.told(route="GET /v1beta/models", status=403):
        yield


@fault("the name of a source site cannot be resolved", "trailblaze.health.source-sites")
def source_host_gone(estate: TrailBlaze) -> Iterator[None]:
    before = estate.env["TRAILBLAZE_TRAILS_SITE"]
    estate.env["TRAILBLAZE_TRAILS_SITE"] = "http://trails.invalid"
    yield
    estate.env["TRAILBLAZE_TRAILS_SITE"] = before


@fault("a source site refuses us", "trailblaze.health.source-sites")
def source_refuses(estate: TrailBlaze) -> Iterator[None]:
    with estate.sources.told(route="GET /aerc*", status=403):
        yield


@fault("the shipper of logs stopped 20 minutes ago", "trailblaze.logs.aggregation-fresh")
def shipper_stopped(estate: TrailBlaze) -> Iterator[None]:
    old: dict[str, Any] = FOUND | {"hits": {"hits": [{"_source": {"@timestamp": stamp(1200)}}]}}
    with estate.stores.told(route=SEARCH, json=old):
        yield


@fault("the collector of traces has had nothing for more than an hour", "trailblaze.health.tracing-live")
def collector_stopped(estate: TrailBlaze) -> Iterator[None]:
    with estate.stores.told(route=TRACES_OF, json={"data": []}):
        yield
