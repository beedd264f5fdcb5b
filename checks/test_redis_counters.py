"""Redis finds what it is asked for, and rarely throws away what it holds: by counters against an earlier round."""

from collections.abc import Mapping

from rounds.expectation import Expectation
from rounds.fixtures.redis_server import Node
from rounds.judge import Earlier, Observer
from rounds.limits import Limit, at_least, at_most
from rounds.quantities import Duration, shown
from rounds.targets import Redis


class RedisHitRate(Expectation):
    """What share of the look-ups since an earlier round (at least `apart` ago) must find their key.

    The counters are the whole server's. Calls of `queue_commands` are reads of a broker on the same server, and looks
    such as ours: the share is only judged if it comes out the same whether these were hits or misses.
    """

    server: Redis
    apart: Duration = 3600
    minimum: int = 1000
    queue_commands: tuple[str, ...] = ("llen", "lrange", "smembers", "zrange", "zrevrangebyscore", "ttl", "type")
    hits: Limit = at_least(80, unit="%")


def test_redis_hit_rate(
    expected: RedisHitRate, redis_nodes: tuple[Node, ...], earlier: Earlier, observe: Observer
) -> None:
    """Most look-ups find their key in the cache.

    Remedy: see whether the cache was flushed or restarted (then wait), whether keys are evicted (evicted_keys in INFO:
    give it more memory), or whether their time to live is too short or a release changed their names.
    """
    calls = [node.command_calls.get(command, 0) for node in redis_nodes for command in expected.queue_commands]
    totals = {
        "hits": sum(node.keyspace_hits or 0 for node in redis_nodes),
        "misses": sum(node.keyspace_misses or 0 for node in redis_nodes),
        "queue reads": sum(calls),
    }
    grown = _grown("hit rate", totals, redis_nodes, expected.apart, earlier, observe)
    if grown:
        _judge_hits(expected, grown, observe)


def _judge_hits(expected: RedisHitRate, grown: Mapping[str, float], observe: Observer) -> None:
    hits, total = grown["hits"], grown["hits"] + grown["misses"]
    reads = min(grown["queue reads"], total)
    lookups = total - reads
    since = f"in {shown(grown['seconds'], 's')}"
    if lookups < max(expected.minimum, 1):
        observe.unknown("hit rate", f"only {lookups:.0f} look-ups {since}, {expected.minimum} are needed")
        return
    lowest, highest = (100 * found / lookups for found in (max(hits - reads, 0), min(hits, lookups)))
    if expected.hits.verdict(lowest) is not expected.hits.verdict(highest):
        why = f"between {lowest:.0f} % and {highest:.0f} %: {reads:.0f} reads of queues on this server blur it"
        observe.unknown("hit rate", why)
        return
    observe("hit rate", 100 * hits / total, expected.hits, note=f"of {lookups:.0f} look-ups {since}")


class RedisEvictions(Expectation):
    """What share of its keys the server may throw away in an hour because its memory is full.

    Between this round and an earlier one, at least `apart` ago. A server that expires keys in time evicts none.
    """

    server: Redis
    apart: Duration = 3600
    evicted: Limit = at_most(1, unit="%")


def test_redis_evictions(
    expected: RedisEvictions, redis_nodes: tuple[Node, ...], earlier: Earlier, observe: Observer
) -> None:
    """Redis rarely throws away keys for want of memory.

    Remedy: see which keys fill the memory (a row of redis-bigkeys, MEMORY USAGE), whether they expire, and whether
    maxmemory was lowered; then raise it, or shorten the time to live of what can be made again.
    """
    name = "evicted share of the keys per hour"
    keys = sum(node.keys for node in redis_nodes)
    observe("keys", keys)
    if any(node.evicted_keys is None for node in redis_nodes):
        observe.unknown(name, "INFO names no evicted_keys")
        return
    total = sum(node.evicted_keys or 0 for node in redis_nodes)
    if not total:
        observe("evicted keys", 0, note="total of the whole server")
        observe(name, 0.0, expected.evicted, note="none since the counters began")
        return
    grown = _grown(name, {"evicted keys": total}, redis_nodes, expected.apart, earlier, observe)
    if grown:
        per_hour = grown["evicted keys"] * 3600 / max(grown["seconds"], 3600)
        note = f"{grown['evicted keys']:.0f} in {shown(grown['seconds'], 's')}, {keys} keys are left"
        observe(name, 100 * per_hour / max(keys, 1), expected.evicted, note=note)


def _grown(  # noqa: PLR0913, PLR0917 - what is counted, by whom, against what
    judged: str, totals: Mapping[str, float], nodes: tuple[Node, ...], apart: float, earlier: Earlier, observe: Observer
) -> dict[str, float] | None:
    """By how much each total grew since an earlier round, and in how many `seconds`; None when nobody can say.

    A counter begins anew when its server starts: it has grown by all it shows, then, in the time since.
    """
    for name, total in totals.items():
        observe(name, total, note="total of the whole server")
    before = {name: figure for name in totals if (figure := earlier.newest(name, at_least_old=apart))}
    if len(before) < len(totals):
        why = f"this round keeps the first figures; a round at least {shown(apart, 's')} later can judge"
        observe.unknown(judged, why)
        return None
    age = max(figure.age_seconds for figure in before.values())
    up = [node.uptime_seconds or 0.0 for node in nodes]
    is_anew, fell = max(up) < age, any(totals[name] < figure.value for name, figure in before.items())
    if len(nodes) > 1 and not is_anew and (min(up) < age or fell):
        observe.unknown(judged, "a node began to count anew since the earlier round, so the sums cannot be compared")
        return None
    grown = {name: total - (0 if is_anew or fell else before[name].value) for name, total in totals.items()}
    return grown | {"seconds": min(max(up), age) if is_anew or fell else age}
