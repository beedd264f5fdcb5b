"""One table can be restored from a backup, with everything that belongs to it."""

from pydantic import model_validator

from rounds.checks.acting import Acting
from rounds.checks.restored_state import is_restored
from rounds.fixtures.restore_alone import TableAlone
from rounds.fixtures.restored import Restored
from rounds.judge import Observer
from rounds.limits import Limit, at_least, at_most, exactly
from rounds.targets import RestoreDrill


class TableRestore(Acting):
    """What a `table`, one of the drill's `alone`, must be when nothing but it was restored.

    It has all rows that the whole backup has, a primary key, and each index and constraint of the whole backup and of
    the live table. Foreign keys are told: they may need tables that are not there.
    """

    drill: RestoreDrill
    table: str
    rows: Limit = at_least(1)
    indexes: Limit = at_least(1)
    primary_key: bool = True
    took: Limit = at_most(3600, unit="s")

    @model_validator(mode="after")
    def _is_restored_alone(self) -> "TableRestore":
        if self.table not in self.drill.alone:
            raise ValueError(f"the drill {self.drill.name} does not restore {self.table}: name it in its `alone`")
        return self


def test_table_restore_drill(expected: TableRestore, restored: Restored, observe: Observer) -> None:
    """One table can be restored from the newest backup, with its rows, keys and indexes.

    Remedy: do not restore with `pg_restore -t` alone: it brings neither indexes nor constraints. Restore into an empty
    database, check it there, and copy the rows from it. If the backup itself lacks a key or an index that the live
    table has, look at the dump's options; if both lack it, somebody restored with `-t` before: create it again.
    """
    if not is_restored(restored, observe):
        return
    alone = restored.alone.get(expected.table)
    if alone is None:
        observe.unknown(f"{expected.table} restored alone", "the drill did not restore it alone")
    elif alone.failure:
        observe.critical(f"{expected.table} restored alone", alone.failure, "not restored")
    else:
        _observe_alone(expected, alone, observe)


def _observe_alone(expected: TableRestore, alone: TableAlone, observe: Observer) -> None:
    table = expected.table
    observe(f"rows in {table}", alone.rows, expected.rows)
    observe(f"rows that {table} lacks", alone.rows_in_backup - alone.rows, exactly(0))
    if expected.primary_key:
        observe(f"{table} has a primary key", alone.has_primary_key, exactly(True))
    observe(f"indexes of {table}", alone.indexes, expected.indexes)
    observe(f"constraints of {table}", alone.constraints)
    observe("not as in the backup", len(alone.missing), at_most(0), note="; ".join(alone.missing[:3]))
    if alone.missing_against_live is not None:
        lacking = alone.missing_against_live
        observe("not as in the live table", len(lacking), at_most(0), note="; ".join(lacking[:3]))
    elif alone.hindrance:
        observe.unknown("not as in the live table", alone.hindrance, "unknown")
    if alone.foreign_keys_left_out:
        note = "; ".join(alone.foreign_keys_left_out[:3])
        observe("foreign keys to be made again", len(alone.foreign_keys_left_out), note=note)
    observe("time to restore the table", alone.seconds, expected.took)
