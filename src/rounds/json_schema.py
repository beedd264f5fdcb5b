"""JSON Schema, as far as APIs and caches use it (OpenAPI's dialects too): what of a value does not fit.

Keywords that are not known here are never taken as kept: `strangers` names those that a schema has.
"""

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, TypeGuard

MOST_MISFITS = 20
_DEEPEST = 60


@dataclass(frozen=True)
class _Place:
    """Where in the value we are, and which references have led here: one that leads to itself describes nothing."""

    path: str = ""
    depth: int = 0
    references: frozenset[str] = frozenset()

    def below(self, step: str) -> "_Place":
        separator = "" if step.startswith("[") or not self.path else "."
        return _Place(f"{self.path}{separator}{step[:60]}", self.depth + 1)

    def __str__(self) -> str:
        return self.path or "it"


def _is_number(value: Any) -> TypeGuard[float]:
    """Whether it is a number of JSON: NaN and infinity, which Python reads, are none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return isinstance(value, int) or math.isfinite(value)


_TYPES: dict[str, Callable[[Any], bool]] = {
    "null": lambda value: value is None,
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: _is_number(value) and (isinstance(value, int) or value.is_integer()),
    "number": _is_number,
    "string": lambda value: isinstance(value, str),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}
_FORMATS: dict[str, Callable[[str], Any]] = {
    "date": lambda text: date.fromisoformat(text) if len(text) == 10 else date.fromisoformat(""),
    "date-time": lambda text: datetime.fromisoformat(text) if "T" in text.upper() else date.fromisoformat(""),
}
_KNOWN = {
    "$ref", "allOf", "anyOf", "oneOf", "not", "nullable", "type", "enum", "const", "required", "properties",
    "additionalProperties", "items", "minItems", "maxItems", "minLength", "maxLength", "pattern", "minimum",
    "maximum", "exclusiveMinimum", "exclusiveMaximum", "format",
}  # fmt: skip
_TELLS_ONLY = {
    "$schema", "$id", "$defs", "$comment", "$anchor", "definitions", "components", "title", "description", "default",
    "example", "examples", "deprecated", "readOnly", "writeOnly", "discriminator", "xml", "externalDocs",
}  # fmt: skip
_WITH_SCHEMAS = ("properties", "$defs", "definitions")


def named(document: Any, name: str) -> dict[str, Any] | None:
    """The schema of that name in an OpenAPI document (or JSON Schema's definitions); None where there is none."""
    for places in ("components/schemas", "definitions", "$defs"):
        found = _at(document, [*places.split("/"), name])
        if isinstance(found, dict):
            return found
    return None


def asks_nothing(schema: Any, root: Any, depth: int = 0) -> bool:
    """Whether anything at all would fit: such a schema proves nothing."""
    if not isinstance(schema, dict):
        return schema is not False
    parts = [part for word in ("allOf", "anyOf", "oneOf") for part in _listed(schema.get(word))]
    parts += [_resolved(schema["$ref"], root)] if "$ref" in schema else []
    asks = schema.keys() & {"required", "enum", "const", "items", "pattern", "not"} or schema.get("properties")
    is_plain = schema.get("type") not in (None, "object", "array")
    return (
        not asks and not is_plain and (depth > _DEEPEST or all(asks_nothing(each, root, depth + 1) for each in parts))
    )


def strangers(schema: Any, root: Any) -> list[str]:
    """The keywords of a schema, and of all that it refers to, that are not judged here."""
    found: set[str] = set()
    seen: set[str] = set()
    waiting = [schema]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            found |= part.keys() - _KNOWN - _TELLS_ONLY - {each for each in part if each.startswith("x-")}
            if isinstance(part.get("$ref"), str) and part["$ref"] not in seen:
                seen.add(part["$ref"])
                waiting.append(_resolved(part["$ref"], root))
            waiting += _parts(part)
    return sorted(found)


def _parts(schema: dict[str, Any]) -> Iterator[Any]:
    for word in _WITH_SCHEMAS:
        inner = schema.get(word)
        yield from inner.values() if isinstance(inner, dict) else ()
    for word in ("allOf", "anyOf", "oneOf"):
        yield from _listed(schema.get(word))
    yield from (schema[word] for word in ("not", "items", "additionalProperties") if word in schema)


def misfits(value: Any, schema: Any, root: Any) -> list[str]:
    """What does not fit, in words (`location is missing`); empty when all does. `root` is what `$ref` leads into."""
    found: list[str] = []
    for each in _misfits(value, schema, root, _Place()):
        found.append(each)
        if len(found) == MOST_MISFITS:
            break
    return found


def _misfits(value: Any, schema: Any, root: Any, place: _Place) -> Iterator[str]:
    if place.depth > _DEEPEST:
        yield f"{place} is nested too deep to be judged"
    elif not isinstance(schema, dict):
        if schema is False:
            yield f"{place} may not be there"
        elif schema is not True:
            yield f"{place} has no schema: what describes it leads nowhere"
    elif not (value is None and schema.get("nullable") is True):
        yield from _of_reference(value, schema, root, place)
        yield from _of_type(value, schema, place)
        yield from _of_choice(value, schema, root, place)
        if isinstance(value, dict):
            yield from _of_object(value, schema, root, place)
        elif isinstance(value, list):
            yield from _of_array(value, schema, root, place)
        elif isinstance(value, str):
            yield from _of_text(value, schema, place)
        elif _is_number(value):
            yield from _of_number(value, schema, place)


def _of_reference(value: Any, schema: dict[str, Any], root: Any, place: _Place) -> Iterator[str]:
    if "$ref" not in schema:
        return
    reference = str(schema["$ref"])
    if reference in place.references:
        yield f"{place} has no schema: {reference[:80]} leads to itself"
    else:
        there = replace(place, references=place.references | {reference})
        yield from _misfits(value, _resolved(reference, root), root, there)


def _of_type(value: Any, schema: dict[str, Any], place: _Place) -> Iterator[str]:
    wanted = schema.get("type")
    types = wanted if isinstance(wanted, list) else [wanted] if wanted is not None else []
    if types and not any(each in _TYPES and _TYPES[each](value) for each in types):
        yield f"{place} is {_kind(value)}, not {' or '.join(map(str, types))}"
    if "enum" in schema and not any(_same(value, each) for each in _listed(schema["enum"])):
        yield f"{place} is none of the values that are allowed"
    if "const" in schema and not _same(value, schema["const"]):
        yield f"{place} is not the value that is due"


def _of_choice(value: Any, schema: dict[str, Any], root: Any, place: _Place) -> Iterator[str]:
    for part in _listed(schema.get("allOf")):
        yield from _misfits(value, part, root, place)
    for word, most in (("anyOf", math.inf), ("oneOf", 1)):
        if word in schema:
            tries = [_first(value, part, root, place) for part in _listed(schema[word])]
            fitting = tries.count("")
            if not 1 <= fitting <= most:
                why = f" ({tries[0]})" if tries and not fitting else ""
                yield f"{place} fits {fitting} of the {len(tries)} schemas of {word}{why}"
    if "not" in schema and not _first(value, schema["not"], root, place):
        yield f"{place} fits what it may not"


def _first(value: Any, schema: Any, root: Any, place: _Place) -> str:
    return next(_misfits(value, schema, root, place), "")


def _of_object(value: dict[str, Any], schema: dict[str, Any], root: Any, place: _Place) -> Iterator[str]:
    known = schema.get("properties")
    properties: dict[str, Any] = known if isinstance(known, dict) else {}
    for name in map(str, _listed(schema.get("required"))):
        described = properties.get(name)
        is_only_written = isinstance(described, dict) and described.get("writeOnly") is True
        if name not in value and not is_only_written:
            yield f"{place.below(name)} is missing"
    others = schema.get("additionalProperties", True)
    for name, inner in value.items():
        yield from _misfits(inner, properties.get(name, others), root, place.below(name))


def _of_array(value: list[Any], schema: dict[str, Any], root: Any, place: _Place) -> Iterator[str]:
    yield from _of_size(len(value), schema, ("minItems", "maxItems"), place, "items")
    for number, inner in enumerate(value) if "items" in schema else ():
        yield from _misfits(inner, schema["items"], root, place.below(f"[{number}]"))


def _of_text(value: str, schema: dict[str, Any], place: _Place) -> Iterator[str]:
    yield from _of_size(len(value), schema, ("minLength", "maxLength"), place, "characters")
    if isinstance(schema.get("pattern"), str) and not _is_found(schema["pattern"], value):
        yield f"{place} does not match {schema['pattern'][:60]}"
    reads = _FORMATS.get(str(schema.get("format")))
    if reads is not None and not _is_read(reads, value):
        yield f"{place} is no {schema['format']}"


def _of_size(size: int, schema: dict[str, Any], words: tuple[str, str], place: _Place, unit: str) -> Iterator[str]:
    least, most = (schema.get(word) for word in words)
    if _is_number(least) and size < least:
        yield f"{place} has {size} {unit}, at least {least} are due"
    if _is_number(most) and size > most:
        yield f"{place} has {size} {unit}, at most {most} are due"


def _of_number(value: float, schema: dict[str, Any], place: _Place) -> Iterator[str]:
    lowest, highest = schema.get("minimum"), schema.get("maximum")
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    above, below = (lowest if above is True else above), (highest if below is True else below)
    if (_is_number(lowest) and value < lowest) or (_is_number(above) and value <= above):
        yield f"{place} is too low"
    if (_is_number(highest) and value > highest) or (_is_number(below) and value >= below):
        yield f"{place} is too high"


def _is_found(pattern: str, value: str) -> bool:
    """A pattern that Python cannot read fits nothing: nobody can say that it is kept."""
    try:
        return re.search(pattern, value) is not None
    except re.error:
        return False


def _is_read(reads: Callable[[str], Any], value: str) -> bool:
    try:
        reads(value)
    except ValueError:
        return False
    return True


def _same(value: Any, other: Any) -> bool:
    return value == other and isinstance(value, bool) == isinstance(other, bool)


def _resolved(reference: Any, root: Any) -> Any:
    """What a reference within the document leads to; None where it leads nowhere, or out of it."""
    if not isinstance(reference, str) or not reference.startswith("#"):
        return None
    steps = [step.replace("~1", "/").replace("~0", "~") for step in reference[1:].split("/")[1:]]
    return _at(root, steps)


def _at(value: Any, steps: list[str]) -> Any:
    for step in steps:
        if isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            value = value.get(step) if isinstance(value, dict) else None
    return value


def _listed(found: Any) -> list[Any]:
    return found if isinstance(found, list) else []


def _kind(value: Any) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return "not finite"
    return next((name for name, fits in _TYPES.items() if fits(value)), type(value).__name__)
