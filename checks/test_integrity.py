"""Nothing is lost from the tables, and what they hold can be read."""

from rounds.checks.test_pg_integrity import judge_index_check
from rounds.expectation import Expectation
from rounds.fixtures.pg_amcheck import IndexCheck
from rounds.fixtures.pg_integrity import Checksums
from rounds.fixtures.tables import RowCounts
from rounds.judge import Earlier, Observer
from rounds.limits import Limit, at_most, exactly
from rounds.quantities import Duration
from rounds.targets import Postgres

_ROWS_IN = "rows in "


class RowCountCompare(Expectation):
    """By how much the exact number of rows may fall below the highest of the rounds within `window`.

    `tables` are all user tables when left out. Those in `purged` lose rows on purpose: they are counted, not judged.
    Where amcheck cannot be had, `verify_indexes: false` says that nobody expects it.
    """

    database: Postgres
    tables: tuple[str, ...] = ()
    purged: tuple[str, ...] = ()
    window: Duration = 604800
    lost: Limit = at_most(10, unit="%")
    checksum_failures: Limit = at_most(0)
    verify_indexes: bool = True


def test_row_count_compare(  # noqa: PLR0913, PLR0917 - three looks at one thing: whether the data are whole
    expected: RowCountCompare,
    row_counts: RowCounts,
    checksums: Checksums,
    index_check: IndexCheck,
    earlier: Earlier,
    observe: Observer,
) -> None:
    """No table lost rows, and what is stored can be read.

    Remedy: if rows are missing, stop what deletes, keep the newest backup from being rotated away, and compare with
    it; if it was a purge, name the table in `purged` or waive the row until it is forgotten. A checksum failure or a
    damaged index means that disk or memory lies: move to another machine, restore, REINDEX.
    """
    _no_rows_lost(expected, row_counts, earlier, observe)
    observe("page checksums", checksums.on, exactly(True))
    observe("checksum failures", checksums.failures, expected.checksum_failures)
    judge_index_check(index_check, observe, at_most(0), is_due=expected.verify_indexes)


def _no_rows_lost(expected: RowCountCompare, counts: RowCounts, earlier: Earlier, observe: Observer) -> None:
    losses: dict[str, float] = {}
    for table, rows in counts.rows.items():
        before = _highest(earlier, table, expected.window)
        observe(f"{_ROWS_IN}{table}", rows)
        if before is not None and table not in expected.purged:
            losses[table] = 100 * (before - rows) / before if before else 0.0
    for table in () if expected.tables else _vanished(earlier, counts, expected.window):
        if table not in expected.purged:
            observe.critical("vanished tables", f"{table} was there in an earlier round")
    for table in counts.unreadable:
        observe.unknown("tables that could not be counted", f"our role may not read {table}")
    if losses:
        table = max(losses, key=lambda each: losses[each])
        beyond = [f"{name} {loss:.0f} %" for name, loss in losses.items() if expected.lost.verdict(loss).is_bad]
        observe("largest loss of rows", max(0.0, losses[table]), expected.lost, note=", ".join(beyond) or table)
    else:
        why = "no earlier figure to compare with: this round keeps the first, the next can judge"
        observe.unknown("largest loss of rows", why if counts.rows else "there is no table")


def _highest(earlier: Earlier, table: str, window: float) -> float | None:
    figures = earlier.all(f"{_ROWS_IN}{table}", at_most_old=window)
    return max((figure.value for figure in figures), default=None)


def _vanished(earlier: Earlier, counts: RowCounts, window: float) -> list[str]:
    known = {name.removeprefix(_ROWS_IN) for name in earlier.figures if name.startswith(_ROWS_IN)}
    gone = known - counts.rows.keys() - set(counts.unreadable)
    return sorted(table for table in gone if _highest(earlier, table, window) is not None)
