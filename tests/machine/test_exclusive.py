"""An exclusive look has its server to itself, and what waits for it is neither forgotten nor stuck."""

import itertools
import random
import threading
import time
from dataclasses import dataclass

import pytest

from rounds.expectation import Expectation, Retry
from rounds.lanes import Lanes
from rounds.look import Look
from rounds.looking import Looking
from rounds.probe import CouldNotLook, Probe
from rounds.targets import Endpoint, Host


@dataclass
class Seen:
    """When a look began and ended, at which servers, and whether it wanted to be alone."""

    name: str
    servers: frozenset[str]
    alone: bool
    began: float
    ended: float


class Row(Expectation):
    things: tuple[Endpoint, ...]
    number: int
    takes: float
    sees: bool = True


class Watched:
    """A Looking whose looks note when they ran."""

    def __init__(self, **given):
        self.looking = Looking(**given)
        self.seen = []
        self.alone = {}
        self.probe = Probe("watched", self.look, ("things", "number", "takes", "sees"), 5.0)

    def look(self, things, number, takes, sees):
        began = time.monotonic()
        time.sleep(takes)
        servers = frozenset(thing.lane for thing in things)
        self.seen.append(Seen(str(number), servers, self.alone[number], began, time.monotonic()))
        if not sees:
            raise CouldNotLook("hidden")
        return number

    def start(self, *rows):
        self.alone |= {row.number: row.exclusive for row in rows}
        self.looking.start([(self.probe, row) for row in rows])

    def wait(self, *rows):
        return [self.looking.fact(self.probe, row) for row in rows]

    @property
    def disturbed(self):
        return [
            (one.name, other.name)
            for one in self.seen for other in self.seen
            if one is not other and one.alone and one.servers & other.servers
            and one.began < other.ended and other.began < one.ended
        ]  # fmt: skip


def row(number, *things, takes=0.02, **given):
    base = {"id": f"mine.area.r{number}", "check": "x", "when": ["daily"], "runbook": "Daily"}
    return Row(**base, things=things, number=number, takes=takes, **given)


def endpoint(port, path="", **given):
    return Endpoint(
        name=f"e{port}{path.replace('/', '-')}", system="mine", url=f"http://127.0.0.1:{port}{path}", **given
    )


def test_an_exclusive_look_runs_beside_no_other_at_its_server():
    watched = Watched()
    api, admin, other = endpoint(1), endpoint(1, "/admin"), endpoint(2)
    rows = [row(n, random.choice([api, admin, other]), exclusive=n % 5 == 0) for n in range(60)]  # noqa: S311
    watched.start(*rows)
    assert watched.wait(*rows) == list(range(60))
    assert watched.disturbed == []


def test_other_servers_go_on_meanwhile():
    watched = Watched()
    alone, beside = row(1, endpoint(1), takes=1, exclusive=True), row(2, endpoint(2), takes=0)
    watched.start(alone, beside)
    watched.wait(beside, alone)
    assert [seen.name for seen in sorted(watched.seen, key=lambda seen: seen.ended)] == ["2", "1"]


def test_looks_at_several_servers_at_once_never_wait_for_each_other_in_a_circle():
    watched = Watched()
    one, two, three = endpoint(1), endpoint(2), endpoint(3)
    orders = [(one, two), (two, one), (two, three), (three, one), (one,), (three,)]
    rows = [row(n, *orders[n % 6], exclusive=n % 2 == 0, takes=0.01) for n in range(48)]
    watched.start(*rows)
    assert watched.wait(*rows) == list(range(48))
    assert watched.disturbed == []


def test_all_places_are_used_again_after_an_exclusive_look():
    watched = Watched()
    thing = endpoint(1, parallel=4)
    rows = [row(0, thing, exclusive=True), *(row(n, thing, takes=1) for n in range(1, 5))]
    watched.start(*rows)
    watched.wait(*rows)
    four = [seen for seen in watched.seen if seen.name != "0"]
    assert max(each.began for each in four) < min(each.ended for each in four), "all four at the same time"


def test_a_look_that_several_rows_share_is_alone_when_one_of_them_wants_it():
    watched = Watched()
    thing = endpoint(1)
    shared = {"takes": 0.1}
    rows = [
        row(0, thing, takes=0.1),
        row(1, thing, **shared),
        row(1, thing, **shared, exclusive=True),
        row(2, thing, takes=0.1),
    ]
    watched.start(*rows)
    watched.wait(*rows)
    assert len(watched.seen) == 3
    watched.alone = {}
    for seen in watched.seen:
        seen.alone = seen.name == "1"
    assert watched.disturbed == []


def test_a_hung_exclusive_look_frees_its_server_at_its_deadline():
    watched = Watched()
    hung = row(0, endpoint(1), takes=30, exclusive=True, deadline="200ms")
    rows = [row(n, endpoint(1), exclusive=n == 1) for n in (1, 2)]
    watched.start(hung, *rows)
    assert watched.wait(*rows) == [1, 2]
    with pytest.raises(CouldNotLook, match="no answer within 200 ms"):
        watched.wait(hung)


def test_an_exclusive_look_that_waits_behind_a_hung_one_gets_its_turn():
    watched = Watched()
    hung = row(0, endpoint(1), takes=30, deadline="200ms")
    alone = row(1, endpoint(1), exclusive=True)
    watched.start(hung)
    while not hung_is_running(watched):
        time.sleep(0.01)
    watched.start(alone)
    assert watched.wait(alone) == [1]


def hung_is_running(watched):
    return any(thread.name == "rounds-look" for thread in threading.enumerate()) and watched.looking.looks[0].started


def test_the_rounds_deadline_ends_what_waits_for_its_server():
    watched = Watched(ends_at=time.monotonic() + 0.3)
    rows = [row(n, endpoint(1), takes=30, exclusive=True) for n in range(3)]
    watched.start(*rows)
    for each in rows:
        with pytest.raises(CouldNotLook, match="own deadline"):
            watched.wait(each)


def test_later_attempts_are_alone_too_and_the_others_go_on_while_they_wait():
    watched = Watched()
    thing = endpoint(1)
    again = row(0, thing, exclusive=True, sees=False, takes=0.1, retry=Retry(times=3, apart="300ms"))
    rows = [row(n, thing, takes=0.05) for n in range(1, 25)]
    watched.start(again, *rows)
    later = [watched.looking.again(watched.probe, again, 2)]
    watched.wait(*rows)
    begun = time.monotonic()
    while not later[0].done:
        assert time.monotonic() - begun < 5
        time.sleep(0.01)
    assert watched.disturbed == []
    assert len([seen for seen in watched.seen if seen.name == "0"]) == 2


def test_a_limit_per_target_counts_against_the_first_of_several():
    watched = Watched()
    first, second = endpoint(1, parallel=1), endpoint(2, parallel=50)
    rows = [row(n, first, second, takes=0.1) for n in range(4)]
    watched.start(*rows)
    watched.wait(*rows)
    runs = sorted(watched.seen, key=lambda seen: seen.began)
    assert all(later.began >= earlier.ended for earlier, later in itertools.pairwise(runs))


def test_a_target_that_is_no_endpoint_is_a_server_of_its_own():
    assert Host(name="app", system="mine").lane == "mine/app"
    assert endpoint(1, "/admin").lane == endpoint(1).lane == "http://127.0.0.1:1"
    urls = [
        "http://Shop.example",
        "http://shop.example:80/x?y=http://other:8080",
        "https://shop.example#80",
        "http://[::1]:8443/a",
    ]
    assert [Endpoint(name="e", url=url).lane for url in urls] == [
        "http://shop.example:80", "http://shop.example:80", "https://shop.example:443", "http://[::1]:8443"
    ]  # fmt: skip


def test_no_exclusive_look_overtakes_another_that_waits_for_its_server():
    one, two = endpoint(1), endpoint(2)
    probe = Probe("x", print, ("things",), 5)
    running = Look(probe, {"things": (one,)}, 5)
    first, second = (Look(probe, {"things": things}, 5, exclusive=True) for things in ((one, two), (two,)))
    lanes = Lanes()
    for look in (running, first, second):
        lanes.add(look)
        if look is running:
            assert lanes.next() is running
    assert lanes.next() is None
    lanes.free(running)
    assert lanes.next() is first
    assert lanes.next() is None
    lanes.free(first)
    assert lanes.next() is second
