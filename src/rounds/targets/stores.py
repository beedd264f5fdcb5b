"""Databases, caches and brokers."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from rounds.quantities import Size
from rounds.secret import Secret
from rounds.targets.target import Target, named_place
from rounds.timezone import Timezone


class Postgres(Target):
    """A PostgreSQL database by its DSN (URL or key=value form)."""

    kind: Literal["postgres"] = "postgres"
    dsn: Secret
    timezone: Annotated[Timezone, Field(description="of timestamps that carry none")] = "UTC"
    dialect: ClassVar[str] = "postgres"
    client: ClassVar[tuple[str, ...]] = ("psycopg",)

    @property
    def place(self) -> str:
        return named_place(self.name, self.dsn)


class Sqlite(Target):
    """An SQLite database: a file on the machine that Rounds runs on. It is only read, and never made."""

    kind: Literal["sqlite"] = "sqlite"
    path: str
    dialect: ClassVar[str] = "sqlite"

    @property
    def place(self) -> str:
        return f"{self.name} ({self.path})"


class Redis(Target):
    """A Redis or Valkey database by its URL."""

    kind: Literal["redis"] = "redis"
    url: Secret
    memory_limit: Annotated[Size | None, Field(description="the container's limit, used when maxmemory is 0")] = None
    only_this_node: Annotated[bool, Field(description="do not follow a cluster to its other masters")] = False
    client: ClassVar[tuple[str, ...]] = ("redis.backoff", "redis.retry")

    @property
    def place(self) -> str:
        return named_place(self.name, self.url)


class Celery(Target):
    """Celery workers behind a broker on Redis."""

    kind: Literal["celery"] = "celery"
    broker: Secret
    queues: tuple[str, ...] = ("celery",)
    client: ClassVar[tuple[str, ...]] = (
        *Redis.client,
        "celery.app.amqp",
        "celery.app.control",
        "kombu.transport.redis",
    )

    @property
    def place(self) -> str:
        return named_place(self.name, self.broker)
