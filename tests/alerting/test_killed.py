"""Real rounds that are killed or interrupted while they record and send: nothing is lost, and nothing is told twice."""

import signal
import threading
import time

import psycopg
import pytest

from rounds.outcome import Outcome
from tests.alerting.conftest import a_record, a_round
from tests.alerting.processes import ROW, Telling, kill, wait_for
from tests.history.conftest import place, server, shared
from tests.machine.conftest import project
from tests.senders.conftest import receivers

_ = (project, place, server, shared, receivers)  # fixtures

BAD = [("bad", ROW)]
KEPT = (
    "SELECT (SELECT count(*) FROM states), (SELECT count(*) FROM flips), (SELECT count(*) FROM alerts),"
    " (SELECT count(*) FROM deliveries)"
)
ALERT, ROUND = ("alert",), ("run", "daily")


@pytest.fixture
def telling(project, place, receivers):
    made = Telling(project, place, {"chat": receivers(), "pager": receivers()})
    yield made
    made.end()


@pytest.fixture
def held(telling):
    """chat reads what it is sent, and answers when the test lets it."""
    let = threading.Event()

    def answer(handler):
        let.wait(60)
        handler.send_response(204)
        handler.end_headers()

    telling.receivers["chat"].answers = [answer]
    yield telling
    let.set()


in_a_file = pytest.mark.parametrize("place", ["file"], indirect=True)


def is_sending(telling):
    """Whether chat has its alert and has not answered, while pager has taken its own."""
    return telling.told("chat") == BAD and telling.asked("SELECT channel FROM deliveries WHERE status = 'sent'")


@in_a_file
@pytest.mark.parametrize("then", [ALERT, ROUND], ids=["alert", "round"])
def test_killed_between_recording_and_sending_it_is_sent_once_by_whoever_comes_next(telling, then):
    with telling.stuck("BEFORE UPDATE ON deliveries WHEN NEW.status = 'waiting'"):
        running = telling.start("run", "daily")
        wait_for(lambda: telling.project.latest.exists() and telling.waiting() and telling.is_stuck())
        kill(running)
    assert telling.project.outcomes() == {"disk": "critical"}
    assert (telling.told("chat"), telling.told("pager")) == ([], [])
    for words in (then, ALERT):
        telling.run(*words)
    assert (telling.told("chat"), telling.told("pager")) == (BAD, BAD)


@in_a_file
def test_killed_while_a_receiver_had_not_answered_only_that_one_gets_it_again_with_the_same_id(held):
    held.channels(budget="50s")
    running = held.start("run", "daily")
    wait_for(lambda: is_sending(held))
    second = held.run("run", "daily")
    assert (second.returncode, f"its turn is held by pid {running.pid} on " in second.stderr) == (1, True)
    kill(running)
    next_round = held.run("run", "daily")
    assert f"the daily round before this one died before its end: pid {running.pid} on " in next_round.stderr
    ((channel, seconds),) = held.waiting()
    assert (channel, held.told("chat")) == ("chat", BAD), "another runner may still wait for its answer"
    assert 0 < seconds < 180
    held.receivers["chat"].answers = [204]
    held.let_time_pass(seconds)
    for _ in range(2):
        assert held.run("alert").returncode == 0
    assert (held.told("chat"), held.told("pager")) == (BAD * 2, BAD)
    assert len(set(held.ids("chat"))) == 1
    assert held.waiting() == []


@in_a_file
def test_killed_before_it_was_written_down_that_it_was_taken_it_comes_again_with_the_same_id(telling):
    with telling.stuck("BEFORE UPDATE ON deliveries WHEN NEW.status = 'sent'"):
        running = telling.start("run", "daily")
        wait_for(lambda: telling.told("chat") == telling.told("pager") == BAD and telling.is_stuck())
        kill(running)
    telling.let_time_pass(180)
    for _ in range(2):
        telling.run("alert")
    for name in telling.receivers:
        assert (telling.told(name), len(set(telling.ids(name)))) == (BAD * 2, 1)


@in_a_file
def test_killed_while_it_records_nothing_is_half_told(telling):
    with telling.stuck("BEFORE INSERT ON alerts"):
        running = telling.start("run", "daily")
        wait_for(lambda: telling.project.latest.exists() and telling.is_stuck())
        kill(running)
    all_or_nothing(telling)


@pytest.mark.parametrize("place", ["postgres"], indirect=True)
def test_killed_while_it_records_in_a_shared_history_nothing_is_half_told(telling, server):
    name = telling.place.url.rpartition("/")[2]
    telling.place.new().add(a_round(time.time() - 60))  # makes the tables, and forgets: the next one does not
    with psycopg.connect(telling.place.url) as outside:
        outside.execute("LOCK TABLE alerts")
        running = telling.start("run", "daily")
        waits = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'SELECT max(made_at) FROM alerts%'"
        wait_for(lambda: server.run(waits, name))
        kill(running)
        assert server.run(waits, name), "it was killed in the middle of its transaction"
    all_or_nothing(telling)


def all_or_nothing(telling):
    assert telling.project.outcomes() == {"disk": "critical"}
    assert telling.asked(KEPT) == [(0, 0, 0, 0)]
    assert telling.run("run", "daily").returncode == 1
    assert telling.run("alert").returncode == 0
    assert (telling.told("chat"), telling.told("pager")) == (BAD, BAD)
    assert telling.asked(KEPT) == [(1, 1, 1, 2)]


@in_a_file
@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_interrupted_while_it_sends_the_round_stands_and_the_rest_is_sent_next_time(held, ending):
    held.channels(budget="2s")
    running = held.start("run", "daily")
    wait_for(lambda: is_sending(held))
    running.send_signal(ending)
    begun = time.monotonic()
    said, _ = running.communicate(timeout=30)
    assert time.monotonic() - begun < 10
    assert (running.returncode, "NOT TOLD chat: no answer yet" in said) == (1, True)
    assert held.project.outcomes() == {"disk": "critical"}
    assert {"report.html", "junit.xml", "results.json"} <= {path.name for path in held.project.latest.iterdir()}
    held.receivers["chat"].answers = [204]
    held.let_time_pass(180)
    after = held.run("run", "daily")
    assert (after.returncode, after.stderr) == (1, "")
    assert (held.told("chat"), held.told("pager")) == (BAD * 2, BAD)
    assert len(set(held.ids("chat"))) == 1


@in_a_file
@pytest.mark.parametrize(("ending", "code"), [(signal.SIGTERM, -signal.SIGTERM), (signal.SIGINT, 130)])
def test_an_interrupted_alert_ends_at_once_and_the_rest_is_sent_next_time(held, ending, code):
    held.channels(budget="50s")
    held.record(a_record(ROW, Outcome.CRITICAL, time.time()))
    running = held.start("alert")
    wait_for(lambda: is_sending(held))
    running.send_signal(ending)
    said, _ = running.communicate(timeout=5)
    assert (running.returncode, "Traceback" in said) == (code, False)
    held.receivers["chat"].answers = [204]
    held.let_time_pass(180)
    assert held.run("alert").returncode == 0
    assert (held.told("chat"), held.told("pager")) == (BAD * 2, BAD)
