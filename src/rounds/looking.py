"""Looking: run the looks of a round in threads, each once, with a limit per target and in all, and a deadline each.

A look that is over its deadline gives up its place: a hung target delays nothing but its own expectations. Threads are
daemons, so a look that never comes back does not keep the process from ending. A thread whose look came back in time
takes the next one: to start a thread costs more than many a look.
"""

import heapq
import itertools
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from rounds.expectation import Expectation
from rounds.lanes import Lanes
from rounds.look import Key, Look, arguments_of, key_of
from rounds.probe import Probe

IN_ALL = 128


class Looking:
    """All looks of a round. `in_all` is the most at once; `ends_at` (time.monotonic) is the round's own deadline."""

    def __init__(self, in_all: int = IN_ALL, ends_at: float = float("inf")) -> None:
        self.in_all = in_all
        self.ends_at = ends_at
        self._looks: dict[Key, Look] = {}
        self._together: dict[Key, dict[Any, None]] = {}
        self._lanes = Lanes()
        self._agenda: list[tuple[float, int, Look]] = []
        self._number = itertools.count()
        self._changed = threading.Condition()
        self._watch: threading.Thread | None = None

    def start(self, wanted: Iterable[tuple[Probe, Expectation]]) -> None:
        """Begin the looks that some expectations need; one that was begun already is not begun again."""
        listed = list(wanted)
        self.gather(listed)
        with self._changed:
            for probe, expected in listed:
                self._look(probe, expected)
            self._begin()

    def gather(self, wanted: Iterable[tuple[Probe, Expectation]]) -> None:
        """Take in what will be looked at together, so that the first look of each kind asks for all of it."""
        for probe, expected in wanted:
            if probe.together:
                wishes = self._together.setdefault(key_of(probe, expected, alone=False), {})
                wishes.update(dict.fromkeys(getattr(expected, probe.together)))

    def again(self, probe: Probe, expected: Expectation, attempt: int) -> Look:
        """Plan a new look for a later attempt, so far after the one before as the expectation's retry says."""
        with self._changed:
            before = self._looks.get(self._key(probe, expected, attempt - 1))
            apart = expected.retry.apart if expected.retry else 0.0
            not_before = before.started + before.seconds + apart if before else 0.0
            look = self._look(probe, expected, attempt, not_before)
            self._begin()
        return look

    def fact(
        self, probe: Probe, expected: Expectation, meanwhile: Callable[[], None] = lambda: None, attempt: int = 1
    ) -> Any:
        """What a probe saw for an expectation; waits for it. Raises CouldNotLook."""
        look = self._known(probe, expected, attempt)
        if not look.done:
            self._wait(look, meanwhile)
        if look.error is not None:
            raise look.why_not() from None
        return look.share_of(getattr(expected, probe.together)) if probe.together else look.fact

    def _wait(self, look: Look, meanwhile: Callable[[], None]) -> None:
        with self._changed:
            if look.done:
                return
            look.awaited = threading.Event()
        while not look.awaited.wait(0.2):
            meanwhile()

    @property
    def looks(self) -> list[Look]:
        return list(self._looks.values())

    def forget(self) -> None:
        """The round has judged: begin nothing more, and let go of all facts, which may be large."""
        with self._changed:
            self.in_all = 0
            self._looks.clear()
            self._lanes.clear()
            self._agenda.clear()

    @property
    def progress(self) -> tuple[int, int]:
        """How many looks are done, and how many there are."""
        looks = self.looks
        return sum(look.done for look in looks), len(looks)

    def _known(self, probe: Probe, expected: Expectation, attempt: int) -> Look:
        """The look for an expectation: nearly always one that `start` began, which needs no lock to be found."""
        look = self._looks.get(self._key(probe, expected, attempt))
        if look is None:
            with self._changed:
                look = self._look(probe, expected, attempt)
                self._begin()
        return look

    def _key(self, probe: Probe, expected: Expectation, attempt: int) -> Key:
        """A row shares the look that asks for all of its wishes; a later attempt is its own."""
        if probe.together and attempt == 1:
            shared = key_of(probe, expected, alone=False)
            if self._together.get(shared, {}).keys() >= set(getattr(expected, probe.together)):
                return shared
        return key_of(probe, expected, attempt)

    def _look(self, probe: Probe, expected: Expectation, attempt: int = 1, not_before: float = 0.0) -> Look:
        key = self._key(probe, expected, attempt)
        known = self._looks.get(key)
        asked = arguments_of(probe, expected)
        if key in self._together:
            asked[probe.together] = tuple(self._together[key])
        look = known or Look(probe, asked, 0.0, expected.system, expected.exclusive)
        own = [expected.deadline, *(target.deadline for target in look.targets)]
        look.deadline = max(look.deadline, next((given for given in own if given is not None), probe.deadline))
        if known and expected.exclusive:
            self._lanes.make_exclusive(known)
        elif known is None:
            self._looks[key] = look
            self._plan(look, not_before)
        return look

    def _plan(self, look: Look, not_before: float) -> None:
        if self.in_all == 0:
            look.give_up_with_the_round()
        elif not_before > time.monotonic():
            self._note(not_before, look)
        else:
            self._lanes.add(look)

    def _note(self, at: float, look: Look) -> None:
        """Let the watch see to a look at some time: to begin it, or to give up on it when it is running."""
        noted = (at, next(self._number), look)
        heapq.heappush(self._agenda, noted)
        if self._agenda[0] is noted:
            self._changed.notify_all()

    def _begin(self) -> None:
        if self._watch is None:
            self._watch = threading.Thread(target=self._see_to_the_agenda, name="rounds-deadlines", daemon=True)
            self._watch.start()
        while begun := self._next():
            threading.Thread(target=self._work, args=(begun,), name="rounds-look", daemon=True).start()

    def _next(self) -> Look | None:
        """Take the next look that may run now."""
        look = self._lanes.next() if len(self._lanes.running) < self.in_all else None
        if look:
            look.started = time.monotonic()
            self._note(look.started + look.deadline, look)
        return look

    def _work(self, look: Look | None) -> None:
        """What one thread does: looks, until there is none left or it was given up on and its place is taken."""
        while look:
            fact, error = look.take()
            with self._changed:
                if not look.settle(fact, error):
                    return
                self._lanes.free(look)
                if look.exclusive:
                    self._begin()  # many may have waited for this one
                look = self._next()

    def _see_to_the_agenda(self) -> None:
        while True:
            with self._changed:
                present = time.monotonic()
                if present >= self.ends_at:
                    self._end_all()
                    return
                due = self._agenda[0][0] if self._agenda else float("inf")
                if present < due:
                    pause = min(due, self.ends_at) - present
                    self._changed.wait(None if pause == float("inf") else pause)
                    continue
                look = heapq.heappop(self._agenda)[2]
                if not look.started:
                    self._lanes.add(look)
                elif look.give_up():
                    self._lanes.free(look)
                self._begin()

    def _end_all(self) -> None:
        self.in_all = 0
        for look in self._looks.values():
            look.give_up_with_the_round()
