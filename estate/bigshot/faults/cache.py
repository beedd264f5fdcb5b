from collections.abc import Iterator

from ...fault import fault
from ..estate import BigShot

FILLER = 160
ALMOST = 0.95


@fault("Redis may use hardly more memory than its data take", "bigshot.cache.redis-health")
def redis_nearly_full(estate: BigShot) -> Iterator[None]:
    names = [f"filler:{n}" for n in range(FILLER)]
    with estate.cache.client() as client:
        before = client.config_get("maxmemory")["maxmemory"]
        client.mset(dict.fromkeys(names, "x" * 100_000))
        # Not below the data: refused writes would silence Celery too, and hide which check sees what.
        client.config_set("maxmemory", int(client.info("memory")["used_memory"] / ALMOST))
        try:
            yield
        finally:
            client.config_set("maxmemory", before)
            client.delete(*names)


@fault("a single key holds 50 MB", "bigshot.cache.big-keys")
def huge_key(estate: BigShot) -> Iterator[None]:
    with estate.cache.client() as client:
        client.setrange("export:all", 50_000_000, "x")
        yield
        client.unlink("export:all")


# A flushed cache has no key whose size could be judged.
@fault("the cache was flushed", "bigshot.cache.hit-rate", "bigshot.cache.big-keys")
def cache_flushed(estate: BigShot) -> Iterator[None]:
    hits, misses = estate.cache.figures()
    with estate.cache.client() as client:
        client.flushdb()
        estate.cache.look_up(0, hits)
        yield
        client.config_resetstat()
    estate.cache.warm_up(hits, misses)


@fault(
    "Redis is stopped",
    "bigshot.health.compose-services",
    "bigshot.health.services-prod-file",
    "bigshot.recovery.services-recovered",
    "bigshot.health.api-detailed",
    "bigshot.health.smoke-tests",
    "bigshot.cache.redis-health",
    "bigshot.cache.hit-rate",
    "bigshot.cache.big-keys",
    "bigshot.queue.backlog",
    "bigshot.queue.celery-workers",
    "bigshot.queue.active-tasks",
    "bigshot.logs.post-update",  # the worker logs that it cannot reach its broker
    may_redden={"bigshot.resources.containers": "a stopped container has no figures"},
)
def stop_redis(estate: BigShot) -> Iterator[None]:
    hits, misses = estate.cache.figures()
    estate.cache.save_and_stop()
    yield
    estate.cache.part.start()
    estate.cache.await_ready()
    estate.cache.warm_up(hits, misses)
    estate.restart_worker()
