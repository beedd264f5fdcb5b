"""Drills write down what came of them; after a recovery the live database is compared with its backup: real servers."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rounds.checks import test_restored_state as after
from rounds.fixtures.recovered import Recovered
from rounds.judge import Observer
from rounds.outcome import Outcome
from rounds.probe import PROBES, CouldNotLook
from rounds.targets import RestoreDrill, RestoreRecords

from .drills import NEWEST, carried_out, judged
from .servers import Put, Server, backups_in

Row = Callable[..., Any]
Drill = Callable[..., RestoreDrill]


@pytest.fixture
def records(tmp_path: Path) -> RestoreRecords:
    return RestoreRecords(name="restores", system="shop", path=str(tmp_path / "restores.jsonl"))


def test_a_good_drill_is_written_down_with_its_rows(server: Server, put: Put, drill: Drill, records: Any) -> None:
    path = put(server.dump())
    carried_out(drill(records=records))
    seen = PROBES["recorded_restores"].look(records)
    assert not seen.broken
    assert seen.newest_ok.backup == path.name
    assert seen.newest_ok.rows["orders"] == seen.newest_ok.expected["orders"] == 2000
    assert seen.newest_ok.seconds > 0
    assert seen.newest_ok.by == "rounds: drill"


def test_drills_that_failed_or_could_not_be_carried_out_are_written_down_as_failed(
    server: Server, put: Put, drill: Drill, records: Any
) -> None:
    carried_out(drill(records=records))
    put(server.dump()[:-1000])
    carried_out(drill(records=records))
    with pytest.raises(CouldNotLook):
        carried_out(drill(records=records, disk="1 MB"))
    lines = Path(records.path).read_text().splitlines()
    assert len(lines) == 3
    assert all('"outcome": "failed"' in line and '"why": "' in line for line in lines)
    assert '"backup": "none"' in lines[0]


def test_a_drill_that_cannot_be_written_down_is_still_judged(row: Row, server: Server, put: Put, drill: Drill) -> None:
    put(server.dump())
    nowhere = RestoreRecords(name="restores", system="shop", path="/nowhere/at/all.jsonl")
    seen = carried_out(drill(records=nowhere))
    observer = judged(row, drill(), seen)
    assert observer.outcome is Outcome.UNKNOWN
    assert "cannot be written down in /nowhere/at/all.jsonl" in observer.summary


@pytest.fixture
def recovery(tmp_path: Path) -> Path:
    """A recovery that began half an hour ago."""
    path = tmp_path / "recovery"
    path.write_text("")
    begun = time.time() - 1800
    os.utime(path, (begun, begun))
    return path


def look(drill: RestoreDrill, recovery: Path) -> Recovered:
    seen: Recovered = PROBES["recovered"].look(drill, None, str(recovery), 86400.0, 60.0)
    return seen


def data(row: Row, drill: RestoreDrill, seen: Recovered) -> Observer:
    observer = Observer()
    expected = row(after.RecoveredData, drill=drill, recovery=str(seen.recovery.backup or "/x"), acts=True)
    after.test_recovered_data(expected, seen, observer)
    return observer


def test_after_a_full_recovery_nothing_is_missing(  # noqa: PLR0913, PLR0917 - a real backup, live, and after a recovery
    row: Row, server: Server, put: Put, drill: Drill, recovery: Path, tmp_path: Path
) -> None:
    used = put(server.dump("-Fc"), ".backup", hours=2)
    put(server.dump("-Fc", "-s"), ".backup", hours=0.1)  # made since: it says nothing of what was recovered
    wanted = drill(newest=NEWEST)
    seen = look(wanted, recovery)
    assert seen.restored.archive is not None
    assert seen.restored.archive.name == used.name
    assert seen.foreign_keys == 1
    assert data(row, wanted, seen).outcome is Outcome.OK
    observer = Observer()
    expected = row(
        after.RestoredState,
        drill=wanted,
        kept=backups_in(tmp_path / "backups"),
        recovery="/x",
        acts=True,
        tables=["orders"],
    )
    kept = PROBES["kept_state"].look(backups_in(tmp_path), None, str(recovery), 86400.0)
    after.test_restored_state(expected, seen, kept, observer)
    assert observer.outcome is Outcome.CRITICAL
    assert "there is none in" in observer.summary


def test_a_recovery_that_names_its_backup_is_compared_with_that(
    put: Put, server: Server, drill: Drill, recovery: Path
) -> None:
    older = put(server.dump("-Fc"), ".backup", hours=9)
    put(server.dump("-Fc"), ".backup", hours=2)
    recovery.write_text(f"/var/backups/{older.name}\n")
    seen = look(drill(), recovery)
    assert seen.restored.archive is not None
    assert seen.restored.archive.name == older.name


def test_an_incomplete_recovery_is_critical_with_its_gaps(
    row: Row, server: Server, put: Put, drill: Drill, recovery: Path
) -> None:
    put(server.dump("-Fc"), ".backup", hours=2)
    lost = (
        "DELETE FROM events WHERE id <= 100",
        "SET session_replication_role = replica",
        "DELETE FROM customers WHERE id = 7",
    )
    with server.changed("SELECT 1") as copy:
        server.run(*lost, database=str(copy.dsn.get_secret_value().partition("dbname='")[2].rstrip("'")))
        wanted = drill(newest=NEWEST, live=copy)
        observer = data(row, wanted, look(wanted, recovery))
    assert observer.outcome is Outcome.CRITICAL
    assert "events 2900 of 3000" in observer.summary
    assert "orders.orders_customer_fkey: 10" in observer.summary
    assert "newest row of events behind the backup's is 10" in observer.summary
