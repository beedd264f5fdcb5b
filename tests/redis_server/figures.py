"""A healthy node, of which a test changes what it is about."""

from dataclasses import replace
from typing import Any

from rounds.fixtures.redis_server import Node, Replication, Saving

SAVING = Saving(
    loading=False,
    last_save_seconds=3600.0,
    last_save_status="ok",
    save_running_seconds=None,
    changes_since_save=12,
    append_only=True,
    rewrite_status="ok",
    write_status="ok",
)
NODE = Node(
    name="cache",
    uptime_seconds=900_000.0,
    used_bytes=300_000_000,
    maxmemory_bytes=1_000_000_000,
    maxmemory_policy="allkeys-lru",
    fragmentation_ratio=1.2,
    rejected_connections=0,
    evicted_keys=0,
    expired_stale_percent=0.5,
    keyspace_hits=0,
    keyspace_misses=0,
    command_calls={},
    keys=10_000,
    database_keys=9_000,
    saving=SAVING,
    replication=Replication("master", "", None, ()),
)


def node(**changes: Any) -> Node:
    return replace(NODE, **changes)
