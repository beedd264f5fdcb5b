"""JSON Schemas of a system's files, generated from the models of targets and checks, so that editors can help."""

import importlib.util
import inspect
import typing
from collections.abc import Collection
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from rounds.expectation import Expectation
from rounds.inventory.found import check_name, find_checks
from rounds.limits import Limit
from rounds.select import own_checks
from rounds.targets import Target, kinds, target_kind

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_FIGURE = {"type": ["string", "number"]}


def inventory_schema() -> dict[str, Any]:
    """The schema of inventory.yaml: a mapping of targets, one shape a kind."""
    shapes = [shape_of(kind, {"name", "system"}, ["kind"]) for _, kind in sorted(kinds().items())]
    targets = {"type": "object", "additionalProperties": {"oneOf": shapes}}
    return {
        "$schema": _DRAFT,
        "type": "object",
        "properties": {"runbook": {"type": "string"}, "targets": targets},
        "required": ["targets"],
        "additionalProperties": False,
    }


def expectations_schema(systems: Path) -> dict[str, Any]:
    """The schema of expectations.yaml: a list of rows, one shape a check (ours, and those beside the inventory)."""
    shapes = []
    for name, (_, model) in sorted(models_of([own_checks(), systems]).items()):
        shape = shape_of(model, set(), ["check"])
        shape["properties"]["check"] = {"const": name}
        shapes.append(shape)
    return {"$schema": _DRAFT, "type": "array", "items": {"oneOf": shapes}}


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


def shape_of(
    model: type[Target] | type[Expectation], hidden: Collection[str] = (), required: Collection[str] = ()
) -> dict[str, Any]:
    """The schema of one kind of target or row, without its `hidden` keys and with more `required` ones."""
    properties = {name: _property(model, name) for name in model.model_fields if name not in hidden}
    needed = [name for name, field in model.model_fields.items() if field.is_required() and name not in hidden]
    shape: dict[str, Any] = {"type": "object", "additionalProperties": False, "properties": properties}
    shape["required"] = sorted({*needed, *required})
    shape["description"] = inspect.getdoc(model) or ""
    return shape


def _property(model: type[Target] | type[Expectation], name: str) -> dict[str, Any]:
    from pydantic import TypeAdapter  # noqa: PLC0415 - only who asks for the schema needs it here

    field = model.model_fields[name]
    kind = target_kind(field.annotation)
    described = {"description": field.description} if field.description else {}
    if kind:
        return {"type": "string", "description": f"the name of a target of kind {kind.model_fields['kind'].default}"}
    if isinstance(field.default, Limit):
        unit = f" in {field.default.unit}" if field.default.unit else ""
        limits = {
            "type": "object",
            "additionalProperties": False,
            "properties": {"warning": _FIGURE, "critical": _FIGURE},
        }
        return {"anyOf": [_FIGURE, limits], "description": f"{field.default.direction} this much{unit}"}
    annotation: Any = typing.get_type_hints(model, include_extras=True)[name]
    return TypeAdapter(annotation).json_schema() | described
