"""Suggested rows as the two files of a system have them: first the inventory's targets, then the rows."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import yaml

from rounds.fixtures.data_profile import Profile
from rounds.quantities import shown
from rounds.suggest.column_names import is_private
from rounds.suggest.rows import Suggestion
from rounds.text import printable

_WIDTH = 116


def pages(
    profile: Profile, rows: Iterable[Suggestion], told: Iterable[str], new: Mapping[str, Mapping[str, Any]]
) -> Iterator[str]:
    """The lines of both documents. `new` are targets that the inventory has not yet, `told` are words for a person."""
    dataset = profile.dataset
    system = dataset.system
    yield f"# systems/{system}/inventory.yaml"
    yield "targets:"
    for name, target in new.items():
        yield from (f"  {flow(name)}:", *(f"    {key}: {flow(value)}" for key, value in target.items()), "")
    yield f"  {flow(dataset.name)}:"
    yield from (f"    {line}" for line in _lines(_dataset(profile)))
    yield "---"
    yield f"# systems/{system}/expectations.yaml: see what each row means, and whether it shall hold tomorrow as well"
    yield from (f"# {line}" for line in told)
    taken: set[str] = set()
    for row in rows:
        yield ""
        name = _id(f"{dataset.name}-{row.name}", taken)
        yield f"- id: {system}.data-quality.{name}"
        yield from _row(row, dataset.name)


def _dataset(profile: Profile) -> dict[str, Any]:
    """The dataset as the inventory has it. What may be private never stands in a report."""
    known = profile.dataset
    written: dict[str, Any] = {"kind": "dataset"}
    if known.database:
        written["database"] = known.database.name
    for key in ("table", "query", "files"):
        if getattr(known, key) is not None:
            written[key] = getattr(known, key)
    written |= {"time": known.time} if known.time else {}
    written |= {"window": shown(known.window, "s").replace(" ", "")} if known.window else {}
    written |= {"sample": f"{known.sample:g}%"} if known.sample else {}
    private = [name for name in profile.relation.columns if is_private(name) and "${" not in name]
    return written | ({"private": private} if private else {})


def _row(row: Suggestion, dataset: str) -> Iterator[str]:
    yield f"  check: {row.check}"
    yield f"  dataset: {flow(dataset)}"
    lines = list(_lines(row.parameters))
    seen = " ".join(printable(row.seen).split())
    if len(lines) == len(row.parameters):
        lines[-1] += f"  # {seen}"
    else:
        lines.insert(0, f"# {seen}")
    yield from (f"  {line}" for line in lines)
    yield "  when: [daily]"
    yield f"  runbook: {flow(f'Data quality > {dataset}')}"


def _lines(written: Mapping[str, Any]) -> Iterator[str]:
    for key, value in written.items():
        if isinstance(value, dict):
            yield f"{key}:"
            yield from (f"  {flow(name)}: {flow(each)}" for name, each in value.items())
        elif isinstance(value, list):
            yield from _list(key, value)
        else:
            yield f"{key}: {flow(value)}"


def _list(key: str, values: Sequence[Any]) -> Iterator[str]:
    """A list on one line, or on as many as it needs."""
    line = f"{key}: ["
    for at, value in enumerate(values):
        item = flow(value) + (", " if at < len(values) - 1 else "]")
        if len(line) + len(item) > _WIDTH:
            yield line.rstrip()
            line = "  "
        line += item
    yield line


def flow(value: Any) -> str:
    """A value as it stands on one line of YAML."""
    text: str = yaml.safe_dump([value], default_flow_style=True, allow_unicode=True, width=10**6, sort_keys=False)
    return text.strip()[1:-1]


def _id(name: str, taken: set[str]) -> str:
    """The end of an id, in its letters; each is there once."""
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "row"
    number = next(each for each in range(1, len(taken) + 2) if (plain if each == 1 else f"{plain}-{each}") not in taken)
    found = plain if number == 1 else f"{plain}-{number}"
    taken.add(found)
    return found
