"""What Redis holds outlives it: on disk and in replicas."""

from typing import Literal

from rounds.expectation import Expectation
from rounds.fixtures.redis_server import Node, Replication, Saving
from rounds.judge import Observer
from rounds.limits import Limit, at_least, at_most, exactly
from rounds.quantities import shown
from rounds.targets import Redis


class RedisPersistence(Expectation):
    """Whether snapshots (RDB) and the append-only file (AOF) are due, how old a save may be and how long one runs.

    INFO does not say when the append-only file was rewritten, only whether the last rewrite succeeded: which it does
    also where the file is switched off, so this check wants it on.
    """

    server: Redis
    snapshots: bool = True
    saved: Limit = at_most(86400, unit="s")
    saving: Limit = at_most(600, unit="s")
    append_only: bool = False


def test_redis_persistence(expected: RedisPersistence, redis_nodes: tuple[Node, ...], observe: Observer) -> None:
    """What Redis holds is on disk.

    Remedy: read the server's log for why the save failed (no space, no right to write, no memory to fork:
    vm.overcommit_memory), mend it, and start BGSAVE; then see in INFO persistence that it ended with ok. Do not restart
    the server before: what was not saved is lost.
    """
    for node in redis_nodes:
        saving = node.saving
        observe(node.called("loading its data", redis_nodes), saving.loading, exactly(False))
        if expected.snapshots:
            name = node.called("last snapshot", redis_nodes)
            observe(name, saving.last_save_status or None, exactly("ok"))
            _last_save(expected, node, node.called("age of the last snapshot", redis_nodes), observe)
            running = saving.save_running_seconds
            note = "" if running is not None else "none is being written"
            observe(
                node.called("time of a snapshot that runs", redis_nodes), running or 0.0, expected.saving, note=note
            )
        if expected.append_only:
            _append_only(saving, node, redis_nodes, observe)


def _last_save(expected: RedisPersistence, node: Node, name: str, observe: Observer) -> None:
    """A server that saved nothing since its start shows its start as its last save."""
    saving, up = node.saving, node.uptime_seconds
    if saving.last_save_seconds is not None:
        note = f"{saving.changes_since_save} changes since" if saving.changes_since_save is not None else ""
        observe(name, saving.last_save_seconds, expected.saved, note=note)
        return
    why = "nothing was saved since the server started"
    if up is not None and expected.saved.verdict(up).is_bad:
        observe(name, up, expected.saved, note=why)
    else:
        since = "at an unknown time" if up is None else f"{shown(up, 's')} ago"
        observe.unknown(name, f"{why}, {since}: how old the data on disk are, it does not tell")


def _append_only(saving: Saving, node: Node, nodes: tuple[Node, ...], observe: Observer) -> None:
    observe(node.called("append-only file", nodes), saving.append_only, exactly(True))
    for what, status in (("last write", saving.write_status), ("last rewrite", saving.rewrite_status)):
        observe(node.called(f"{what} of the append-only file", nodes), status or None, exactly("ok"))


class RedisReplication(Expectation):
    """Which part the server has, how many replicas a master needs, and how long both may not hear of each other.

    In a cluster all masters are looked at; a replica's own target says `only_this_node`.
    """

    server: Redis
    role: Literal["master", "replica"] = "master"
    replicas: Limit = at_least(1)
    lag: Limit = at_most(10, unit="s")


def test_redis_replication(expected: RedisReplication, redis_nodes: tuple[Node, ...], observe: Observer) -> None:
    """The replicas of Redis are connected and keep up.

    Remedy: look at the log of the replica that is missing or late (network, password, a full synchronisation that
    never ends because client-output-buffer-limit cuts it off). After a failover the parts are exchanged: correct the
    inventory.
    """
    for node in redis_nodes:
        seen = node.replication
        observe(node.called("role", redis_nodes), seen.role or None, exactly(expected.role))
        if expected.role != seen.role:
            continue
        if expected.role == "replica":
            observe(node.called("link to the master", redis_nodes), seen.link or None, exactly("up"))
            observe(node.called("silence of the master", redis_nodes), _heard(seen), expected.lag)
        else:
            online = [replica for replica in seen.replicas if replica.state == "online"]
            others = ", ".join(f"{each.place} is {each.state}" for each in seen.replicas if each not in online)
            observe(node.called("replicas online", redis_nodes), len(online), expected.replicas, note=others)
            for replica in online:
                observe(f"lag of {replica.place}", replica.lag_seconds, expected.lag)


def _heard(seen: Replication) -> float | None:
    """Seconds since the master last spoke; a link that is down says -1."""
    return seen.silent_seconds if seen.silent_seconds is not None and seen.silent_seconds >= 0 else None
