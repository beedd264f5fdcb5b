"""Looks with the real probes of a check, and judges."""

import inspect
from collections.abc import Callable
from typing import Any

from rounds.judge import Earlier, Observer
from rounds.probe import PROBES, CouldNotLook


def judged(check: Callable[..., None], expected: Any, earlier: Earlier | None = None) -> Observer:
    """What the check recorded. Raises CouldNotLook, also for one of several datasets."""
    observer = Observer()
    given: dict[str, Any] = {"expected": expected, "observe": observer, "earlier": earlier or Earlier()}
    for name in inspect.signature(check).parameters.keys() - given.keys():
        probe = PROBES[name]
        given[name] = probe.look(**{argument: getattr(expected, argument) for argument in probe.arguments})
        for each in given[name].values() if isinstance(given[name], dict) else ():
            if isinstance(each, CouldNotLook):
                raise each
    check(**{name: given[name] for name in inspect.signature(check).parameters})
    return observer
