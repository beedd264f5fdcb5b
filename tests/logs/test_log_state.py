"""A round reads what is new since the last, and notices when a file is no longer what it was."""

import gzip
import json
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rounds.fixtures import log_source
from rounds.fixtures.logs import LogRecords
from rounds.probe import PROBES
from rounds.targets import Log

MakeLog = Callable[..., Log]
Count = Callable[..., LogRecords]
Stamped = Callable[[float, str], str]


def errors(seen: LogRecords) -> int:
    return sum(tally.count for tally in seen.kinds.values())


def append(path: Path, *lines: str) -> None:
    with path.open("a") as file:
        file.write("".join(lines))


@pytest.fixture
def bytes_read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What was read of files, in bytes."""
    read: list[int] = []
    kept = log_source.PlainFile.read

    def counted(self: log_source.PlainFile, offset: int, most: int) -> bytes:
        data = kept(self, offset, most)
        read.append(len(data))
        return data

    monkeypatch.setattr(log_source.PlainFile, "read", counted)
    return read


@pytest.mark.usefixtures("state")
def test_a_second_round_reads_only_what_is_new(
    app_log: MakeLog, path: Path, count: Count, stamped: Stamped, bytes_read: list[int]
) -> None:
    path.write_text(stamped(2, "INFO " + "x" * 500) * 6_000 + stamped(2, "ERROR one"))
    assert errors(count(app_log())) == 1
    assert sum(bytes_read) > 3_000_000
    bytes_read.clear()
    append(path, stamped(1, "ERROR two"), stamped(1, "INFO fine"))
    seen = count(app_log())
    assert (errors(seen), seen.records) == (2, 6_003)
    assert sum(bytes_read) < 20_000


@pytest.mark.usefixtures("state")
def test_a_record_half_written_is_counted_once_it_is_whole(
    app_log: MakeLog, path: Path, count: Count, stamped: Stamped
) -> None:
    whole = stamped(1, "ERROR broke")
    path.write_text(stamped(1, "INFO fine") + whole[:28])
    assert errors(count(app_log())) == 0
    append(path, whole[28:] + "Traceback (most recent call last):\n")
    first = count(app_log(), matching={"traceback": "^Traceback"}, levels=(), continued=True)
    append(path, "KeyError: 'x'\n", stamped(1, "INFO fine"))
    again = count(app_log(), matching={"traceback": "^Traceback"}, levels=(), continued=True)
    assert (first.matches["traceback"].count, again.matches["traceback"].count) == (1, 1)
    seen = count(app_log())
    assert (errors(seen), seen.records, seen.stray_lines) == (1, 3, 2)


@pytest.mark.usefixtures("state")
def test_a_rotated_file_is_known_again_and_read_on(
    app_log: MakeLog, path: Path, count: Count, stamped: Stamped, bytes_read: list[int]
) -> None:
    path.write_text(stamped(2, "INFO " + "x" * 500) * 400 + stamped(2, "ERROR one"))
    count(app_log())
    append(path, stamped(1, "ERROR after the round"))
    path.rename(path.with_suffix(".log.1"))
    path.write_text(stamped(0.5, "ERROR in the new file"))
    bytes_read.clear()
    seen = count(app_log())
    assert (errors(seen), seen.records) == (3, 403)
    assert sum(bytes_read) < 30_000


@pytest.mark.usefixtures("state")
def test_a_rotated_file_that_is_compressed_later_counts_once(
    app_log: MakeLog, path: Path, count: Count, stamped: Stamped
) -> None:
    path.write_text(stamped(2, "ERROR one") + stamped(2, "ERROR two"))
    assert errors(count(app_log())) == 2
    path.rename(path.with_suffix(".log.1"))
    path.write_text(stamped(0.5, "ERROR three"))
    assert errors(count(app_log())) == 3
    old = path.with_suffix(".log.1")
    path.with_suffix(".log.1.gz").write_bytes(gzip.compress(old.read_bytes()))
    old.unlink()
    assert [errors(count(app_log())) for _ in range(3)] == [3, 3, 3]


@pytest.mark.usefixtures("state")
def test_a_compressed_file_is_read_once(
    app_log: MakeLog, path: Path, count: Count, stamped: Stamped, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.write_text(stamped(1, "INFO fine"))
    path.with_suffix(".log.1.gz").write_bytes(gzip.compress((stamped(2, "ERROR packed") * 5).encode()))
    assert errors(count(app_log())) == 5
    monkeypatch.setattr(log_source.Packed, "read", lambda *_: pytest.fail("it was read again"))
    assert errors(count(app_log())) == 5


@pytest.mark.usefixtures("state")
def test_copied_away_and_truncated_counts_once_at_every_moment(
    app_log: MakeLog, path: Path, count: Count, stamped: Stamped
) -> None:
    path.write_text(stamped(2, "ERROR one") + stamped(2, "ERROR two") + stamped(2, "INFO three"))
    assert errors(count(app_log())) == 2
    shutil.copy(path, path.with_suffix(".log.1"))
    assert errors(count(app_log())) == 2
    with path.open("r+b") as live:
        live.truncate(0)
    assert errors(count(app_log())) == 2
    append(path, stamped(1, "ERROR three") * 20)
    assert errors(count(app_log())) == 22


def test_files_that_begin_alike_are_no_copies(app_log: MakeLog, path: Path, count: Count, stamped: Stamped) -> None:
    banner = "=== opened ===\n" * 100
    path.write_text(banner + stamped(1, "INFO new") * 9)
    path.with_suffix(".log.1").write_text(banner + stamped(2, "ERROR old"))
    assert errors(count(app_log())) == 1
    path.write_text("=== opened ===\n")
    assert errors(count(app_log())) == 1


@pytest.mark.usefixtures("state")
@pytest.mark.parametrize("more", ["", "INFO ordinary " + "x" * 400])
def test_lines_that_are_taken_out_again_count_no_more(
    app_log: MakeLog, path: Path, count: Count, stamped: Stamped, more: str
) -> None:
    path.write_text(stamped(2, "INFO fine") * 50)
    assert errors(count(app_log())) == 0
    size = path.stat().st_size
    append(path, *[stamped(0.01, "ERROR of a drill")] * 12, stamped(0.01, "INFO meanwhile"))
    assert errors(count(app_log())) == 12
    with path.open("r+b") as live:
        live.seek(size)
        live.write(stamped(0.01, "INFO meanwhile").encode())
        live.truncate()
    if more:
        append(path, *[stamped(0, more)] * 3)
    seen = count(app_log())
    assert (errors(seen), seen.kinds) == (0, {})


@pytest.mark.usefixtures("state")
def test_a_file_rewritten_in_place_to_the_same_length_is_read_anew(
    app_log: MakeLog, path: Path, count: Count, stamped: Stamped
) -> None:
    path.write_text(stamped(1, "ERROR broken ") * 10)
    assert errors(count(app_log())) == 10
    with path.open("r+b") as live:
        live.write((stamped(1, "INFO repaired ") * 10).encode())
    assert errors(count(app_log())) == 0


def test_a_state_that_cannot_be_read_costs_nothing_but_time(
    app_log: MakeLog, path: Path, count: Count, stamped: Stamped, state: Path
) -> None:
    path.write_text(stamped(1, "ERROR one") * 3 + stamped(1, "INFO on"))
    assert errors(count(app_log())) == 3
    (kept,) = (state / "logs").iterdir()
    whole = kept.read_bytes()
    for broken in (b"", b"no json", whole[: len(whole) // 2], whole.replace(b"3", b"4"), b"\xff" * 99, b"\n{}"):
        kept.write_bytes(broken)
        assert errors(count(app_log())) == 3
        assert json.loads(kept.read_bytes().partition(b"\n")[2])


def test_a_state_folder_that_cannot_be_written_costs_nothing_but_time(
    app_log: MakeLog, path: Path, count: Count, stamped: Stamped, state: Path
) -> None:
    state.write_text("a file where the folder would be")
    path.write_text(stamped(1, "ERROR one"))
    assert [errors(count(app_log())) for _ in range(2)] == [1, 1]


def test_nobody_else_may_read_the_state(
    app_log: MakeLog, path: Path, count: Count, stamped: Stamped, state: Path
) -> None:
    path.write_text(stamped(1, "ERROR with a password") + stamped(1, "INFO on"))
    count(app_log())
    (kept,) = (state / "logs").iterdir()
    assert (kept.stat().st_mode & 0o077, kept.parent.stat().st_mode & 0o077) == (0, 0)


@pytest.mark.usefixtures("state")
def test_another_declaration_begins_anew(app_log: MakeLog, path: Path, count: Count, stamped: Stamped) -> None:
    path.write_text(stamped(1, "ERROR one") + stamped(1, "WARNING two") * 2)
    assert errors(count(app_log())) == 1
    assert errors(count(app_log(), levels=("WARNING",))) == 2
    assert count(app_log(), levels=(), matching={"two": "two"}).matches["two"].count == 2
    assert count(app_log(), levels=(), matching={"two": "one"}).matches["two"].count == 1
    assert errors(count(app_log(pattern=r"^(?P<time>\S+ \S+),\d+ (?P<level>[A-Z]+) one"))) == 1


@pytest.mark.usefixtures("state")
def test_rounds_at_the_same_time_do_no_harm(app_log: MakeLog, path: Path, count: Count, stamped: Stamped) -> None:
    path.write_text(stamped(2, "ERROR one") * 100)
    found: list[int] = []

    def rounds() -> None:
        found.extend(errors(count(app_log())) for _ in range(20))

    threads = [threading.Thread(target=rounds) for _ in range(4)]
    for thread in threads:
        thread.start()
    append(path, stamped(1, "ERROR two"))
    for thread in threads:
        thread.join()
    assert set(found) <= {100, 101}
    assert errors(count(app_log())) == 101


@pytest.mark.usefixtures("state")
def test_records_leave_the_window_without_being_read_again(
    app_log: MakeLog, path: Path, count: Count, stamped: Stamped, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.write_text(stamped(3, "ERROR old") + stamped(1, "ERROR new") * 2 + stamped(0, "INFO on"))
    assert errors(count(app_log(), within=4 * 3600.0)) == 3
    import time  # noqa: PLC0415 - the clock that is put forward

    now = time.time
    monkeypatch.setattr(time, "time", lambda: now() + 2 * 3600)
    seen = count(app_log(), within=4 * 3600.0)
    assert (errors(seen), seen.newest_age_seconds) == (2, pytest.approx(7200, abs=5))


@pytest.mark.usefixtures("state")
def test_an_event_is_acknowledged_in_a_later_round(
    app_log: MakeLog, path: Path, count: Count, stamped: Stamped
) -> None:
    asked: dict[str, Any] = {
        "levels": (),
        "matching": {"event": r" event=(?P<id>\d+)"},
        "acknowledged_by": r"ack=(?P<id>\d+)",
    }
    path.write_text(stamped(2, "WARNING event=1") + stamped(2, "WARNING event=2"))
    assert count(app_log(), **asked).matches["event"].count == 2
    path.rename(path.with_suffix(".log.1"))
    path.write_text(stamped(1, "INFO ack=1") + stamped(1, "INFO on"))
    seen = count(app_log(), **asked)
    assert (seen.matches["event"].count, seen.acknowledged) == (1, 1)


@pytest.mark.usefixtures("state")
def test_requests_are_counted_on_from_the_last_round(
    app_log: MakeLog, path: Path, stamped: Stamped, bytes_read: list[int]
) -> None:
    log = app_log(pattern=r"^(?P<time>\S+ \S+),\d+ (?P<status>\d{3}) (?P<seconds>\S+)")
    path.write_text(stamped(0.5, "200 0.125") * 9_000 + stamped(0.5, "502 0.5"))
    assert PROBES["log_requests"].look(log, 3600.0).count == 9_001
    bytes_read.clear()
    append(path, stamped(0.1, "404 0.25"))
    seen = PROBES["log_requests"].look(log, 3600.0)
    assert (seen.statuses, seen.seconds_p95) == ({"200": 9_000, "502": 1, "404": 1}, 0.125)
    assert sum(bytes_read) < 20_000
