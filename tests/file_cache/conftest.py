"""A cache in a folder, with entries of three kinds."""

import json
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rounds.targets import FileCache

HOUR, DAY = 3600, 86_400
KINDS = {
    "html": {"files": "html/*.json", "ttl": "24h", "time": "meta.fetched_at", "hash": "meta.sha256"},
    "json": {"files": "structured/*.json", "ttl": "12h", "time": "created"},
    "external-api": {"files": "api/*.json", "ttl": "7d", "time": "created", "source": "source"},
}


@pytest.fixture
def cache(tmp_path: Path) -> FileCache:
    (tmp_path / "cache").mkdir()
    return FileCache.model_validate(
        {"name": "cache", "system": "trail", "path": str(tmp_path / "cache"), "kinds": KINDS}
    )


@pytest.fixture
def put(cache: FileCache) -> Callable[..., Path]:
    """Put a file into the cache that was written a minute ago, whatever it says of its age itself."""

    def made(name: str, document: object) -> Path:
        path = Path(cache.path, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(document if isinstance(document, bytes) else json.dumps(document).encode())
        before = time.time() - 60
        os.utime(path, (before, before))
        return path

    return made


def html(age: float, **meta: object) -> dict[str, object]:
    return {"meta": {"fetched_at": datetime.fromtimestamp(time.time() - age, UTC).isoformat(), **meta}, "html": "<p>"}


def created(age: float, factor: float = 1, **also: object) -> dict[str, object]:
    return {"created": (time.time() - age) * factor, **also}


@pytest.fixture
def filled(put: Callable[..., Path]) -> None:
    for number in range(5):
        put(f"html/aerc_calendar_{number}.json", html(number * HOUR))
        put(f"structured/aerc_{number}.json", created(number * HOUR))
        put(f"api/gemini_{number}.json", created(number * DAY, 1000, source="gemini"))
