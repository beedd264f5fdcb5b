"""Celery: workers, active tasks, queues. The worker is a real one with a pool of two processes."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from celery import Celery as App
from pydantic import SecretStr

from rounds.checks import test_celery as checks
from rounds.fixtures import celery_workers as facts
from rounds.judge import Earlier, EarlierFigure, Observer
from rounds.outcome import Outcome
from rounds.probe import PROBES, CouldNotLook, RunbookDisagrees
from rounds.targets import Celery

from .conftest import PASSWORD, Server

Row = Callable[..., Any]
HERE = Path(__file__).parent
CELERY = Celery(name="celery", broker=SecretStr("x"))


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facts, "REPLY_SECONDS", 1.5)


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


@pytest.fixture(scope="module")
def worker(server: Server) -> Iterator[Server]:
    with working(server, 5):
        yield server


def look(probe: str, celery: Celery) -> Any:
    return PROBES[probe].look(celery)


def judged(row: Row, fact: Any, earlier: Earlier | None = None, **given: Any) -> Observer:
    observer = Observer()
    match fact:
        case facts.Workers():
            checks.test_celery_workers(row(checks.CeleryWorkers, celery=CELERY, **given), fact, observer)
        case facts.ActiveTasks():
            checks.test_celery_task_age(row(checks.CeleryTaskAge, celery=CELERY, **given), fact, observer)
        case facts.Backlog():
            expected = row(checks.QueueDepth, celery=CELERY, **given)
            checks.test_queue_depth(expected, fact, earlier or Earlier(), observer)
    return observer


def test_a_living_worker_is_ok_and_tells_its_pool(row: Row, worker: Server) -> None:
    fact = look("workers", target(worker, 5))
    assert fact == facts.Workers({"one@5": 2})
    assert judged(row, fact, pool_size=2).outcome is Outcome.OK
    assert judged(row, fact, pool_size=8).outcome is Outcome.CRITICAL
    assert judged(row, fact, workers_alive=2).outcome is Outcome.CRITICAL


def test_the_environment_does_not_lead_to_another_broker(worker: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CELERY_BROKER_URL", "CELERY_BROKER_READ_URL", "CELERY_BROKER_WRITE_URL"):
        monkeypatch.setenv(name, worker.url(6))
    assert look("workers", target(worker, 5)).pool_sizes == {"one@5": 2}


def test_looks_at_two_brokers_at_once_do_not_mix(worker: Server) -> None:
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda db: look("workers", target(worker, db)).pool_sizes, (5, 6, 5, 6)))
    assert found == [{"one@5": 2}, {}, {"one@5": 2}, {}]


def test_celery_is_whole_for_threads_that_import_it_at_once() -> None:
    at_once = """
import threading, time
from rounds.fixtures import celery_workers
whole = []
def ask():
    whole.append(hasattr(celery_workers._library(), "Celery"))
threads = [threading.Thread(target=ask) for _ in range(40)]
for thread in threads:
    thread.start()
    time.sleep(0.001)
for thread in threads: thread.join()
print(whole.count(True))
"""
    done = subprocess.run([sys.executable, "-c", at_once], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "40"


def test_no_worker_is_critical(row: Row, server: Server) -> None:
    begun = time.monotonic()
    fact = look("workers", target(server, 6))
    assert time.monotonic() - begun < PROBES["workers"].deadline / 2
    assert fact == facts.Workers({})
    assert judged(row, fact).outcome is Outcome.CRITICAL


def test_a_worker_that_tells_no_figures_is_unknown(row: Row) -> None:
    assert judged(row, facts.Workers({"one@5": None})).outcome is Outcome.UNKNOWN


def test_a_dead_broker_is_critical_for_the_workers_and_unknown_for_what_they_do(row: Row) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        dead = Celery(name="celery", broker=SecretStr(f"redis://:{PASSWORD}@127.0.0.1:{free.getsockname()[1]}/0"))
        fact = look("workers", dead)
        for probe in ("active_tasks", "backlog"):
            with pytest.raises(CouldNotLook, match="refused"):
                look(probe, dead)
    assert "refused" in fact.failure
    assert PASSWORD not in fact.failure
    assert judged(row, fact).outcome is Outcome.CRITICAL


def test_a_broker_that_says_nothing_ends_the_look_in_time(row: Row) -> None:
    begun = time.monotonic()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"redis://:{PASSWORD}@127.0.0.1:{listener.getsockname()[1]}/0"
        fact = look("workers", Celery(name="celery", broker=SecretStr(url)))
    assert time.monotonic() - begun < PROBES["workers"].deadline / 2
    assert judged(row, fact).outcome is Outcome.CRITICAL


def test_looks_leave_one_note_of_celery_and_nothing_that_grows(server: Server) -> None:
    with server.client(7) as broker:
        for _ in range(3):
            look("workers", target(server, 7))
        left = {key.decode() for key in broker.scan_iter()}
        # Celery's own note of when to forget the exchange for answers: one entry, also after `celery inspect`.
        assert left == {"_kombu.binding_deadlines"}
        assert broker.zcard("_kombu.binding_deadlines") == 1


def test_a_running_task_is_aged_from_its_start(row: Row, worker: Server) -> None:
    with client(worker, 5) as app:
        task = app.send_task("tasks.nap", (60,))
        await_until(lambda: bool(look_quickly(worker)))
        time.sleep(1)
        fact = look("active_tasks", target(worker, 5))
        app.control.revoke(task.id, terminate=True, signal="SIGKILL")
        await_until(lambda: not look_quickly(worker))
    (active,) = fact.tasks
    assert (active.name, active.worker) == ("tasks.nap", "one@5")
    assert 1 < active.seconds < 30
    assert judged(row, fact).outcome is Outcome.OK
    assert judged(row, fact, running="1s").outcome is Outcome.CRITICAL
    assert judged(row, look("active_tasks", target(worker, 5))).outcome is Outcome.OK


def look_quickly(server: Server) -> list[Any]:
    with client(server, 5) as app:
        return [task for tasks in (app.control.inspect(timeout=2, limit=1).active() or {}).values() for task in tasks]


def test_active_tasks_are_unknown_without_workers_and_without_a_start(row: Row) -> None:
    assert judged(row, facts.ActiveTasks(0, ())).outcome is Outcome.UNKNOWN
    nameless = facts.ActiveTask("tasks.nap", "one@5", None)
    assert judged(row, facts.ActiveTasks(1, (nameless,))).outcome is Outcome.UNKNOWN


def test_an_empty_queue_with_a_worker_is_ok(row: Row, worker: Server) -> None:
    fact = look("backlog", target(worker, 5))
    assert fact == facts.Backlog({"work": 0}, None, "", frozenset({"work"}))
    assert judged(row, fact).outcome is Outcome.OK


def test_a_queue_that_nobody_consumes_is_unknown(row: Row, worker: Server) -> None:
    assert judged(row, look("backlog", target(worker, 5, "work", "wrok"))).outcome is Outcome.UNKNOWN


def test_a_pile_is_critical_even_without_workers_and_priorities_count(row: Row, server: Server) -> None:
    with server.client(8) as broker, client(server, 8) as app:
        for number in range(5):
            app.send_task("tasks.nap", (0,), priority=number * 2)
        broker.lpush("work", *["{}"] * 1500)
        fact = look("backlog", target(server, 8))
        broker.flushdb()
    assert fact.waiting == {"work": 1505}
    assert fact.consumed is None
    assert judged(row, fact).outcome is Outcome.CRITICAL


def test_a_key_that_is_no_queue_is_told(server: Server) -> None:
    with server.client(8) as broker:
        broker.set("work", "something else")
        with pytest.raises(RunbookDisagrees, match="is a string, not a queue"):
            look("backlog", target(server, 8))
        broker.flushdb()


def test_a_growing_queue_is_critical_above_the_floor(row: Row) -> None:
    earlier = Earlier({"waiting messages": [EarlierFigure(200, 60), EarlierFigure(150, 600)]})
    assert judged(row, facts.Backlog({"work": 300}, None, "", None), earlier).outcome is Outcome.CRITICAL
    assert judged(row, facts.Backlog({"work": 155}, None, "", frozenset({"work"})), earlier).outcome is Outcome.OK
    assert judged(row, facts.Backlog({"work": 300}, None, "", None)).outcome is Outcome.UNKNOWN
    assert judged(row, facts.Backlog({"work": 90}, None, "", frozenset({"work"}))).outcome is Outcome.OK


def test_a_backlog_without_a_queue_or_without_workers_is_unknown(row: Row) -> None:
    assert judged(row, facts.Backlog({}, None, "", frozenset({"work"}))).outcome is Outcome.UNKNOWN
    assert judged(row, facts.Backlog({"work": 0}, None, "", None)).outcome is Outcome.UNKNOWN
    assert judged(row, facts.Backlog({"work": 2000}, None, "", None)).outcome is Outcome.CRITICAL


def test_a_task_that_is_held_for_later_is_fine(row: Row, worker: Server) -> None:
    with client(worker, 5) as app, worker.client(5) as broker:
        task = app.send_task("tasks.nap", (0,), countdown=600)
        await_until(lambda: bool(broker.hlen("unacked")))
        fact = look("backlog", target(worker, 5))
        app.control.revoke(task.id)
    assert fact.overdue_seconds is None
    assert judged(row, fact).outcome is Outcome.OK


def test_a_task_that_should_have_begun_is_critical_also_without_workers(row: Row, server: Server) -> None:
    due = datetime.now(UTC) - timedelta(minutes=20)
    with server.client(8) as broker, client(server, 8) as app:
        app.send_task("tasks.nap", (0,), eta=due)
        fact = look("backlog", target(server, 8))
        with working(server, 8):
            await_until(lambda: not broker.llen("work"))
            started = look("backlog", target(server, 8))
        broker.flushdb()
    assert fact.overdue_task == "tasks.nap"
    assert fact.overdue_seconds == pytest.approx(1200, abs=30)
    assert judged(row, fact).outcome is Outcome.CRITICAL
    assert started.overdue_seconds is None


def test_tasks_held_by_a_dead_worker_are_overdue_and_running_ones_are_not(row: Row, server: Server) -> None:
    with server.client(9) as broker, client(server, 9) as app:
        with working(server, 9):
            for _ in range(3):
                app.send_task("tasks.nap", (60,), eta=datetime.now(UTC) + timedelta(seconds=1))
            await_until(lambda: broker.hlen("unacked") == 1)  # two run, acknowledged; the third has no process
            time.sleep(1)
            waiting = look("backlog", target(server, 9))
        left = look("backlog", target(server, 9))
        broker.flushdb()
    assert waiting.overdue_task == left.overdue_task == "tasks.nap"
    assert 0 < waiting.overdue_seconds < left.overdue_seconds
    assert left.consumed is None
    assert judged(row, left).outcome is Outcome.UNKNOWN
    assert judged(row, left, overdue="1s").outcome is Outcome.CRITICAL
