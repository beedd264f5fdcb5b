"""SQLite databases are whole, live and in their backups."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, NonNegativeInt

from rounds.checks.answers import observe_age
from rounds.expectation import Expectation
from rounds.fixtures.sqlite_files import SqliteBackup, SqliteContents
from rounds.judge import Observer
from rounds.limits import Limit, at_least, at_most
from rounds.quantities import Size
from rounds.targets import Backups, Sqlite


def _with_a_row_each(given: Any) -> Any:
    return dict.fromkeys(given, 1) if isinstance(given, list | tuple) else given


Tables = Annotated[
    dict[str, NonNegativeInt],
    BeforeValidator(_with_a_row_each, json_schema_input_type=dict[str, NonNegativeInt] | list[str]),
    Field(min_length=1, description="how many rows each must have; a list of names: at least one row each"),
]


class SqliteIntegrity(Expectation):
    """The tables that must be there, with as many rows; and how many rows may name a parent that does not exist.

    While a database without a write-ahead log is read, its writers wait: choose the time for a large one.
    """

    database: Sqlite
    tables: Tables
    orphans: Limit = at_most(0)


def test_sqlite_integrity(expected: SqliteIntegrity, live_sqlite: SqliteContents, observe: Observer) -> None:
    """The SQLite database is structurally sound, and its tables hold rows.

    Remedy: stop what writes to it and copy the file with its -wal before anything else. Then restore the newest backup
    that passed its own row; only without one try `sqlite3 leads.db .recover` into a new file. See whether the disk or
    its memory lies, and whether somebody copied or replaced the file while it was in use.
    """
    _observe_contents(expected.database.path, expected.tables, expected.orphans, live_sqlite, observe)


class NewestSqlite(Expectation):
    """How the newest backup is read: what is packed or lies elsewhere is unpacked to scratch space, within a limit."""

    backups: Backups
    tables: Tables
    unpacked_at_most: Size = 20e9


class SqliteBackupWhole(NewestSqlite):
    """What the newest backup of SQLite must hold: a copy of the file, or a dump as SQL text, plain or packed."""

    age: Annotated[Limit, Field(description="how old it may be: before a change, an hour")] = at_most(
        2_678_400, unit="s"
    )
    orphans: Limit = at_most(0)
    rows: Annotated[Limit, Field(description="of all tables together")] = at_least(1)


def test_sqlite_backup(expected: SqliteBackupWhole, sqlite_backup: SqliteBackup, observe: Observer) -> None:
    """The newest backup of SQLite opens, is whole, and every row of it can be read.

    Remedy: keep the damaged backup, make a new one now with `sqlite3 FILE ".backup COPY"` or VACUUM INTO (a plain copy
    of a database in use is torn), and test it with this row. Then look for a full volume or a copy that was cut off.
    """
    if sqlite_backup.archive is None:
        observe.critical("newest backup", f"there is no backup in {sqlite_backup.folder}", "missing")
        return
    age = sqlite_backup.looked_at_epoch_seconds - sqlite_backup.archive.recorded_epoch_seconds
    observe_age(observe, "age of the newest backup", age, expected.age, sqlite_backup.archive.name)
    contents = sqlite_backup.contents
    _observe_contents(sqlite_backup.archive.name, expected.tables, expected.orphans, contents, observe)
    if not contents.failure and not contents.damage:
        observe("rows read", contents.rows_read, expected.rows, note=f"of a {sqlite_backup.kind}")
    observe("time to restore and read", sqlite_backup.took_seconds, unit="s")


class SqliteRowsMatch(NewestSqlite):
    """What share of the live rows the newest backup must hold, in each of `tables`."""

    live: Sqlite
    share: Limit = at_least(95, unit="%")


def test_sqlite_rows_match(
    expected: SqliteRowsMatch, sqlite_backup: SqliteBackup, live_rows: dict[str, int], observe: Observer
) -> None:
    """The newest backup of SQLite holds as many rows as the live database, but for what was written since.

    Remedy: look first which of the two is wrong: the live database may have grown by an import, or the backup was made
    from another file, before a migration, or while rows were being deleted. Make a new backup and compare again.
    """
    archive, contents = sqlite_backup.archive, sqlite_backup.contents
    if archive is None or contents.failure or contents.damage:
        why = f"{archive.name}: {contents.failure or contents.damage[0]}" if archive else sqlite_backup.folder
        observe.critical("newest backup", why, "not whole" if archive else "missing")
        return
    for table, live in live_rows.items():
        name, kept = f"rows of {table} in the backup", contents.rows.get(table)
        if kept is None:
            observe.critical(name, f"{archive.name} has no such table", "missing")
        elif not live:
            observe.critical(name, f"the live table is empty; {kept} in {archive.name}", kept)
        else:
            observe(name, 100 * kept / live, expected.share, note=f"{kept} in {archive.name}, {live} live")


def _observe_contents(
    name: str, tables: dict[str, int], orphans: Limit, contents: SqliteContents, observe: Observer
) -> None:
    if contents.failure:
        observe.critical("database", f"{name}: {contents.failure}", "not whole")
        return
    note = "; ".join(contents.damage[:3])
    observe("damage found", len(contents.damage), at_most(0), note=note or name)
    observe("pages", contents.pages, note=f"journal: {contents.journal}")
    if contents.damage:
        return
    note = "; ".join(contents.orphan_examples[:3])
    if contents.orphans is None:
        observe.unknown("rows without their parent", note)
    else:
        observe("rows without their parent", contents.orphans, orphans, note=note)
    for table, least in tables.items():
        count = contents.rows.get(table)
        if count is None:
            observe.critical(f"rows of {table}", "there is no such table", "missing")
        else:
            observe(f"rows of {table}", count, at_least(least))
