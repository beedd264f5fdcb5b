"""Lanes: which look may begin now. A target has a limit of looks at once; an exclusive look has its server to itself.

While an exclusive look waits or runs, nothing else begins at its server, so it waits only for what runs already. The
exclusive looks of a server go in the order in which they came: none overtakes another, so none waits for ever.
"""

from collections import Counter, deque
from dataclasses import dataclass, field

from rounds.look import Look

_NO_LIMIT = 1_000_000  # what is no target has none of its own


@dataclass
class _Lane:
    """The looks at one target: at most `parallel` at once."""

    parallel: int
    waiting: deque[Look] = field(default_factory=deque)
    running: int = 0


class Lanes:
    """The looks that wait and those that run. Not for several threads at once: whoever calls holds a lock."""

    def __init__(self) -> None:
        self._lanes: dict[str, _Lane] = {}
        self._ready: deque[_Lane] = deque()
        self._held: list[_Lane] = []
        self._alone: list[Look] = []
        self._closed: Counter[str] = Counter()
        self.running: set[Look] = set()

    def add(self, look: Look) -> None:
        """Let a look wait for its turn."""
        if look.exclusive:
            self._alone.append(look)
            self._closed.update(look.servers)
            return
        lane = self._lane(look)
        lane.waiting.append(look)
        self._ready.append(lane)

    def make_exclusive(self, look: Look) -> None:
        """A look that has not begun is to have its server to itself after all; one that runs is left alone."""
        if look.exclusive or look.started or look.done:
            return
        look.exclusive = True
        waiting = self._lane(look).waiting
        if look in waiting:
            waiting.remove(look)
            self.add(look)

    def next(self) -> Look | None:
        """Take the next look that may run now; None when there is none."""
        return self._next_alone() or self._next_beside_others()

    def free(self, look: Look) -> None:
        """A look that ran is over, or was given up on: its place is free."""
        self.running.remove(look)
        lane = self._lane(look)
        lane.running -= 1
        self._ready.append(lane)
        if look.exclusive:
            self._closed -= Counter(look.servers)  # what falls to zero is dropped
            self._ready += self._held
            self._held.clear()

    def clear(self) -> None:
        """Nothing is to begin any more."""
        for waiting in (self._lanes, self._ready, self._held, self._alone, self._closed):
            waiting.clear()

    def _next_alone(self) -> Look | None:
        if not self._alone:
            return None
        busy = {server for look in self.running for server in look.servers}
        for look in self._alone:
            if busy.isdisjoint(look.servers):
                self._alone.remove(look)
                return self._taken(look)
            busy |= look.servers
        return None

    def _next_beside_others(self) -> Look | None:
        while self._ready:
            lane = self._ready.popleft()
            if not lane.waiting or lane.running >= lane.parallel:
                continue
            if self._closed and not self._closed.keys().isdisjoint(lane.waiting[0].servers):
                self._held.append(lane)
                continue
            return self._taken(lane.waiting.popleft())
        return None

    def _taken(self, look: Look) -> Look:
        self._lane(look).running += 1
        self.running.add(look)
        return look

    def _lane(self, look: Look) -> _Lane:
        key = look.targets[0].key if look.targets else ""
        lane = self._lanes.get(key)
        if lane is None:
            lane = self._lanes[key] = _Lane(look.targets[0].parallel if look.targets else _NO_LIMIT)
        return lane
