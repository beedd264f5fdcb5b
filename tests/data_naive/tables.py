"""Random tables in PostgreSQL or SQLite, and statements about them that are written by hand, one for each figure."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from psycopg import sql

NASTY = ['"', "'", 'we"ird', "select", "a;b", "a%sb", "100%", "{}", "{t}", "x'); DROP TABLE victim; --", "ünïcode", "日本",
         "Case", " lead", "trail ", "a\\", "\\'", "?", ":name", "$1", "user", "order by", "--", "/*", "💥", "a.b", "rowid_"]  # fmt: skip
_LETTERS = st.characters(exclude_categories=("Cs",), exclude_characters="\0")
TEXTS = st.one_of(st.none(), st.sampled_from(["", "a", "A", " a ", "aa", *NASTY]), st.text(_LETTERS, max_size=6))
COLUMNS = ("num", "other", "flt", "txt", "grp", "made", "ref")
PARENT = "held_parent"
HOUR = 3600


@dataclass(frozen=True)
class Table:
    """The names of a table and its columns, and its rows in the order of `COLUMNS`."""

    name: str
    columns: dict[str, str]
    rows: tuple[tuple[Any, ...], ...]


def _names(count: int) -> st.SearchStrategy[list[str]]:
    one = st.one_of(st.sampled_from(NASTY), st.text(_LETTERS, min_size=1, max_size=8))
    plain = one.filter(lambda name: not name.lower().startswith("sqlite") and len(name.encode()) < 60)
    return st.lists(plain, min_size=count, max_size=count, unique_by=lambda name: name.casefold())


def _floats(*, special: bool) -> st.SearchStrategy[float | None]:
    usual = st.one_of(st.integers(-5, 5).map(float), st.floats(-1e6, 1e6).map(lambda each: round(each, 3)))
    odd = st.sampled_from([float("nan"), float("inf"), float("-inf"), -0.0])
    return st.one_of(st.none(), usual, odd) if special else st.one_of(st.none(), usual)


@st.composite
def tables(draw: Any, *, special: bool) -> Table:
    """Times are some hours and half an hour from now, so that no clock can move a row out of its window."""
    name, *columns = draw(_names(1 + len(COLUMNS)).filter(lambda names: "." not in names[0]))
    ages = st.one_of(st.none(), st.integers(-3, 60).map(lambda hours: hours * HOUR + HOUR / 2))
    small = st.one_of(st.none(), st.integers(-2, 3))
    row = st.tuples(_floats(special=False), small, _floats(special=special), TEXTS, st.sampled_from(["a", "b", "'c", None]),
                    ages, small)  # fmt: skip
    return Table(name, dict(zip(COLUMNS, columns, strict=True)), tuple(draw(st.lists(row, max_size=14))))


Condition = tuple[str, Sequence[Any]]


@dataclass
class Naive:
    """A table in a database, asked by hand: `{names}` are quoted, `%s` are parameters."""

    connection: Any
    table: Table
    is_postgres: bool
    now: float = field(default_factory=time.time)

    def execute(self, text: str, *values: Any) -> list[tuple[Any, ...]]:
        names = {"t": self.table.name, **self.table.columns, "parent": PARENT}
        if not self.is_postgres:
            quoted = {key: '"' + name.replace('"', '""') + '"' for key, name in names.items()}
            return self.connection.execute(text.replace("%s", "?").format(**quoted, percent="%"), values).fetchall()
        identifiers = {key: sql.Identifier(name).as_string(self.connection) for key, name in names.items()}
        if values:  # then a percent sign in a name is to be written twice
            identifiers = {key: name.replace("%", "%%") for key, name in identifiers.items()}
        query = sql.SQL(text).format(**{key: sql.SQL(name) for key, name in identifiers.items()})
        cursor = self.connection.execute(query.as_string(self.connection).encode(), values or None)
        return cursor.fetchall() if cursor.description else []

    def make(self) -> None:
        kinds = {"num": "numeric", "other": "int", "flt": "float8", "txt": "text", "grp": "text",
                 "made": "timestamptz" if self.is_postgres else "text", "ref": "int"}  # fmt: skip
        self.execute("DROP TABLE IF EXISTS {t}")
        self.execute("CREATE TABLE {t} (" + ", ".join(f"{{{name}}} {kind}" for name, kind in kinds.items()) + ")")
        self.execute("CREATE TABLE IF NOT EXISTS {parent} (id int PRIMARY KEY)")
        self.execute("DELETE FROM {parent}")
        self.execute("INSERT INTO {parent} VALUES (0), (1)")
        for row in self.table.rows:
            self.execute("INSERT INTO {t} VALUES (" + ", ".join(["%s"] * len(row)) + ")", *self._stored(row))  # noqa: S608 - the test's own

    def _stored(self, row: tuple[Any, ...]) -> list[Any]:
        values = dict(zip(COLUMNS, row, strict=True))
        if values["made"] is not None:
            moment = datetime.fromtimestamp(self.now, UTC) - timedelta(seconds=values["made"])
            values["made"] = moment if self.is_postgres else moment.strftime("%Y-%m-%d %H:%M:%S+00:00")
        return list(values.values())

    def drop(self) -> None:
        self.execute("DROP TABLE {t}")

    def rows(self, what: str, conditions: Sequence[Condition]) -> list[tuple[Any, ...]]:
        """What all rows say that fulfil the conditions."""
        where = " AND ".join(f"({condition})" for condition, _ in conditions) or "1 = 1"
        values = [each for _, given in conditions for each in given]
        return self.execute(f"SELECT {what} FROM {{t}} WHERE {where}", *values)  # noqa: S608 - the test's own

    def one(self, what: str, conditions: Sequence[Condition]) -> Any:
        """A figure of the rows that fulfil the conditions."""
        return self.rows(what, conditions)[0][0]

    @property
    def made_seconds(self) -> str:
        return "extract(epoch FROM {made})" if self.is_postgres else "CAST(strftime('{percent}s', {made}) AS int)"
