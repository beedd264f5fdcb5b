"""Load systems: a folder each, with `inventory.yaml` (targets) and `expectations.yaml` (rows)."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import reduce
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from rounds.expectation import ID, Expectation
from rounds.inventory.dependencies import refuse_wrong_dependencies
from rounds.inventory.document import Document, Place, read_document
from rounds.inventory.found import FoundCheck
from rounds.inventory.mistakes import Mistake, nearest, shown_path
from rounds.targets import Target, kinds, target_kinds
from rounds.waivers.entries import WAIVERS, Filed, FiledWaiver, filed_in, filed_in_row, waivers_of
from rounds.waivers.notices import notices_before
from rounds.waivers.waiver import LONGEST_SECONDS

INVENTORY = "inventory.yaml"
EXPECTATIONS = "expectations.yaml"

# pydantic's kinds of errors, by how their names begin, in words for somebody who writes YAML.
_DUE = (
    ("bool", "true or false is due"),
    ("int", "a whole number is due"),
    ("float", "a number is due"),
    ("date", "a time such as 2026-12-01T00:00:00Z is due"),
    ("string_type", "text is due; put it in quotes"),
    ("dict", "a mapping is due, such as {{name: value}}"),
    ("model", "a mapping is due, such as {{name: value}}"),
    ("greater_than_equal", "at least {ge} is due"),
    ("greater_than", "more than {gt} is due"),
    ("less_than_equal", "at most {le} is due"),
    ("less_than", "less than {lt} is due"),
    ("too_short", "at least {min_length} is due"),
)

Model = TypeVar("Model", bound=BaseModel)


@dataclass
class Row:
    """One row as written, before its check's model has read it."""

    data: dict[str, Any]
    document: Document
    place: Place
    targets: "Targets"
    waiver: FiledWaiver | None = None

    @property
    def id(self) -> str:
        return str(self.data.get("id", ""))

    @property
    def check(self) -> str:
        return str(self.data.get("check", ""))

    @property
    def lanes(self) -> set[str]:
        """The servers behind the targets this row names, alone or in lists."""
        values = [each for value in self.data.values() for each in (value if isinstance(value, list) else [value])]
        return {
            self.targets.built[name].lane for name in values if isinstance(name, str) and name in self.targets.built
        }

    def read(self, model: type[Expectation]) -> Expectation | None:
        """The row as its check's model; None when it has mistakes, which the document then holds."""
        expected = validated(model, self.data, self.document, self.place, self.targets)
        if expected is None or expected.waived is self.waiver:
            return expected
        return expected.model_copy(update={"waived": self.waiver})


@dataclass
class Inventory:
    """All loaded systems: targets by `system/name`, rows in file order, and every mistake so far."""

    targets: list[Target] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    documents: list[Document] = field(default_factory=list)
    own_mistakes: list[Mistake] = field(default_factory=list)
    filed: list[Filed] = field(default_factory=list)

    @property
    def notices(self) -> list[str]:
        """What is pointed out of waivers, and refuses nothing."""
        return notices_before(self.filed, [row.id for row in self.rows])

    @property
    def mistakes(self) -> list[Mistake]:
        return self.own_mistakes + [mistake for document in self.documents for mistake in document.mistakes]


def load(
    systems: Path, checks: dict[str, FoundCheck], only: Iterable[str] = (), longest_waiver: float = LONGEST_SECONDS
) -> Inventory:
    """Read the systems below a folder (`only` these, if any are named).

    Never raises for bad input: whatever is wrong stands in the inventory's mistakes.
    """
    inventory = Inventory()
    folders = {path.parent.name: path.parent for path in sorted(systems.glob(f"*/{INVENTORY}"))}
    for name in only:
        if name not in folders:
            what = f"there is no system {name!r}{nearest(name, folders)}"
            inventory.own_mistakes.append(Mistake(shown_path(systems), 0, "", what))
    if not folders:
        what = f"holds no system: a system is a folder with {INVENTORY} and {EXPECTATIONS}"
        inventory.own_mistakes.append(Mistake(shown_path(systems), 0, "", what))
    for name, folder in folders.items():
        if not only or name in only:
            _load_system(name, folder, inventory, checks)
            if (folder / WAIVERS).exists() or (folder / WAIVERS).is_symlink():
                inventory.documents.append(read_document(folder / WAIVERS))
                inventory.filed += filed_in(inventory.documents[-1], name, longest_waiver, validated)
    inline = (filed_in_row(row.data, row.document, row.place, longest_waiver, validated) for row in inventory.rows)
    inventory.filed += chain.from_iterable(inline)
    waivers = waivers_of([row.id for row in inventory.rows], inventory.filed)
    for row in inventory.rows:
        row.waiver = waivers.get(row.id)
    _refuse_duplicates(inventory)
    return inventory


def _load_system(system: str, folder: Path, inventory: Inventory, checks: dict[str, FoundCheck]) -> None:
    document = read_document(folder / INVENTORY)
    targets = Targets(system, document)
    expectations = read_document(folder / EXPECTATIONS)
    inventory.documents += [document, expectations]
    inventory.targets += targets.built.values()
    rows = expectations.data
    if not isinstance(rows, list):
        if not expectations.mistakes:
            expectations.mistake((), "is not a list of rows (- id: …)")
        return
    for index, data in enumerate(rows):
        if _is_row(system, data, expectations, (index,), checks):
            inventory.rows.append(Row(data, expectations, (index,), targets))


def _is_row(system: str, data: Any, document: Document, place: Place, checks: dict[str, FoundCheck]) -> bool:
    if not isinstance(data, dict):
        document.mistake(place, "is not a row: a row has keys such as id, check, when")
        return False
    missing = [key for key in ("id", "check") if not isinstance(data.get(key), str)]
    strangers = [key for key in data if key not in Expectation.model_fields]
    for key in missing:
        meant = next((stranger for stranger in strangers if get_close_matches(key, [stranger.lower()], cutoff=0.7)), "")
        said = f"there is no key {meant!r} here; did you mean {key!r}?" if meant else f"{key} is missing"
        document.mistake((*place, meant) if meant else place, said)
    if missing:
        return False
    match = ID.match(data["id"])
    if not match:
        document.mistake((*place, "id"), f"{data['id']!r} is not of the form {system}.area.name (a-z, 0-9, hyphens)")
        return False
    if match["system"] != system:
        due = f"{system}.{match['area']}.{match['name']}"
        document.mistake((*place, "id"), f"{data['id']!r} belongs to the system {match['system']}; {due!r} is due here")
        return False
    if data["check"] not in checks:
        document.mistake((*place, "check"), f"there is no check {data['check']!r}{nearest(data['check'], checks)}")
        return False
    return True


def _refuse_duplicates(inventory: Inventory) -> None:
    first: dict[str, Row] = {}
    for row in inventory.rows:
        if row.id in first:
            earlier = first[row.id]
            where = f"{earlier.document.file}:{earlier.document.line((*earlier.place, 'id'))}"
            row.document.mistake((*row.place, "id"), f"{row.id!r} stands already at {where}")
        first.setdefault(row.id, row)


class Targets:
    """The targets of one system, built in the order in which they name one another."""

    def __init__(self, system: str, document: Document) -> None:
        self.system = system
        self.document = document
        data = document.data if isinstance(document.data, dict) else {}
        for key in data.keys() - {"targets", "runbook"}:
            document.mistake((key,), f"there is no key {key!r} here{nearest(key, ('targets', 'runbook'))}")
        raw = data.get("targets")
        self.raw: dict[str, Any] = raw if isinstance(raw, dict) else {}
        self.are_lost = not isinstance(raw, dict)
        self.built: dict[str, Target] = {}
        self.begun: set[str] = set()
        if self.are_lost and not document.mistakes:
            document.mistake((), "has no mapping 'targets'")
        for name in self.raw:
            self._build(name)
        refuse_wrong_dependencies(self.built, self.raw, document)

    def is_broken(self, name: object) -> bool:
        """Whether this names a target with mistakes of its own, which are told already; or all targets are lost."""
        is_begun = name in self.raw and name in self.begun if isinstance(name, str) else False
        return isinstance(name, str) and (self.are_lost or is_begun) and name not in self.built

    def _build(self, name: str) -> None:
        data, place = self.raw[name], ("targets", name)
        if name in self.begun:
            return
        self.begun.add(name)
        if not isinstance(data, dict):
            self.document.mistake(place, "is not a mapping with a kind")
            return
        kind = kinds().get(str(data.get("kind")))
        if kind is None:
            said = f"there is no kind {data['kind']!r}" if "kind" in data else "kind is missing"
            self.document.mistake((*place, "kind"), said + nearest(str(data.get("kind", "")), kinds()))
            return
        for value in data.values():
            for each in value if isinstance(value, list) else [value]:
                if isinstance(each, str) and each in self.raw:
                    self._build(each)
        data = data | {"name": name, "system": self.system}
        target = validated(kind, data, self.document, place, self)
        if target is not None:
            self.built[name] = target


def validated(
    model: type[Model], data: dict[str, Any], document: Document, place: Place, targets: "Targets | None" = None
) -> Model | None:
    """A part of a document as its model; None when it has mistakes, which the document then holds."""
    try:
        folder = str(Path(document.file).parent)
        return model.model_validate(data, context={"targets": targets.built if targets else {}, "folder": folder})
    except ValidationError as error:
        for problem in error.errors(include_url=False, include_input=False):
            at = (*place, *problem["loc"])
            if at not in document.mistaken and not (targets and _is_told(model, problem, data, targets)):
                document.mistake(at, _said(model, problem, data))
        return None


def _is_told(model: type[BaseModel], problem: Any, data: dict[str, Any], targets: Targets) -> bool:
    """Whether the problem only follows from a mistake in the target that is named here."""
    key = str(problem["loc"][0]) if problem["loc"] else ""
    field = model.model_fields.get(key)
    return bool(field and target_kinds(field.annotation)) and targets.is_broken(_given(data, problem["loc"]))


def _said(model: type[BaseModel], problem: Any, data: Any) -> str:
    key = str(problem["loc"][-1]) if problem["loc"] else ""
    if problem["type"] == "extra_forbidden":
        fields = _innermost(model, problem["loc"][:-1]).model_fields
        known = {field.alias or name for name, field in fields.items()} - {"name", "system"}
        return f"there is no key {key!r} here{nearest(key, known)}"
    if problem["type"] == "missing":
        return f"{key} is missing"
    if problem["type"] == "literal_error":
        given = _given(data, problem["loc"])
        words = re.findall(r"'([^']*)'", problem["ctx"]["expected"])
        return f"{given!r} is not one of the words for this{nearest(str(given), words)}"
    if problem["type"] in ("list_type", "tuple_type", "set_type", "frozen_set_type"):
        given = _given(data, problem["loc"])
        return f"a list is due, such as [{given if isinstance(given, str | int) else 'daily'}]"
    if problem["type"] == "string_pattern_mismatch" and key in model.model_fields:
        return f"does not fit: {model.model_fields[key].description or problem['ctx']['pattern']}"
    due = next((due for kind, due in _DUE if problem["type"].startswith(kind)), "")
    return due.format(**problem.get("ctx", {})) or str(problem["msg"]).removeprefix("Value error, ")


def _innermost(model: type[BaseModel], place: Place) -> type[BaseModel]:
    """The model that a place is in: that of the field which leads there, and so on."""
    for step in place:
        field = model.model_fields.get(step) if isinstance(step, str) else None
        model = next(_models_in(field.annotation), model) if field else model
    return model


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models_in(inner)


def _given(data: Any, place: Place) -> Any:
    """What is written there; None where pydantic's place is none of the document (the branch of a union)."""
    try:
        return reduce(lambda inner, step: inner[step], place, data)
    except (LookupError, TypeError):
        return None
