"""Dependencies: what a target cannot work without, as `depends_on` says, and as it names other targets anyway."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rounds.expectation import targets_in
from rounds.inventory.document import Document
from rounds.inventory.mistakes import nearest
from rounds.targets import Target


@dataclass(frozen=True)
class Needs:
    """The keys of a row's own targets, and of all that these depend on; the nearest first."""

    own: tuple[str, ...] = ()
    behind: tuple[str, ...] = ()


def needs_of(row: Mapping[str, Any], targets: Mapping[str, Target]) -> Needs:
    """What a row, as it is written, cannot be judged without."""
    named = [each for value in row.values() for each in (value if isinstance(value, list) else [value])]
    waiting = own = [targets[name] for name in named if isinstance(name, str) and name in targets]
    found: dict[str, None] = {}
    while waiting:
        waiting = [each for target in waiting for each in _next(target, targets) if each.key not in found]
        found |= dict.fromkeys(each.key for each in waiting)
    return Needs(tuple(each.key for each in own), tuple(found))


def _next(target: Target, targets: Mapping[str, Target]) -> Iterator[Target]:
    yield from (targets[name] for name in target.depends_on if name in targets)
    yield from targets_in(value for _, value in target)


def refuse_wrong_dependencies(targets: Mapping[str, Target], names: Mapping[str, object], document: Document) -> None:
    """Every name in `depends_on` is a target, and none depends on itself in the end."""
    for target in targets.values():
        for at, name in enumerate(target.depends_on):
            place = ("targets", target.name, "depends_on", at)
            if name not in names:
                document.mistake(place, f"there is no target {name!r}{nearest(name, names)}")
            elif _leads_to(name, target.name, targets):
                document.mistake(place, f"{target.name!r} depends on itself by way of {name!r}")


def _leads_to(name: str, goal: str, targets: Mapping[str, Target]) -> bool:
    seen, waiting = set(), [name]
    while waiting:
        each = waiting.pop()
        if each == goal:
            return True
        if each in targets and each not in seen:
            seen.add(each)
            waiting += targets[each].depends_on
    return False
