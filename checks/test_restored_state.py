"""After a recovery: the data are those of the backup, nothing is missing, and the state before it was kept."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from rounds.checks.recovery import AfterRecovery, is_comparable, of_a_recovery
from rounds.checks.restored_rows import plain
from rounds.fixtures.recovered import KeptState, Recovered
from rounds.fixtures.restore_figures import Counts
from rounds.judge import Observer
from rounds.limits import Limit, at_least, at_most
from rounds.targets import Backups


class RestoredState(AfterRecovery):
    """The rows of `tables` that are live, in percent of the backup's, and the copy of the state before.

    The copy is the one of `kept` that was made nearest to the recovery's beginning, at most `kept_before` away from it.
    """

    tables: Annotated[tuple[str, ...], Field(min_length=1)]
    rows: Limit = at_least(100, unit="%")
    kept: Backups
    kept_before: Limit = at_most(3600, unit="s")


def test_restored_state(
    expected: RestoredState, recovered: Recovered | None, kept_state: KeptState | None, observe: Observer
) -> None:
    """After a recovery the tables hold what the backup holds, and the state before it was kept.

    Remedy: rows are missing: stop what writes, and see which backup was really restored, and whether its load ended
    with an error. No copy of the state before: take one of what there is now, before anybody goes on; rows that were
    written after the backup can come only from such a copy, the logs or the sources.
    """
    seen = of_a_recovery(expected, recovered)
    _observe_kept(expected, kept_state, observe)
    if is_comparable(seen, observe):
        for table in map(plain, expected.tables):
            _observe_table(table, expected.rows, seen, observe)


class RecoveredData(AfterRecovery):
    """What may be missing after a recovery: rows of any table, rows that others refer to, the newest rows.

    `share` is of the backup's rows in each table; `newest_row` is by how much the newest row of a table of the drill's
    `newest` may be older than the backup's.
    """

    share: Limit = at_least(100, unit="%")
    orphans: Limit = at_most(0)
    newest_row: Limit = at_most(0, unit="s")


def test_recovered_data(expected: RecoveredData, recovered: Recovered | None, observe: Observer) -> None:
    """After a recovery nothing is missing: every row of the backup, and all that rows refer to.

    Remedy: restore the tables with gaps alone from the same backup into an empty database, and copy what is missing.
    Orphans: their other half was not restored, or was restored from another moment. Tell users which hours are lost.
    """
    seen = of_a_recovery(expected, recovered)
    if not is_comparable(seen, observe):
        return
    live, found = seen.restored.live, seen.restored.counts
    rows, hidden = (live.rows, live.uncounted) if live else ({}, {})
    shares = {table: 100 * rows.get(table, 0) / due for table, due in found.rows.items() if due and table not in hidden}
    gaps = [f"{table} {rows.get(table, 0)} of {found.rows[table]}" for table, share in shares.items() if share < 100]
    if shares:
        least = min(shares.values())
        observe("smallest share of the backup's rows", least, expected.share, note=", ".join(gaps[:5]) or "no gaps")
    elif not any(found.rows.values()):
        observe.critical("smallest share of the backup's rows", "the backup holds no rows at all", 0)
    observe("tables with gaps", len(gaps))
    _observe_uncounted(found, hidden, observe)
    _observe_orphans(expected.orphans, seen, observe)
    for newest in seen.newest_live:
        due = next((each.at_epoch_seconds for each in seen.restored.newest_rows if each.table == newest.table), None)
        name = f"newest row of {newest.table} behind the backup's"
        if newest.at_epoch_seconds is None or due is None:
            observe.critical(name, newest.why or f"the backup has no time in {newest.column}", "none")
        else:
            observe(name, max(0.0, due - newest.at_epoch_seconds), expected.newest_row)


def _observe_uncounted(found: Counts, hidden: Mapping[str, str], observe: Observer) -> None:
    """`hidden` are live tables that could not be counted."""
    said = [f"{table} in the backup: {why}" for table, why in found.uncounted.items()]
    said += [f"{table} in the live database: {why}" for table, why in hidden.items() if table in found.rows]
    if said:
        observe.unknown("tables not compared", "; ".join(said[:5]), len(said))


def _observe_kept(expected: RestoredState, kept: KeptState | None, observe: Observer) -> None:
    name = "between the copy of the state before and the recovery's beginning"
    if kept is None or kept.nearest is None:
        observe.critical(name, f"there is none in {kept.folder if kept else expected.kept.address}", "missing")
    else:
        before = kept.began_epoch_seconds - kept.nearest.recorded_epoch_seconds
        note = f"{kept.nearest.name}, made {'before' if before >= 0 else 'after'} the recovery began"
        observe(name, abs(before), expected.kept_before, note=note)


def _observe_table(table: str, limit: Limit, seen: Recovered, observe: Observer) -> None:
    found, live = seen.restored.counts, seen.restored.live
    name = f"rows of {table} live, of the backup's"
    due, rows = found.rows.get(table), live.rows.get(table) if live else None
    if due is None:
        observe.critical(name, "the backup has no such table", "missing")
    elif rows is None:
        why = live.uncounted.get(table, "the live database has no such table") if live else "it was not counted"
        observe.critical(name, why, "missing")
    else:
        observe(name, 100 * rows / due if due else 100.0, limit, note=f"{rows} live, {due} in the backup")


def _observe_orphans(limit: Limit, seen: Recovered, observe: Observer) -> None:
    name = "rows that refer to nothing"
    if seen.orphans is None:
        observe.unknown(name, "the live database could not be looked at", "unknown")
        return
    said = [f"{key}: {count}" for key, count in seen.orphans.items()]
    note = ", ".join(said[:5]) or f"{seen.foreign_keys} foreign keys hold"
    observe(name, sum(seen.orphans.values()), limit, note=note)
    if seen.uncounted:
        observe.unknown("foreign keys not looked at", "; ".join(seen.uncounted[:3]), len(seen.uncounted))
