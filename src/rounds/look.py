"""Look: run the probes of a round in threads, each once, with a limit per target and in all, and a deadline each.

A look that is over its deadline gives up its place: a hung target delays nothing but its own expectations. Threads are
daemons, so a look that never comes back does not keep the process from ending. A thread whose look came back in time
takes the next one: to start a thread costs more than many a look.
"""

import heapq
import itertools
import json
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from rounds.expectation import Expectation
from rounds.probe import CouldNotLook, Probe
from rounds.quantities import shown
from rounds.round import SlowestLook
from rounds.targets import Target

IN_ALL = 128


@dataclass(eq=False, slots=True)
class Look:
    """One look: a probe with its arguments, and what came of it. `awaited` is there only while somebody waits."""

    probe: Probe
    arguments: dict[str, Any]
    deadline: float
    done: bool = False
    awaited: threading.Event | None = None
    fact: Any = None
    error: BaseException | None = None
    started: float = 0.0
    seconds: float = 0.0

    @property
    def targets(self) -> list[Target]:
        return [value for value in self.arguments.values() if isinstance(value, Target)]

    def settle(self, fact: Any = None, error: BaseException | None = None) -> bool:
        """Keep what came first; False when the look was settled already (it came back after its deadline)."""
        if self.done:
            return False
        self.fact, self.error = fact, error
        self.seconds = time.monotonic() - self.started if self.started else 0.0
        self.done = True
        if self.awaited:
            self.awaited.set()
        return True


@dataclass
class _Lane:
    """The looks at one target: at most `parallel` at once."""

    parallel: int
    waiting: deque[Look] = field(default_factory=deque)
    running: int = 0


class Looking:
    """All looks of a round. `in_all` is the most at once; `ends_at` (time.monotonic) is the round's own deadline."""

    def __init__(self, in_all: int = IN_ALL, ends_at: float = float("inf")) -> None:
        self.in_all = in_all
        self.ends_at = ends_at
        self._looks: dict[tuple[int, str], Look] = {}
        self._lanes: dict[str, _Lane] = {}
        self._ready: deque[_Lane] = deque()
        self._running = 0
        self._due: list[tuple[float, int, Look, _Lane]] = []
        self._number = itertools.count()
        self._changed = threading.Condition()
        self._watch: threading.Thread | None = None

    def start(self, wanted: Iterable[tuple[Probe, Expectation]]) -> None:
        """Begin the looks that some expectations need; one that was begun already is not begun again."""
        with self._changed:
            for probe, expected in wanted:
                self._look(probe, expected)
            self._begin()

    def fact(self, probe: Probe, expected: Expectation, meanwhile: Callable[[], None] = lambda: None) -> Any:
        """What a probe saw for an expectation; waits for it. Raises CouldNotLook."""
        look = self._known(probe, expected)
        if not look.done:
            self._wait(look, meanwhile)
        if look.error is not None:
            raise _could_not_look(look) from None
        return look.fact

    def _wait(self, look: Look, meanwhile: Callable[[], None]) -> None:
        with self._changed:
            if look.done:
                return
            look.awaited = threading.Event()
        while not look.awaited.wait(0.2):
            meanwhile()

    @property
    def slowest(self) -> SlowestLook | None:
        """The look that took longest: its probe, targets and seconds; None when nothing was looked at."""
        looks = list(self._looks.values())
        if not looks:
            return None
        look = max(looks, key=lambda look: look.seconds)
        target = ", ".join(target.key for target in look.targets)
        return SlowestLook(probe=look.probe.name, target=target, seconds=round(look.seconds, 3))

    def forget(self) -> None:
        """The round has judged: begin nothing more, and let go of all facts, which may be large."""
        with self._changed:
            self.in_all = 0
            self._looks.clear()
            self._lanes.clear()
            self._due.clear()

    @property
    def progress(self) -> tuple[int, int]:
        """How many looks are done, and how many there are."""
        looks = list(self._looks.values())
        return sum(look.done for look in looks), len(looks)

    def _known(self, probe: Probe, expected: Expectation) -> Look:
        """The look for an expectation: nearly always one that `start` began, which needs no lock to be found."""
        look = self._looks.get(_key(probe, expected))
        if look is None:
            with self._changed:
                look = self._look(probe, expected)
                self._begin()
        return look

    def _look(self, probe: Probe, expected: Expectation) -> Look:
        arguments = _arguments(probe, expected)
        key = _key(probe, expected)
        targets = [value for value in arguments.values() if isinstance(value, Target)]
        own = [expected.deadline, *(target.deadline for target in targets)]
        deadline = next((given for given in own if given is not None), probe.deadline)
        if key in self._looks:
            self._looks[key].deadline = max(self._looks[key].deadline, deadline)
            return self._looks[key]
        look = self._looks[key] = Look(probe, arguments, deadline)
        if self.in_all == 0:
            look.settle(error=_too_late())
            return look
        lane = self._lane(targets)
        lane.waiting.append(look)
        self._ready.append(lane)
        return look

    def _lane(self, targets: list[Target]) -> _Lane:
        key = targets[0].key if targets else ""
        return self._lanes.setdefault(key, _Lane(targets[0].parallel if targets else self.in_all))

    def _begin(self) -> None:
        if self._watch is None:
            self._watch = threading.Thread(target=self._give_up_in_time, name="rounds-deadlines", daemon=True)
            self._watch.start()
        while begun := self._next():
            threading.Thread(target=self._work, args=begun, name="rounds-look", daemon=True).start()

    def _next(self) -> tuple[Look, _Lane] | None:
        """Take the next look that may run now."""
        while self._ready and self._running < self.in_all:
            lane = self._ready.popleft()
            if lane.waiting and lane.running < lane.parallel:
                return self._taken(lane), lane
        return None

    def _taken(self, lane: _Lane) -> Look:
        look = lane.waiting.popleft()
        lane.running += 1
        self._running += 1
        look.started = time.monotonic()
        due = (look.started + look.deadline, next(self._number), look, lane)
        heapq.heappush(self._due, due)
        if self._due[0] is due:
            self._changed.notify_all()
        return look

    def _work(self, look: Look, lane: _Lane) -> None:
        """What one thread does: looks, until there is none left or it was given up on and its place is taken."""
        begun: tuple[Look, _Lane] | None = (look, lane)
        while begun:
            look, lane = begun
            fact, error = _seen(look)
            with self._changed:
                begun = self._next() if self._is_settled(look, lane, fact, error) else None

    def _is_settled(self, look: Look, lane: _Lane, fact: Any, error: BaseException | None) -> bool:
        """Keep what a look brought and free its place; False when it was given up on before."""
        if not look.settle(fact, error):
            return False
        lane.running -= 1
        self._running -= 1
        self._ready.append(lane)
        return True

    def _give_up_in_time(self) -> None:
        while True:
            with self._changed:
                present = time.monotonic()
                if present >= self.ends_at:
                    self._end_all()
                    return
                due = self._due[0][0] if self._due else float("inf")
                if present < due:
                    pause = min(due, self.ends_at) - present
                    self._changed.wait(None if pause == float("inf") else pause)
                    continue
                _, _, look, lane = heapq.heappop(self._due)
                if self._is_settled(look, lane, None, CouldNotLook(f"no answer within {shown(look.deadline, 's')}")):
                    self._begin()

    def _end_all(self) -> None:
        self.in_all = 0
        for look in self._looks.values():
            look.settle(error=_too_late())


def _seen(look: Look) -> tuple[Any, BaseException | None]:
    try:
        return look.probe.look(**look.arguments), None
    except BaseException as caught:  # noqa: BLE001 - whatever a probe raises makes its rows unknown, nothing else
        return None, caught


def _too_late() -> CouldNotLook:
    return CouldNotLook("the round's own deadline passed before this was seen")


def _could_not_look(look: Look) -> CouldNotLook:
    error = look.error
    where = ", ".join(target.place for target in look.targets)
    if isinstance(error, CouldNotLook):
        told = CouldNotLook(f"{error}" if not where or where in str(error) else f"{where}: {error}")
    else:
        first = (str(error).strip() or "no further words").splitlines()[0]
        told = CouldNotLook(f"could not look at {where}: {type(error).__name__}: {first}")
        told.detail = "".join(traceback.format_exception(error))
    return told


def _arguments(probe: Probe, expected: Expectation) -> dict[str, Any]:
    return {name: getattr(expected, name) for name in probe.arguments}


def _key(probe: Probe, expected: Expectation) -> tuple[int, str]:
    """Looks with the same key are one look: the probe's function, and its arguments as text."""
    arguments = _arguments(probe, expected)
    plain = {name: value.key if isinstance(value, Target) else value for name, value in arguments.items()}
    return id(probe.look), json.dumps(plain, sort_keys=True, default=repr)
