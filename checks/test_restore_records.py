"""Restores were tried lately, they succeeded, and they were quick enough."""

from typing import Annotated

from pydantic import Field

from rounds.checks.answers import observe_age
from rounds.expectation import Expectation
from rounds.fixtures.restore_records import Recorded, RestoreRecord
from rounds.fixtures.verified import Verified
from rounds.judge import Observer
from rounds.limits import Limit, at_least, at_most
from rounds.pattern import Pattern
from rounds.quantities import shown
from rounds.targets import Backups, RestoreRecords


class RestoredLately(Expectation):
    """How old the newest record of a successful restore may be, how long it took, and how many of the rows it brought.

    `rows` is the share of the rows that were due, in each of `tables`. With `backups`, `rpo` is how old the newest of
    them may be that can be read to its end; `dump` finds the database dump among the members of an archive.
    """

    records: RestoreRecords
    backups: Backups | None = None
    dump: Pattern | None = None
    rpo: Limit = at_most(86_400, unit="s")
    age: Limit = at_most(2_678_400, unit="s")
    took: Limit = at_most(14_400, unit="s")
    tables: Annotated[tuple[str, ...], Field(description="whose rows the record must tell")] = ()
    rows: Limit = at_least(95, unit="%")


def test_restore_records(
    expected: RestoredLately, recorded_restores: Recorded, verified_backup: Verified | None, observe: Observer
) -> None:
    """A backup was restored lately, in time and with its rows.

    Remedy: restore the newest backup now: run the row of the `restore-drill`, or do it by hand and add a line to the
    records. If the newest one failed, read its `why` first: until a restore succeeds, nobody knows of a good backup.
    """
    if verified_backup is not None:
        _observe_verified(verified_backup, expected.rpo, observe)
    newest, good = recorded_restores.newest, recorded_restores.newest_ok
    observe("records", recorded_restores.count)
    if recorded_restores.broken:
        why = f"{recorded_restores.path}, {'; '.join(recorded_restores.broken[:3])}"
        observe.unknown("records that cannot be read", why, len(recorded_restores.broken))
    name = "age of the newest successful restore"
    if good is None:
        what = "every recorded restore failed" if newest else "no restore is recorded"
        observe.critical(name, f"{what} in {recorded_restores.path}", "never")
        return
    by = f"{good.backup}, by {good.by}" if good.by else good.backup
    observe(name, recorded_restores.looked_at_epoch_seconds - good.at_epoch_seconds, expected.age, note=by)
    if newest is not None and not newest.is_ok:
        ago = shown(recorded_restores.looked_at_epoch_seconds - newest.at_epoch_seconds, "s")
        why = newest.why or "no reason is told"
        observe.warning("newest restore", f"of {newest.backup}, {ago} ago: {why}", "failed")
    observe("time it took", good.seconds, expected.took, note=good.backup)
    for table in expected.tables:
        _observe_rows(table, good, expected.rows, observe)


def _observe_rows(table: str, record: RestoreRecord, limit: Limit, observe: Observer) -> None:
    name = f"share of the rows of {table}"
    rows, due = record.rows.get(table), record.expected.get(table)
    if rows is None or not due:
        what = "how many it brought" if rows is None else "how many were due"
        observe.unknown(name, f"the record of {record.backup} does not tell {what}", "unknown")
    else:
        observe(name, 100 * rows / due, limit, note=f"{rows} of {due}")


def _observe_verified(seen: Verified, rpo: Limit, observe: Observer) -> None:
    name = "age of the newest verified backup"
    if seen.good is None:
        why = "; ".join(seen.damaged[:3]) or "there is none"
        observe.critical(name, f"no backup in {seen.folder} is good: {why}", "none")
    else:
        note = "; ".join([seen.good.name, *(f"newer and damaged: {each}" for each in seen.damaged[:2])])
        age = seen.looked_at_epoch_seconds - seen.good.recorded_epoch_seconds
        observe_age(observe, name, age, rpo, note)
