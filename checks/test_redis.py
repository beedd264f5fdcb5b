"""Redis answers, has room, and does not waste it."""

from rounds.expectation import Expectation
from rounds.fixtures.redis_server import Answer, Node
from rounds.judge import Observer
from rounds.limits import Limit, at_least, at_most
from rounds.quantities import Size, shown
from rounds.targets import Redis


class RedisMemory(Expectation):
    """How fast PING is answered, and how much of maxmemory (or of the target's memory_limit) may be used.

    With `maxmemory_set` a server without a maxmemory of its own is critical, whatever memory_limit says. A server that
    evicts fills up to its limit by design: let a row of `redis-evictions` stand beside this one.
    """

    server: Redis
    ping: Limit = at_most(1, unit="s")
    used: Limit = at_most(90, unit="%")
    rejected: Limit = at_most(0)
    maxmemory_set: bool = False


def test_redis_memory(expected: RedisMemory, redis_answer: Answer, observe: Observer) -> None:
    """Redis answers and has room.

    Remedy: if it does not answer, look at its log and restart it. If it is full, find the largest keys (MEMORY USAGE),
    give keys without an expiry one, or raise maxmemory. After connections were rejected raise maxclients or find who
    keeps them open; CONFIG RESETSTAT makes the count start anew.
    """
    seen = redis_answer
    if seen.failure:
        observe.critical("answer to PING", seen.failure, "missing")
        return
    observe("answer to PING", seen.ping_seconds, expected.ping)
    for node in seen.nodes:
        _room(expected, node, node.called("memory used", seen.nodes), observe)
        rejected = node.called("rejected connections", seen.nodes)
        observe(rejected, node.rejected_connections, expected.rejected, note="since the counters began")


def _room(expected: RedisMemory, node: Node, name: str, observe: Observer) -> None:
    if expected.maxmemory_set and node.maxmemory_bytes == 0:
        observe.critical(name, "maxmemory is 0: it takes memory until the machine has none left", "no limit")
        return
    room = node.maxmemory_bytes or expected.server.memory_limit
    if room and node.used_bytes is not None:
        note = f"{shown(node.used_bytes, 'B')} of {shown(room, 'B')}"
        evicts = node.maxmemory_bytes and node.maxmemory_policy not in {"noeviction", ""}
        note += f"; {node.maxmemory_policy} removes keys when it is full" if evicts else ""
        observe(name, 100 * node.used_bytes / room, expected.used, note=note)
    else:
        why = "the server has no maxmemory and the inventory no memory_limit for it, so nobody knows when it is full"
        observe.unknown(name, why)


class RedisFragmentation(Expectation):
    """How the memory that the system gave relates to what the data need; judged from `used_above` on.

    Far above 1 it is scattered, below 1 a part of it is in swap. A small server's own overhead would drown the ratio.
    """

    server: Redis
    used_above: Size = 100_000_000
    fragmentation: Limit = at_most(1.5)
    resident: Limit = at_least(1.0)


def test_redis_fragmentation(expected: RedisFragmentation, redis_nodes: tuple[Node, ...], observe: Observer) -> None:
    """The memory of Redis is not badly scattered, and not in swap.

    Remedy: where it is scattered, switch on activedefrag if the build has it, or restart the server (a replica first,
    then fail over) after a save. Where a part is in swap, look who else takes the machine's memory and lower maxmemory.
    """
    for node in redis_nodes:
        name = node.called("fragmentation", redis_nodes)
        ratio, used = node.fragmentation_ratio, node.used_bytes or 0
        if used <= expected.used_above:
            note = (
                f"not judged: {shown(used, 'B')} are used, and up to {shown(expected.used_above, 'B')} it says little"
            )
            observe(name, "not known" if ratio is None else ratio, note=note)
            continue
        observe(name, ratio, expected.fragmentation, note=f"{shown(used, 'B')} used")
        observe(node.called("resident memory for each byte used", redis_nodes), ratio, expected.resident)
