"""Probes: the functions that look. A probe is a fixture whose arguments come from the expectation by name.

    @probe(deadline=5)
    def disks(host: Host) -> Disks: ...

A check that names `disks` as an argument gets what the probe saw. Each probe runs once per distinct set of
arguments in a round, in a thread, before the first check is judged.
"""

import importlib
import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from rounds.record import Cause
from rounds.targets import Target


class CouldNotLook(Exception):  # noqa: N818 - it reads as the outcome it leads to: unknown
    """A probe could not see what it was asked to look at: the outcome is unknown. The text is told to a person."""

    detail: str = ""
    cause: Cause | None = None
    hung: str = ""  # the key of the target that gave no answer in time


class Unreachable(CouldNotLook):
    """The target itself cannot be reached (refused, timed out, login failed): every row behind it has this cause.

    `target` is the one that cannot be reached, where it is not the probe's first: `Unreachable("…", log.compose.host)`.
    """

    def __init__(self, words: str, target: Target | str | None = None) -> None:
        super().__init__(words)
        self.target = target.key if isinstance(target, Target) else target


class NotNow(CouldNotLook):
    """The row says that it is not to be looked at now (its server is busy): the outcome is skipped, with the reason."""


class RunbookDisagrees(CouldNotLook):
    """A table, endpoint, file or command that the row names does not exist in the system."""

    def __init__(self, what: str) -> None:
        super().__init__(f"the runbook and the system disagree: {what}")


@dataclass(frozen=True)
class Probe:
    """A look that can be taken: its function, the names of its arguments, and how long it may take in seconds.

    `together` names an argument, a tuple, in which the wishes of all selected rows are put together: such a probe gives
    a mapping from each wish to a fact, or to the CouldNotLook that kept it from being seen.
    """

    name: str
    look: Callable[..., Any]
    arguments: tuple[str, ...]
    deadline: float
    together: str = ""


class Kept:
    """Where probes may keep what spares them to read a thing anew; None where no round has said so."""

    folder: Path | None = None


KEPT = Kept()
PROBES: dict[str, Probe] = {}
_PROBE = re.compile(r"^@probe\b.*\ndef (?P<name>\w+)", re.MULTILINE)


def probe(*, deadline: float = 10.0, together: str = "") -> Callable[[Callable[..., Any]], Any]:
    """Make a function a probe and a pytest fixture of its name; `deadline` is in seconds.

    A target's or a row's own `deadline` goes before this one. `together`: see `Probe`.
    """

    def made(look: Callable[..., Any]) -> Any:
        taken = Probe(look.__name__, look, tuple(inspect.signature(look).parameters), deadline, together)
        PROBES[taken.name] = PROBES[f"{look.__module__}.{taken.name}"] = taken
        return _fixture(taken.name, lambda: taken)

    return made


class Later:
    """The probes of a package, each module imported when a check first names one of its. `plugin` has their fixtures.

    Most rounds need few of them, and to import them all is a tenth of a small round.
    """

    def __init__(self, package: str, folder: Path) -> None:
        self.modules = {
            match["name"]: f"{package}.{path.stem}"
            for path in sorted(folder.glob("*.py"))
            for match in _PROBE.finditer(path.read_text(encoding="utf-8"))
        }
        self.plugin = ModuleType("rounds_probes")
        vars(self.plugin).update({name: _fixture(name, partial(self._probe, name)) for name in self.modules})

    def _probe(self, name: str) -> Probe:
        importlib.import_module(self.modules[name])
        return PROBES[f"{self.modules[name]}.{name}"]


def _fixture(name: str, probe: Callable[[], Probe]) -> Any:
    def fact(looking: Any, expected: Any) -> Any:
        return looking.fact(probe(), expected)

    vars(fact)["probe"] = probe
    return pytest.fixture(name=name)(fact)


def probes_of(item: pytest.Item) -> list[Probe]:
    """The probes behind the fixtures that an item really gets: two systems may have probes of the same name."""
    fixtures = getattr(getattr(item, "_fixtureinfo", None), "name2fixturedefs", {})
    found = [getattr(definitions[-1].func, "probe", None) for definitions in fixtures.values() if definitions]
    return [probe() for probe in found if probe is not None]
