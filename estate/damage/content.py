"""Damage to what a backup says: it can be read, and what is restored from it is not what was there."""

import contextlib
import secrets
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from ..dumps import dump, packed, scratch, unpacked
from ..part import EstateError
from ..postgres import Postgres
from .kept import changed, remove
from .library import POSTGRES, SQL, Kind, Victim, damage, largest_table
from .members import edited_member, without_members

FILES: frozenset[Kind] = frozenset({"packed", "archive"})
DATABASES: frozenset[Kind] = POSTGRES | {"sqlite"}
EVERY_SO_MANY = (
    "DELETE FROM {0} WHERE {1} IN (SELECT {1} FROM (SELECT {1}, row_number() OVER () n FROM {0}) x WHERE {2})"
)


def _with_text(victim: Victim, edit: Callable[[bytes], bytes]) -> AbstractContextManager[None]:
    """The same backup with other SQL in it, packed as it was."""

    def rewrite(path: Path) -> None:
        if victim.kind == "archive":
            edited_member(path, victim.member, edit)
        else:
            path.write_bytes(packed(path.name, edit(unpacked(path.name, path.read_bytes()))))

    return changed(victim.path, rewrite)


def _dumped_anew(victim: Victim, *options: str, of: str = "") -> AbstractContextManager[None]:
    """A real dump in the same form under the same name, with other options or of another database."""

    def rewrite(path: Path) -> None:
        if victim.kind == "archive":
            new = path.with_name(f".{path.name}.sql")
            data = dump(victim.source, new, *options, of=of).read_bytes()
            new.unlink()
            edited_member(path, victim.member, lambda _: data)
            return
        remove(path)
        form = victim.kind if victim.kind in ("custom", "directory") else "plain"
        dump(victim.source, path, *options, form=form, of=of)

    return changed(victim.path, rewrite)


@contextmanager
def _of_a_copy(victim: Victim, *statements: str, copy: bool = True) -> Iterator[None]:
    """A dump of a copy of the database in which some statements were run; an SQLite copy is changed itself."""
    if victim.kind == "sqlite":
        with changed(victim.path, lambda path: _run_sqlite(path, statements)):
            yield
        return
    with contextlib.ExitStack() as stack:
        with scratch(victim.source, statements, copy=copy) as name:
            stack.enter_context(_dumped_anew(victim, of=name))
        yield


def _run_sqlite(path: Path, statements: Sequence[str]) -> None:
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as copy:
        for statement in [*statements, "VACUUM"]:
            copy.execute(statement)


def _ask_sqlite(path: Path, sql: str) -> list[str]:
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as copy:
        return [str(row[0]) for row in copy.execute(sql)]


def _tables(victim: Victim) -> list[str]:
    """The tables of the backup, the one that is named or the largest first."""
    if victim.kind != "sqlite":
        named = largest_table(victim)
        sql = "SELECT relid::regclass::text FROM pg_stat_user_tables ORDER BY 1"
        return sorted((str(row[0]) for row in victim.source.query(sql)), key=lambda each: each != named)
    names = _ask_sqlite(victim.path, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
    rows = {each: int(_ask_sqlite(victim.path, f"SELECT count(*) FROM {each}")[0]) for each in names}  # noqa: S608 - its own tables
    return sorted(names, key=lambda each: (each != victim.table, -rows[each]))


def _indexes(victim: Victim) -> list[str]:
    """The indexes that are not a constraint's, those of the named or largest table first."""
    sql = """SELECT indexrelid::regclass::text FROM pg_index JOIN pg_stat_user_tables ON relid = indrelid
        WHERE NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
        ORDER BY relid::regclass::text <> %s, 1"""
    return [str(row[0]) for row in victim.source.query(sql, _tables(victim)[0])]


def _deleting(victim: Victim, condition: str, tables: Sequence[str]) -> list[str]:
    row = "rowid" if victim.kind == "sqlite" else "ctid"
    first = [] if victim.kind == "sqlite" else ["SET session_replication_role = replica"]  # keys would stop it
    return [*first, *(EVERY_SO_MANY.format(table, row, condition) for table in tables)]


@damage("pg_dump failed, and what it wrote, nothing, was packed", FILES)
def empty_dump_packed(victim: Victim) -> AbstractContextManager[None]:
    return _with_text(victim, lambda _: b"")


@damage("the dump was cut by 1 kB before it was packed", FILES)
def cut_before_packing(victim: Victim) -> AbstractContextManager[None]:
    return _with_text(victim, lambda text: text[:-1024])


@damage("the folder to be packed was empty, so the archive holds nothing", ["archive"])
def archive_without_members(victim: Victim) -> AbstractContextManager[None]:
    return changed(victim.path, without_members)


@damage("a statement of the dump is not SQL any more", SQL, seen_by="restoring")
def broken_statement(victim: Victim) -> AbstractContextManager[None]:
    def edit(text: bytes) -> bytes:
        found = next((each for each in (b"ADD CONSTRAINT", b"CREATE TABLE") if each in text), None)
        if found is None:
            raise EstateError(f"{victim.path.name} holds neither table nor constraint")
        return text.replace(found, found[:-2], 1)

    return _with_text(victim, edit)


@damage("it is a dump of another database", POSTGRES, seen_by="restoring", needs=["origin"])
def another_database(victim: Victim) -> AbstractContextManager[None]:
    table = "CREATE TABLE recipes (id int PRIMARY KEY, name text)"
    rows = "INSERT INTO recipes SELECT n, md5(n::text) FROM generate_series(1, 5000) n"
    return _of_a_copy(victim, table, rows, copy=False)


@damage("the dump was made without one table", DATABASES, seen_by="restoring", needs=["origin"])
def without_a_table(victim: Victim) -> AbstractContextManager[None]:
    table = _tables(victim)[0]
    if victim.kind == "sqlite":
        return _of_a_copy(victim, f"DROP TABLE {table}")
    return _dumped_anew(victim, f"--exclude-table={table}")


@damage("the dump was made without the rows of one table", DATABASES, seen_by="restoring", needs=["origin"])
def without_rows_of_a_table(victim: Victim) -> AbstractContextManager[None]:
    table = _tables(victim)[0]
    if victim.kind == "sqlite":
        return _of_a_copy(victim, f"DELETE FROM {table}")  # noqa: S608 - its own table
    return _dumped_anew(victim, f"--exclude-table-data={table}")


@damage("an index was lost before the dump was made", POSTGRES, seen_by="restoring", needs=["origin"])
def without_an_index(victim: Victim) -> AbstractContextManager[None]:
    indexes = _indexes(victim)
    if not indexes:
        raise EstateError(f"{victim.path.name} has no index that is not a constraint's")
    return _of_a_copy(victim, f"DROP INDEX {indexes[0]}")


@damage("a fifth of the rows of one table was lost before", DATABASES, seen_by="restoring", needs=["origin"])
def a_fifth_of_the_rows_gone(victim: Victim) -> AbstractContextManager[None]:
    return _of_a_copy(victim, *_deleting(victim, "n % 5 = 0", _tables(victim)[:1]))


@damage("half of all rows was lost, so the dump is half as large", DATABASES, seen_by="finding", needs=["origin"])
def half_the_size(victim: Victim) -> AbstractContextManager[None]:
    return _of_a_copy(victim, *_deleting(victim, "n % 2 = 0", _tables(victim)))


@contextmanager
def _needing(victim: Victim, role: str) -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        victim.source.query(f"CREATE ROLE {role}")
        try:
            handing_over = f"ALTER TABLE {largest_table(victim)} OWNER TO {role}"
            stack.enter_context(_of_a_copy(victim, handing_over))
        finally:
            victim.source.query(f"DROP ROLE {role}")
        yield


@damage("a table of the dump belongs to a role that is nowhere else", POSTGRES, seen_by="nobody", needs=["origin"])
def needs_a_role(victim: Victim) -> AbstractContextManager[None]:
    return _needing(victim, f"departed_{secrets.token_hex(3)}")


@damage("the dump needs an extension that is nowhere else", POSTGRES, seen_by="restoring", needs=["origin"])
def needs_an_extension(victim: Victim) -> AbstractContextManager[None]:
    where = _extension(victim.source)
    return _of_a_copy(
        victim,
        f"SET extension_control_path = '{where}:$system'",
        "CREATE EXTENSION shelf_marks",
        f"ALTER TABLE {largest_table(victim)} ADD COLUMN mark shelf_mark",
    )


def _extension(database: Postgres) -> Path:
    """An extension that this server alone finds, since it is told where (from PostgreSQL 18 on)."""
    folder = database.root / "extension"
    if not folder.exists():
        folder.mkdir()
        (folder / "shelf_marks.control").write_text("default_version = '1.0'\nrelocatable = true\n")
        (folder / "shelf_marks--1.0.sql").write_text("CREATE DOMAIN shelf_mark AS text CHECK (VALUE <> '');\n")
        for each in (folder, *folder.iterdir()):
            database.servant.own(each)
    return database.root
