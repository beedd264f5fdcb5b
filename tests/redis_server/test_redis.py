"""Redis: answers, room, fragmentation."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from pydantic import SecretStr

from rounds.checks import test_redis as checks
from rounds.fixtures import redis_server as facts
from rounds.judge import Observer
from rounds.outcome import Outcome
from rounds.probe import PROBES, CouldNotLook, Unreachable
from rounds.targets import Redis

from .figures import node
from .servers import PASSWORD, Server

Row = Callable[..., Any]


def memory(target: Redis) -> facts.Answer:
    found: facts.Answer = PROBES["redis_answer"].look(target)
    return found


def judged(row: Row, fact: facts.Answer, *, maxmemory_set: bool = False, **target: Any) -> Observer:
    observer = Observer()
    server = Redis(name="cache", url=SecretStr("x"), **target)
    checks.test_redis_memory(row(checks.RedisMemory, server=server, maxmemory_set=maxmemory_set), fact, observer)
    return observer


def scattered(row: Row, *nodes: facts.Node, **given: Any) -> Observer:
    observer = Observer()
    expected = row(checks.RedisFragmentation, server=Redis(name="cache", url=SecretStr("x")), **given)
    checks.test_redis_fragmentation(expected, nodes, observer)
    return observer


@contextmanager
def maxmemory(server: Server, share: float) -> Iterator[None]:
    with server.client() as client:
        used = client.info("memory")["used_memory"]
        client.config_set("maxmemory", int(used / share))
        try:
            yield
        finally:
            client.config_set("maxmemory", 0)


def test_a_server_with_room_is_ok(row: Row, server: Server) -> None:
    with maxmemory(server, 0.3):
        fact = memory(server.target())
    assert fact.ping_seconds is not None
    assert 0 < fact.ping_seconds < 0.5
    assert judged(row, fact).outcome is Outcome.OK


def test_a_server_that_is_nearly_full_is_critical(row: Row, server: Server) -> None:
    with maxmemory(server, 0.95):
        fact = memory(server.target())
    assert judged(row, fact).outcome is Outcome.CRITICAL


def test_without_maxmemory_the_limit_of_the_container_counts(row: Row, server: Server) -> None:
    fact = memory(server.target())
    assert fact.nodes[0].maxmemory_bytes == 0
    assert judged(row, fact).outcome is Outcome.UNKNOWN
    assert judged(row, fact, memory_limit="1GB").outcome is Outcome.OK
    assert judged(row, fact, memory_limit="100kB").outcome is Outcome.CRITICAL


def test_a_refused_connection_is_critical(row: Row) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        fact = memory(Redis(name="cache", url=SecretStr(f"redis://:{PASSWORD}@127.0.0.1:{free.getsockname()[1]}/0")))
    assert "refused" in fact.failure
    assert judged(row, fact).outcome is Outcome.CRITICAL


def test_a_server_that_accepts_and_says_nothing_is_critical_in_time(row: Row) -> None:
    begun = time.monotonic()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        fact = memory(
            Redis(name="cache", url=SecretStr(f"redis://:{PASSWORD}@127.0.0.1:{listener.getsockname()[1]}/0"))
        )
    assert time.monotonic() - begun < PROBES["redis_answer"].deadline / 2
    assert PASSWORD not in fact.failure
    assert judged(row, fact).outcome is Outcome.CRITICAL


@pytest.mark.parametrize("url", [f"redis://:{PASSWORD}@127.0.0.1:{PASSWORD}/0", f"cache {PASSWORD}"])
def test_a_url_that_cannot_be_read_is_unknown_and_is_not_told(url: str) -> None:
    with pytest.raises(CouldNotLook) as caught:
        memory(Redis(name="cache", url=SecretStr(url)))
    assert PASSWORD not in str(caught.value)


def test_a_wrong_password_is_unknown_and_is_not_told(server: Server) -> None:
    with pytest.raises(Unreachable, match="does not take our password") as caught:
        memory(server.target(url=SecretStr(server.url(password="wr0ng-pass"))))
    assert "wr0ng-pass" not in str(caught.value)


def test_a_url_without_the_password_that_is_due_is_told(server: Server) -> None:
    with pytest.raises(Unreachable, match="asks for a password, and its URL has none"):
        memory(server.target(url=SecretStr(f"redis://127.0.0.1:{server.port}/1")))


def test_what_cannot_be_reached_is_the_cause_of_all_other_rows() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        dead = Redis(name="cache", url=SecretStr(f"redis://127.0.0.1:{free.getsockname()[1]}/0"))
        for probe, arguments in {"redis_nodes": (), "key_sizes": ("*", 10), "key_expiry": ("*", 10)}.items():
            with pytest.raises(Unreachable, match="refused"):
                PROBES[probe].look(dead, *arguments)


@pytest.mark.parametrize(
    ("rights", "probe", "arguments", "command"),
    [
        ("-info", "redis_nodes", (), "info"),
        ("-info", "redis_answer", (), "info"),
        ("-scan", "key_sizes", ("*", 10), "scan"),
        ("-memory", "key_sizes", ("*", 10), "memory"),
        ("-ttl", "key_expiry", ("*", 10), "ttl"),
        ("-info", "redis_cluster", (), "info"),
    ],
)
def test_what_our_user_may_not_is_named(
    server: Server, rights: str, probe: str, arguments: tuple[object, ...], command: str
) -> None:
    with server.client() as client:
        client.set("one", "1")
        client.execute_command("ACL", "SETUSER", "looker", "reset", "on", f">{PASSWORD}", "~*", "+@all", rights)
        target = server.target(url=SecretStr(f"redis://looker:{PASSWORD}@127.0.0.1:{server.port}/1"))
        with pytest.raises(CouldNotLook, match=f"does not let our user look: .*{command}") as caught:
            PROBES[probe].look(target, *arguments)
        client.flushdb()
    assert not isinstance(caught.value, Unreachable)
    assert PASSWORD not in str(caught.value)


def test_few_rights_are_enough_to_look(server: Server) -> None:
    rights = ("+info", "+ping", "+echo", "+select", "+scan", "+ttl", "+type", "+memory|usage", "+strlen")
    with server.client() as client:
        client.set("one", "1" * 20_000)
        client.execute_command("ACL", "SETUSER", "looker", "reset", "on", f">{PASSWORD}", "~*", *rights)
        target = server.target(url=SecretStr(f"redis://looker:{PASSWORD}@127.0.0.1:{server.port}/1"))
        assert memory(target).failure == ""
        assert PROBES["key_sizes"].look(target, "*", 10).largest[0].size_bytes == 20_000
        assert PROBES["key_expiry"].look(target, "*", 10).without_expiry == 1
        client.flushdb()


def test_slow_answers_rejections_and_missing_figures_are_not_ok(row: Row) -> None:
    assert judged(row, facts.Answer("", 0.1, (node(),))).outcome is Outcome.OK
    assert judged(row, facts.Answer("", 1.5, (node(),))).outcome is Outcome.CRITICAL
    assert judged(row, facts.Answer("", 0.1, (node(rejected_connections=3),))).outcome is Outcome.CRITICAL
    assert judged(row, facts.Answer("", 0.1, (node(rejected_connections=None),))).outcome is Outcome.UNKNOWN
    assert judged(row, facts.Answer("", 0.1, (node(used_bytes=None),))).outcome is Outcome.UNKNOWN


def test_a_server_that_must_have_a_limit_and_has_none_is_critical(row: Row) -> None:
    fact = facts.Answer("", 0.1, (node(maxmemory_bytes=0),))
    observer = judged(row, fact, maxmemory_set=True, memory_limit="1GB")
    assert observer.outcome is Outcome.CRITICAL
    assert "maxmemory is 0" in observer.summary
    assert judged(row, fact, memory_limit="1GB").outcome is Outcome.OK


def test_a_full_server_that_evicts_says_that_it_does(row: Row) -> None:
    observer = judged(row, facts.Answer("", 0.1, (node(used_bytes=950_000_000),)))
    assert observer.outcome is Outcome.CRITICAL
    assert "allkeys-lru removes keys when it is full" in observer.summary


def test_one_full_node_of_a_cluster_is_named(row: Row) -> None:
    nodes = (node(name="127.0.0.1:7001"), node(name="127.0.0.1:7002", used_bytes=990_000_000))
    observer = judged(row, facts.Answer("", 0.1, nodes))
    assert observer.outcome is Outcome.CRITICAL
    assert "memory used of 127.0.0.1:7002 is 99 %" in observer.summary


def test_fragmentation_is_judged_on_both_sides(row: Row) -> None:
    assert scattered(row, node()).outcome is Outcome.OK
    assert scattered(row, node(fragmentation_ratio=1.6)).outcome is Outcome.CRITICAL
    swapped = scattered(row, node(fragmentation_ratio=0.7))
    assert swapped.outcome is Outcome.CRITICAL
    assert "resident memory" in swapped.summary
    assert scattered(row, node(fragmentation_ratio=None)).outcome is Outcome.UNKNOWN


def test_the_ratio_of_a_small_server_is_told_and_not_judged(row: Row, server: Server) -> None:
    nodes = PROBES["redis_nodes"].look(server.target())
    assert nodes[0].fragmentation_ratio > 1.5
    observer = scattered(row, *nodes)
    assert observer.outcome is Outcome.OK
    assert "not judged" in observer.summary
    assert scattered(row, *nodes, used_above="100kB").outcome is Outcome.CRITICAL
