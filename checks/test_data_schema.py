"""A dataset has the columns it should have."""

import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from rounds.checks.dataset_rows import DataRow
from rounds.inventory.mistakes import nearest
from rounds.judge import Observer
from rounds.limits import exactly
from rounds.measures import Columns, ColumnShape, Measure, Shape
from rounds.targets.attestations import KeptPath

_SYNONYMS = {
    "int": "integer", "int4": "integer", "serial": "integer", "int8": "bigint", "bigserial": "bigint",
    "int2": "smallint", "float8": "double precision", "double": "double precision", "float4": "real",
    "decimal": "numeric", "bool": "boolean", "varchar": "character varying", "char": "character", "bpchar": "character",
    "timestamp": "timestamp without time zone", "timestamptz": "timestamp with time zone",
    "time": "time without time zone", "timetz": "time with time zone", "varbit": "bit varying",
}  # fmt: skip


class ColumnRule(BaseModel):
    """What a column should be; without `nullable` it may be either."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
    type: Annotated[str, Field(min_length=1)]
    nullable: bool | None = None


_A_RULE = {
    "anyOf": [
        {"type": "string"},
        {
            "type": "object", "required": ["type"], "additionalProperties": False,
            "properties": {"type": {"type": "string"}, "nullable": {"type": "boolean"}},
        },
    ]
}  # fmt: skip
Rule = Annotated[
    ColumnRule,
    BeforeValidator(lambda given: {"type": given} if isinstance(given, str) else given),
    WithJsonSchema(_A_RULE),
]


class DataSchema(DataRow):
    """The columns with their types, as the database says them (`numeric(10,2)`; `numeric` is one of any size).

    They stand in the row, or in a file of the same form, the snapshot, or both. With a snapshot further columns are
    critical, without one they are allowed, unless `others` says so.
    """

    columns: dict[str, Rule] = Field(default={}, description="name → type, or type and nullable")
    snapshot: Annotated[KeptPath | None, Field(description="a YAML file of columns")] = None
    others: Literal["allowed", "critical"] | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "DataSchema":
        if not self.columns and self.snapshot is None:
            raise ValueError("columns or a snapshot of them is missing")
        if self.window is not None or self.where is not None:
            raise ValueError("window and where narrow rows; columns are the same in all of them")
        return self

    @property
    def measures(self) -> tuple[Measure, ...]:
        return (Shape(),)


def test_data_schema(
    expected: DataSchema,
    readings: Mapping[Measure, Columns],
    schema_snapshot: Mapping[str, ColumnShape],
    observe: Observer,
) -> None:
    """The columns are there, of the types that are due, and only they.

    Remedy: find the migration that changed them, and whoever reads the table: exports and reports break first. If the
    change was meant, write the row or its snapshot anew, in the commit that has the migration.
    """
    there = readings[expected.measures[0]].columns
    due = {name: ColumnRule(type=each.type, nullable=each.nullable) for name, each in schema_snapshot.items()}
    due |= expected.columns
    missing = [name for name in due if name not in there]
    near = {name: nearest(name, there) for name in missing}
    alike = [f"{name if len(missing) > 1 else ''}{said}".removeprefix("; ") for name, said in near.items() if said]
    observe("columns missing", ", ".join(missing) or "none", exactly("none"), note=", ".join(alike))
    others = [name for name in there if name not in due]
    is_bad = (expected.others or ("critical" if expected.snapshot else "allowed")) == "critical"
    observe("columns not expected", ", ".join(others) or "none", exactly("none") if is_bad else None)
    for name, column in due.items():
        if name in there:
            _observe_column(name, column, there[name], observe)


def _observe_column(name: str, due: ColumnRule, seen: ColumnShape, observe: Observer) -> None:
    """Tell what is wrong; a line for each of a hundred good columns would hide it."""
    if not _is_of_type(seen.type, due.type):
        observe(f"type of {name}", seen.type, exactly(due.type))
    if due.nullable is not None and seen.nullable is None:
        observe.unknown(f"NULL in {name}", "whether it may be NULL is known of tables only", "not known")
    elif due.nullable is not None and seen.nullable != due.nullable:
        may, may_not = "may be NULL", "is never NULL"
        observe(f"NULL in {name}", may if seen.nullable else may_not, exactly(may if due.nullable else may_not))


def _is_of_type(seen: str, due: str) -> bool:
    (seen_name, seen_size), (due_name, due_size) = _parts(seen), _parts(due)
    return seen_name == due_name and due_size in ("", seen_size)


def _parts(said: str) -> tuple[str, str]:
    """A type's name in one spelling, and its size: `VARCHAR (20)` is character varying, 20."""
    text = re.sub(r"\s+", " ", said.strip().lower())
    size = re.search(r"\(([^()]*)\)", text)
    array = "[]" if text.endswith("[]") else ""
    name = re.sub(r"\s*\([^()]*\)|\[\]$", "", text).strip()
    return _SYNONYMS.get(name, name) + array, size[1].replace(" ", "") if size else ""
