"""Redis: answers, room, hit rate."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from pydantic import SecretStr

from rounds.checks import test_redis as checks
from rounds.fixtures import redis_server as facts
from rounds.judge import Earlier, EarlierFigure, Observer
from rounds.outcome import Outcome
from rounds.probe import PROBES, CouldNotLook
from rounds.targets import Redis

from .conftest import PASSWORD, Server

Row = Callable[..., Any]
QUEUE_COMMANDS = ("llen", "lrange", "smembers", "zrange", "zrevrangebyscore")


def memory(target: Redis) -> facts.ServerMemory:
    found: facts.ServerMemory = PROBES["redis_memory"].look(target)
    return found


def judged(row: Row, fact: facts.ServerMemory, **target: Any) -> Observer:
    observer = Observer()
    checks.test_redis_memory(
        row(checks.RedisMemory, server=Redis(name="cache", url=SecretStr("x"), **target)), fact, observer
    )
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
    assert fact.maxmemory_bytes == 0
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
    assert time.monotonic() - begun < PROBES["redis_memory"].deadline / 2
    assert PASSWORD not in fact.failure
    assert judged(row, fact).outcome is Outcome.CRITICAL


@pytest.mark.parametrize("url", [f"redis://:{PASSWORD}@127.0.0.1:{PASSWORD}/0", f"cache {PASSWORD}"])
def test_a_url_that_cannot_be_read_is_unknown_and_is_not_told(url: str) -> None:
    with pytest.raises(CouldNotLook) as caught:
        memory(Redis(name="cache", url=SecretStr(url)))
    assert PASSWORD not in str(caught.value)


def test_a_wrong_password_is_unknown_and_is_not_told(server: Server) -> None:
    with pytest.raises(CouldNotLook, match="does not take our password") as caught:
        memory(server.target(url=SecretStr(server.url(password="wr0ng-pass"))))
    assert "wr0ng-pass" not in str(caught.value)


def test_slow_answers_rejections_and_missing_figures_are_not_ok(row: Row) -> None:
    assert judged(row, facts.ServerMemory("", 1.5, 10, 100, 0)).outcome is Outcome.CRITICAL
    assert judged(row, facts.ServerMemory("", 0.1, 10, 100, 3)).outcome is Outcome.CRITICAL
    assert judged(row, facts.ServerMemory("", 0.1, 10, 100, None)).outcome is Outcome.UNKNOWN


def rated(row: Row, fact: facts.KeyLookups, *then: float, age: float = 4000) -> Observer:
    observer = Observer()
    names = ("hits", "misses", "queue reads")
    earlier = Earlier({name: [EarlierFigure(value, age)] for name, value in zip(names, then, strict=False)})
    checks.test_redis_hit_rate(
        row(checks.RedisHitRate, server=Redis(name="cache", url=SecretStr("x"))), fact, earlier, observer
    )
    return observer


def test_look_ups_are_counted(server: Server) -> None:
    before = PROBES["key_lookups"].look(server.target(), QUEUE_COMMANDS)
    with server.client() as client:
        client.set("here", "1")
        for name in ("here", "here", "there"):
            client.get(name)
        client.llen("queue")
    after = PROBES["key_lookups"].look(server.target(), QUEUE_COMMANDS)
    assert (after.hits - before.hits, after.misses - before.misses) == (2, 2)
    assert after.queue_reads - before.queue_reads == 1


def test_a_warm_cache_is_ok(row: Row) -> None:
    assert rated(row, facts.KeyLookups(10_950, 5_050, 0), 10_000, 5_000, 0).outcome is Outcome.OK


def test_a_flushed_cache_is_critical_whatever_the_totals_say(row: Row) -> None:
    assert rated(row, facts.KeyLookups(990_000, 6_000, 0), 989_900, 4_000, 0).outcome is Outcome.CRITICAL


def test_after_a_restart_the_totals_since_then_are_judged(row: Row) -> None:
    assert rated(row, facts.KeyLookups(1_900, 100, 0), 50_000, 90, 0).outcome is Outcome.OK
    assert rated(row, facts.KeyLookups(100, 1_900, 0), 50_000, 90, 0).outcome is Outcome.CRITICAL


def test_the_first_figures_and_figures_of_minutes_ago_are_unknown(row: Row) -> None:
    assert rated(row, facts.KeyLookups(9_000, 0, 0)).outcome is Outcome.UNKNOWN
    assert rated(row, facts.KeyLookups(9_000, 0, 0), 0, 0, 0, age=600).outcome is Outcome.UNKNOWN


def test_few_look_ups_are_unknown(row: Row) -> None:
    assert rated(row, facts.KeyLookups(10, 0, 0), 10, 0, 0).outcome is Outcome.UNKNOWN
    assert rated(row, facts.KeyLookups(5_000, 0, 4_500), 0, 0, 0).outcome is Outcome.UNKNOWN


def test_reads_of_queues_that_blur_the_share_are_unknown(row: Row) -> None:
    observer = rated(row, facts.KeyLookups(5_000, 900, 2_900), 0, 0, 0)
    assert observer.outcome is Outcome.UNKNOWN
    assert "reads of queues" in observer.summary
    assert rated(row, facts.KeyLookups(50_000, 900, 2_900), 0, 0, 0).outcome is Outcome.OK
