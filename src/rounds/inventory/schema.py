"""JSON Schemas of a system's files, generated from the models of targets, checks and waivers, for editors."""

import importlib.util
import inspect
import re
import typing
from collections.abc import Collection
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema

from rounds.expectation import Expectation
from rounds.inventory.found import check_name, find_checks
from rounds.limits import Limit
from rounds.quantities import shown, unit_of
from rounds.select import own_checks
from rounds.targets import kinds, takes_several, target_kinds, words_of
from rounds.waivers.entries import Entry

DRAFT = "https://json-schema.org/draft/2020-12/schema"
_FIGURE = {"type": ["string", "number"]}
_REFERENCE = {"type": "string", "pattern": r"\$\{"}


def inventory_schema() -> dict[str, Any]:
    """The schema of inventory.yaml: a mapping of targets, one shape a kind."""
    shapes = {name: shape_of(kind, {"name", "system"}, ["kind"]) for name, kind in sorted(kinds().items())}
    targets = {"type": "object", "additionalProperties": one_of("kind", shapes)}
    schema = {
        "$schema": DRAFT,
        "type": "object",
        "properties": {"runbook": {"type": "string"}, "targets": targets},
        "required": ["targets"],
        "additionalProperties": False,
    }
    return hoisted(schema)


def expectations_schema(systems: Path) -> dict[str, Any]:
    """The schema of expectations.yaml: a list of rows, one shape a check (ours, and those beside the inventory)."""
    shapes = {}
    for name, (_, model) in sorted(models_of([own_checks(), systems]).items()):
        shape = shape_of(model, set(), ["check"])
        shape["properties"]["check"] = {"const": name}
        shapes[name] = shape
    return hoisted({"$schema": DRAFT, "type": "array", "items": one_of("check", shapes)})


def waivers_schema() -> dict[str, Any]:
    """The schema of waivers.yaml: a list of waivers, which may be empty."""
    return hoisted({"$schema": DRAFT, "type": ["array", "null"], "items": shape_of(Entry)})


def one_of(key: str, shapes: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The shape that the word under `key` names. `oneOf` would do, but an editor then only says that nothing fits."""
    choices = [
        {"if": {"properties": {key: {"const": word}}, "required": [key]}, "then": shape}
        for word, shape in shapes.items()
    ]
    return {"type": "object", "required": [key], "properties": {key: {"enum": list(shapes)}}, "allOf": choices}


def hoisted(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with all its `$defs` at the top, where its references look for them.

    What is not any text may be a reference to the environment as well: an editor sees `${TRIES:-3}`, not 3.
    """
    definitions: dict[str, Any] = {}
    waiting: list[Any] = [schema]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            own = part.pop("$defs", {})
            definitions |= own
            waiting += own.values()
            if part.get("type") in ("boolean", "integer", "number") or (
                part.get("type") == "string" and "pattern" in part
            ):
                plain = {word: part.pop(word) for word in list(part) if word not in ("description", "default", "title")}
                part["anyOf"] = [plain, _REFERENCE]
            else:
                waiting += part.values()
        elif isinstance(part, list):
            waiting += part
    return schema | ({"$defs": definitions} if definitions else {})


def models_of(folders: list[Path]) -> dict[str, tuple[FunctionType, type[Expectation]]]:
    """Every check below some folders by its name: its function and the model of its rows."""
    found = {}
    for path in sorted({check.path for check in find_checks(folders).values()}):
        for name, function in inspect.getmembers(_imported(path), inspect.isfunction):
            model = typing.get_type_hints(function).get("expected") if name.startswith("test_") else None
            if isinstance(model, type) and issubclass(model, Expectation):
                found[check_name(name)] = (function, model)
    return found


def _imported(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"rounds_schema_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no Python module")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def shape_of(model: type[BaseModel], hidden: Collection[str] = (), required: Collection[str] = ()) -> dict[str, Any]:
    """The schema of one kind of target, row or channel, without its `hidden` keys and with more `required` ones."""
    fields = {name: field for name, field in model.model_fields.items() if name not in hidden}
    properties = {field.alias or name: _property(model, name) for name, field in fields.items()}
    needed = [field.alias or name for name, field in fields.items() if field.is_required()]
    shape: dict[str, Any] = {"type": "object", "additionalProperties": False, "properties": properties}
    shape["required"] = sorted({*needed, *required})
    shape["description"] = inspect.getdoc(model) or ""
    more = model.model_config.get("json_schema_extra")
    return shape | (more if isinstance(more, dict) else {})


def _property(model: type[BaseModel], name: str) -> dict[str, Any]:
    field = model.model_fields[name]
    taken = target_kinds(field.annotation)
    described = {"description": field.description} if field.description else {}
    if taken:
        word = words_of(taken)
        one = {"type": "string", "description": f"the name of a target of kind {word}"}
        several = {"type": "array", "minItems": 1, "uniqueItems": True, "items": one}
        names = {"description": f"a list of names of targets of kind {word}"}
        return several | names if takes_several(field.annotation) else one
    if isinstance(field.default, Limit):
        unit = f" in {field.default.unit}" if field.default.unit else ""
        limits = {
            "type": "object",
            "additionalProperties": False,
            "properties": {"warning": _FIGURE, "critical": _FIGURE},
        }
        return {"anyOf": [_FIGURE, limits], "description": f"{field.default.direction} this much{unit}"}
    annotation: Any = typing.get_type_hints(model, include_extras=True)[name]
    # Two models may each have a `Rule` of their own: the name of the first model that has the field keeps them apart.
    owner = next(each for each in reversed(model.__mro__) if name in getattr(each, "model_fields", {})).__name__
    template = f"#/$defs/{owner}.{{model}}"
    schema = TypeAdapter(annotation).json_schema(ref_template=template, schema_generator=_AsWritten) | described
    schema |= _default(field.default, schema)
    if "pattern" in schema:
        schema["pattern"] = re.sub(r"\(\?P<\w+>", "(", schema["pattern"])  # an editor's JavaScript knows no (?P<
    if "$defs" in schema:
        schema["$defs"] = {f"{owner}.{word}": shape for word, shape in schema["$defs"].items()}
    return schema


class _AsWritten(GenerateJsonSchema):
    """Defaults within defaults as they are written in YAML, too."""

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> dict[str, Any]:
        said = super().default_schema(schema)
        return said | _default(said.pop("default", None), said)


def _default(default: Any, schema: dict[str, Any]) -> dict[str, Any]:
    """The default as it is written in YAML: `26 h`, which is seconds in Python. None for what has no plain form."""
    plain = list(default) if isinstance(default, tuple) else default
    unit = unit_of(schema)
    if unit is not None:
        return {"default": shown(plain, unit)} if isinstance(plain, int | float) else {}
    is_plain = isinstance(plain, str | bool | int | float) or (
        isinstance(plain, list) and all(isinstance(each, str | int | float) for each in plain)
    )
    return {"default": plain} if is_plain else {}
