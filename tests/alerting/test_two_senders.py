"""Two real processes that send the same outbox at once: each channel gets each alert once, in the order of the rounds."""

import os
import signal
import time

import pytest

from rounds.outcome import Outcome
from tests.alerting.conftest import a_record
from tests.alerting.processes import ROW, Telling, wait_for
from tests.history.conftest import place, server, shared
from tests.machine.conftest import project
from tests.senders.conftest import receivers

_ = (project, place, server, shared, receivers)  # fixtures

OUTCOMES = (Outcome.CRITICAL, Outcome.OK) * 4


def slowly(handler):
    time.sleep(0.03)
    handler.send_response(204)
    handler.end_headers()


@pytest.fixture
def telling(project, place, receivers):
    """The rounds of some days were recorded, and none was sent."""
    made = Telling(project, place, {name: receivers() for name in ("chat", "pager", "desk")})
    for each in made.receivers.values():
        each.answers = [503, slowly]  # the first one is to be tried again, and nobody may overtake it
    begun = time.time() - 9 * 86400
    made.record(*(a_record(ROW, outcome, begun + day * 86400) for day, outcome in enumerate(OUTCOMES)))
    yield made
    made.end()


def both_have_the_same_list(telling, server):
    """Two of `rounds alert` that have both read what is to be sent, before either takes any of it."""
    if telling.place.url:
        return both_wait_in_line(telling, server)
    both = [telling.start("alert") for _ in range(2)]
    for each in both:
        wait_for(lambda each=each: each.poll() is not None or is_about_to_take(each), pause=0.0002)
        each.send_signal(signal.SIGSTOP)
        if telling.is_locked():
            each.send_signal(signal.SIGCONT)  # it is later than it should be, and must not keep the other out
    for each in both:
        each.send_signal(signal.SIGCONT)
    return both


def is_about_to_take(process):
    """Whether it has its threads, one for each channel."""
    return len(os.listdir(f"/proc/{process.pid}/task")) > 1  # noqa: PTH208 - it is looked for thousands of times


def both_wait_in_line(telling, server):
    """Lists are read without a lock; then each channel of both processes waits to take the first of its alerts."""
    name = telling.place.url.rpartition("/")[2]
    with telling.place.new().store.transaction():
        both = [telling.start("alert") for _ in range(2)]
        in_line = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        wait_for(lambda: len(server.run(in_line, name)) == len(both) * len(telling.receivers))
    return both


def test_each_alert_comes_once_and_in_order(telling, request):
    server = request.getfixturevalue("server") if telling.place.url else None
    both = both_have_the_same_list(telling, server)
    said = [each.communicate(timeout=60)[0] for each in both]
    assert [each.returncode for each in both] == [0, 0], said
    due = [("bad" if each is Outcome.CRITICAL else "recovered", ROW) for each in OUTCOMES]
    for name in telling.receivers:
        assert telling.told(name) == [due[0], *due]
        first, again, *rest = telling.ids(name)
        assert first == again
        assert len({again, *rest}) == len(due)
    assert telling.waiting() == []
