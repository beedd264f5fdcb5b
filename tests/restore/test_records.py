"""Records of restores: who may write them, and what is judged by them."""

import gzip
import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rounds.checks import test_restore_records as checks
from rounds.fixtures.restore_records import Recorded, RestoreRecord, write_down
from rounds.judge import Observer
from rounds.outcome import Outcome
from rounds.probe import PROBES, CouldNotLook, RunbookDisagrees
from rounds.targets import RestoreRecords

from .servers import Put, backups_in

DAY = 86400.0
Row = Callable[..., Any]


@pytest.fixture
def records(tmp_path: Path) -> RestoreRecords:
    return RestoreRecords(name="drills", system="shop", path=str(tmp_path / "restores.jsonl"))


def looked(records: RestoreRecords) -> Recorded:
    found: Recorded = PROBES["recorded_restores"].look(records)
    return found


def judged(row: Row, records: RestoreRecords, **given: Any) -> Observer:
    observer = Observer()
    expected = row(checks.RestoredLately, records=records, **given)
    verified = PROBES["verified_backup"].look(expected.backups, expected.dump, None)
    checks.test_restore_records(expected, looked(records), verified, observer)
    return observer


def a_record(days: float = 1, *, ok: bool = True, **given: Any) -> RestoreRecord:
    known: dict[str, Any] = {
        "rows": {"jobs": 97},
        "expected": {"jobs": 100},
        "by": "eve",
        "why": "" if ok else "it is cut",
    }
    return RestoreRecord(time.time() - days * DAY, "dump.gz", ok, given.pop("seconds", 60.0), **known | given)


def test_a_young_and_quick_restore_is_ok(row: Row, records: RestoreRecords) -> None:
    write_down(records, a_record())
    observer = judged(row, records, tables=["jobs"])
    assert observer.outcome is Outcome.OK
    assert "dump.gz, by eve" in observer.summary


def test_an_old_restore_is_critical(row: Row, records: RestoreRecords) -> None:
    write_down(records, a_record(45))
    assert "age of the newest successful restore is 45" in judged(row, records).summary
    assert judged(row, records).outcome is Outcome.CRITICAL


def test_a_slow_restore_is_critical(row: Row, records: RestoreRecords) -> None:
    write_down(records, a_record(seconds=6 * 3600))
    observer = judged(row, records, took="4h")
    assert observer.outcome is Outcome.CRITICAL
    assert "time it took is 6 h" in observer.summary


def test_too_few_rows_are_critical_and_rows_that_are_not_told_unknown(row: Row, records: RestoreRecords) -> None:
    write_down(records, a_record(rows={"jobs": 94, "users": 3}))
    assert judged(row, records, tables=["jobs"]).outcome is Outcome.CRITICAL
    assert "94 of 100" in judged(row, records, tables=["jobs"]).summary
    assert judged(row, records, tables=["users"]).outcome is Outcome.UNKNOWN
    assert "does not tell how many it brought" in judged(row, records, tables=["domains"]).summary


def test_without_a_record_the_row_is_critical(row: Row, records: RestoreRecords) -> None:
    assert judged(row, records).outcome is Outcome.CRITICAL
    Path(records.path).write_text("\n\n")
    assert "no restore is recorded" in judged(row, records).summary


def test_a_failed_restore_does_not_count_and_is_told(row: Row, records: RestoreRecords) -> None:
    write_down(records, a_record(3))
    write_down(records, a_record(1, ok=False))
    observer = judged(row, records)
    assert observer.outcome is Outcome.WARNING
    assert "it is cut" in observer.summary
    assert judged(row, records, age="2d").outcome is Outcome.CRITICAL


def test_only_failed_restores_are_critical(row: Row, records: RestoreRecords) -> None:
    write_down(records, a_record(1, ok=False, seconds=0.0))
    observer = judged(row, records)
    assert observer.outcome is Outcome.CRITICAL
    assert "every recorded restore failed" in observer.summary


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"at": "yesterday"}, "has no time in `at`"),
        ({"at": "2999-01-01T00:00:00Z"}, "`at` lies in the future"),
        ({"outcome": "success"}, "`outcome` is not one of ok, failed"),
        ({"backup": ""}, "`backup` names no backup"),
        ({"seconds": "60"}, "`seconds` is no number"),
        ({"seconds": float("nan")}, "`seconds` is no number"),
        ({"seconds": -3}, "`seconds` is no number"),
        ({"rows": {"jobs": "97"}}, "`rows` is no mapping"),
        ({"expected": [1]}, "`expected` is no mapping"),
    ],
)
def test_a_broken_line_is_unknown_with_its_file_and_line(
    row: Row, records: RestoreRecords, changed: dict[str, object], words: str
) -> None:
    good = {"at": "2026-11-20T02:00:00Z", "backup": "dump.gz", "outcome": "ok", "seconds": 12}
    Path(records.path).write_text(f"{json.dumps(good)}\n{json.dumps(good | changed)}\n")
    observer = judged(row, records, age="9999d")
    assert observer.outcome is Outcome.UNKNOWN
    assert f"{records.path}, line 2: {words}" in observer.summary


def test_half_a_line_is_told_and_the_next_record_begins_anew(row: Row, records: RestoreRecords) -> None:
    Path(records.path).write_text('{"at": "2026-11-2')
    write_down(records, a_record())
    observer = judged(row, records)
    assert looked(records).count == 1
    assert "line 1: is no JSON" in observer.summary
    assert observer.outcome is Outcome.UNKNOWN


def test_several_writers_lose_no_record(records: RestoreRecords) -> None:
    writers = [threading.Thread(target=write_down, args=(records, a_record(n / 100))) for n in range(20)]
    for each in writers:
        each.start()
    for each in writers:
        each.join()
    assert looked(records).count == 20
    assert not looked(records).broken


def test_what_a_person_writes_by_hand_counts(row: Row, records: RestoreRecords) -> None:
    made = time.strftime("%Y-%m-%d %H:%M:%S+00:00", time.gmtime(time.time() - 60))
    line = f'{{"at": "{made}", "backup": "friday", "outcome": "ok", "seconds": 900, "by": "Adam \\u001b[31m"}}\r\n'
    Path(records.path).write_text(f"\ufeff{line}")
    observer = judged(row, records)
    assert observer.outcome is Outcome.OK
    assert "\x1b" not in observer.summary


def test_a_folder_that_is_not_there_disagrees_and_a_file_that_may_not_be_read_is_unknown(
    tmp_path: Path, as_nobody: Callable[[], Any]
) -> None:
    with pytest.raises(RunbookDisagrees, match="there is no folder"):
        looked(RestoreRecords(name="x", path=str(tmp_path / "gone" / "r.jsonl")))
    shut = tmp_path / "shut.jsonl"
    shut.write_text("")
    shut.chmod(0)
    with as_nobody(), pytest.raises(CouldNotLook, match="cannot be read"):
        looked(RestoreRecords(name="x", path=str(shut)))


def test_with_backups_the_age_of_the_newest_good_one_is_judged(row: Row, records: RestoreRecords, put: Put) -> None:
    write_down(records, a_record())
    backups = backups_in(Path(records.path).parent / "backups")
    assert "there is none" in judged(row, records, backups=backups).summary
    good = gzip.compress(b"--\n-- PostgreSQL database dump\n--\n\n--\n-- PostgreSQL database dump complete\n--\n\n")
    put(good, ".sql.gz", hours=30)
    assert judged(row, records, backups=backups).outcome is Outcome.CRITICAL
    assert judged(row, records, backups=backups, rpo="31h").outcome is Outcome.OK
    put(good[:-9], ".sql.gz", hours=2)
    observer = judged(row, records, backups=backups)
    assert observer.outcome is Outcome.CRITICAL
    assert "newer and damaged: shop-" in observer.summary
    put(good, ".sql.gz", hours=1)
    assert judged(row, records, backups=backups).outcome is Outcome.OK


def test_a_backup_whose_name_lies_in_the_future_counts_as_none(row: Row, records: RestoreRecords, put: Put) -> None:
    write_down(records, a_record())
    good = gzip.compress(b"--\n-- PostgreSQL database dump\n--\n\n--\n-- PostgreSQL database dump complete\n--\n\n")
    put(good, ".sql.gz", hours=-20)
    observer = judged(row, records, backups=backups_in(Path(records.path).parent / "backups"))
    assert observer.outcome is Outcome.CRITICAL
    assert "lies in the future" in observer.summary


def test_a_record_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(CouldNotLook, match="cannot be written down"):
        write_down(RestoreRecords(name="x", path=str(tmp_path)), a_record())
