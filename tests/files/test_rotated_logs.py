"""What is seen and said of the files of a log."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rounds.checks import test_log_files as checks
from rounds.fixtures import log_files as looks
from rounds.judge import Observer
from rounds.outcome import Outcome
from rounds.probe import PROBES, CouldNotLook, RunbookDisagrees
from rounds.targets import Host, Log

HOUR, DAY = 3600, 86_400
OLD = "2020-01-01 00:00:00 an old record\n"


def stamped(age: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(time.time() - age)) + " a record\n"


def files(log: Log) -> looks.LogFiles:
    seen: looks.LogFiles = PROBES["log_files"].look(log)
    return seen


def set_judged(row: Callable[..., Any], log: Log, **given: Any) -> Observer:
    expected = row(checks.LogRotatedSet, log=log, **({"kept": 14} | given))
    observer = Observer()
    archives = PROBES["log_archives"].look(log, expected.compressed)
    checks.test_log_rotated_set(expected, files(log), archives, observer)
    return observer


@pytest.fixture
def rotated(put: Callable[..., Path]) -> None:
    """A healthy set: the newest plain, all others compressed."""
    put("app.log", OLD)
    put("app.log.1", age=3 * HOUR)
    for number in range(2, 6):
        put(f"app.log.{number}.gz", age=number * DAY)


@pytest.mark.usefixtures("rotated")
def test_a_healthy_set_is_ok_and_sorted_by_number(log: Log, row: Callable[..., Any]) -> None:
    assert [file.key for file in files(log).rotated] == ["1", "2", "3", "4", "5"]
    observer = set_judged(row, log, kept=5, newest="25h", compressed=True)
    assert observer.outcome is Outcome.OK, observer.summary


@pytest.mark.usefixtures("rotated")
def test_one_rotated_file_too_many_is_critical(log: Log, row: Callable[..., Any], put: Callable[..., Path]) -> None:
    put("app.log.6.gz")
    observer = set_judged(row, log, kept=5)
    assert observer.outcome is Outcome.CRITICAL
    assert "rotated files is 6, allowed is at most 5 (oldest is app.log.6.gz)" in observer.summary


@pytest.mark.usefixtures("rotated")
def test_an_old_newest_file_is_critical_unless_there_was_nothing_to_rotate(
    log: Log, row: Callable[..., Any], put: Callable[..., Path]
) -> None:
    put("app.log.1", age=3 * DAY)
    observer = set_judged(row, log, newest="25h")
    assert observer.outcome is Outcome.CRITICAL
    assert "age of the newest rotated file is 3 d, allowed is at most 25 h (app.log.1)" in observer.summary
    put("app.log", stamped(2 * HOUR))
    observer = set_judged(row, log, newest="25h")
    assert observer.outcome is Outcome.OK
    assert "the log was empty until" in observer.summary
    put("app.log", "")
    assert set_judged(row, log, newest="25h").outcome is Outcome.OK
    put("app.log", "no stamp at all\n")
    assert set_judged(row, log, newest="25h").outcome is Outcome.CRITICAL


def test_nothing_rotated_is_critical_once_something_was_due(
    log: Log, row: Callable[..., Any], put: Callable[..., Path]
) -> None:
    put("app.log", OLD)
    observer = set_judged(row, log, newest="25h")
    assert observer.outcome is Outcome.CRITICAL
    assert "nothing was ever rotated" in observer.summary
    assert set_judged(row, log).outcome is Outcome.CRITICAL
    assert set_judged(row, log, fewest=0).outcome is Outcome.OK
    put("app.log", stamped(HOUR))
    assert set_judged(row, log, newest="25h").outcome is Outcome.OK


@pytest.mark.usefixtures("rotated")
def test_a_missing_live_log_is_critical_and_a_missing_folder_is_no_look(
    log: Log, row: Callable[..., Any], logs: Path
) -> None:
    (logs / "app.log").unlink()
    assert "there is no" in set_judged(row, log).summary
    assert set_judged(row, log).outcome is Outcome.CRITICAL
    with pytest.raises(RunbookDisagrees):
        files(log.model_copy(update={"path": str(logs / "gone" / "app.log")}))
    with pytest.raises(CouldNotLook, match="where Rounds runs"):
        files(log.model_copy(update={"host": Host(name="web", connection="ssh://web")}))


@pytest.mark.usefixtures("rotated")
@pytest.mark.parametrize(
    ("name", "raw", "words"),
    [
        ("app.log.3", b"plain", "uncompressed beside the newest is 1, allowed is at most 0 (app.log.3)"),
        ("app.log.7.gz", b"", "app.log.7.gz: it is empty"),
        ("app.log.7.gz", b"no gzip at all", "app.log.7.gz: it is damaged"),
        ("app.log.7.bz2", b"another compression", "app.log.7.bz2"),
    ],
)
def test_what_is_not_a_whole_gz_is_critical(
    row: Callable[..., Any], log: Log, name: str, raw: bytes, words: str
) -> None:
    Path(log.path or "").with_name(name).write_bytes(raw)
    observer = set_judged(row, log, compressed=True)
    assert observer.outcome is Outcome.CRITICAL
    assert words in observer.summary
    assert set_judged(row, log).outcome is not Outcome.CRITICAL


def test_archives_are_read_to_their_end(log: Log, put: Callable[..., Path]) -> None:
    put("app.log", OLD)
    whole = put("app.log.2.gz", "a record\n" * 100_000).read_bytes()
    flipped = whole[:-8] + bytes([whole[-8] ^ 1]) + whole[-7:]
    put("app.log.3.gz", raw=whole[:-1])
    put("app.log.4.gz", raw=flipped)
    put("app.log.5.gz", raw=whole + whole)
    failures = PROBES["log_archives"].look(log, True).failures
    assert failures["app.log.2.gz"] == failures["app.log.5.gz"] == ""
    assert failures["app.log.3.gz"] == "it is cut short"
    assert failures["app.log.4.gz"].startswith("it is damaged")
    assert PROBES["log_archives"].look(log, False).failures == {}


def test_an_archive_that_cannot_be_read_in_time_is_no_look(log: Log, put: Callable[..., Path]) -> None:
    put("app.log.2.gz", "a record\n" * 100_000)
    with pytest.raises(CouldNotLook, match="not read to its end in time"):
        PROBES["log_archives"].look(log, True, 1e-9)


@pytest.mark.usefixtures("rotated")
def test_gaps_are_told_and_two_rotations_at_once_are_critical(
    log: Log, row: Callable[..., Any], put: Callable[..., Path], logs: Path
) -> None:
    (logs / "app.log.3.gz").unlink()
    observer = set_judged(row, log)
    assert observer.outcome is Outcome.WARNING
    assert "there is no 3" in observer.summary
    put("app.log.20261120", age=2 * DAY)
    observer = set_judged(row, log)
    assert observer.outcome is Outcome.CRITICAL
    assert "by date: app.log.20261120; by number: app.log" in observer.summary
    assert set_judged(row, log, ways={"warning": 1}).outcome is Outcome.WARNING


@pytest.mark.usefixtures("rotated")
def test_a_twin_left_beside_its_archive_is_a_sign_of_two_rotations(
    log: Log, row: Callable[..., Any], put: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    put("app.log.3", age=3 * DAY)
    assert set_judged(row, log, kept=5).outcome is Outcome.OK, "it is being compressed"
    monkeypatch.setattr(checks, "_COMPRESSING_SECONDS", -1)
    observer = set_judged(row, log)
    assert observer.outcome is Outcome.CRITICAL
    assert "app.log.3 is there twice" in observer.summary


def test_dated_files_are_sorted_by_date_and_what_lies_beside_is_no_rotated_file(
    log: Log, put: Callable[..., Path]
) -> None:
    for name in ("app.log", "app.log.2026-11-20.gz", "app.log.2026-11-21", "app.log.2026-10-31.gz", "app.log.lock"):
        put(name)
    assert [file.key for file in files(log).rotated] == ["20261121", "20261120", "20261031"]
    unsaid = log.model_copy(update={"rotated": None})
    put("app.log-20261122-1500")
    assert next(file.key for file in files(unsaid).rotated) == "202611221500"


@pytest.mark.usefixtures("rotated")
def test_no_file_may_grow_beyond_the_limit_and_one_record(
    log: Log, row: Callable[..., Any], put: Callable[..., Path], logs: Path
) -> None:
    def judged() -> Observer:
        observer = Observer()
        checks.test_file_size_limit(row(checks.FileSizeLimit, log=log, largest="10 MiB"), files(log), observer)
        return observer

    assert judged().outcome is Outcome.OK
    put("app.log.4", "x" * (10 * 1024 * 1024 + 200))
    assert judged().outcome is Outcome.OK
    with (logs / "app.log").open("ab") as file:
        file.truncate(50_000_000)
    assert judged().outcome is Outcome.CRITICAL
    assert "largest file is 50 MB" in judged().summary
    (logs / "app.log").unlink()
    assert "there is no" in judged().summary


def test_json_logs_tell_their_oldest_record_too(logs: Path, put: Callable[..., Path]) -> None:
    log = Log(name="j", path=str(logs / "app.log"), json_fields={"time": "at.utc"})
    put("app.log", 'banner\n{"at": {"utc": "2026-11-22T05:30:00Z"}}\n')
    assert files(log).oldest_record_epoch_seconds == 1795325400.0
