"""What the backend depends on, and how it asks each of them."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

import psycopg
import redis

from .bigshot_app import app

log = logging.getLogger("bigshot.database")
Answer = dict[str, Any]
SHARED_SECONDS = 0.15
HITS, MISSES = 294, 6  # so many that Celery's own reads on the same server do not blur the figures


class Database:
    """Statements on PostgreSQL; a failure is logged when it begins, not at each attempt."""

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        self.failing = False

    def query(self, sql: bytes, **values: Any) -> list[tuple[Any, ...]]:
        try:
            with psycopg.connect(self.dsn, connect_timeout=2) as connection:
                cursor = connection.execute(sql, values or None)
                rows = cursor.fetchall() if cursor.description else []
        except psycopg.OperationalError as error:
            if not self.failing:
                log.error("connection failed: %s", str(error).splitlines()[0])  # noqa: TRY400 - one line is enough
            self.failing = True
            raise
        self.failing = False
        return rows


class Fragments:
    """Look-ups in the cache; a page without them is slower, not broken."""

    def __init__(self) -> None:
        self.client: redis.Redis | None = None
        self.url = ""

    def at(self, url: str) -> "redis.Redis":
        if self.client is None or url != self.url:
            self.url, self.client = url, redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1)
        return self.client

    def read(self, url: str, number: int) -> int:
        """Read what one page needs: fragments that are cached, and a few that never are."""
        names = [f"fragment:{(number * HITS + n) % 1000}" for n in range(HITS)]
        names += [f"absent:{number}:{n}" for n in range(MISSES)]
        try:
            values = self.at(url).mget(names)
        except redis.RedisError:
            return 0
        return sum(value is not None for value in values)


class Workers:
    """Celery's workers; those who ask at the same moment share one answer."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.asked = 0.0
        self.count = 0

    def ping(self) -> Answer:
        with self.lock:
            if time.monotonic() - self.asked > SHARED_SECONDS:
                self.count = 0
                try:
                    self.count = len(app.control.broadcast("ping", reply=True, timeout=1, limit=1) or [])
                finally:
                    self.asked = time.monotonic()
            if self.count == 0:
                raise LookupError("no worker answered")
            return {"workers": self.count}


def ask(question: Callable[[], object]) -> Answer:
    begin = time.monotonic()
    try:
        more = question()
    except Exception as error:  # noqa: BLE001 - whatever is wrong, the answer is its status
        return {"status": "unhealthy", "error": type(error).__name__}
    taken = round((time.monotonic() - begin) * 1000, 2)
    return {"status": "healthy", "latency_ms": taken} | (more if isinstance(more, dict) else {})
