"""Columns of tables as rows name them: `price_history.url_id`, `shop.lines(order_id, number)`."""

import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema

_LIST = re.compile(r"^(?P<table>[^()]+?)\s*\(\s*(?P<columns>[^()]+?)\s*\)$")
_DOTTED = re.compile(r"^(?P<table>[^()]+)\.(?P<columns>[^().,]+)$")


@dataclass(frozen=True)
class Columns:
    """Some columns of one table; the table may be `schema.table`. Names are as the catalog has them, without quotes."""

    table: str
    names: tuple[str, ...]


def columns_of(text: str) -> Columns:
    """Read `table.column` or `table(column, column)`; raises ValueError."""
    match = _LIST.match(text.strip()) or _DOTTED.match(text.strip())
    if match is None:
        raise ValueError(f"{text!r} names no columns: table.column or table(column, column) is due")
    names = tuple(name.strip() for name in match["columns"].split(","))
    if not all(names) or len(set(names)) < len(names):
        raise ValueError(f"{text!r} names a column twice, or none between two commas")
    return Columns(match["table"].strip(), names)


def reference_of(text: str) -> tuple[Columns, Columns]:
    """Read `table.column -> table.column`; raises ValueError."""
    child, arrow, parent = text.partition("->")
    if not arrow:
        raise ValueError(f"{text!r} is no reference: table.column -> table.column is due")
    referring, referred = columns_of(child), columns_of(parent)
    if len(referring.names) != len(referred.names):
        raise ValueError(
            f"{text!r} has {len(referring.names)} columns on one side and {len(referred.names)} on the other"
        )
    return referring, referred


def _names_columns(text: str) -> str:
    columns_of(text)
    return text


def _is_reference(text: str) -> str:
    reference_of(text)
    return text


ColumnsText = Annotated[
    str,
    AfterValidator(_names_columns),
    WithJsonSchema({"type": "string", "description": "table.column or table(column, column)"}),
]
"""Columns of a table as text. It stays text: what a probe is asked must have a whole and stable written form."""

ReferenceText = Annotated[
    str,
    AfterValidator(_is_reference),
    WithJsonSchema({"type": "string", "description": "table.column -> table.column"}),
]
"""Columns that refer to columns of another table, as text."""
