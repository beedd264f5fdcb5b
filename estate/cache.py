"""BigShot's Redis: Celery's broker in db 0, the cache in db 1."""

import itertools
import secrets
from dataclasses import dataclass, field
from pathlib import Path

import redis

from .ground import Servant
from .part import Part, free_port
from .servers import valkey_server

FRAGMENTS = 1000
LOOK_UPS = 2000


@dataclass
class Cache:
    """The server and the look-ups that make its hit figures real."""

    root: Path
    servant: Servant
    port: int = field(default_factory=free_port)
    password: str = field(default_factory=lambda: secrets.token_hex(16))

    def __post_init__(self) -> None:
        self.home = self.root / "redis"
        self.log = self.home / "redis.log"
        program = valkey_server(self.root, self.servant)
        conf = self.home / "redis.conf"
        self.part = Part("redis", [str(program), str(conf)], self.home, self.log, servant=self.servant)

    def url(self, db: int) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/{db}"

    def client(self, db: int = 1) -> "redis.Redis":
        return redis.Redis.from_url(self.url(db), socket_timeout=5, protocol=2)

    def start(self) -> None:
        self.home.mkdir()
        conf = self.home / "redis.conf"
        conf.write_text(
            f"bind 127.0.0.1\nport {self.port}\nrequirepass {self.password}\ndir {self.home}\n"
            "maxmemory 64mb\nmaxmemory-policy noeviction\nsave ''\nappendonly no\ndaemonize no\n".replace("''", '""'),
        )
        conf.chmod(0o600)
        for path in (self.home, conf):
            self.servant.own(path)
        self.part.start()

    def await_ready(self) -> None:
        def answers() -> bool:
            try:
                with self.client() as client:
                    return bool(client.ping())
            except redis.RedisError:
                return False

        self.part.await_ready(answers)

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

    def figures(self) -> tuple[int, int]:
        with self.client() as client:
            stats = client.info("stats")
        return int(stats["keyspace_hits"]), int(stats["keyspace_misses"])

    def warm_up(self, hits: int = 0, misses: int = 0) -> None:
        """Fill the cache and look things up until the totals stand a healthy step above those given."""
        self.fill()
        now_hits, now_misses = self.figures()
        step = LOOK_UPS * 95 // 100
        self.look_up(max(hits - now_hits, 0) + step, max(misses - now_misses, 0) + LOOK_UPS - step)

    def save_and_stop(self) -> None:
        """Stop without losing the data, as the real container with its volume would."""
        with self.client() as client:
            client.save()
        self.part.stop()
