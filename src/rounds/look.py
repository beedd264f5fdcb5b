"""One look: a probe with its arguments, and what came of it."""

import json
import threading
import time
import traceback
from dataclasses import dataclass, field
from typing import Any

from rounds.clients import import_clients_of
from rounds.expectation import Expectation, targets_in
from rounds.probe import CouldNotLook, NotNow, Probe, RunbookDisagrees, Unreachable
from rounds.quantities import shown
from rounds.record import Cause
from rounds.targets import Target

_SAYS_NO_MORE = ("cannot be reached", "gives no answer", "does not answer", "takes no connection")

Key = tuple[int, str, int, float]


class NoAnswerInTime(CouldNotLook):
    """The look was over its deadline."""


@dataclass(eq=False, slots=True)
class Look:
    """A probe with its arguments, and what came of it. `awaited` is there only while somebody waits."""

    probe: Probe
    arguments: dict[str, Any]
    deadline: float
    system: str = ""
    exclusive: bool = False
    done: bool = False
    awaited: threading.Event | None = None
    fact: Any = None
    error: BaseException | None = None
    started: float = 0.0
    seconds: float = 0.0
    targets: list[Target] = field(init=False)
    _servers: frozenset[str] | None = None

    def __post_init__(self) -> None:
        self.targets = targets_in(self.arguments.values())

    @property
    def servers(self) -> frozenset[str]:
        """The servers it looks at; most rounds never ask."""
        if self._servers is None:
            self._servers = frozenset(target.lane for target in self.targets)
        return self._servers

    @property
    def has_reached(self) -> bool:
        """Whether its targets answered at all: with a fact, or with the news that they lack what the row names."""
        return self.done and (self.error is None or isinstance(self.error, RunbookDisagrees))

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

    def give_up(self) -> bool:
        return self.settle(error=NoAnswerInTime(f"no answer within {shown(self.deadline, 's')}"))

    def give_up_with_the_round(self) -> bool:
        return self.settle(error=CouldNotLook("the round's own deadline passed before this was seen"))

    def take(self) -> tuple[Any, BaseException | None]:
        """Look, and bring the fact or what kept it from being seen."""
        try:
            import_clients_of(self.targets)
            if self.done:  # it was given up on meanwhile, and its place is another's
                return None, None
            return self.probe.look(**self.arguments), None
        except BaseException as caught:  # noqa: BLE001 - whatever a probe raises makes its rows unknown, nothing else
            return None, caught

    def share_of(self, wishes: tuple[Any, ...]) -> dict[Any, Any]:
        """Of a look for many rows what one row wished for; raises the first CouldNotLook among that."""
        found = {wish: self.fact[wish] for wish in wishes}
        for each in found.values():
            if isinstance(each, CouldNotLook):
                raise self.why_not(each)
        return found

    def why_not(self, error: BaseException | None = None) -> CouldNotLook:
        """Why there is no fact, for the rows that wanted it."""
        error = error or self.error
        where = ", ".join(target.place for target in self.targets)
        if isinstance(error, CouldNotLook):
            kind = NotNow if isinstance(error, NotNow) else CouldNotLook
            told = kind(f"{error}" if not where or where in str(error) else f"{where}: {error}")
            told.cause = self._cause(error)
            told.hung = self.targets[0].key if isinstance(error, NoAnswerInTime) and self.targets else ""
        else:
            first = (str(error).strip() or "no further words").splitlines()[0]
            told = CouldNotLook(f"could not look at {where}: {type(error).__name__}: {first}")
            told.detail = "".join(traceback.format_exception(error)) if error else ""
        return told

    def _cause(self, error: CouldNotLook) -> Cause | None:
        if not isinstance(error, Unreachable) or not (error.target or self.targets):
            return None
        key = error.target or self.targets[0].key
        names = [key, key.partition("/")[2], *(name for target in self.targets for name in (target.place, target.name))]
        return {"target": key, "words": _reason(str(error), names)}


def _reason(words: str, names: list[str]) -> str:
    """The words without the target's name and without saying again that it cannot be reached."""
    for known in (*sorted(names, key=len, reverse=True), *_SAYS_NO_MORE):
        rest = words.removeprefix(known)
        if rest != words and rest[:1] in ("", " ", ":"):
            words = rest.lstrip(": ")
    return words


def arguments_of(probe: Probe, expected: Expectation) -> dict[str, Any]:
    return {name: getattr(expected, name) for name in probe.arguments}


def key_of(probe: Probe, expected: Expectation, attempt: int = 1, *, alone: bool = True) -> Key:
    """Looks with the same key are one look: the probe's function, its arguments as text, and which attempt it is.

    What a probe is asked `together` for tells looks apart only where a row looks `alone`.
    """
    told_apart = {
        name: value for name, value in arguments_of(probe, expected).items() if alone or name != probe.together
    }
    plain = {name: _plain(value) for name, value in told_apart.items()}
    apart = expected.retry.apart if expected.retry and attempt > 1 else 0.0
    return id(probe.look), json.dumps(plain, sort_keys=True, default=repr), attempt, apart


def _plain(value: Any) -> Any:
    if isinstance(value, Target):
        return value.key
    return [_plain(each) for each in value] if isinstance(value, tuple | list) else value
