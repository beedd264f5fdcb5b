"""Reading logs: windows, rotation, and whatever a log may hold."""

import bz2
import contextlib
import gzip
import os
import time
import traceback
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from rounds.fixtures import log_window
from rounds.fixtures.log_window import LogWindow
from rounds.probe import CouldNotLook, RunbookDisagrees
from rounds.targets import Log

MakeLog = Callable[..., Log]
DAY = 86_400.0


def stamped(hours_ago: float, text: str) -> str:
    return f"{datetime.now(UTC) - timedelta(hours=hours_ago):%Y-%m-%d %H:%M:%S},123 {text}\n"


def texts(log: Log, seconds: float = DAY) -> list[str]:
    return [record.line.split(",123 ")[1] for record in LogWindow(log, seconds)]


def test_only_the_window_counts(app_log: MakeLog, path: Path) -> None:
    path.write_text(stamped(30, "ERROR old") + stamped(23, "ERROR new") + stamped(0, "INFO now"))
    assert texts(app_log()) == ["ERROR new", "INFO now"]


def test_rotated_files_are_read_first_also_compressed_ones(app_log: MakeLog, path: Path) -> None:
    path.write_text(stamped(1, "INFO 4"))
    path.with_suffix(".log.1").write_text(stamped(2, "INFO 3"))
    path.with_suffix(".log.2.gz").write_bytes(gzip.compress((stamped(30, "INFO 0") + stamped(5, "INFO 2")).encode()))
    path.with_suffix(".log.3.bz2").write_bytes(bz2.compress(stamped(9, "INFO 1").encode()))
    for hours, name in ((2, "app.log.1"), (5, "app.log.2.gz"), (9, "app.log.3.bz2")):
        os.utime(path.with_name(name), (time.time() - hours * 3600,) * 2)
    assert texts(app_log()) == ["INFO 1", "INFO 2", "INFO 3", "INFO 4"]


def test_a_file_rotated_before_the_window_is_not_even_opened(app_log: MakeLog, path: Path) -> None:
    path.write_text(stamped(1, "INFO now"))
    broken = path.with_suffix(".log.9.gz")
    broken.write_bytes(b"no gzip at all")
    os.utime(broken, (time.time() - 3 * DAY,) * 2)
    assert texts(app_log()) == ["INFO now"]


def test_a_file_that_is_just_being_compressed_counts_once(app_log: MakeLog, path: Path) -> None:
    path.write_text("")
    path.with_suffix(".log.1").write_text(stamped(2, "INFO once"))
    path.with_suffix(".log.1.gz").write_bytes(gzip.compress(stamped(2, "INFO once").encode())[:20])
    assert texts(app_log()) == ["INFO once"]


def test_a_log_rotated_under_our_eyes_counts_once(app_log: MakeLog, path: Path) -> None:
    path.write_text(stamped(2, "INFO once"))
    path.with_suffix(".log.1").hardlink_to(path)
    assert texts(app_log()) == ["INFO once"]


def test_a_broken_archive_within_the_window_is_no_look(app_log: MakeLog, path: Path) -> None:
    path.write_text(stamped(1, "INFO now"))
    path.with_suffix(".log.1.gz").write_bytes(gzip.compress(stamped(2, "INFO x").encode() * 99)[:-12])
    with pytest.raises(CouldNotLook, match=r"app\.log\.1\.gz cannot be read"):
        texts(app_log())


def test_the_window_of_a_large_file_is_found_quickly_and_whole(app_log: MakeLog, path: Path) -> None:
    begun, tail = time.time() - 400_000, " bigshot.jobs: a job has finished without any trouble worth mentioning\n"
    with path.open("w") as file:
        for number in range(400_000):
            moment = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(begun + number))
            file.write(f"{moment},123 INFO {tail}")
    before = time.process_time()
    most = 600 - (time.time() - begun - 400_000)  # of the seconds since the last line there are none
    found = len(texts(app_log(), 600))
    least = 600 - (time.time() - begun - 400_000)
    assert time.process_time() - before < 5
    assert least - 2 <= found <= most + 2


def test_memory_does_not_grow_with_the_log(app_log: MakeLog, path: Path) -> None:
    path.write_text(stamped(1, "INFO " + "x" * 200) * 50_000)
    tracemalloc.start()
    assert sum(1 for _ in LogWindow(app_log(), DAY)) == 50_000
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2_000_000


def test_records_slightly_out_of_order_are_not_lost(
    app_log: MakeLog, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_window, "CLOSE_ENOUGH", 512)
    ordered = [stamped(5 - number / 1000, f"INFO {number}") for number in range(5000)]
    ordered[4000], ordered[4030] = ordered[4030], ordered[4000]
    path.write_text("".join(ordered))
    assert len(texts(app_log(), 3600)) in range(998, 1002)


def test_lines_between_records_belong_to_the_record_before(app_log: MakeLog, path: Path) -> None:
    path.write_text(stamped(1, "ERROR broke") + "Traceback:\n  File x\n\nKeyError: 'ERROR '\n" + stamped(0, "INFO on"))
    window = LogWindow(app_log(), DAY)
    assert [record.field("level") for record in window] == ["ERROR", "INFO"]
    assert (window.stray_lines, window.foreign_lines) == (3, 0)


def test_chained_tracebacks_and_long_messages_are_no_foreign_lines(app_log: MakeLog, path: Path) -> None:
    try:
        try:
            {}["x"]
        except KeyError as error:
            raise RuntimeError("broken\n  in two lines") from error
    except RuntimeError:
        trace = traceback.format_exc()
    path.write_text((stamped(1, "ERROR broke") + trace + "psycopg.errors.UniqueViolation: twice\n") * 50)
    window = LogWindow(app_log(), DAY)
    assert len(list(window)) == 50
    assert window.stray_lines > 500
    assert window.foreign_lines == 0


@pytest.mark.parametrize("line", ['{"level": "ERROR"}', "ERROR:root:broken", "[ERROR] broken", "22.11.2026 ERROR x"])
def test_lines_that_may_be_records_of_another_form_are_foreign(app_log: MakeLog, path: Path, line: str) -> None:
    path.write_text(stamped(30, "INFO old\n{}") + stamped(1, "INFO good") + f"{line}\n" * 190)
    window = LogWindow(app_log(), DAY)
    assert len(list(window)) == 1
    assert window.foreign_lines == 191  # of the one before the good record nobody knows how old it is


def test_a_record_of_the_future_is_in_no_window_and_makes_no_log_young(app_log: MakeLog, path: Path) -> None:
    path.write_text(stamped(50, "INFO old") + stamped(-7200, "ERROR future"))
    window = LogWindow(app_log(), DAY)
    assert list(window) == []
    assert window.records_ahead == 1
    assert window.newest == pytest.approx(time.time() - 50 * 3600, abs=2)


def test_a_log_whose_records_all_lie_in_the_future_is_read(app_log: MakeLog, path: Path) -> None:
    path.write_text(stamped(-2, "ERROR future") * 50)
    window = LogWindow(app_log(), DAY)
    assert (list(window), window.records_ahead, window.newest) == ([], 50, None)


def test_a_clock_that_is_some_seconds_ahead_does_no_harm(app_log: MakeLog, path: Path) -> None:
    path.write_text(stamped(-20 / 3600, "INFO now"))
    assert texts(app_log()) == ["INFO now"]


@pytest.mark.parametrize(
    "rubbish",
    [
        b"\xff\xfe\x80 no text\n",
        b"\x00" * 200_000,
        b"\x1b[31m\x07\x08 controls\r\n",
        b"x" * 3_000_000 + b"\n",
        b"\n\n\r\n",
    ],
)
def test_rubbish_in_a_log_is_survived(app_log: MakeLog, path: Path, rubbish: bytes) -> None:
    first, last = stamped(2, "INFO first").encode(), stamped(1, "ERROR last").encode()
    path.write_bytes(first + rubbish + last[:-1])
    assert texts(app_log()) == ["INFO first", "ERROR last"]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.lists(st.one_of(st.binary(), st.just(stamped(1, "INFO x").encode()), st.just(b"\n"))).map(b"".join))
def test_no_bytes_whatever_break_the_reading(app_log: MakeLog, path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with contextlib.suppress(CouldNotLook):
        texts(app_log())


def test_a_hole_of_nuls_before_the_first_record_is_skipped(app_log: MakeLog, path: Path) -> None:
    path.write_bytes(b"\0" * 500_001 + stamped(1, "ERROR here").encode())
    assert texts(app_log()) == ["ERROR here"]


def test_a_very_long_record_is_one_record(app_log: MakeLog, path: Path) -> None:
    path.write_text(stamped(1, "ERROR " + "2026-11-22 ERROR " * 200_000) + stamped(0, "INFO next"))
    assert [line[:8] for line in texts(app_log())] == ["ERROR 20", "INFO nex"]


def test_a_log_that_does_not_exist_disagrees_with_the_runbook(app_log: MakeLog) -> None:
    with pytest.raises(RunbookDisagrees, match=r"app\.log does not exist"):
        texts(app_log())


def test_a_pipe_is_not_waited_for(app_log: MakeLog, path: Path) -> None:
    os.mkfifo(path)
    with pytest.raises(CouldNotLook, match="no regular file"):
        texts(app_log())


def test_a_pattern_that_fits_no_line_is_no_look(app_log: MakeLog, path: Path) -> None:
    path.write_text("22.11.2026 08:00 FEHLER kaputt\n" * 3)
    with pytest.raises(CouldNotLook, match="none of 3 lines"):
        texts(app_log())


def test_a_form_that_changed_within_the_window_is_no_look(app_log: MakeLog, path: Path) -> None:
    path.write_text(stamped(3, "INFO old form") + '{"level": "error"}\n' * 1001)
    with pytest.raises(CouldNotLook, match="last 1001 lines"):
        texts(app_log())


def test_a_stamp_that_is_no_date_makes_no_record(app_log: MakeLog, path: Path) -> None:
    path.write_text(stamped(1, "INFO good") + "2026-13-45 99:99:99,123 ERROR bad\n")
    assert texts(app_log()) == ["INFO good"]


@pytest.mark.parametrize("content", ["", "\n\n"])
def test_an_empty_log_has_no_records(app_log: MakeLog, path: Path, content: str) -> None:
    path.write_text(content)
    window = LogWindow(app_log(), DAY)
    assert list(window) == []
    assert window.newest is None


def test_a_log_not_written_for_long_tells_when_it_was(app_log: MakeLog, path: Path) -> None:
    path.write_text(stamped(50, "INFO last words"))
    window = LogWindow(app_log(), DAY)
    assert list(window) == []
    assert window.newest is not None
    assert window.now - window.newest == pytest.approx(50 * 3600, abs=2)


def test_stamps_without_a_zone_are_in_the_log_s(app_log: MakeLog, path: Path) -> None:
    local = datetime.now(ZoneInfo("Asia/Tokyo")) - timedelta(minutes=30)
    path.write_text(f"{local:%Y-%m-%d %H:%M:%S},123 ERROR here\n")
    assert texts(app_log(timezone="Asia/Tokyo"), 3600) == ["ERROR here"]
    behind = LogWindow(app_log(timezone="America/New_York"), 3600)
    assert (list(behind), behind.records_ahead) == ([], 1)
    assert texts(app_log(timezone="Pacific/Kiritimati"), 3600) == []


def test_stamps_may_carry_their_own_zone_and_stand_in_the_middle(app_log: MakeLog, path: Path) -> None:
    written = datetime.now(UTC).astimezone(ZoneInfo("America/New_York")) - timedelta(minutes=5)
    path.write_text(f"host [{written:%d/%b/%Y:%H:%M:%S %z}] ERROR\n")
    log = app_log(pattern=r"\[(?P<time>[^]]+)\]", time_format="%d/%b/%Y:%H:%M:%S %z")
    assert len(list(LogWindow(log, 600))) == 1
    assert list(LogWindow(log, 240)) == []


def test_stamps_of_syslog_carry_no_year(app_log: MakeLog, path: Path) -> None:
    now = datetime.now(UTC)
    old = now + timedelta(days=30)
    path.write_text(f"{old:%b %d %H:%M:%S} host old\n{now:%b %d %H:%M:%S} host new\n")
    log = app_log(pattern=r"^(?P<time>\w{3} +\d+ [\d:]{8}) ", time_format="%b %d %H:%M:%S")
    assert [record.line[-3:] for record in LogWindow(log, DAY)] == ["new"]


def test_every_second_of_a_minute_is_read_right(app_log: MakeLog, path: Path) -> None:
    base = int(time.time()) // 60 * 60 - 120
    moments = [base + second for second in (0, 59, 7, 60, 61, 119)]
    lines = [time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(moment)) + ",123 INFO x\n" for moment in moments]
    path.write_text("".join(lines) + lines[0].replace(":00,", ":99,"))
    assert [record.when for record in LogWindow(app_log(), DAY)] == moments


@pytest.mark.parametrize("pattern", ["(", "no group of that name"])
def test_a_log_s_pattern_is_refused_with_the_inventory(app_log: MakeLog, pattern: str) -> None:
    with pytest.raises(ValidationError, match=r"regular expression|group time"):
        app_log(pattern=pattern)
