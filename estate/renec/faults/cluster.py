import stat
from collections.abc import Iterator

from ...fault import fault
from ...part import wait_until
from ..cluster import save
from ..estate import Renec

FILLER = 160
ALMOST = 0.95
SCATTERED = 40_000
A_FEW = 60  # hits beside the random look-ups


@fault(
    "a node of the Redis cluster is stopped, and its slots with it",
    "renec.availability.redis-cluster",
    "renec.resources.redis-memory",
    "renec.resources.redis-fragmentation",
    "renec.cache.redis-hit-rate",
    "renec.cache.redis-evictions",
    "renec.cache.expired-keys",
    "renec.backup.redis-snapshot",
)
def stop_redis_node(estate: Renec) -> Iterator[None]:
    node = estate.cluster.nodes[2]
    node.part.stop()
    wait_until(estate.cluster.is_broken, "the cluster should notice", pause=0.05)
    yield
    node.part.start()
    node.await_ready()
    estate.cluster.await_complete()
    estate.cluster.warm_up()
    save(node)


@fault("the data directory of a Redis node became read-only", "renec.backup.redis-snapshot")
def snapshot_failed(estate: Renec) -> Iterator[None]:
    node = estate.cluster.nodes[1]
    mode = stat.S_IMODE(node.home.stat().st_mode)
    node.home.chmod(0o555)
    save(node)
    yield
    node.home.chmod(mode)
    save(node)


@fault("a Redis node may use hardly more memory than its data take", "renec.resources.redis-memory")
def redis_nearly_full(estate: Renec) -> Iterator[None]:
    node = estate.cluster.nodes[1]
    names = [f"{estate.cluster.tag_of(node)}filler:{number}" for number in range(FILLER)]
    with node.client() as client:
        before = client.config_get("maxmemory")["maxmemory"]
        client.mset(dict.fromkeys(names, "x" * 100_000))
        client.config_set("maxmemory", int(client.info("memory")["used_memory"] / ALMOST))
        try:
            yield
        finally:
            client.config_set("maxmemory", before)
            client.delete(*names)


@fault("maxmemory of a Redis node was too small for a moment, and it threw keys away", "renec.cache.redis-evictions")
def keys_evicted(estate: Renec) -> Iterator[None]:
    with estate.cluster.nodes[1].client() as client:
        before = client.config_get("maxmemory")["maxmemory"]
        client.config_set("maxmemory", client.info("memory")["used_memory"] - 200_000)
        wait_until(lambda: client.info("stats")["evicted_keys"] > 0, "keys should be evicted")
        client.config_set("maxmemory", before)
    yield
    estate.cluster.count_anew()
    estate.cluster.warm_up()


@fault("every second of many values was deleted, and the memory is scattered", "renec.resources.redis-fragmentation")
def memory_scattered(estate: Renec) -> Iterator[None]:
    """In one large hash: as keys of their own they would count among the keys of the cache."""
    node = estate.cluster.nodes[1]
    name = f"{estate.cluster.tag_of(node)}scattered"
    with node.client() as client:
        for begin in range(0, SCATTERED, 1000):
            client.hset(name, mapping={str(number): "x" * 1500 for number in range(begin, begin + 1000)})
        client.hdel(name, *map(str, range(0, SCATTERED, 2)))
        yield
        client.delete(name)


@fault("a release looks up names that are not in the cache", "renec.cache.redis-hit-rate")
def look_ups_miss(estate: Renec) -> Iterator[None]:
    estate.cluster.count_anew()
    estate.cluster.look_up(A_FEW, 4000)
    yield
    estate.cluster.count_anew()
    estate.cluster.warm_up()


@fault("the guide's command to clear expired keys was run: it deletes all of them", "renec.cache.expired-keys")
def keys_deleted(estate: Renec) -> Iterator[None]:
    for node in estate.cluster.nodes:
        with node.client() as client:
            client.flushall()
    yield
    estate.cluster.warm_up()
