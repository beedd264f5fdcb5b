"""Queries in rows: one SELECT each, refused with the file that holds it, and the names it uses for the catalog."""

from typing import Annotated, Any

from pydantic import AfterValidator, WithJsonSchema

_WRITES = ("Insert", "Update", "Delete", "Merge", "Create", "Drop", "Alter", "Command", "TruncateTable", "Copy", "Into")


def _only_looks(query: str) -> str:
    import sqlglot  # noqa: PLC0415 - only inventories with queries need it
    from sqlglot import exp  # noqa: PLC0415 - the same

    try:
        statements = [each for each in sqlglot.parse(query, read="postgres") if each is not None]
    except sqlglot.errors.ParseError as error:
        found = (error.errors or [{}])[0]
        near = f" near {found['highlight']!r}" if found.get("highlight") else ""
        raise ValueError(f"is no SQL that PostgreSQL would take{near} (line {found.get('line', 1)} of it)") from None
    if len(statements) != 1 or not isinstance(statements[0], exp.Query):
        raise ValueError("one SELECT is due (WITH … SELECT is one)")
    bad = statements[0].find(*(getattr(exp, name) for name in _WRITES), exp.Lock)
    if bad is not None:
        raise ValueError(f"a query only looks, but this has {bad.key.upper()}")
    return query.strip().rstrip(";")


Query = Annotated[
    str, AfterValidator(_only_looks), WithJsonSchema({"type": "string", "description": "one SELECT of PostgreSQL"})
]
"""The text of a query that has been read and does nothing but look."""


def relations_and_columns(query: str) -> tuple[list[str], list[str]]:
    """The tables a query reads (`schema.table` where it says so), and the columns that only they can have."""
    import sqlglot  # noqa: PLC0415 - only inventories with queries need it
    from sqlglot import exp  # noqa: PLC0415 - the same

    tree = sqlglot.parse_one(query, read="postgres")
    own = {_folded(cte.args["alias"].this) for cte in tree.find_all(exp.CTE)}
    tables = [table for table in tree.find_all(exp.Table) if isinstance(table.this, exp.Identifier)]
    real = [table for table in tables if table.db or _folded(table.this) not in own]
    made = {_folded(alias.args["alias"]) for alias in tree.find_all(exp.Alias)}
    made |= {_folded(column) for alias in tree.find_all(exp.TableAlias) for column in alias.args.get("columns") or []}
    made |= {_folded(table.args["alias"].this) for table in tables if table.args.get("alias")}
    used = {_folded(column.this) for column in tree.find_all(exp.Column) if isinstance(column.this, exp.Identifier)}
    return sorted({".".join(map(_folded, _parts(table))) for table in real}), sorted(used - made)


def _parts(table: Any) -> list[Any]:
    return [part for part in (table.args.get("db"), table.this) if part is not None]


def _folded(identifier: Any) -> str:
    """The name as PostgreSQL folds it: small letters unless it is quoted."""
    return str(identifier.this) if identifier.args.get("quoted") else str(identifier.this).lower()
