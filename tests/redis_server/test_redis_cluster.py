"""A real cluster of three nodes, by the plain URL of one of them."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from pydantic import SecretStr

from rounds.checks import test_redis as memory_checks
from rounds.checks import test_redis_cluster as checks
from rounds.fixtures import redis_cluster as facts
from rounds.judge import Observer
from rounds.outcome import Outcome
from rounds.probe import PROBES, CouldNotLook, RunbookDisagrees, Unreachable
from rounds.targets import Redis

from .servers import PASSWORD, Server, serving

Row = Callable[..., Any]
THIRDS = ((0, 5460), (5461, 10922), (10923, 16383))
OPTIONS = ("--cluster-enabled", "yes", "--cluster-node-timeout", "1000", "--masterauth", PASSWORD)


@contextmanager
def three_nodes() -> Iterator[list[Server]]:
    with ExitStack() as started:
        nodes = [started.enter_context(serving(*OPTIONS)) for _ in THIRDS]
        for node, (first, last) in zip(nodes, THIRDS, strict=True):
            with node.client(0) as client:
                client.execute_command("CLUSTER ADDSLOTSRANGE", first, last)
                client.execute_command("CLUSTER MEET", "127.0.0.1", nodes[0].port)
        for node in nodes:
            awaited(node, lambda fact: fact.state == "ok" and len(fact.nodes) == 3)
        yield nodes


@pytest.fixture(scope="module")
def cluster() -> Iterator[list[Server]]:
    with three_nodes() as nodes:
        yield nodes


def look(server: Server) -> facts.Cluster:
    found: facts.Cluster = PROBES["redis_cluster"].look(server.plain())
    return found


def awaited(server: Server, holds: Callable[[facts.Cluster], bool]) -> facts.Cluster:
    end = time.monotonic() + 30
    while not holds(found := look(server)):
        assert time.monotonic() < end, f"it never came to be: {found}"
        time.sleep(0.1)
    return found


def judged(row: Row, fact: facts.Cluster, **given: Any) -> Observer:
    observer = Observer()
    server = Redis(name="cache", url=SecretStr("x"))
    checks.test_redis_cluster_state(row(checks.RedisClusterState, server=server, **given), fact, observer)
    return observer


def filled(nodes: list[Server], each: int = 200) -> int:
    """Put keys into all nodes, as a client would that knows clusters."""
    import redis  # noqa: PLC0415 - its cluster client is only wanted here

    with redis.RedisCluster.from_url(nodes[0].url(0)) as client:
        for number in range(each * len(nodes)):
            client.set(f"page:{number}", "x" * 100)
    return each * len(nodes)


def test_a_complete_cluster_is_ok_and_has_no_replicas(row: Row, cluster: list[Server]) -> None:
    fact = look(cluster[0])
    assert (fact.state, fact.slots_ok) == ("ok", 16384)
    assert [node.is_master for node in fact.nodes] == [True] * 3
    assert judged(row, fact).outcome is Outcome.OK
    assert judged(row, fact, replicas=1).outcome is Outcome.CRITICAL
    assert judged(row, fact, nodes=6).outcome is Outcome.CRITICAL


def test_the_figures_are_those_of_all_nodes_by_the_url_of_one(row: Row, cluster: list[Server]) -> None:
    keys = filled(cluster)
    nodes = PROBES["redis_nodes"].look(cluster[1].plain())
    assert {node.name for node in nodes} == {f"127.0.0.1:{server.port}" for server in cluster}
    assert sum(node.database_keys for node in nodes) == keys
    assert all(0 < node.keys < keys for node in nodes)
    answer = PROBES["redis_answer"].look(cluster[0].plain())
    observer = Observer()
    target = Redis(name="cache", url=SecretStr("x"), memory_limit="1GB")
    memory_checks.test_redis_memory(row(memory_checks.RedisMemory, server=target), answer, observer)
    assert observer.outcome is Outcome.OK
    assert len(observer.observations) == 1 + 2 * 3


def test_samples_are_taken_of_all_nodes(cluster: list[Server]) -> None:
    keys = filled(cluster)
    sizes = PROBES["key_sizes"].look(cluster[2].plain(), "*", 10_000)
    expiry = PROBES["key_expiry"].look(cluster[2].plain(), "page:*", 10_000)
    assert (sizes.keys, sizes.whole) == (keys, True)
    assert (expiry.keys, expiry.without_expiry, expiry.whole) == (keys, keys, True)


def test_a_target_may_mean_one_node_alone(cluster: list[Server]) -> None:
    keys = filled(cluster)
    alone = cluster[0].plain().model_copy(update={"only_this_node": True})
    (node,) = PROBES["redis_nodes"].look(alone)
    assert node.name == "node"
    assert 0 < node.keys < keys


def test_a_server_of_its_own_is_no_cluster(server: Server) -> None:
    with pytest.raises(RunbookDisagrees, match="no node of a cluster"):
        look(server)


def test_a_url_with_a_database_is_told(cluster: list[Server]) -> None:
    with pytest.raises(CouldNotLook, match="refuses"):
        PROBES["redis_cluster"].look(cluster[0].target(url=SecretStr(cluster[0].url(3))))


def test_a_stopped_node_is_critical_and_named(row: Row) -> None:
    with three_nodes() as nodes:
        gone = nodes[2]
        gone.process.kill()
        gone.process.wait(10)
        at_once = look(nodes[0])
        fact = awaited(nodes[0], lambda fact: fact.state != "ok")
        with pytest.raises(Unreachable, match=f"{gone.port} of the cluster does not answer"):
            PROBES["redis_nodes"].look(nodes[0].plain())
        asked_itself = look(gone)
    assert len(at_once.nodes) == 3
    observer = judged(row, fact)
    assert observer.outcome is Outcome.CRITICAL
    assert f"127.0.0.1:{gone.port} fail" in observer.summary
    assert fact.slots_ok is not None
    assert fact.slots_ok < 16384
    assert "refused" in asked_itself.failure
    assert judged(row, asked_itself).outcome is Outcome.CRITICAL


def test_slots_that_nobody_has_are_critical(row: Row, cluster: list[Server]) -> None:
    whole = look(cluster[0])
    without = facts.Cluster("", "fail", 10922, whole.nodes[:2])
    assert judged(row, without).outcome is Outcome.CRITICAL
    assert judged(row, facts.Cluster("", "ok", None, whole.nodes)).outcome is Outcome.CRITICAL
    assert judged(row, facts.Cluster("", "ok", 16384, ())).outcome is Outcome.CRITICAL
