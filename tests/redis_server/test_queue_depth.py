"""Queues of a broker, with a real worker."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from rounds.checks import test_queue_depth as checks
from rounds.fixtures import celery_workers as facts
from rounds.judge import Earlier, EarlierFigure, Observer
from rounds.outcome import Outcome
from rounds.probe import PROBES, RunbookDisagrees
from rounds.targets import Celery

from .servers import Server
from .workers import await_until, client, target, working

Row = Callable[..., Any]
CELERY = Celery(name="celery", broker=SecretStr("x"))


def look(celery: Celery, time_header: str = "") -> facts.Backlog:
    found: facts.Backlog = PROBES["backlog"].look(celery, time_header)
    return found


def judged(row: Row, fact: facts.Backlog, earlier: Earlier | None = None, **given: Any) -> Observer:
    observer = Observer()
    checks.test_queue_depth(row(checks.QueueDepth, celery=CELERY, **given), fact, earlier or Earlier(), observer)
    return observer


def test_an_empty_queue_with_a_worker_is_ok(row: Row, worker: Server) -> None:
    fact = look(target(worker, 5))
    assert fact == facts.Backlog({"work": 0}, None, "", frozenset({"work"}))
    assert judged(row, fact).outcome is Outcome.OK


def test_a_queue_that_nobody_consumes_is_unknown(row: Row, worker: Server) -> None:
    assert judged(row, look(target(worker, 5, "work", "wrok"))).outcome is Outcome.UNKNOWN


def test_a_pile_is_critical_even_without_workers_and_priorities_count(row: Row, server: Server) -> None:
    with server.client(8) as broker, client(server, 8) as app:
        for number in range(5):
            app.send_task("tasks.nap", (0,), priority=number * 2)
        broker.lpush("work", *["{}"] * 1500)
        fact = look(target(server, 8))
        broker.flushdb()
    assert fact.waiting == {"work": 1505}
    assert fact.consumed is None
    assert judged(row, fact).outcome is Outcome.CRITICAL


def test_a_key_that_is_no_queue_is_told(server: Server) -> None:
    with server.client(8) as broker:
        broker.set("work", "something else")
        with pytest.raises(RunbookDisagrees, match="is a string, not a queue"):
            look(target(server, 8))
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
        fact = look(target(worker, 5))
        app.control.revoke(task.id)
    assert fact.overdue_seconds is None
    assert fact.held == 1
    assert judged(row, fact).outcome is Outcome.OK


def test_a_task_that_should_have_begun_is_critical_also_without_workers(row: Row, server: Server) -> None:
    due = datetime.now(UTC) - timedelta(minutes=20)
    with server.client(8) as broker, client(server, 8) as app:
        app.send_task("tasks.nap", (0,), eta=due)
        fact = look(target(server, 8))
        with working(server, 8):
            await_until(lambda: not broker.llen("work") and not broker.zcard("unacked_index"))
            started = look(target(server, 8))
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
            waiting = look(target(server, 9))
        left = look(target(server, 9))
        broker.flushdb()
    assert waiting.overdue_task == left.overdue_task == "tasks.nap"
    assert 0 < waiting.overdue_seconds < left.overdue_seconds
    assert left.consumed is None
    assert judged(row, left).outcome is Outcome.UNKNOWN
    assert judged(row, left, overdue="1s").outcome is Outcome.CRITICAL


def test_the_oldest_message_is_aged_by_the_time_its_sender_wrote_down(row: Row, server: Server) -> None:
    hours_ago = datetime.now(UTC) - timedelta(hours=2)
    with server.client(12) as broker, client(server, 12) as app:
        assert look(target(server, 12), "sent_at") == facts.Backlog({"work": 0}, None, "", None)
        app.send_task("tasks.nap", (0,), headers={"sent_at": time.time() - 60})
        young = look(target(server, 12), "sent_at")
        app.send_task("tasks.nap", (0,), headers={"sent_at": hours_ago.isoformat()}, priority=6)
        old = look(target(server, 12), "sent_at")
        app.send_task("tasks.nap", (0,))
        undated = look(target(server, 12), "sent_at")
        unasked = look(target(server, 12))
        broker.flushdb()
    consumed = replace(young, consumed=frozenset({"work"}))
    assert judged(row, consumed, time_header="sent_at").outcome is Outcome.OK
    assert old.oldest_seconds == pytest.approx(7200, abs=30)
    assert judged(row, old, time_header="sent_at").outcome is Outcome.CRITICAL
    assert undated.undated == 1
    observer = judged(row, replace(undated, oldest_seconds=60.0, consumed=frozenset({"work"})), time_header="sent_at")
    assert observer.outcome is Outcome.UNKNOWN
    assert "disagree" in observer.summary
    assert (unasked.oldest_seconds, unasked.undated) == (None, 0)


def test_messages_that_could_not_be_read_are_unknown_where_their_age_is_asked_for(row: Row) -> None:
    fact = facts.Backlog({"work": 3}, None, "", frozenset({"work"}))
    assert judged(row, fact).outcome is Outcome.OK
    assert judged(row, fact, time_header="sent_at").outcome is Outcome.UNKNOWN
    empty = facts.Backlog({"work": 0}, None, "", frozenset({"work"}))
    assert judged(row, empty, time_header="sent_at").outcome is Outcome.OK
