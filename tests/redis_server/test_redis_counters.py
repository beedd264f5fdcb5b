"""Hit rate and evictions, as differences between rounds."""

from collections.abc import Callable
from typing import Any

from pydantic import SecretStr

from rounds.checks import test_redis_counters as checks
from rounds.fixtures import redis_server as facts
from rounds.judge import Earlier, EarlierFigure, Observer
from rounds.outcome import Outcome
from rounds.probe import PROBES
from rounds.targets import Redis

from .figures import node
from .servers import Server, serving

Row = Callable[..., Any]
CACHE = Redis(name="cache", url=SecretStr("x"))


def counted(hits: int, misses: int, reads: int = 0, **changes: Any) -> facts.Node:
    return node(keyspace_hits=hits, keyspace_misses=misses, command_calls={"llen": reads}, **changes)


def before(age: float, **figures: float) -> Earlier:
    return Earlier({name.replace("_", " "): [EarlierFigure(value, age)] for name, value in figures.items()})


def rated(row: Row, fact: facts.Node | tuple[facts.Node, ...], *then: float, age: float = 4000) -> Observer:
    observer = Observer()
    earlier = before(age, **dict(zip(("hits", "misses", "queue_reads"), then, strict=False)))
    nodes = fact if isinstance(fact, tuple) else (fact,)
    checks.test_redis_hit_rate(row(checks.RedisHitRate, server=CACHE), nodes, earlier, observer)
    return observer


def evicted(row: Row, nodes: tuple[facts.Node, ...], then: float | None = None, age: float = 4000) -> Observer:
    observer = Observer()
    earlier = Earlier() if then is None else before(age, evicted_keys=then)
    checks.test_redis_evictions(row(checks.RedisEvictions, server=CACHE), nodes, earlier, observer)
    return observer


def test_look_ups_are_counted(server: Server) -> None:
    (then,) = PROBES["redis_nodes"].look(server.target())
    with server.client() as client:
        client.set("here", "1")
        for name in ("here", "here", "there"):
            client.get(name)
        client.llen("queue")
        client.flushdb()
    (now,) = PROBES["redis_nodes"].look(server.target())
    assert (now.keyspace_hits - then.keyspace_hits, now.keyspace_misses - then.keyspace_misses) == (2, 2)
    assert now.command_calls["llen"] - then.command_calls.get("llen", 0) == 1


def test_a_warm_cache_is_ok(row: Row) -> None:
    assert rated(row, counted(10_950, 5_050), 10_000, 5_000, 0).outcome is Outcome.OK


def test_a_flushed_cache_is_critical_whatever_the_totals_say(row: Row) -> None:
    assert rated(row, counted(990_000, 6_000), 989_900, 4_000, 0).outcome is Outcome.CRITICAL


def test_after_a_restart_the_totals_since_then_are_judged(row: Row) -> None:
    assert rated(row, counted(1_900, 100), 50_000, 90, 0).outcome is Outcome.OK
    assert rated(row, counted(100, 1_900), 50_000, 90, 0).outcome is Outcome.CRITICAL
    # The totals have passed the earlier ones already: only the time since the start tells of the restart.
    assert rated(row, counted(1_900, 100), 100, 99, 0).outcome is Outcome.OK
    grown = rated(row, counted(100, 1_900, uptime_seconds=600), 99, 10, 0)
    assert grown.outcome is Outcome.CRITICAL
    assert "2000 look-ups in 10 min" in grown.summary


def test_the_first_figures_and_figures_of_minutes_ago_are_unknown(row: Row) -> None:
    assert rated(row, counted(9_000, 0)).outcome is Outcome.UNKNOWN
    assert rated(row, counted(9_000, 0), 0, 0, 0, age=600).outcome is Outcome.UNKNOWN


def test_few_look_ups_and_none_at_all_are_unknown(row: Row) -> None:
    assert rated(row, counted(10, 0), 10, 0, 0).outcome is Outcome.UNKNOWN
    assert rated(row, counted(5_000, 0, 4_500), 0, 0, 0).outcome is Outcome.UNKNOWN


def test_reads_of_queues_that_blur_the_share_are_unknown(row: Row) -> None:
    observer = rated(row, counted(5_000, 900, 2_900), 0, 0, 0)
    assert observer.outcome is Outcome.UNKNOWN
    assert "reads of queues" in observer.summary
    assert rated(row, counted(50_000, 900, 2_900), 0, 0, 0).outcome is Outcome.OK


def test_the_look_ups_of_all_nodes_are_added(row: Row) -> None:
    warm, cold = counted(9_000, 0), counted(0, 9_000)
    assert rated(row, (warm, warm), 0, 0, 0).outcome is Outcome.OK
    assert rated(row, (warm, cold), 0, 0, 0).outcome is Outcome.CRITICAL
    restarted = counted(9_000, 0, uptime_seconds=60)
    assert rated(row, (warm, restarted), 0, 0, 0).outcome is Outcome.UNKNOWN
    assert rated(row, (warm, warm), 20_000, 0, 0).outcome is Outcome.UNKNOWN
    assert rated(row, (restarted, restarted), 20_000, 0, 0).outcome is Outcome.OK


def test_a_server_that_never_evicted_is_fine_at_once(row: Row, server: Server) -> None:
    assert evicted(row, PROBES["redis_nodes"].look(server.target())).outcome is Outcome.OK


def test_evictions_are_judged_by_the_hour_and_the_keys_that_are_left(row: Row) -> None:
    nodes = (node(evicted_keys=1_050, keys=10_000),)
    assert evicted(row, nodes, 1_000, age=3600).outcome is Outcome.OK
    assert evicted(row, nodes, 1_000, age=86400).outcome is Outcome.OK
    assert evicted(row, nodes, 900, age=3600).outcome is Outcome.CRITICAL
    assert evicted(row, nodes, 900, age=7200).outcome is Outcome.OK
    assert evicted(row, (node(evicted_keys=500, keys=0),), 0, age=3600).outcome is Outcome.CRITICAL


def test_evictions_without_an_earlier_figure_or_a_counter_are_unknown(row: Row) -> None:
    assert evicted(row, (node(evicted_keys=50),)).outcome is Outcome.UNKNOWN
    assert evicted(row, (node(evicted_keys=50),), 0, age=600).outcome is Outcome.UNKNOWN
    assert evicted(row, (node(evicted_keys=None),)).outcome is Outcome.UNKNOWN


def test_evictions_after_a_restart_count_from_there(row: Row) -> None:
    assert evicted(row, (node(evicted_keys=60, uptime_seconds=1800),), 5_000, age=86400).outcome is Outcome.OK
    assert evicted(row, (node(evicted_keys=600, uptime_seconds=1800),), 5_000, age=86400).outcome is Outcome.CRITICAL


def test_a_server_that_is_too_small_for_its_keys_evicts_many(row: Row) -> None:
    with serving("--maxmemory", "6mb", "--maxmemory-policy", "allkeys-lru") as small, small.client(0) as client:
        for number in range(4_000):
            client.set(f"page:{number}", "x" * 2_000)
        nodes = PROBES["redis_nodes"].look(small.target(url=SecretStr(small.url(0))))
    assert nodes[0].evicted_keys > 100
    assert nodes[0].maxmemory_policy == "allkeys-lru"
    # Its counters began seconds ago, after the earlier round.
    assert evicted(row, nodes, 0, age=3600).outcome is Outcome.CRITICAL
