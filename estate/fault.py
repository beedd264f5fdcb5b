"""A fault: real damage that can be put into an estate, and taken out again without a trace."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from .estate import Estate

Kind = TypeVar("Kind", bound=Estate)


@dataclass(frozen=True)
class Fault:
    """What is damaged, and which expectations must turn (or may, since they truly depend on it)."""

    name: str
    says: str
    reddens: frozenset[str]
    put_into: Callable[[Any], AbstractContextManager[None]] = field(repr=False)
    may_redden: Mapping[str, str] = field(default_factory=dict)


def fault(
    says: str, *reddens: str, may_redden: Mapping[str, str] | None = None
) -> Callable[[Callable[[Kind], Iterator[None]]], Fault]:
    """Make a fault of a generator: all before its `yield` puts it in, all after takes it out."""

    def make(put_in: Callable[[Kind], Iterator[None]]) -> Fault:
        @contextmanager
        def put_into(estate: Kind) -> Iterator[None]:
            with forgetting(estate.written):
                steps = put_in(estate)
                next(steps)
                try:
                    yield
                finally:
                    next(steps, None)

        return Fault(put_in.__name__.replace("_", "-"), says, frozenset(reddens), put_into, may_redden or {})

    return make


@contextmanager
def forgetting(logs: Mapping[Path, re.Pattern[str]]) -> Iterator[None]:
    """Forget what a fault made the parts write: on a real system it would have aged away."""
    sizes = {path: path.stat().st_size for path in logs}
    try:
        yield
    finally:
        for path, ordinary in logs.items():
            forget(path, sizes[path], ordinary)


def forget(path: Path, begin: int, ordinary: re.Pattern[str]) -> None:
    """Drop the lines after `begin` that are not ordinary, in place: a part holds the file open."""
    with path.open("r+b") as file:
        file.seek(begin)
        lines = file.read().splitlines(keepends=True)
        kept = [line for line in lines if ordinary.match(line.decode(errors="replace"))]
        if len(kept) != len(lines):
            file.seek(begin)
            file.write(b"".join(kept))
            file.truncate()
