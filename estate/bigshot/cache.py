"""BigShot's Redis: Celery's broker in db 0, the cache in db 1."""

import itertools

import redis

from ..valkey import Valkey

FRAGMENTS = 1000
LOOK_UPS = 2000


class Cache(Valkey):
    """The server and the look-ups that make its hit figures real."""

    def client(self, db: int = 1) -> "redis.Redis":
        return super().client(db)

    def fill(self) -> None:
        with self.client() as client, client.pipeline(transaction=False) as pipe:
            for number in range(FRAGMENTS):
                pipe.set(f"fragment:{number}", f"<p>fragment {number}</p>" * 8)
            pipe.execute()

    def look_up(self, hits: int, misses: int) -> None:
        """Make real look-ups on the cache; MGET counts each name as a GET does."""
        names = itertools.chain(
            (f"fragment:{n % FRAGMENTS}" for n in range(hits)), map("absent:{}".format, range(misses))
        )
        with self.client() as client:
            while some := list(itertools.islice(names, 1000)):
                client.mget(some)

    def warm_up(self, hits: int = 0, misses: int = 0) -> None:
        """Fill the cache and look things up until the totals stand a healthy step above those given."""
        self.fill()
        now_hits, now_misses = self.figures()
        step = LOOK_UPS * 95 // 100
        self.look_up(max(hits - now_hits, 0) + step, max(misses - now_misses, 0) + LOOK_UPS - step)
