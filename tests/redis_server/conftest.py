"""One Valkey and one worker for the session."""

import importlib
from collections.abc import Iterator

import pytest

from rounds.fixtures import celery_workers

from .servers import Server, serving
from .workers import working

for _looks in ("redis_cluster", "redis_keys", "redis_server"):
    importlib.import_module(f"rounds.fixtures.{_looks}")  # what it looks with is in PROBES then


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with serving() as started:
        yield started


@pytest.fixture(scope="session")
def worker(server: Server) -> Iterator[Server]:
    with working(server, 5):
        yield server


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(celery_workers, "REPLY_SECONDS", 1.5)
