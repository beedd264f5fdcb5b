"""Look: run the probes of a round in threads, each once, with a limit per target and in all, and a deadline each.

A look that is over its deadline gives up its place: a hung target delays nothing but its own expectations. Threads are
daemons, so a look that never comes back does not keep the process from ending.
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
from rounds.targets import Target

IN_ALL = 128


@dataclass(eq=False)
class Look:
    """One look: a probe with its arguments, and what came of it."""

    probe: Probe
    arguments: dict[str, Any]
    deadline: float
    done: threading.Event = field(default_factory=threading.Event)
    fact: Any = None
    error: BaseException | None = None
    started: float = 0.0

    @property
    def targets(self) -> list[Target]:
        return [value for value in self.arguments.values() if isinstance(value, Target)]

    def settle(self, fact: Any = None, error: BaseException | None = None) -> bool:
        """Keep what came first; False when the look was settled already (it came back after its deadline)."""
        if self.done.is_set():
            return False
        self.fact, self.error = fact, error
        self.done.set()
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
        self._looks: dict[tuple[str, str], Look] = {}
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
        with self._changed:
            look = self._look(probe, expected)
            self._begin()
        while not look.done.wait(0.2):
            meanwhile()
        if look.error is not None:
            raise _could_not_look(look) from None
        return look.fact

    @property
    def progress(self) -> tuple[int, int]:
        """How many looks are done, and how many there are."""
        looks = list(self._looks.values())
        return sum(look.done.is_set() for look in looks), len(looks)

    def _look(self, probe: Probe, expected: Expectation) -> Look:
        arguments = {name: getattr(expected, name) for name in probe.arguments}
        key = (probe.name, _written(arguments))
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
        while self._ready and self._running < self.in_all:
            lane = self._ready.popleft()
            if lane.waiting and lane.running < lane.parallel:
                self._begin_one(lane)

    def _begin_one(self, lane: _Lane) -> None:
        look = lane.waiting.popleft()
        lane.running += 1
        self._running += 1
        look.started = time.monotonic()
        heapq.heappush(self._due, (look.started + look.deadline, next(self._number), look, lane))
        self._changed.notify_all()
        threading.Thread(target=self._run, args=(look, lane), name=f"look-{look.probe.name}", daemon=True).start()

    def _run(self, look: Look, lane: _Lane) -> None:
        fact, error = None, None
        try:
            fact = look.probe.look(**look.arguments)
        except BaseException as caught:  # noqa: BLE001 - whatever a probe raises makes its rows unknown, nothing else
            error = caught
        self._settle(look, lane, fact, error)

    def _settle(self, look: Look, lane: _Lane, fact: Any, error: BaseException | None) -> None:
        with self._changed:
            if look.settle(fact, error):
                lane.running -= 1
                self._running -= 1
                self._ready.append(lane)
                self._begin()

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
            if not look.done.is_set():
                self._settle(look, lane, None, CouldNotLook(f"no answer within {shown(look.deadline, 's')}"))

    def _end_all(self) -> None:
        self.in_all = 0
        for look in self._looks.values():
            look.settle(error=_too_late())


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


def _written(arguments: dict[str, Any]) -> str:
    plain = {name: value.key if isinstance(value, Target) else value for name, value in arguments.items()}
    return json.dumps(plain, sort_keys=True, default=repr)
