"""`rounds checks`: the checks there are, with what each takes and the remedy it tells (docs/checks.md is this)."""

import argparse
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_WORDS = {"string": "text", "integer": "a whole number", "number": "a number", "boolean": "true or false"}
_UNITS = {"a duration": "s", "a size": "B", "a percentage": "%"}


def add(commands: Any) -> None:
    words = commands.add_parser("checks", help="the checks there are, and what each takes", description=__doc__)
    words.add_argument("--systems", metavar="DIR", type=Path, default=Path("systems"), help="for checks of your own")
    words.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    print("\n".join(manual([options.systems])))
    return 0


def manual(folders: list[Path]) -> Iterator[str]:
    """Markdown lines about every check: ours, then those below the folders."""
    from rounds.inventory.schema import models_of  # noqa: PLC0415 - it imports every check
    from rounds.select import own_checks  # noqa: PLC0415 - the same

    yield "# The checks"
    yield ""
    yield "Made by `rounds checks` from the code. Every row also has the keys in [inventory.md](inventory.md)."
    for name, (function, model) in sorted(models_of([own_checks(), *folders]).items()):
        said, _, remedy = (inspect.getdoc(function) or "").partition("Remedy:")
        yield from ("", f"## {name}", "", " ".join(said.split()), "")
        if model.__doc__:
            yield from (" ".join(model.__doc__.split()), "")
        yield from ("| key | takes | when left out |", "|---|---|---|")
        yield from (f"| `{key}` | {takes} | {otherwise} |" for key, takes, otherwise in _parameters(model))
        if remedy:
            yield from ("", f"Remedy: {' '.join(remedy.split())}")


def _parameters(model: Any) -> Iterator[tuple[str, str, str]]:
    from rounds.expectation import Expectation  # noqa: PLC0415 - the other commands start faster without
    from rounds.inventory.schema import shape_of  # noqa: PLC0415 - the same
    from rounds.limits import Limit  # noqa: PLC0415 - the same
    from rounds.targets import takes_several, target_kinds, words_of  # noqa: PLC0415 - the same

    schema = shape_of(model)
    for key, field in model.model_fields.items():
        if key in Expectation.model_fields:
            continue
        taken = target_kinds(field.annotation)
        if taken:
            word = words_of(taken)
            takes = (
                f"a list of targets of kind {word}" if takes_several(field.annotation) else f"a target of kind {word}"
            )
        elif isinstance(field.default, Limit):
            takes = f"a limit: {field.default.direction}{f', in {field.default.unit}' if field.default.unit else ''}"
        else:
            takes = _said(schema["properties"][key])
        yield key, takes, "is required" if field.is_required() else _default(field, takes)


def _said(schema: dict[str, Any]) -> str:
    """A JSON Schema in a few words: what a person writes there."""
    if "description" in schema:
        return str(schema["description"])
    if "anyOf" in schema:
        return " or ".join(_said(each) for each in schema["anyOf"] if each.get("type") != "null")
    if schema.get("type") == "array":
        return f"a list of: {_said(schema.get('items', {}))}"
    if schema.get("type") == "object":
        return f"a mapping of names to: {_said(schema.get('additionalProperties', {}))}"
    return _WORDS.get(schema.get("type", ""), "a value")


def _default(field: Any, takes: str) -> str:
    from rounds.quantities import shown  # noqa: PLC0415 - the same

    default = field.get_default(call_default_factory=True)
    if not isinstance(default, bool) and default in (None, "", (), {}, []):
        return "nothing"
    if isinstance(default, tuple | list):
        return ", ".join(map(str, default))
    return shown(default, next((unit for word, unit in _UNITS.items() if takes.startswith(word)), "")).replace(
        "|", "or"
    )
