"""Rows of a restored database: against the live one, and against the drill before."""

from collections.abc import Set as AbstractSet

from rounds.fixtures.restore_figures import Counts
from rounds.judge import Earlier, Observer
from rounds.limits import Limit, at_most

_ROWS_IN = "rows in "
_FEW = 20
"""Of fewer rows a single one that was written since is more than the 5 % that rows allow."""


def plain(table: str) -> str:
    """The name of a table as the counts have it."""
    return table.removeprefix("public.")


def observe_tables(tables: tuple[str, ...], limit: Limit, found: Counts, observe: Observer) -> None:
    """Every table that must be there is there, and has rows."""
    has = {*found.rows, *found.uncounted}
    if has.isdisjoint(map(plain, tables)):
        others = f"it has {', '.join(sorted(has)[:5])}" if has else "it has no table at all"
        observe.critical("tables", f"none of {', '.join(tables[:5])} is in it: {others}. Is it of another database?", 0)
        return
    for table in tables:
        name = plain(table)
        if name in found.uncounted:
            observe.critical(f"{_ROWS_IN}{name}", f"cannot be read: {found.uncounted[name]}", "unreadable")
        elif name not in found.rows:
            observe.critical(f"{_ROWS_IN}{name}", "the backup has no such table", "missing")
        else:
            observe(f"{_ROWS_IN}{name}", found.rows[name], limit)
    for name in sorted(found.rows.keys() - set(map(plain, tables))):
        observe(f"{_ROWS_IN}{name}", found.rows[name])


def observe_share(tables: tuple[str, ...], share: Limit, found: Counts, live: Counts | None, observe: Observer) -> None:
    """The backup holds nearly all of the rows that are live now; some were written since.

    What `tables` lack is judged by `share`, what others lack is a warning. A table of a few rows is left out, unless
    the backup has none of them.
    """
    name, due = "smallest share of the live rows", set(map(plain, tables))
    if live is None:
        observe(name, "not compared", note="the drill names no live database")
        return
    if live.hindrance:
        observe.unknown(name, f"the live database could not be counted: {live.hindrance}", "unknown")
        return
    shares = {table: _percent(found.rows[table], rows) for table, rows in live.rows.items() if table in found.rows}
    if not shares:
        observe.unknown(name, "the live database has none of the backup's tables: is it the right one?", "unknown")
        return
    judged = {table for table in shares if not (found.rows[table] and live.rows[table] < _FEW)}
    below = {table: shares[table] for table in sorted(judged) if share.verdict(shares[table]).badness}
    least = min(sorted(judged & due), key=lambda table: shares[table], default=None)
    if least is None:
        observe(name, "not compared", note=f"none of its tables has {_FEW} rows that could be counted")
    else:
        note = _listed(below, due) or f"{least}: {found.rows[least]} of {live.rows[least]}"
        observe(name, shares[least], share, note=note)
    if others := below.keys() - due:
        why = f"{_listed(below, others)}: written since, or left out of the backup"
        observe.warning("share of the live rows of other tables", why, min(below[table] for table in others))
    for table in map(plain, tables):
        if table in live.uncounted:
            observe.unknown(f"share of the live rows of {table}", live.uncounted[table])
        elif table in found.rows and table not in live.rows:
            observe.critical(f"share of the live rows of {table}", "the live database has no such table", "gone")
    _tell_differences(found, live, observe)
    _observe_parts(due, found, live, observe)


def _listed(shares: dict[str, float], of: AbstractSet[str]) -> str:
    return ", ".join(f"{table} {percent:.0f} %" for table, percent in shares.items() if table in of)


def _percent(rows: int, live: int) -> float:
    """A table that is empty in the live database is held in full by any backup."""
    return 100 * rows / live if live else 100.0


def _tell_differences(found: Counts, live: Counts, observe: Observer) -> None:
    fewer = [f"{table} {rows} of {found.rows[table]}" for table, rows in live.rows.items()
             if table in found.rows and rows < found.rows[table]]  # fmt: skip
    if fewer:
        observe("tables with fewer rows live than in the backup", len(fewer), note=", ".join(fewer[:5]))
    known = {*found.rows, *found.uncounted}
    only_live = sorted(table for table, rows in live.rows.items() if rows and table not in known)
    if only_live:
        why = f"{', '.join(only_live[:5])}: made since, or left out of the backup"
        observe.warning("tables that only the live database has", why, len(only_live))


def _observe_parts(tables: set[str], found: Counts, live: Counts, observe: Observer) -> None:
    """What live tables have beside rows: critical where the table must be there, a warning for others."""
    lacking = {table: live.parts[table] - found.parts.get(table, frozenset()) for table in live.parts}
    for name, limit, due in (
        ("indexes and constraints that are not in the backup", at_most(0), tables),
        ("indexes and constraints of other tables that are not", at_most(warning=0), lacking.keys() - tables),
    ):
        said = [
            f"{part} of {table}"
            for table in sorted(due)
            if table in found.rows
            for part in sorted(lacking.get(table, ()))
        ]
        if said or limit.critical is not None:
            note = f"{', '.join(said[:5])}: made since, or missing in the dump" if said else ""
            observe(name, len(said), limit, note=note)


def observe_losses(found: Counts, before: dict[str, float], lost: Limit, observe: Observer) -> None:
    """No table has far fewer rows than `before`, and none has vanished."""
    name = "largest loss of rows since the drill before"
    losses: dict[str, float] = {}
    for table, rows in before.items():
        if table in found.rows:
            losses[table] = max(0.0, 100 * (rows - found.rows[table]) / rows) if rows else 0.0
        elif table not in found.uncounted:
            observe.critical("vanished tables", f"{table} was in an earlier backup, with {rows:.0f} rows", table)
    if not losses:
        observe(name, "not known yet", note="this drill keeps the first figures")
        return
    most = max(losses, key=lambda table: losses[table])
    beyond = [f"{table} {percent:.0f} %" for table, percent in losses.items() if lost.verdict(percent).badness]
    observe(name, losses[most], lost, note=", ".join(beyond) or most)


def counted_before(earlier: Earlier, window: float, purged: tuple[str, ...]) -> dict[str, float]:
    """The most rows that drills within the window counted, or the last one where none was within it; by table."""
    figures = {name.removeprefix(_ROWS_IN): all_ for name, all_ in earlier.figures.items() if name.startswith(_ROWS_IN)}
    last = min((each[0].age_seconds for each in figures.values() if each), default=0.0)
    counted = {table: [f.value for f in each if f.age_seconds <= max(window, last)] for table, each in figures.items()}
    left_out = set(map(plain, purged))
    return {table: max(rows) for table, rows in counted.items() if rows and table not in left_out}
