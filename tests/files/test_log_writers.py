"""Who writes to which file of a log, with real processes."""

import os
import signal
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from rounds.checks import test_log_writer as checks
from rounds.fixtures import open_files as proc
from rounds.fixtures.log_files import LogWriters
from rounds.judge import Observer
from rounds.outcome import Outcome
from rounds.probe import PROBES, CouldNotLook
from rounds.targets import Host, Log

DAY = 86_400


def judged(row: Callable[..., Any], log: Log, **given: Any) -> Observer:
    expected = row(checks.LogLiveWriter, log=log, **given)
    observer = Observer()
    seen = PROBES["log_writers"].look(log, expected.host, expected.pid_file, expected.program)
    checks.test_log_live_writer(expected, PROBES["log_files"].look(log), seen, observer)
    return observer


@pytest.fixture
def live(logs: Path) -> Path:
    return logs / "app.log"


@pytest.fixture
def pid_file(tmp_path: Path) -> Path:
    return tmp_path / "app.pid"


def test_a_writer_of_the_live_log_is_seen(
    log: Log, row: Callable[..., Any], writer: Callable[..., Any], live: Path, pid_file: Path
) -> None:
    process = writer(live)
    pid_file.write_text(f"{process.pid}\n")
    observer = judged(row, log, pid_file=str(pid_file), program="python")
    assert observer.outcome is Outcome.OK, observer.summary
    assert f"(process {process.pid}) writes to app.log" in observer.summary
    assert judged(row, log).outcome is Outcome.OK


def test_mv_and_touch_leave_the_process_with_the_renamed_file(
    log: Log, row: Callable[..., Any], writer: Callable[..., Any], live: Path, logs: Path
) -> None:
    writer(live)
    live.rename(logs / "app.log.20261122")
    live.touch()
    observer = judged(row, log)
    assert observer.outcome is Outcome.CRITICAL
    assert "writes to app.log.20261122" in observer.summary


def test_a_process_that_reopens_its_log_survives_the_rotation(
    log: Log, row: Callable[..., Any], writer: Callable[..., Any], live: Path, pid_file: Path
) -> None:
    process = writer(live, reopens=True)
    pid_file.write_text(str(process.pid))
    asked = {"pid_file": str(pid_file), "program": "python", "survives_rotation": True}
    observer = judged(row, log, **asked)
    assert observer.outcome is Outcome.UNKNOWN
    assert "no rotated file shows" in observer.summary
    time.sleep(1.1)
    live.rename(live.parent / "app.log.1")
    live.touch()
    process.send_signal(signal.SIGUSR1)
    until(lambda: live.stat().st_size > 0)
    observer = judged(row, log, **asked)
    assert observer.outcome is Outcome.OK, observer.summary


def test_a_process_that_died_of_the_signal_is_critical_and_so_is_the_one_after_it(
    log: Log, row: Callable[..., Any], writer: Callable[..., Any], live: Path, pid_file: Path
) -> None:
    process = writer(live)
    pid_file.write_text(str(process.pid))
    live.rename(live.parent / "app.log.1")
    live.touch()
    process.send_signal(signal.SIGUSR1)
    until(lambda: proc.process(Path("/proc"), process.pid) is None)  # it is a zombie: its parent has not waited
    asked = {"pid_file": str(pid_file), "program": "python", "survives_rotation": True}
    observer = judged(row, log, **asked)
    assert observer.outcome is Outcome.CRITICAL
    assert f"process {process.pid} of {pid_file} does not live" in observer.summary
    time.sleep(2.2)
    pid_file.write_text(str(writer(live).pid))
    observer = judged(row, log, **asked)
    assert observer.outcome is Outcome.CRITICAL
    assert "so the one before did not survive" in observer.summary
    assert judged(row, log, restarted_within="1s", **asked).outcome is Outcome.OK


def test_a_deleted_log_that_is_written_to_is_critical(
    log: Log, row: Callable[..., Any], writer: Callable[..., Any], live: Path
) -> None:
    writer(live)
    live.unlink()
    observer = judged(row, log)
    assert observer.outcome is Outcome.CRITICAL
    assert "there is no" in observer.summary
    live.write_text("2026-11-22 05:30:00 by another\n")
    observer = judged(row, log)
    assert "writes to app.log (deleted)" in observer.summary


def test_who_only_reads_a_log_is_no_writer(log: Log, row: Callable[..., Any], live: Path, pid_file: Path) -> None:
    live.write_text("2026-11-22 05:30:00 a record\n")
    pid_file.write_text(str(os.getpid()))
    with live.open():
        observer = judged(row, log, pid_file=str(pid_file))
    assert observer.outcome is Outcome.CRITICAL
    assert "writers of the live log is 0" in observer.summary
    assert judged(row, log, held_open=False).outcome is Outcome.OK


def test_the_pid_file_must_name_the_living_program(
    log: Log, row: Callable[..., Any], writer: Callable[..., Any], live: Path, pid_file: Path
) -> None:
    process = writer(live)
    for said, words in (
        (None, "there is no"),
        ("soon", "holds no number"),
        ("4194999", "does not live"),
        (str(process.pid), "is another program: python"),
    ):
        if said:
            pid_file.write_text(said)
        observer = judged(row, log, pid_file=str(pid_file), program="java")
        assert observer.outcome is Outcome.CRITICAL
        assert words in observer.summary
    os.utime(pid_file, (0, 0))
    assert "another one has got its number" in judged(row, log, pid_file=str(pid_file)).summary
    pid_file.write_text(str(os.getpid()))
    assert judged(row, log, pid_file=str(pid_file)).outcome is Outcome.OK, "a child of it writes"


def test_an_empty_log_is_as_old_as_what_was_written_before_it(
    log: Log, row: Callable[..., Any], put: Callable[..., Path]
) -> None:
    live = put("app.log", "")
    assert "is empty, and so was all before it" in judged(row, log, held_open=False).summary
    put("app.log.1", age=1800)
    assert judged(row, log, held_open=False).outcome is Outcome.OK
    put("app.log.1", age=5400)
    assert judged(row, log, held_open=False).outcome is Outcome.CRITICAL
    put("app.log.1", age=-300)
    assert "while app.log.1 is still written to" in judged(row, log, held_open=False).summary
    live.write_text("2026-11-22 05:30:00 a record\n")
    os.utime(live, (time.time() - 25 * 3600,) * 2)
    assert judged(row, log, held_open=False, written="24h").outcome is Outcome.CRITICAL


def test_processes_that_hide_what_they_hold_make_it_unknown(
    log: Log, row: Callable[..., Any], live: Path, tmp_path: Path
) -> None:
    live.write_text("2026-11-22 05:30:00 a record\n")
    with pytest.raises(CouldNotLook, match="cannot be read"):
        judged(row, log, host=Host(name="here", procfs=str(tmp_path / "nowhere")))
    with pytest.raises(CouldNotLook, match="are elsewhere"):
        judged(row, log, host=Host(name="there", connection="ssh://there"))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody who sees less")
def test_who_is_not_root_does_not_see_what_other_accounts_hold(
    as_nobody: Callable[[], AbstractContextManager[None]],
) -> None:
    with as_nobody():
        seen = proc.open_files(Path("/proc"), lambda name: name == "app.log")
    assert seen.hidden


def test_hidden_processes_are_said(log: Log, row: Callable[..., Any], live: Path) -> None:
    live.write_text("2026-11-22 05:30:00 a record\n")
    observer = Observer()
    hidden = LogWriters((), None, "", 3)
    checks.test_log_live_writer(row(checks.LogLiveWriter, log=log), PROBES["log_files"].look(log), hidden, observer)
    assert observer.outcome is Outcome.UNKNOWN
    assert "3 processes hide what they hold" in observer.summary


def until(holds: Callable[[], bool]) -> None:
    ends = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < ends
        time.sleep(0.02)
