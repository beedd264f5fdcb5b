"""The checks of drills, on what a drill may have seen."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from rounds.checks import test_restore as full
from rounds.checks import test_table_restore as single
from rounds.fixtures.restore_figures import Condition, Counts, NewestRow
from rounds.fixtures.restore_soundness import Soundness
from rounds.fixtures.restored import Restored, Times
from rounds.judge import Earlier, EarlierFigure, Observer
from rounds.outcome import Outcome

from .facts import ALONE, DRILL, HEALTHY, HOUR, NOW, spoilt

Row = Callable[..., Any]
DAY = 86400.0
TABLES = ["orders", "public.customers"]


def judged(row: Row, seen: Restored, before: dict[str, tuple[float, float]] | None = None, **given: Any) -> Observer:
    """`before` are the rows that an earlier drill counted, by table, and how many days ago."""
    figures = {f"rows in {table}": [EarlierFigure(rows, days * DAY)] for table, (rows, days) in (before or {}).items()}
    observer = Observer()
    expected = row(full.FullRestore, drill=DRILL, acts=True, **{"tables": TABLES} | given)
    full.test_restore_drill(expected, seen, Earlier(figures), observer)
    return observer


def single_table(row: Row, seen: Restored, **given: Any) -> Observer:
    observer = Observer()
    expected = row(single.TableRestore, drill=DRILL, acts=True, table="orders", **given)
    single.test_table_restore_drill(expected, seen, observer)
    return observer


def test_a_healthy_drill_is_ok_and_tells_its_figures(row: Row) -> None:
    observer = judged(row, HEALTHY)
    assert observer.outcome is Outcome.OK
    told = {each.name: each.value for each in observer.observations}
    assert told["time to restore"] == pytest.approx(6.2)
    assert told["rows in orders"] == 100
    assert told["data lost by a restore now"] == pytest.approx(7 * HOUR, abs=1)


@pytest.mark.parametrize(
    ("spoilt_by", "words"),
    [
        ({"archive": None}, "there is no finished backup in /backups"),
        ({"failure": "it ends in the middle of a row"}, "cannot be restored: it ends in the middle of a row"),
        ({"times": Times(4 * HOUR, 1, 1, 1)}, "time to restore is 4"),
        ({"counts": Counts({"orders": 100})}, "the backup has no such table"),
        ({"counts": Counts({"orders": 100, "customers": 0}), "live": None}, "rows in customers is 0"),
        ({"counts": Counts({"customers": 20}, {"orders": "invalid page in block 3"})}, "invalid page in block 3"),
        ({"live": Counts({"orders": 200, "customers": 20})}, "orders 50 %"),
        ({"newest_rows": (NewestRow("orders", "made_at", NOW - 60 * HOUR),)}, "data lost by a restore now is 60 h"),
        ({"newest_rows": (NewestRow("orders", "made_at", None, "no row of orders"),)}, "no row of orders"),
        ({"newest_rows": (NewestRow("orders", "made_at", NOW + HOUR),)}, "lies in the future, so it tells nothing"),
        ({"live": Counts({"orders": 102})}, "rows of customers is gone (the live database has no such table)"),
        ({"soundness": Soundness(unreadable=("page 3 of orders cannot be read",))}, "page 3 of orders cannot be read"),
        ({"soundness": Soundness(damaged_indexes=("orders_pkey: high key",))}, "orders_pkey: high key"),
        ({"soundness": Soundness(invalid=("orders_at is not valid",))}, "orders_at is not valid"),
        ({"soundness": Soundness(sequences_behind=("the next number of s is 7 behind",))}, "is 7 behind"),
        ({"conditions": (Condition("all paid", holds=False, said="it gives false"),)}, "it gives false"),
    ],
)
def test_what_is_wrong_with_a_backup_is_critical_and_said(row: Row, spoilt_by: dict[str, Any], words: str) -> None:
    observer = judged(row, spoilt(**spoilt_by))
    assert observer.outcome is Outcome.CRITICAL
    assert words in observer.summary


@pytest.mark.parametrize(
    ("spoilt_by", "words"),
    [
        ({"live": Counts(hindrance="database takes no connection")}, "takes no connection"),
        ({"live": Counts({"other": 3})}, "none of the backup's tables"),
        ({"live": Counts({"customers": 20}, {"orders": "permission denied"})}, "permission denied"),
        ({"soundness": Soundness(unread=("orders: there was no time",))}, "there was no time"),
        ({"conditions": (Condition("all paid", None, "column paid does not exist"),)}, "column paid does not exist"),
        ({"unwritten": "the drill cannot be written down"}, "cannot be written down"),
    ],
)
def test_what_could_not_be_looked_at_is_unknown_and_the_rest_is_judged(
    row: Row, spoilt_by: dict[str, Any], words: str
) -> None:
    observer = judged(row, spoilt(**spoilt_by))
    assert observer.outcome is Outcome.UNKNOWN
    assert words in observer.summary
    assert any(each.name == "rows in orders" and each.verdict is Outcome.OK for each in observer.observations)


def test_amcheck_is_missed_only_where_it_is_expected(row: Row) -> None:
    without = spoilt(soundness=Soundness(amcheck_hindrance="the extension amcheck is not installed"))
    assert judged(row, without).outcome is Outcome.OK
    assert judged(row, without, verify_indexes=True).outcome is Outcome.UNKNOWN


def test_indexes_for_which_there_was_no_time_are_no_good_ones(row: Row) -> None:
    none = spoilt(soundness=Soundness(indexes_left_out=4))
    assert judged(row, none).outcome is Outcome.OK
    observer = judged(row, none, verify_indexes=True)
    assert observer.outcome is Outcome.UNKNOWN
    assert "none of 4 was verified" in observer.summary
    some = judged(row, spoilt(soundness=Soundness(indexes_verified=3, indexes_left_out=1)), verify_indexes=True)
    assert some.outcome is Outcome.OK
    assert "3 verified, 1 left out" in [each.note for each in some.observations]


def test_fewer_rows_live_than_in_the_backup_are_fine_and_told(row: Row) -> None:
    observer = judged(row, spoilt(live=Counts({"orders": 40, "customers": 20})))
    assert observer.outcome is Outcome.OK
    assert "orders 40 of 100" in [each.note for each in observer.observations]


@pytest.mark.parametrize(
    ("live", "outcome", "words"),
    [
        ({"orders": 106}, Outcome.CRITICAL, "orders 94 %"),
        ({"customers": 22}, Outcome.CRITICAL, "customers 91 %"),
        ({"orders": 102, "logs": 41}, Outcome.OK, ""),
        ({"logs": 80}, Outcome.WARNING, "other tables is 50 (logs 50 %: written since"),
        ({"incidents": 2}, Outcome.OK, ""),
        ({"sources": 3}, Outcome.OK, ""),
        ({"flags": 3}, Outcome.WARNING, "other tables is 0 (flags 0 %: written since, or left out of the backup)"),
    ],
)
def test_what_was_written_since_is_no_loss_and_what_nobody_named_only_a_warning(
    row: Row, live: dict[str, int], outcome: Outcome, words: str
) -> None:
    rows = {"orders": 100, "customers": 20, "logs": 40, "incidents": 1, "sources": 2, "flags": 0}
    seen = spoilt(counts=Counts(rows), live=Counts(rows | live))
    observer = judged(row, seen, tables=("orders", "customers", "sources"))
    assert observer.outcome is outcome
    assert words in observer.summary


def test_where_all_tables_have_a_few_rows_the_share_is_not_compared(row: Row) -> None:
    observer = judged(
        row, spoilt(counts=Counts({"orders": 2, "customers": 2}), live=Counts({"orders": 3, "customers": 2}))
    )
    assert observer.outcome is Outcome.OK
    assert "none of its tables has 20 rows that could be counted" in [each.note for each in observer.observations]


def test_a_table_that_only_the_live_database_has_is_a_warning_unless_it_is_empty(row: Row) -> None:
    observer = judged(row, spoilt(live=Counts({"orders": 100, "customers": 20, "refunds": 7})))
    assert observer.outcome is Outcome.WARNING
    assert "refunds" in observer.summary
    assert judged(row, spoilt(live=Counts({"orders": 100, "customers": 20, "refunds": 0}))).outcome is Outcome.OK


def test_an_index_that_the_backup_lacks_is_critical_or_a_warning_where_its_table_is_not_named(row: Row) -> None:
    rows = {"orders": 100, "customers": 20, "logs": 5}
    parts = {"orders": frozenset({"index orders_at"}), "logs": frozenset({"index logs_at"})}
    for lacks, outcome in (("orders", Outcome.CRITICAL), ("logs", Outcome.WARNING), ("", Outcome.OK)):
        has = {table: each for table, each in parts.items() if table != lacks}
        seen = spoilt(counts=Counts(rows, parts=has), live=Counts(rows, parts=parts))
        assert judged(row, seen).outcome is outcome
        assert not lacks or f"index {lacks}_at of {lacks}: made since" in judged(row, seen).summary


def test_rows_that_the_drill_before_had_and_a_table_that_vanished_are_critical(row: Row) -> None:
    assert judged(row, HEALTHY, {"orders": (105, 1)}).outcome is Outcome.OK
    observer = judged(row, HEALTHY, {"orders": (120, 1), "customers": (20, 1)})
    assert observer.outcome is Outcome.CRITICAL
    assert "orders 17 %" in observer.summary
    observer = judged(row, HEALTHY, {"orders": (100, 1), "refunds": (7, 1)})
    assert "refunds was in an earlier backup, with 7 rows" in observer.summary
    assert observer.outcome is Outcome.CRITICAL
    assert (
        judged(row, HEALTHY, {"refunds": (7, 1), "orders": (900, 1)}, purged=["refunds", "orders"]).outcome
        is Outcome.OK
    )


def test_an_old_figure_counts_only_when_it_is_of_the_last_drill(row: Row) -> None:
    assert judged(row, HEALTHY, {"orders": (120, 90)}).outcome is Outcome.CRITICAL
    assert judged(row, HEALTHY, {"orders": (100, 1), "refunds": (7, 90)}).outcome is Outcome.OK


def test_a_row_says_that_it_acts_and_which_tables_are_due(row: Row) -> None:
    with pytest.raises(ValidationError, match="acts: true"):
        row(full.FullRestore, drill=DRILL, tables=["orders"])
    with pytest.raises(ValidationError, match="tables"):
        row(full.FullRestore, drill=DRILL, tables=[], acts=True)


def test_a_table_restored_alone_with_all_that_belongs_to_it_is_ok(row: Row) -> None:
    assert single_table(row, HEALTHY).outcome is Outcome.OK


@pytest.mark.parametrize(
    ("spoilt_by", "words"),
    [
        ({"rows": 90}, "rows that orders lacks is 10"),
        ({"rows": 0, "rows_in_backup": 0}, "rows in orders is 0"),
        ({"has_primary_key": False}, "has a primary key is no"),
        ({"indexes": 0}, "indexes of orders is 0"),
        ({"missing": ("CREATE INDEX orders_at",)}, "CREATE INDEX orders_at"),
        ({"missing_against_live": ("orders_total_check CHECK",)}, "orders_total_check CHECK"),
        ({"seconds": 7200.0}, "time to restore the table is 2 h"),
        ({"failure": "the backup has no such table"}, "the backup has no such table"),
    ],
)
def test_a_table_that_lacks_something_is_critical(row: Row, spoilt_by: dict[str, Any], words: str) -> None:
    observer = single_table(row, spoilt(alone={"orders": replace(ALONE, **spoilt_by)}))
    assert observer.outcome is Outcome.CRITICAL
    assert words in observer.summary


def test_a_table_beside_a_live_one_that_cannot_be_seen_is_unknown(row: Row) -> None:
    hidden = replace(ALONE, missing_against_live=None, hindrance="database takes no connection")
    assert single_table(row, spoilt(alone={"orders": hidden})).outcome is Outcome.UNKNOWN
    without = replace(ALONE, missing_against_live=None, foreign_keys_left_out=("orders_customer_fkey",))
    observer = single_table(row, spoilt(alone={"orders": without}))
    assert observer.outcome is Outcome.OK
    assert "orders_customer_fkey" in [each.note for each in observer.observations]


def test_a_table_that_the_drill_does_not_restore_is_refused(row: Row) -> None:
    with pytest.raises(ValidationError, match="name it in its `alone`"):
        row(single.TableRestore, drill=DRILL, acts=True, table="customers")
