"""Celery: workers and what they do."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pydantic import SecretStr

from rounds.checks import test_celery as checks
from rounds.clients import import_clients_of
from rounds.fixtures import celery_workers as facts
from rounds.judge import Observer
from rounds.outcome import Outcome
from rounds.probe import PROBES, Unreachable
from rounds.targets import Celery

from .servers import PASSWORD, Server
from .workers import await_until, client, target, working

Row = Callable[..., Any]
CELERY = Celery(name="celery", broker=SecretStr("x"))


def look(probe: str, celery: Celery) -> Any:
    return PROBES[probe].look(celery, *([""] if probe == "backlog" else []))


def judged(row: Row, fact: facts.Workers | facts.ActiveTasks, **given: Any) -> Observer:
    observer = Observer()
    if isinstance(fact, facts.Workers):
        checks.test_celery_workers(row(checks.CeleryWorkers, celery=CELERY, **given), fact, observer)
    else:
        checks.test_celery_task_age(row(checks.CeleryTaskAge, celery=CELERY, **given), fact, observer)
    return observer


def test_a_living_worker_is_ok_and_tells_its_pool(row: Row, worker: Server) -> None:
    fact = look("workers", target(worker, 5))
    assert (fact.pool_sizes, fact.known) == ({"one@5": 2}, 1)
    assert 0 < fact.answer_seconds["one@5"] < 1
    assert judged(row, fact, pool_size=2).outcome is Outcome.OK
    assert judged(row, fact, pool_size=8).outcome is Outcome.CRITICAL
    assert judged(row, fact, workers_alive=2).outcome is Outcome.CRITICAL


def test_a_worker_that_answers_late_is_seen_to_be_late(
    row: Row, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    with working(server, 10) as process:
        os.kill(process.pid, signal.SIGSTOP)
        wakes = threading.Timer(3.0, os.kill, (process.pid, signal.SIGCONT))
        with monkeypatch.context() as patient:
            patient.setattr(facts, "REPLY_SECONDS", 20)
            wakes.start()
            late = look("workers", target(server, 10))
        wakes.join()
        os.kill(process.pid, signal.SIGSTOP)
        silent = look("workers", target(server, 10))
    assert late.answer_seconds["one@10"] > 0.5
    assert judged(row, late, answer="20s").outcome is Outcome.OK
    assert judged(row, late, answer="500ms").outcome is Outcome.CRITICAL
    assert (silent.pool_sizes, silent.known) == ({}, 1)
    observer = judged(row, silent)
    assert observer.outcome is Outcome.CRITICAL
    assert "the broker knows 1 more, silent or dead" in observer.summary


def test_the_environment_does_not_lead_to_another_broker(worker: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CELERY_BROKER_URL", "CELERY_BROKER_READ_URL", "CELERY_BROKER_WRITE_URL"):
        monkeypatch.setenv(name, worker.url(6))
    assert look("workers", target(worker, 5)).pool_sizes == {"one@5": 2}


def test_looks_at_two_brokers_at_once_do_not_mix(worker: Server) -> None:
    import_clients_of([CELERY])
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda db: look("workers", target(worker, db)).pool_sizes, (5, 6, 5, 6)))
    assert found == [{"one@5": 2}, {}, {"one@5": 2}, {}]


def test_celery_is_whole_for_threads_that_look_at_once() -> None:
    at_once = """
import threading
from rounds.clients import import_clients_of
from rounds.targets import Celery, Endpoint
whole = []
def ask(target):
    import_clients_of([target])
    import celery
    whole.append(hasattr(celery, "Celery"))
targets = [Celery(name="celery", broker="redis://one"), Endpoint(name="api", url="http://one")] * 20
threads = [threading.Thread(target=ask, args=[target]) for target in targets]
for thread in threads:
    thread.start()
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
            with pytest.raises(Unreachable, match="refused"):
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
    assert (fact.reserved, fact.scheduled) == (0, 0)
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
    assert judged(row, facts.ActiveTasks(1, (), None, 0)).outcome is Outcome.UNKNOWN
    nameless = facts.ActiveTask("tasks.nap", "one@5", None)
    assert judged(row, facts.ActiveTasks(1, (nameless,), 0, 0)).outcome is Outcome.UNKNOWN


def test_tasks_that_a_worker_took_for_now_and_for_later_are_counted(row: Row, server: Server) -> None:
    with working(server, 11), client(server, 11) as app, server.client(11) as broker:
        app.send_task("tasks.nap", (0,), countdown=600)
        for _ in range(4):
            app.send_task("tasks.nap", (60,))
        await_until(lambda: bool(broker.hlen("unacked") == 3))
        fact = look("active_tasks", target(server, 11))
        broker.flushdb()
    assert (len(fact.tasks), fact.reserved, fact.scheduled) == (2, 2, 1)
    assert judged(row, fact).outcome is Outcome.OK


def test_a_wrong_password_is_told_without_it(server: Server) -> None:
    locked = Celery(name="celery", broker=SecretStr(server.url(5, "wr0ng-pass")))
    for probe in ("workers", "active_tasks", "backlog"):
        with pytest.raises(Unreachable, match="does not take our password") as caught:
            look(probe, locked)
        assert "wr0ng-pass" not in str(caught.value)
