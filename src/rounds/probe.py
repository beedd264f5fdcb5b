"""Probes: the functions that look. A probe is a fixture whose arguments come from the expectation by name.

    @probe(deadline=5)
    def disks(host: Host) -> Disks: ...

A check that names `disks` as an argument gets what the probe saw. Each probe runs once per distinct set of
arguments in a round, in a thread, before the first check is judged.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest


class CouldNotLook(Exception):  # noqa: N818 - it reads as the outcome it leads to: unknown
    """A probe could not see what it was asked to look at: the outcome is unknown. The text is told to a person."""

    detail: str = ""


class RunbookDisagrees(CouldNotLook):
    """A table, endpoint, file or command that the row names does not exist in the system."""

    def __init__(self, what: str) -> None:
        super().__init__(f"the runbook and the system disagree: {what}")


@dataclass(frozen=True)
class Probe:
    """A look that can be taken: its function, the names of its arguments, and how long it may take in seconds."""

    name: str
    look: Callable[..., Any]
    arguments: tuple[str, ...]
    deadline: float


PROBES: dict[str, Probe] = {}


def probe(*, deadline: float = 10.0) -> Callable[[Callable[..., Any]], Any]:
    """Make a function a probe and a pytest fixture of its name; `deadline` is in seconds.

    A target's or a row's own `deadline` goes before this one.
    """

    def made(look: Callable[..., Any]) -> Any:
        taken = Probe(look.__name__, look, tuple(inspect.signature(look).parameters), deadline)
        PROBES[taken.name] = taken

        @pytest.fixture(name=taken.name)
        def fact(looking: Any, expected: Any) -> Any:
            return looking.fact(taken, expected)

        return fact

    return made
