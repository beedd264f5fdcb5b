"""Large keys, keys that never expire, and keys that vanished: by sampling a real server."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from rounds.checks import test_redis_keys as checks
from rounds.fixtures import redis_keys as facts
from rounds.judge import Earlier, EarlierFigure, Observer
from rounds.outcome import Outcome
from rounds.probe import PROBES
from rounds.targets import Redis

from .figures import node
from .servers import Server

Row = Callable[..., Any]
CACHE = Redis(name="cache", url=SecretStr("x"))


@pytest.fixture
def client(server: Server) -> Iterator[Any]:
    with server.client(4) as client:
        yield client
        client.flushdb()


@pytest.fixture
def cache(server: Server) -> Redis:
    return server.target(url=SecretStr(server.url(4)))


def sized(cache: Redis, pattern: str = "*", sample: int = 50_000) -> facts.KeySizes:
    found: facts.KeySizes = PROBES["key_sizes"].look(cache, pattern, sample)
    return found


def living(cache: Redis, pattern: str = "*", sample: int = 50_000) -> facts.KeyExpiry:
    found: facts.KeyExpiry = PROBES["key_expiry"].look(cache, pattern, sample)
    return found


def big(row: Row, fact: facts.KeySizes) -> Observer:
    observer = Observer()
    checks.test_redis_bigkeys(row(checks.RedisBigkeys, server=CACHE), fact, observer)
    return observer


def expiring(row: Row, fact: facts.KeyExpiry, *then: float, age: float = 86400, **changes: Any) -> Observer:
    observer = Observer()
    earlier = Earlier({"keys": [EarlierFigure(value, age) for value in then]})
    checks.test_redis_expiry(row(checks.RedisExpiry, server=CACHE), (node(**changes),), fact, earlier, observer)
    return observer


def test_small_keys_of_all_kinds_are_fine(row: Row, client: Any, cache: Redis) -> None:
    client.mset({f"page:{number}": "x" * 100 for number in range(3_000)})
    client.rpush("list", *range(20_000))
    client.hset("hash", mapping={number: number for number in range(5_000)})
    client.zadd("zset", {str(number): number for number in range(6_000)})
    client.xadd("stream", {"field": "x" * 20_000})
    fact = sized(cache)
    assert (fact.keys, fact.whole) == (3_004, True)
    assert {(key.kind, key.members) for key in fact.longest} == {
        ("list", 20_000), ("zset", 6_000), ("hash", 5_000), ("stream", 1)
    }  # fmt: skip
    assert big(row, fact).outcome is Outcome.OK


def test_a_string_of_50_mb_is_critical(row: Row, client: Any, cache: Redis) -> None:
    client.set("report:2026", "x" * 50_000_000)
    fact = sized(cache)
    assert fact.largest == (facts.SizedKey("report:2026", "string", 50_000_000, None),)
    observer = big(row, fact)
    assert observer.outcome is Outcome.CRITICAL
    assert "50 MB" in observer.summary
    assert "string report:2026" in observer.summary


def test_a_collection_is_measured_in_members(row: Row, client: Any, cache: Redis) -> None:
    for start in range(0, 120_000, 10_000):
        client.sadd("visitors", *range(start, start + 10_000))
    client.set("larger", "x" * 9_900_000)
    observer = big(row, sized(cache))
    assert observer.outcome is Outcome.CRITICAL
    assert "members of the longest collection is 120000" in observer.summary


def test_an_empty_database_and_a_pattern_that_fits_nothing_are_unknown(row: Row, client: Any, cache: Redis) -> None:
    assert big(row, sized(cache)).outcome is Outcome.UNKNOWN
    client.set("one", "1")
    assert big(row, sized(cache, "two*")).outcome is Outcome.UNKNOWN


def test_a_sample_is_no_more_than_was_asked_for_and_says_so(row: Row, client: Any, cache: Redis) -> None:
    client.mset({f"page:{number}": "x" for number in range(5_000)})
    fact = sized(cache, sample=1_000)
    assert 900 <= fact.keys <= 1_500
    assert not fact.whole
    assert "a sample: there are more" in big(row, fact).summary
    none_of_them = sized(cache, "nothing*", 1_000)
    assert (none_of_them.keys, none_of_them.whole) == (0, False)


def test_a_scan_leaves_the_hit_rate_alone(client: Any, cache: Redis) -> None:
    client.mset({f"page:{number}": "x" for number in range(100)})
    then = client.info("stats")
    sized(cache)
    now = client.info("stats")
    assert [now[key] - then[key] for key in ("keyspace_hits", "keyspace_misses")] == [0, 0]


def test_names_that_hold_tokens_are_not_told(client: Any, cache: Redis) -> None:
    client.set("session:9f8a7b6c5d4e3f2a1b0c", "1")
    client.set("job:123e4567-e89b-12d3-a456-426614174000:result", "1")
    client.set(b"odd \xff name", "1")
    assert set(living(cache).examples) == {"session:…", "job:…:result", r"odd \xff name"}


def test_keys_with_a_time_to_live_are_fine(row: Row, client: Any, cache: Redis) -> None:
    for number in range(700):
        client.set(f"page:{number}", "x", ex=600)
    client.set("config", "kept for ever")
    fact = living(cache, "page:*")
    assert fact == facts.KeyExpiry(700, whole=True, without_expiry=0)
    assert expiring(row, fact, 9_000, 9_100).outcome is Outcome.OK


def test_keys_that_live_for_ever_are_critical(row: Row, client: Any, cache: Redis) -> None:
    client.set("page:1", "x", ex=600)
    client.set("page:2", "x")
    observer = expiring(row, living(cache, "page:*"), 9_000)
    assert observer.outcome is Outcome.CRITICAL
    assert "1 of 2 that were looked at, such as page:2" in observer.summary


def test_a_pattern_that_fits_no_key_is_unknown(row: Row, client: Any, cache: Redis) -> None:
    client.set("config", "x")
    observer = expiring(row, living(cache, "page:*"), 9_000)
    assert observer.outcome is Outcome.UNKNOWN
    assert "disagree" in observer.summary


def test_an_emptied_database_is_critical_also_in_the_first_round(row: Row) -> None:
    observer = expiring(row, facts.KeyExpiry(0, whole=True, without_expiry=0), database_keys=0)
    assert observer.outcome is Outcome.CRITICAL
    assert "the database is empty" in observer.summary


def test_a_database_that_lost_half_of_its_keys_is_critical(row: Row) -> None:
    fact = facts.KeyExpiry(100, whole=True, without_expiry=0)
    assert expiring(row, fact, 10_000, 9_000, 11_000, database_keys=6_000).outcome is Outcome.OK
    assert expiring(row, fact, 10_000, 9_000, 11_000, database_keys=4_000).outcome is Outcome.CRITICAL
    assert expiring(row, fact, database_keys=4_000).outcome is Outcome.UNKNOWN
    assert expiring(row, fact, 10_000, age=30 * 86400, database_keys=4_000).outcome is Outcome.UNKNOWN


def test_many_expired_keys_that_are_still_there_are_critical(row: Row) -> None:
    fact = facts.KeyExpiry(100, whole=True, without_expiry=0)
    assert expiring(row, fact, 9_000, expired_stale_percent=12.0).outcome is Outcome.CRITICAL
    assert expiring(row, fact, 9_000, expired_stale_percent=None).outcome is Outcome.UNKNOWN
