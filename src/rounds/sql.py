"""Queries in rows: one SELECT each, refused with the file that holds it, and the names it uses for the catalog."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, ValidationInfo, WithJsonSchema

POSTGRES, SQLITE = "postgres", "sqlite"
_NAMES = {POSTGRES: "PostgreSQL", SQLITE: "SQLite"}
_WRITES = ("Insert", "Update", "Delete", "Merge", "Create", "Drop", "Alter", "Command", "TruncateTable", "Copy", "Into")
# A read-only transaction refuses none of these, or refuses it only with a trace in the server's log.
_POSTGRES_ACTS = re.compile(
    r"(?i)pg_(terminate_backend|cancel_backend|reload_conf|rotate_logfile|promote|switch_wal|create_\w+|drop_\w+"
    r"|copy_\w+_slot|logical_(?!.*peek)\w+|replication_(origin|slot_advance)\w*|backup_\w+|wal_replay_\w+"
    r"|stat_reset\w*|stat_statements_reset|(try_)?advisory_\w+|notify|sleep\w*|export_snapshot)"
    r"|nextval|setval|set_config|lo_\w+|dblink\w*|txid_current|pg_current_xact_id"
)
_SQLITE_ACTS = re.compile(r"(?i)load_extension|(read|write)file|edit|fts3_tokenizer|zipfile\w*|sqlar_\w+|lsdir|fsdir")
_ACTS = {POSTGRES: _POSTGRES_ACTS, SQLITE: _SQLITE_ACTS}
# URLs of SQLAlchemy begin with a name of its own for some.
_DIALECTS = {
    "postgresql": POSTGRES, "mssql": "tsql", "mariadb": "mysql", "awsathena": "athena", "clickhousedb": "clickhouse",
}  # fmt: skip


def dialect_of_url(url: str) -> str:
    """The name in sqlglot of what is spoken at a URL of SQLAlchemy (`trino://…`); raises ValueError."""
    from sqlglot import Dialect  # noqa: PLC0415 - only inventories with warehouses need it

    name = url.partition(":")[0].partition("+")[0].lower()
    dialect = _DIALECTS.get(name, name)
    if Dialect.get(dialect) is None:
        raise ValueError(f"no dialect of SQL is known for {name}://")
    return dialect


def _dialect_of(info: ValidationInfo) -> str:
    """Of the database of a row or dataset: that field stands before the query in its model."""
    known = [getattr(value, "dialect", None) for value in (info.data or {}).values()]
    return next((dialect for dialect in known if isinstance(dialect, str)), POSTGRES)


def _only_looks(query: str, info: ValidationInfo) -> str:
    return _read(query, _dialect_of(info))


def _is_condition(text: str, info: ValidationInfo) -> str:
    expression_of(text, _dialect_of(info))
    return text


def expression_of(text: str, dialect: str, *, may_aggregate: bool = False) -> Any:
    """A condition (or, where it `may_aggregate`, any figure) as a tree of sqlglot.

    Raises ValueError where it is more than one expression on the columns of a row.
    """
    from sqlglot import exp  # noqa: PLC0415 - only inventories with conditions need it

    statements = _parsed(text, dialect)
    if len(statements) != 1 or isinstance(statements[0], exp.Query | exp.Command | exp.DDL | exp.DML):
        raise ValueError(f"{text!r} is no single expression")
    tree = statements[0]
    never = (exp.Query, exp.Window, exp.Star if not may_aggregate else exp.Window)
    bad = tree.find(*never, *(() if may_aggregate else (exp.AggFunc,)))
    if bad is not None:
        raise ValueError(f"{text!r} has {bad.key.upper()}: an expression on the columns of one row is due")
    if not tree.find(exp.Column, exp.Star):
        raise ValueError(f"{text!r} names no column")
    _refuse_acts(tree, dialect)
    return tree


def _parsed(text: str, dialect: str) -> list[Any]:
    import sqlglot  # noqa: PLC0415 - only inventories with queries need it
    from sqlglot import exp  # noqa: PLC0415 - the same

    try:
        parsed = sqlglot.parse(text, read=dialect)
    except sqlglot.errors.SqlglotError as error:
        found = (getattr(error, "errors", None) or [{}])[0]
        near = f" near {found['highlight']!r}" if found.get("highlight") else ""
        raise ValueError(
            f"is no SQL that {_NAMES.get(dialect, dialect)} would take{near} (line {found.get('line', 1)} of it)"
        ) from None
    except RecursionError:
        raise ValueError("is nested too deeply to be read") from None
    return [each for each in parsed if each is not None and not isinstance(each, exp.Semicolon)]


def _refuse_acts(tree: Any, dialect: str) -> None:
    from sqlglot import exp  # noqa: PLC0415 - only inventories with queries need it

    called = (_folded_name(each) for each in tree.find_all(exp.Func))
    known = [_ACTS[dialect]] if dialect in _ACTS else list(_ACTS.values())
    acts = next((name for name in called if any(each.fullmatch(name) for each in known)), None)
    if acts:
        raise ValueError(f"a query only looks, but this has {acts}()")


def _read(query: str, dialect: str) -> str:
    import sqlglot  # noqa: PLC0415 - only inventories with queries need it
    from sqlglot import exp  # noqa: PLC0415 - the same

    statements = _parsed(query, dialect)
    if len(statements) != 1 or not isinstance(statements[0], exp.Query):
        raise ValueError("one SELECT is due (WITH … SELECT is one)")
    bad = statements[0].find(*(getattr(exp, name) for name in _WRITES), exp.Lock)
    if bad is not None:
        raise ValueError(f"a query only looks, but this has {bad.key.upper()}")
    _refuse_acts(statements[0], dialect)
    ends = (each.start for each in sqlglot.tokenize(query, read=dialect) if each.token_type.name == "SEMICOLON")
    return query[: next(ends, len(query))].strip()


def _folded_name(function: Any) -> str:
    """The name of a function as it is called; sqlglot has classes of their own for those it knows."""
    return str(function.name if function.key == "anonymous" else function.sql_name()).lower()


Query = Annotated[
    str,
    AfterValidator(_only_looks),
    WithJsonSchema({"type": "string", "description": "one SELECT, as its database has it"}),
]
"""The text of a query that has been read and does nothing but look."""

Condition = Annotated[
    str,
    AfterValidator(_is_condition),
    WithJsonSchema({"type": "string", "description": "a condition on the columns of a row, in SQL"}),
]
"""The text of an SQL expression on the columns of one row: no subquery, no aggregate."""


def relations_and_columns(query: str, dialect: str = POSTGRES) -> tuple[list[str], list[str]]:
    """The tables a query reads (`schema.table` where it says so), and the columns that only they can have.

    The columns of a function beside them are known to the server alone: with `jsonb_each(…) AS e` in place of
    `jsonb_each(…) AS e(key, value)` no columns are told. All names are folded as the database does it.
    """
    import sqlglot  # noqa: PLC0415 - only inventories with queries need it
    from sqlglot import exp  # noqa: PLC0415 - the same

    fold = _folded if dialect == POSTGRES else _in_small_letters
    tree = sqlglot.parse_one(query, read=dialect)
    own = {fold(cte.args["alias"].this) for cte in tree.find_all(exp.CTE)}
    indexes = {id(table.args["indexed"]) for table in tree.find_all(exp.Table) if table.args.get("indexed")}
    named = [table for table in tree.find_all(exp.Table) if id(table) not in indexes]
    tables = [table for table in named if isinstance(table.this, exp.Identifier)]
    real = [table for table in tables if table.db or fold(table.this) not in own]
    made = {fold(alias.args["alias"]) for alias in tree.find_all(exp.Alias)}
    made |= {fold(column) for alias in tree.find_all(exp.TableAlias) for column in alias.args.get("columns") or []}
    made |= {fold((table.args.get("alias") or table).this) for table in tables}  # as a column it is the whole row
    used = {fold(column.this) for column in tree.find_all(exp.Column) if isinstance(column.this, exp.Identifier)}
    others = [each for each in (*named, *tree.find_all(exp.Unnest, exp.Lateral)) if each not in tables]
    hides = any(not each.alias_column_names and not isinstance(each.this, exp.Subquery) for each in others)
    read = sorted({".".join(map(fold, _parts(table))) for table in real})
    return read, [] if hides else sorted(used - made)


def _parts(table: Any) -> list[Any]:
    return [part for part in (table.args.get("db"), table.this) if part is not None]


def _folded(identifier: Any) -> str:
    """The name as PostgreSQL folds it: small letters unless it is quoted."""
    return str(identifier.this) if identifier.args.get("quoted") else _in_small_letters(identifier)


def _in_small_letters(identifier: Any) -> str:
    """The name as SQLite compares it."""
    return str(identifier.this).lower()
