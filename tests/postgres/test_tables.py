"""Tables: their daily changes, their rows, their indexes."""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from pydantic import SecretStr, ValidationError

from rounds.checks import test_integrity as integrity
from rounds.checks import test_tables as checks
from rounds.fixtures import tables as facts
from rounds.fixtures.pg_amcheck import IndexCheck
from rounds.fixtures.pg_integrity import Checksums
from rounds.judge import Earlier, EarlierFigure, Observer
from rounds.outcome import Outcome
from rounds.probe import PROBES, CouldNotLook, RunbookDisagrees
from rounds.targets import Postgres

from .conftest import Server

Row = Callable[..., Any]
DATABASE = Postgres(name="database", dsn=SecretStr("x"))
DAY = 86400.0
WHOLE = (Checksums(on=True, failures=0), IndexCheck("", 5))


@pytest.fixture
def settings(server: Server) -> Iterator[Server]:
    yield server
    server.run("TRUNCATE settings")


def changes(database: Postgres, *must_change: str) -> facts.TableChanges:
    found: facts.TableChanges = PROBES["table_changes"].look(database, must_change)
    return found


def judged(row: Row, counted: int, *figures: tuple[float, float]) -> Observer:
    """`figures` are days of age and what was counted then, newest first."""
    observer = Observer()
    earlier = Earlier({"changes counted in jobs": [EarlierFigure(value, days * DAY) for days, value in figures]})
    expected = row(checks.VolumeBaseline, database=DATABASE, must_change=["jobs"])
    checks.test_volume_baseline(expected, facts.TableChanges({"jobs": counted, "quiet": 3}), earlier, observer)
    return observer


def test_changes_are_counted_by_the_names_of_the_row(settings: Server, database: Postgres) -> None:
    before = changes(database, "public.settings").counted
    settings.run("INSERT INTO settings SELECT n::text FROM generate_series(1, 7) n; SELECT pg_stat_force_next_flush()")
    after = changes(database, "public.settings").counted
    assert after["public.settings"] == before["public.settings"] + 7
    assert after["jobs"] == before["jobs"]


def test_a_table_that_must_change_and_is_not_there_is_told(
    database: Postgres, errors_logged: Callable[[], int]
) -> None:
    with pytest.raises(RunbookDisagrees, match="relation orders does not exist"):
        changes(database, "orders")
    assert errors_logged() == 0


def test_a_row_that_names_no_table_is_refused(row: Row) -> None:
    with pytest.raises(ValidationError, match="must_change"):
        row(checks.VolumeBaseline, database=DATABASE, must_change=[])


def test_a_table_that_changed_since_yesterday_is_ok(row: Row) -> None:
    assert judged(row, 1100, (0.1, 1090), (1, 1000)).outcome is Outcome.OK


def test_a_table_that_stands_still_is_critical(row: Row) -> None:
    assert judged(row, 1000, (0.1, 1000), (1, 1000)).outcome is Outcome.CRITICAL


def test_a_counter_that_fell_is_critical_and_is_called_a_reset(row: Row) -> None:
    observer = judged(row, 0, (1, 1000))
    assert observer.outcome is Outcome.CRITICAL
    assert "reset" in observer.summary


def test_the_first_figure_of_a_table_is_unknown(row: Row) -> None:
    assert judged(row, 1000).outcome is Outcome.UNKNOWN
    assert judged(row, 1000, (0.1, 900)).outcome is Outcome.UNKNOWN
    assert judged(row, 1000, (5, 900)).outcome is Outcome.UNKNOWN


def test_more_than_ten_times_the_mean_is_critical(row: Row) -> None:
    week = [(float(day), 1000.0 - 100 * day) for day in range(1, 8)]
    assert judged(row, 1000, *week).outcome is Outcome.OK
    observer = judged(row, 2000, *week)
    assert observer.outcome is Outcome.CRITICAL
    assert "against the mean is 11," in observer.summary


def test_a_reset_within_the_week_does_not_lower_the_mean(row: Row) -> None:
    assert judged(row, 300, (1, 200), (2, 100), (3, 5000), (4, 4900)).outcome is Outcome.OK


def test_a_table_without_statistics_is_unknown(row: Row) -> None:
    observer = Observer()
    expected = row(checks.VolumeBaseline, database=DATABASE, must_change=["jobs"])
    checks.test_volume_baseline(expected, facts.TableChanges({}), Earlier(), observer)
    assert observer.outcome is Outcome.UNKNOWN


def counts(database: Postgres, *tables: str) -> facts.RowCounts:
    found: facts.RowCounts = PROBES["row_counts"].look(database, tables)
    return found


def compared(row: Row, rows: facts.RowCounts, *whole: Any, **given: Any) -> Observer:
    observer = Observer()
    earlier = Earlier(
        {"rows in domains": [EarlierFigure(1900, 600), EarlierFigure(2000, DAY), EarlierFigure(9000, 30 * DAY)]}
    )
    expected = row(integrity.RowCountCompare, database=DATABASE, **given)
    integrity.test_row_count_compare(
        expected, rows, whole[0] if whole else WHOLE[0], whole[1] if whole else WHOLE[1], earlier, observer
    )
    return observer


def test_rows_are_counted_exactly_and_what_may_not_be_read_is_named(settings: Server, database: Postgres) -> None:
    settings.run("INSERT INTO settings SELECT n::text FROM generate_series(1, 1234) n")
    found = counts(database)
    assert found.rows["settings"] == 1234
    assert found.rows['"Odd name; --"'] == 0
    assert found.unreadable == ("hidden",)
    assert counts(database, "settings").rows == {"settings": 1234}


def test_row_security_is_an_error_and_not_a_smaller_count(settings: Server, database: Postgres) -> None:
    settings.run("ALTER TABLE settings ENABLE ROW LEVEL SECURITY")
    try:
        with pytest.raises(CouldNotLook, match="row-level security"):
            counts(database, "settings")
    finally:
        settings.run("ALTER TABLE settings DISABLE ROW LEVEL SECURITY")


def test_a_table_to_count_that_is_not_there_is_told(database: Postgres) -> None:
    with pytest.raises(RunbookDisagrees, match="relation domains does not exist"):
        counts(database, "domains")


def test_as_many_rows_as_before_are_ok(row: Row) -> None:
    assert compared(row, facts.RowCounts({"domains": 1990, "new": 0})).outcome is Outcome.OK


def test_a_fifth_of_the_rows_lost_is_critical(row: Row) -> None:
    observer = compared(row, facts.RowCounts({"domains": 1600}))
    assert observer.outcome is Outcome.CRITICAL
    assert "domains 20 %" in observer.summary


def test_a_loss_stays_critical_after_a_round_has_counted_it(row: Row) -> None:
    assert compared(row, facts.RowCounts({"domains": 1790})).outcome is Outcome.CRITICAL


def test_a_known_purge_is_ok(row: Row) -> None:
    assert compared(row, facts.RowCounts({"domains": 5, "b": 1}), purged=["domains"]).outcome is Outcome.UNKNOWN
    assert compared(row, facts.RowCounts({"domains": 1600}), lost="30%").outcome is Outcome.OK


def test_a_vanished_table_is_critical(row: Row) -> None:
    assert compared(row, facts.RowCounts({"other": 5})).outcome is Outcome.CRITICAL


def test_the_first_count_is_unknown_and_so_is_an_unreadable_table(row: Row) -> None:
    assert compared(row, facts.RowCounts({"jobs": 5}), tables=["jobs"]).outcome is Outcome.UNKNOWN
    assert compared(row, facts.RowCounts({"domains": 2000}, ("hidden",))).outcome is Outcome.UNKNOWN


def test_checksum_failures_and_missing_checksums_are_critical(row: Row) -> None:
    rows, indexes = facts.RowCounts({"domains": 2000}), IndexCheck("", 5)
    assert compared(row, rows, Checksums(on=True, failures=1), indexes).outcome is Outcome.CRITICAL
    assert compared(row, rows, Checksums(on=False, failures=None), indexes).outcome is Outcome.CRITICAL
    assert compared(row, rows, Checksums(on=True, failures=None), indexes).outcome is Outcome.UNKNOWN


def test_damaged_indexes_are_critical_and_a_missing_amcheck_is_said(row: Row) -> None:
    rows = facts.RowCounts({"domains": 2000})
    assert compared(row, rows, WHOLE[0], IndexCheck("", 5, 0, ("i: bad",))).outcome is Outcome.CRITICAL
    missing = IndexCheck("the extension amcheck is not installed")
    assert compared(row, rows, WHOLE[0], missing).outcome is Outcome.UNKNOWN
    assert compared(row, rows, WHOLE[0], missing, verify_indexes=False).outcome is Outcome.OK


def test_indexes_of_which_none_could_be_verified_are_unknown(row: Row) -> None:
    rows = facts.RowCounts({"domains": 2000})
    assert compared(row, rows, WHOLE[0], IndexCheck("", 0, 12)).outcome is Outcome.UNKNOWN
    assert compared(row, rows, WHOLE[0], IndexCheck("", 1, 11)).outcome is Outcome.OK
    assert compared(row, rows, WHOLE[0], IndexCheck("", 0, 0)).outcome is Outcome.OK


def test_checksums_and_their_failures_are_read(database: Postgres) -> None:
    assert PROBES["checksums"].look(database) == Checksums(on=True, failures=0)


def test_whole_indexes_are_verified(settings: Server, database: Postgres) -> None:
    settings.run("INSERT INTO settings SELECT n::text FROM generate_series(1, 100) n")
    found = PROBES["index_check"].look(database, ("settings",))
    assert found == IndexCheck("", verified=2, left_out=0, with_rows=2)


def test_a_damaged_index_is_found(server: Server, database: Postgres) -> None:
    server.run("CREATE TABLE damaged (id int); INSERT INTO damaged SELECT n FROM generate_series(1, 5000) n")
    server.run("CREATE INDEX damaged_id ON damaged (id)")
    # An operator class that suddenly sorts the other way is what a new C library does to text.
    server.run("CREATE FUNCTION sort_up(int, int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT btint4cmp($1, $2)'")
    operators = ", ".join(f"OPERATOR {n} {sign} (int, int)" for n, sign in enumerate(("<", "<=", "=", ">=", ">"), 1))
    server.run(f"CREATE OPERATOR CLASS turning FOR TYPE int USING btree AS {operators}, FUNCTION 1 sort_up(int, int)")
    server.run("CREATE INDEX damaged_turning ON damaged (id turning)")
    server.run(
        "CREATE OR REPLACE FUNCTION sort_up(int, int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT btint4cmp($2, $1)'"
    )
    try:
        found = PROBES["index_check"].look(database, ("damaged",))
    finally:
        server.run("DROP TABLE damaged")
    assert (found.verified, len(found.damaged)) == (2, 1)
    assert found.damaged[0].startswith("damaged_turning")


def test_an_index_that_is_locked_is_left_out(server: Server, database: Postgres) -> None:
    with psycopg.connect(server.dsn("super")) as holder:
        holder.execute("LOCK TABLE settings IN ACCESS EXCLUSIVE MODE")
        found = PROBES["index_check"].look(database, ("settings",))
    assert (found.verified, found.left_out) == (1, 1)  # the index of what is stored beside the table is no part of it


def test_a_missing_amcheck_is_said(server: Server) -> None:
    found = PROBES["index_check"].look(server.target(dbname="postgres"), ())
    assert found.hindrance == "the extension amcheck is not installed"
