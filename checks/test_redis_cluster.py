"""A Redis Cluster is complete."""

from rounds.expectation import Expectation
from rounds.fixtures.redis_cluster import Cluster, ClusterNode
from rounds.judge import Observer
from rounds.limits import Limit, at_least, at_most, exactly
from rounds.targets import Redis

SLOTS = 16384  # of every cluster, by the protocol


class RedisClusterState(Expectation):
    """How many nodes must be there, how many may fail, and how many replicas each master with slots needs.

    `server` is one of the nodes, by a plain URL; the figures are that node's view of all. Without replicas the loss of
    one master takes its slots down: `replicas: 1` wants the cluster to survive that.
    """

    server: Redis
    nodes: Limit = at_least(3)
    failing: Limit = at_most(0)
    replicas: Limit = at_least(0)


def test_redis_cluster_state(expected: RedisClusterState, redis_cluster: Cluster, observe: Observer) -> None:
    """The nodes of the cluster together hold every key.

    Remedy: start the nodes that are named and watch CLUSTER INFO until the state is ok. A node that is lost for good:
    promote its replica (CLUSTER FAILOVER TAKEOVER there), or give its slots to others (redis-cli --cluster fix), which
    loses its keys.
    """
    seen = redis_cluster
    if seen.failure:
        observe.critical("cluster state", f"the node that is asked is not there: {seen.failure}", "unknown")
        return
    observe("cluster state", seen.state, exactly("ok"))
    observe("slots that are served", seen.slots_ok, exactly(SLOTS))
    observe("nodes", len(seen.nodes), expected.nodes)
    failing = [node for node in seen.nodes if node.failing]
    observe("nodes that fail", len(failing), expected.failing, note=", ".join(map(_said, failing)))
    masters = [node for node in seen.nodes if node.is_master and node.serves_slots]
    weakest = min(masters, key=lambda node: node.replicas, default=None)
    if weakest is None:
        observe.critical("replicas of the weakest master", "no master serves a slot", 0)
    else:
        note = f"{weakest.place}, one of {len(masters)} masters"
        observe("replicas of the weakest master", weakest.replicas, expected.replicas, note=note)


def _said(node: ClusterNode) -> str:
    return f"{node.place} {node.failing}"
