"""Keys of Redis are not huge, and those of a cache expire."""

from typing import Annotated

from pydantic import Field

from rounds.expectation import Expectation
from rounds.fixtures.redis_keys import KeyExpiry, KeySizes, SizedKey
from rounds.fixtures.redis_server import Node
from rounds.judge import Earlier, Observer
from rounds.limits import Limit, at_least, at_most
from rounds.quantities import Duration, shown
from rounds.targets import Redis

Sample = Annotated[int, Field(ge=1, description="how many keys are looked at, in small pieces with pauses")]


class RedisBigkeys(Expectation):
    """How large a key may be in bytes, and a collection in members, among `sample` keys that fit `pattern`.

    SCAN gives keys in the server's own order; of a database with more keys than the sample the rest is not seen. Keys
    are named without what looks like a token.
    """

    server: Redis
    pattern: str = "*"
    sample: Sample = 50_000
    size: Limit = at_most(10_000_000, unit="B")
    members: Limit = at_most(100_000)


def test_redis_bigkeys(expected: RedisBigkeys, key_sizes: KeySizes, observe: Observer) -> None:
    """No key of Redis is huge.

    Remedy: find who writes it by its name. Split it (by day, by user), keep the value elsewhere and its address here,
    or trim the collection where it is written (LTRIM, XTRIM, ZREMRANGEBYRANK). Remove it with UNLINK: DEL blocks the
    server.
    """
    seen = key_sizes
    if not seen.keys:
        observe.unknown("keys looked at", f"no key fits {expected.pattern!r}: is it the right database?", 0)
        return
    observe("keys looked at", seen.keys, note="all there are" if seen.whole else "a sample: there are more")
    largest, longest = next(iter(seen.largest), None), next(iter(seen.longest), None)
    observe("largest key", largest.size_bytes if largest else None, expected.size, note=_named(largest))
    members = (longest.members or 0) if longest else 0
    observe("members of the longest collection", members, expected.members, note=_named(longest))


def _named(key: SizedKey | None) -> str:
    return f"{key.kind} {key.name}".strip() if key else "no large collection"


class RedisExpiry(Expectation):
    """What share of expired keys may still be there, and of the keys of `pattern` may live for ever.

    `kept` is the number of keys now as a share of their mean over the rounds within `window`: a database that was
    emptied or lost half of its keys has not merely expired them.
    """

    server: Redis
    pattern: str = "*"
    sample: Sample = 10_000
    stale: Limit = at_most(10, unit="%")
    without_expiry: Limit = at_most(0, unit="%")
    kept: Limit = at_least(50, unit="%")
    window: Duration = 691_200


def test_redis_expiry(
    expected: RedisExpiry, redis_nodes: tuple[Node, ...], key_expiry: KeyExpiry, earlier: Earlier, observe: Observer
) -> None:
    """Keys that have expired go, and no others.

    Remedy: never clear expired keys by hand: the server does it, and FLUSHDB or KEYS with DEL take the others along. If
    keys vanished, look for who flushed (SLOWLOG, ACL LOG, the last release) and restore what cannot be made again. Give
    keys that live for ever an expiry where they are written.
    """
    stale = [node.expired_stale_percent for node in redis_nodes if node.expired_stale_percent is not None]
    observe("expired keys that are still there", max(stale, default=None), expected.stale)
    keys = sum(node.database_keys for node in redis_nodes)
    if not keys:
        observe.critical("keys", "the database is empty", 0)
        return
    observe("keys", keys)
    _kept(expected, keys, earlier, observe)
    seen = key_expiry
    if not seen.keys:
        why = f"the runbook and the system disagree: no key that was looked at fits {expected.pattern!r}"
        observe.unknown("keys without an expiry", why)
        return
    note = f"{seen.without_expiry} of {seen.keys} that were looked at" if seen.without_expiry else f"of {seen.keys}"
    note += f", such as {', '.join(seen.examples[:3])}" if seen.examples else ""
    observe("keys without an expiry", 100 * seen.without_expiry / seen.keys, expected.without_expiry, note=note)


def _kept(expected: RedisExpiry, keys: int, earlier: Earlier, observe: Observer) -> None:
    counts = [figure.value for figure in earlier.all("keys", at_most_old=expected.window)]
    if not any(counts):
        why = f"this round keeps the first number of keys within {shown(expected.window, 's')}: the next can judge"
        observe.unknown("keys against their mean", why)
        return
    mean = sum(counts) / len(counts)
    note = f"{mean:.0f} in the mean of {len(counts)} rounds"
    observe("keys against their mean", 100 * keys / mean, expected.kept, note=note)
