"""A folder of logs, with files put into it, and processes that write."""

import gzip
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rounds.targets import Log

HOUR = 3600
DAY = 86_400

# A writer as programs are: it keeps its log open, and opens it anew on a signal only if it was told to.
WRITER = """
import os, signal, sys, time
path, reopens = sys.argv[1], sys.argv[2] == "reopens"
log = open(path, "a")
def reopen(*_):
    global log
    log.close()
    log = open(path, "a")
    say("reopened")
def say(words):
    print(time.strftime("%Y-%m-%d %H:%M:%S"), words, file=log, flush=True)
if reopens:
    signal.signal(signal.SIGUSR1, reopen)
say("begins")
print("ready", flush=True)
while True:
    time.sleep(60)
"""


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    folder = tmp_path / "logs"
    folder.mkdir()
    return folder


@pytest.fixture
def log(logs: Path) -> Log:
    return Log(
        name="app-log",
        system="shop",
        path=str(logs / "app.log"),
        rotated="app.log.*",
        pattern=r"^(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) ",
        time_format="%Y-%m-%d %H:%M:%S",
    )


@pytest.fixture
def put(logs: Path) -> Callable[..., Path]:
    """Put a file into the folder: `put("app.log.2.gz", b"...", age=DAY)`; what ends in .gz is compressed."""

    def made(
        name: str, text: str = "2026-11-22 05:30:00 a record\n", age: float = 0, *, raw: bytes | None = None
    ) -> Path:
        path = logs / name
        path.parent.mkdir(parents=True, exist_ok=True)
        data = raw if raw is not None else text.encode()
        path.write_bytes(gzip.compress(data) if name.endswith(".gz") and raw is None else data)
        when = time.time() - age
        os.utime(path, (when, when))
        return path

    return made


@pytest.fixture
def writer() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start a process that holds a log open, and stop it at the end."""
    started: list[subprocess.Popen[str]] = []

    def begun(path: Path, *, reopens: bool = False) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", WRITER, str(path), "reopens" if reopens else "deaf"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        return process

    yield begun
    for process in started:
        process.kill()
        process.wait()
        assert process.stdout
        process.stdout.close()
