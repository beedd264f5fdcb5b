"""Backups here and their copies elsewhere: in a folder, and in a bucket of a real server."""

import datetime as dt
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rounds.estate.bucket import BucketServer
from rounds.estate.ground import raze, servant, settle
from rounds.fixtures import copies, file_copies
from rounds.judge import Earlier, Observer
from rounds.probe import PROBES
from rounds.targets import Backups
from rounds.targets.backups import Bucket

assert copies
assert file_copies
LOOKS = ("offsite_copy", "moved_offsite", "copy_beside", "dated_copies", "monthly_copies")
PATTERN = r"shop_(?P<time>\d{8}_\d{6})\.sql\.gz"


@pytest.fixture(scope="session")
def server() -> Iterator[BucketServer]:
    root = settle(servant())
    running = BucketServer(root)
    try:
        running.start()
        running.await_ready()
        yield running
    finally:
        running.stop()
        raze(root)


@pytest.fixture
def bucket(server: BucketServer, request: pytest.FixtureRequest) -> Bucket:
    """An empty bucket of its own."""
    name = f"copies-{abs(hash(request.node.name)) % 10**9}"
    server.make(name)
    keys: dict[str, Any] = {"access_key": server.access_key, "secret_key": server.secret_key}
    return Bucket(name="s3", system="shop", bucket=name, url=server.url, **keys)


@pytest.fixture
def backups(tmp_path: Path) -> Backups:
    (tmp_path / "backups").mkdir()
    return Backups(name="backups", system="shop", path=str(tmp_path / "backups"), pattern=PATTERN)


@pytest.fixture
def offsite(bucket: Bucket) -> Backups:
    return Backups(name="offsite", system="shop", path="backups", pattern=PATTERN, bucket=bucket)


@pytest.fixture
def put() -> Callable[..., Path]:
    """Put a file into a folder, written so many hours ago; `{}` in its name is that moment."""

    def made(folder: str | Path, name: str, hours: float, data: bytes = b"a dump" * 99) -> Path:
        when = dt.datetime.now(dt.UTC) - dt.timedelta(hours=hours)
        path = Path(folder, name.format(when.strftime("%Y%m%d_%H%M%S")))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        os.utime(path, (when.timestamp(), when.timestamp()))
        return path

    return made


@pytest.fixture
def judged(row: Callable[..., Any]) -> Callable[..., Observer]:
    """Look and judge as a round does: `judged(test_offsite_copy, NewestOffsite, backups=…, offsite=…)`."""

    def done(check: Any, model: Any, earlier: Earlier | None = None, **given: Any) -> Observer:
        expected = row(model, **given)
        name = next(each for each in check.__annotations__ if each in LOOKS)
        look = PROBES[name]
        fact = look.look(**{each: getattr(expected, each) for each in look.arguments})
        observe = Observer()
        more = {"earlier": earlier or Earlier()} if "earlier" in check.__annotations__ else {}
        check(expected=expected, observe=observe, **{name: fact}, **more)
        return observe

    return done
