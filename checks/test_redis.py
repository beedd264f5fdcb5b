"""Redis answers, has room, and finds what it is asked for."""

from rounds.expectation import Expectation
from rounds.fixtures.redis_server import KeyLookups, ServerMemory
from rounds.judge import Earlier, Observer
from rounds.limits import Limit, at_least, at_most
from rounds.quantities import Duration, shown
from rounds.targets import Redis


class RedisMemory(Expectation):
    """How fast PING is answered, and how much of maxmemory (or of the target's memory_limit) may be used."""

    server: Redis
    ping: Limit = at_most(1, unit="s")
    used: Limit = at_most(90, unit="%")
    rejected: Limit = at_most(0)


def test_redis_memory(expected: RedisMemory, redis_memory: ServerMemory, observe: Observer) -> None:
    """Redis answers and has room.

    Remedy: if it does not answer, look at its log and restart it. If it is full, find the largest keys (MEMORY USAGE),
    give keys without an expiry one, or raise maxmemory. After connections were rejected raise maxclients or find who
    keeps them open; CONFIG RESETSTAT makes the count start anew.
    """
    seen = redis_memory
    if seen.failure:
        observe.critical("answer to PING", seen.failure, "missing")
        return
    observe("answer to PING", seen.ping_seconds, expected.ping)
    room = seen.maxmemory_bytes or expected.server.memory_limit
    if room and seen.used_bytes is not None:
        note = f"{shown(seen.used_bytes, 'B')} of {shown(room, 'B')}"
        observe("memory used", 100 * seen.used_bytes / room, expected.used, note=note)
    else:
        why = "the server has no maxmemory and the inventory no memory_limit for it, so nobody knows when it is full"
        observe.unknown("memory used", why)
    observe("rejected connections", seen.rejected_connections, expected.rejected, note="since the counters began")


class RedisHitRate(Expectation):
    """What share of the look-ups since an earlier round (at least `apart` ago) must find their key.

    The counters are the whole server's. Calls of `queue_commands` are reads of a broker on the same server: the share
    is only judged if it comes out the same whether these were hits or misses.
    """

    server: Redis
    apart: Duration = 3600
    minimum: int = 1000
    queue_commands: tuple[str, ...] = ("llen", "lrange", "smembers", "zrange", "zrevrangebyscore")
    hits: Limit = at_least(80, unit="%")


def test_redis_hit_rate(expected: RedisHitRate, key_lookups: KeyLookups, earlier: Earlier, observe: Observer) -> None:
    """Most look-ups find their key in the cache.

    Remedy: see whether the cache was flushed or restarted (then wait), whether keys are evicted (evicted_keys in INFO:
    give it more memory), or whether their time to live is too short or a release changed their names.
    """
    now = {"hits": key_lookups.hits, "misses": key_lookups.misses, "queue reads": key_lookups.queue_reads}
    then = {name: earlier.newest(name, at_least_old=expected.apart) for name in now}
    for name, total in now.items():
        observe(name, total, note="total of the whole server")
    first = [figure.value for figure in then.values() if figure]
    if len(first) < len(now):
        why = f"this round keeps the first figures; a round at least {shown(expected.apart, 's')} later can judge"
        observe.unknown("hit rate", why)
        return
    restarted = any(total < begun for total, begun in zip(now.values(), first, strict=True))
    hits, misses, reads = (
        total - (0 if restarted else begun) for total, begun in zip(now.values(), first, strict=True)
    )
    since = "since the counters began anew" if restarted else "since the earlier round"
    _judge(expected, hits, hits + misses, min(reads, hits + misses), since, observe)


def _judge(  # noqa: PLR0913, PLR0917 - the three figures belong together
    expected: RedisHitRate, hits: float, total: float, reads: float, since: str, observe: Observer
) -> None:
    lookups = total - reads
    if lookups < max(expected.minimum, 1):
        why = f"only {lookups:.0f} look-ups {since}, {expected.minimum} are needed"
        observe.unknown("hit rate", why)
        return
    lowest, highest = (100 * found / lookups for found in (max(hits - reads, 0), min(hits, lookups)))
    if expected.hits.verdict(lowest) is not expected.hits.verdict(highest):
        why = f"between {lowest:.0f} % and {highest:.0f} %: {reads:.0f} reads of queues on this server blur it"
        observe.unknown("hit rate", why)
        return
    observe("hit rate", 100 * hits / total, expected.hits, note=f"of {lookups:.0f} look-ups {since}")
