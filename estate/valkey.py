"""A real Redis (Valkey) server of an estate."""

import secrets
from dataclasses import dataclass, field
from pathlib import Path

import redis

from .ground import Servant
from .part import Part, free_port
from .servers import valkey_server

SETTINGS = 'maxmemory 64mb\nmaxmemory-policy noeviction\nsave ""\nappendonly no\n'


@dataclass
class Valkey:
    """The server; `settings` are lines of its configuration beside address and password."""

    root: Path
    servant: Servant
    part_name: str = "redis"
    settings: str = SETTINGS
    port: int = field(default_factory=free_port)
    password: str = field(default_factory=lambda: secrets.token_hex(16))

    def __post_init__(self) -> None:
        self.home = self.root / self.part_name
        self.log = self.home / "redis.log"
        program = valkey_server(self.root, self.servant)
        conf = self.home / "redis.conf"
        self.part = Part(self.part_name, [str(program), str(conf)], self.home, self.log, servant=self.servant)

    def url(self, db: int = 0) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/{db}"

    def client(self, db: int = 0) -> "redis.Redis":
        return redis.Redis.from_url(self.url(db), socket_timeout=5, protocol=2)

    def start(self) -> None:
        self.home.mkdir()
        conf = self.home / "redis.conf"
        address = f"bind 127.0.0.1\nport {self.port}\nrequirepass {self.password}\nmasterauth {self.password}\n"
        conf.write_text(f"{address}dir {self.home}\ndaemonize no\n{self.settings}")
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

    def figures(self) -> tuple[int, int]:
        """Hits and misses since the server's start."""
        with self.client() as client:
            stats = client.info("stats")
        return int(stats["keyspace_hits"]), int(stats["keyspace_misses"])

    def save_and_stop(self) -> None:
        """Stop without losing the data, as the real container with its volume would."""
        with self.client() as client:
            client.save()
        self.part.stop()
