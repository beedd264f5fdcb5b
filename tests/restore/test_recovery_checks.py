"""The checks after a recovery, on what may have been seen; and how a recovery is known."""

import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from rounds.checks import test_restored_state as checks
from rounds.fixtures.recovered import KeptState, Recovered, Recovery
from rounds.fixtures.restore_figures import Counts, NewestRow
from rounds.judge import Observer
from rounds.outcome import Outcome
from rounds.probe import PROBES, CouldNotLook
from rounds.targets import Backups, Host, Postgres, RestoreDrill

from .facts import ARCHIVE, BACKUPS, DRILL, HEALTHY, HOUR, NOW, spoilt

Row = Callable[..., Any]
LIVE = Counts({"orders": 104, "customers": 20})
SEEN = Recovered(
    Recovery(NOW - HOUR), spoilt(live=LIVE), (NewestRow("orders", "made_at", NOW),), 1, {},
)  # fmt: skip
KEPT = KeptState("/kept", replace(ARCHIVE, recorded_epoch_seconds=NOW - 1.2 * HOUR), NOW - HOUR)
KEPT_ASIDE = Backups(name="kept", system="shop", path="/kept", pattern=BACKUPS.pattern)


def state(row: Row, seen: Recovered | None = SEEN, kept: KeptState | None = KEPT, **given: Any) -> Observer:
    observer = Observer()
    named = {
        "drill": DRILL,
        "kept": KEPT_ASIDE,
        "recovery": "/run/recovery",
        "acts": True,
        "tables": ["orders"],
    } | given
    checks.test_restored_state(row(checks.RestoredState, **named), seen, kept, observer)
    return observer


def data(row: Row, seen: Recovered | None = SEEN, **given: Any) -> Observer:
    observer = Observer()
    named = {"drill": DRILL, "recovery": "/run/recovery", "acts": True} | given
    checks.test_recovered_data(row(checks.RecoveredData, **named), seen, observer)
    return observer


def test_a_recovery_that_brought_everything_and_kept_the_state_before_is_ok(row: Row) -> None:
    assert state(row).outcome is Outcome.OK
    assert data(row).outcome is Outcome.OK


def test_without_a_recovery_rows_are_skipped(row: Row) -> None:
    for judged in (state, data):
        with pytest.raises(pytest.skip.Exception, match="there is no /run/recovery, or it is older than 3 d"):
            judged(row, None)


def test_a_recovery_without_a_copy_of_the_state_before_is_critical(row: Row) -> None:
    observer = state(row, kept=replace(KEPT, nearest=None))
    assert observer.outcome is Outcome.CRITICAL
    assert "there is none in /kept" in observer.summary
    old = replace(ARCHIVE, recorded_epoch_seconds=NOW - 30 * HOUR)
    assert state(row, kept=replace(KEPT, nearest=old)).outcome is Outcome.CRITICAL
    after = replace(ARCHIVE, recorded_epoch_seconds=NOW - HOUR / 2)
    assert state(row, kept=replace(KEPT, nearest=after)).outcome is Outcome.OK
    later = replace(ARCHIVE, recorded_epoch_seconds=NOW)
    observer = state(row, kept=KeptState("/kept", later, NOW - 47 * HOUR))
    assert observer.outcome is Outcome.CRITICAL
    assert "made after the recovery began" in observer.summary


def test_rows_that_the_backup_has_and_the_live_table_lacks_are_critical(row: Row) -> None:
    fewer = replace(SEEN, restored=spoilt(live=Counts({"orders": 99, "customers": 20})))
    assert "99 live, 100 in the backup" in state(row, fewer).summary
    assert state(row, fewer).outcome is Outcome.CRITICAL
    observer = data(row, fewer)
    assert observer.outcome is Outcome.CRITICAL
    assert "orders 99 of 100" in observer.summary
    gone = replace(SEEN, restored=spoilt(live=Counts({"customers": 20})))
    assert "the live database has no such table" in state(row, gone).summary
    assert "orders 0 of 100" in data(row, gone).summary


def test_a_backup_without_the_table_or_without_rows_is_critical(row: Row) -> None:
    assert "the backup has no such table" in state(row, tables=["refunds"]).summary
    empty = replace(SEEN, restored=spoilt(counts=Counts({"orders": 0}), live=LIVE))
    assert data(row, empty).outcome is Outcome.CRITICAL


def test_tables_that_could_not_be_counted_are_not_left_out_in_silence(row: Row) -> None:
    broken = Counts({"customers": 20}, {"orders": "invalid page in block 3"})
    observer = data(row, replace(SEEN, restored=spoilt(counts=broken, live=LIVE)))
    assert observer.outcome is Outcome.UNKNOWN
    assert "orders in the backup: invalid page in block 3" in observer.summary
    observer = data(row, replace(SEEN, restored=spoilt(live=broken)))
    assert observer.outcome is Outcome.UNKNOWN
    assert "orders in the live database: invalid page in block 3" in observer.summary
    assert "orders 0 of 100" not in observer.summary


def test_orphans_are_critical_and_named(row: Row) -> None:
    observer = data(row, replace(SEEN, orphans={"orders.orders_customer_fkey": 12}))
    assert observer.outcome is Outcome.CRITICAL
    assert "orders.orders_customer_fkey: 12" in observer.summary
    assert data(row, replace(SEEN, uncounted=("orders.x: no time",))).outcome is Outcome.UNKNOWN


def test_newest_rows_behind_the_backups_are_critical(row: Row) -> None:
    late = replace(SEEN, newest_live=(NewestRow("orders", "made_at", NOW - 9 * HOUR),))
    assert "newest row of orders behind the backup's is 2" in data(row, late).summary
    assert data(row, late).outcome is Outcome.CRITICAL
    none = replace(SEEN, newest_live=(NewestRow("orders", "made_at", None, "no row of orders"),))
    assert data(row, none).outcome is Outcome.CRITICAL


def test_a_live_database_that_cannot_be_seen_is_unknown(row: Row) -> None:
    hidden = replace(SEEN, hindrance="database takes no connection", orphans=None)
    assert state(row, hidden).outcome is Outcome.UNKNOWN
    assert data(row, hidden).outcome is Outcome.UNKNOWN


def test_a_backup_that_cannot_be_restored_again_is_critical(row: Row) -> None:
    broken = replace(SEEN, restored=replace(HEALTHY, failure="it is cut"))
    assert "it is cut" in data(row, broken).summary
    assert data(row, broken).outcome is Outcome.CRITICAL


def test_a_row_needs_a_live_database_and_its_acting_to_be_meant(row: Row) -> None:
    alone = RestoreDrill(name="alone", system="shop", backups=BACKUPS)
    with pytest.raises(ValidationError, match="names no live database"):
        data(row, drill=alone)
    with pytest.raises(ValidationError, match="acts: true"):
        data(row, acts=False)


def test_there_is_no_recovery_without_its_file_or_long_after_it(tmp_path: Path) -> None:
    path = tmp_path / "recovery"
    for host in (None, Host(name="app", system="shop")):
        path.unlink(missing_ok=True)
        assert PROBES["kept_state"].look(BACKUPS, host, str(path), 3600.0) is None
        assert PROBES["recovered"].look(DRILL, host, str(path), 3600.0, None) is None
        path.write_text("")
        os.utime(path, (time.time() - 7200, time.time() - 7200))
        assert PROBES["kept_state"].look(BACKUPS, host, str(path), 3600.0) is None
        assert PROBES["recovered"].look(DRILL, host, str(path), 3600.0, None) is None


def test_what_was_kept_is_the_newest_of_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "recovery"
    path.write_text("")
    (tmp_path / "shop-20261122.sql").write_text("x")
    kept = Backups(name="kept", system="shop", path=str(tmp_path), pattern=BACKUPS.pattern, settled=0)
    for host in (None, Host(name="app", system="shop")):
        seen = PROBES["kept_state"].look(kept, host, str(path), 3600.0)
        assert seen.nearest.name == "shop-20261122.sql"
        assert seen.began_epoch_seconds == pytest.approx(path.stat().st_mtime, abs=1)


def test_a_copy_made_long_after_the_recovery_is_not_taken_for_the_state_before(tmp_path: Path) -> None:
    path = tmp_path / "recovery"
    path.write_text("")
    began = time.time() - 49 * HOUR
    os.utime(path, (began, began))
    kept = Backups(name="kept", system="shop", path=str(tmp_path), pattern=BACKUPS.pattern, settled=0)
    for days in (0, 1, 2, 5):
        stamp = time.strftime("%Y%m%d", time.gmtime(began + HOUR - days * 86400))
        (tmp_path / f"shop-{stamp}.sql").write_text("x")
    for days in (1, 2):
        (tmp_path / time.strftime("shop-%Y%m%d.sql", time.gmtime(began + days * 86400))).write_text("x")
    seen = PROBES["kept_state"].look(kept, None, str(path), 3e6)
    assert abs(seen.nearest.recorded_epoch_seconds - began) <= 12 * HOUR


def test_a_recovery_that_names_a_backup_which_is_gone_is_unknown(tmp_path: Path) -> None:
    (tmp_path / "recovery").write_text("/backups/shop-20200101.sql\nby eve\n")
    live = Postgres(name="database", dsn=SecretStr("host=nowhere"))
    backups = Backups(name="d", system="shop", path=str(tmp_path), pattern=BACKUPS.pattern)
    drill = RestoreDrill(name="drill", system="shop", backups=backups, live=live)
    with pytest.raises(CouldNotLook, match=r"names shop-20200101\.sql, and .* has no such backup"):
        PROBES["recovered"].look(drill, None, str(tmp_path / "recovery"), 3600.0, 20.0)
