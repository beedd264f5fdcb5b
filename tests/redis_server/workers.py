"""A real worker with a pool of two processes, and a client that sends it tasks."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from celery import Celery as App
from pydantic import SecretStr

from rounds.targets import Celery

from .servers import Server

HERE = Path(__file__).parent


def target(server: Server, db: int, *queues: str) -> Celery:
    return Celery(name="celery", system="bigshot", broker=SecretStr(server.url(db)), queues=queues or ("work",))


@contextmanager
def working(server: Server, db: int) -> Iterator["subprocess.Popen[bytes]"]:
    env = os.environ | {"WORKER_BROKER": server.url(db), "PYTHONPATH": str(HERE)}
    options = ["worker", "--concurrency", "2", "--loglevel", "WARNING", "--hostname", f"one@{db}"]
    command = [sys.executable, "-m", "celery", "-A", "tasks", *options]
    with Path(os.devnull).open("w") as quiet:
        process = subprocess.Popen(command, env=env, cwd=HERE, start_new_session=True, stdout=quiet, stderr=quiet)
    try:
        with server.client(db) as broker:
            await_until(lambda: bool(broker.exists("_kombu.binding.celery.pidbox")) and bool(pings(server, db)))
        yield process
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)


def await_until(holds: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it never came to be"
        time.sleep(0.1)


@contextmanager
def client(server: Server, db: int) -> Iterator[Any]:
    app = App("client", broker=server.url(db), set_as_current=False)
    app.conf.update(task_default_queue="work", task_ignore_result=True)
    try:
        yield app
    finally:
        app.close()


def pings(server: Server, db: int) -> Any:
    with client(server, db) as app:
        return app.control.inspect(timeout=1, limit=1).ping()
