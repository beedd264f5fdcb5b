"""RENEC's Redis Cluster: three masters without replicas, with the pages that the API keeps for a while."""

import contextlib
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import redis
from redis.crc import key_slot

from ..ground import Servant
from ..part import free_port, wait_until
from ..valkey import Valkey

SETTINGS = """
cluster-enabled yes
cluster-node-timeout 3000
cluster-require-full-coverage yes
maxmemory 128mb
maxmemory-policy allkeys-lru
save ""
appendonly no
"""
THIRDS = ((0, 5460), (5461, 10922), (10923, 16383))
PAGES = 600
LIVES_SECONDS = 86400
LOOK_UPS = 1900


class Cluster:
    """The nodes; `asked` is the one whose address the inventory names."""

    def __init__(self, root: Path, servant: Servant) -> None:
        password = secrets.token_hex(16)
        self.gossip_ports = [free_port() for _ in THIRDS]
        self.nodes = [
            Valkey(root, servant, f"redis-{number}", settings(root / f"redis-{number}.nodes", port), password=password)
            for number, port in enumerate(self.gossip_ports)
        ]

    @property
    def asked(self) -> Valkey:
        return self.nodes[0]

    def url(self) -> str:
        return self.asked.url().removesuffix("/0")

    def begin(self) -> None:
        for node in self.nodes:
            node.start()

    def introduce(self) -> None:
        """Give each node its third of the slots, and let them meet."""
        for node, (first, last) in zip(self.nodes, THIRDS, strict=True):
            node.await_ready()
            with node.client() as client:
                client.execute_command("CLUSTER ADDSLOTSRANGE", first, last)
                client.execute_command("CLUSTER MEET", "127.0.0.1", self.asked.port, self.gossip_ports[0])

    def await_complete(self) -> None:
        wait_until(lambda: all(map(is_complete, self.nodes)), "the Redis cluster should be complete", pause=0.05)

    def is_broken(self) -> bool:
        with self.asked.client() as client:
            return bool(client.execute_command("CLUSTER INFO")["cluster_state"] == "fail")

    def node_of(self, key: str) -> Valkey:
        slot = key_slot(key.encode())
        return next(node for node, (_, last) in zip(self.nodes, THIRDS, strict=True) if slot <= last)

    def tag_of(self, node: Valkey) -> str:
        """A hash tag whose keys all live on that node."""
        return next(f"{{{n}}}" for n in range(1000) if self.node_of(f"{{{n}}}") is node)

    def warm_up(self, hits: int = LOOK_UPS, misses: int = LOOK_UPS // 19) -> None:
        """Put every page into its node, and look things up."""
        self._each([("SET", f"page:{number}", "x" * 3000, "EX", LIVES_SECONDS) for number in range(PAGES)])
        self.look_up(hits, misses)

    def save(self) -> None:
        for node in self.nodes:
            save(node)

    def look_up(self, hits: int, misses: int) -> None:
        found = [("GET", f"page:{number % PAGES}") for number in range(hits)]
        self._each([*found, *(("GET", f"absent:{number}") for number in range(misses))])

    def count_anew(self) -> None:
        for node in self.nodes:
            with node.client() as client:
                client.config_resetstat()

    def _each(self, commands: Sequence[tuple[Any, ...]]) -> None:
        """Send each command to the node that has its key."""
        by_port: Mapping[int, list[tuple[Any, ...]]] = {node.port: [] for node in self.nodes}
        for command in commands:
            by_port[self.node_of(command[1]).port].append(command)
        for node in self.nodes:
            with node.client() as client, client.pipeline(transaction=False) as pipe:
                for command in by_port[node.port]:
                    pipe.execute_command(*command)
                pipe.execute()


def settings(nodes: Path, port: int) -> str:
    """What a node knows of the others lies apart from its data, so that a fault can lock these alone."""
    return f"{SETTINGS}cluster-config-file {nodes}\ncluster-port {port}\n"


def save(node: Valkey) -> None:
    """Let it write a snapshot. A node tells one of its first second as none: it gives the time of its start then."""

    def told(key: str) -> Any:
        with node.client() as client:
            return client.info()[key]

    wait_until(lambda: told("uptime_in_seconds") >= 2, "the node should be two seconds old")
    with node.client() as client:
        client.bgsave()
    wait_until(lambda: not told("rdb_bgsave_in_progress"), "the snapshot should be written", pause=0.05)


def is_complete(node: Valkey) -> bool:
    with contextlib.suppress(redis.RedisError), node.client() as client:
        info = client.execute_command("CLUSTER INFO")
        return bool(info["cluster_state"] == "ok" and info["cluster_known_nodes"] == "3")
    return False
