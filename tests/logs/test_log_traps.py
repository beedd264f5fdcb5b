"""What makes a log with errors in it look as if it had none, and a good one look bad."""

import json
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from rounds.checks import test_logs as checks
from rounds.fixtures import log_scan
from rounds.fixtures.log_format import LogFormat
from rounds.fixtures.log_literal import literals
from rounds.fixtures.log_remote import _entries, _line
from rounds.fixtures.log_state import MOST_KINDS, Counts
from rounds.fixtures.log_window import LogWindow
from rounds.fixtures.logs import LogRecords
from rounds.judge import Observer
from rounds.outcome import Outcome
from rounds.probe import CouldNotLook
from rounds.targets import Log

MakeLog = Callable[..., Log]
Count = Callable[..., LogRecords]
Stamped = Callable[[float, str], str]
JSON: dict[str, Any] = {"pattern": None, "json_fields": {"time": "time", "level": "log.level"}, "time_format": "epoch"}
DAY = 86_400.0


def told(**fields: Any) -> str:
    return json.dumps({"time": time.time() - 60, **fields}) + "\n"


def errors(seen: LogRecords) -> int:
    return sum(tally.count for tally in [*seen.kinds.values(), *seen.matches.values()])


@pytest.mark.parametrize("spaces", [(", ", ": "), (",", ":")])
@pytest.mark.parametrize("nested", [True, False])
def test_levels_that_are_numbers_are_found_in_a_large_log(  # noqa: PLR0913, PLR0917 - pytest's fixtures
    app_log: MakeLog,
    path: Path,
    count: Count,
    monkeypatch: pytest.MonkeyPatch,
    spaces: tuple[str, str],
    nested: bool,
) -> None:
    def record(number: int) -> dict[str, Any]:
        level = 50 if number % 10 == 0 else 30
        return {"time": time.time(), **({"log": {"level": level}} if nested else {"log.level": level}), "said": 50}

    path.write_text("".join(json.dumps(record(number), separators=spaces) + "\n" for number in range(3_000)))
    monkeypatch.setattr(log_scan, "LARGE", 1_000)
    seen = count(app_log(**JSON), levels=("50",))
    assert (errors(seen), seen.is_estimated) == (300, True)


def test_records_without_a_level_are_told(
    app_log: MakeLog, path: Path, count: Count, row: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.write_text("".join(told(severity="ERROR", number=number) for number in range(3_000)))
    expected = row(checks.LogRecordCount, log=app_log(**JSON), levels=["ERROR"])
    for large in (1 << 40, 1_000):
        monkeypatch.setattr(log_scan, "LARGE", large)
        seen = count(app_log(**JSON))
        assert seen.unlevelled == pytest.approx(3_000, rel=0.1)
        observer = Observer()
        checks.test_log_record_count(expected, seen, observer)
        assert observer.outcome is Outcome.UNKNOWN
        assert "without a level" in observer.summary


def test_a_json_record_of_many_bytes_is_counted(
    app_log: MakeLog, path: Path, count: Count, monkeypatch: pytest.MonkeyPatch
) -> None:
    fine = told(log={"level": "info"}, message="fine" * 20)
    path.write_text(fine * 3_000 + told(stack="x\n" * 200_000, log={"level": "error"}, said="it broke") + fine * 3_000)
    for large in (1 << 40, 1_000):
        monkeypatch.setattr(log_scan, "LARGE", large)
        assert errors(count(app_log(**JSON))) == 1
        assert errors(count(app_log(**JSON), levels=(), matching={"broke": "it broke"}, continued=True)) == 1
    assert sum(record.field("level") == "error" for record in LogWindow(app_log(**JSON), DAY)) == 1


def test_a_live_file_of_another_form_is_not_excused_by_the_rotated_one(
    app_log: MakeLog, path: Path, count: Count, stamped: Stamped
) -> None:
    path.with_suffix(".log.1").write_text(stamped(2, "INFO fine") * 50)
    path.write_text("Traceback (most recent call last):\nKeyError: 'the rest of the record before'\n")
    assert count(app_log()).records == 50
    path.write_text('{"level": "ERROR"}\n' * 50)
    for look in (count, lambda log: list(LogWindow(log, DAY))):
        with pytest.raises(CouldNotLook, match=r"none of 50 lines of .*app\.log fits"):
            look(app_log())


def test_lines_of_another_form_before_a_record_are_told(
    app_log: MakeLog, path: Path, count: Count, stamped: Stamped
) -> None:
    alien = '{"level": "ERROR"}\n' * 150
    for before in ("", stamped(50, "INFO long ago")):
        path.write_text(before + alien + stamped(1, "INFO fine"))
        window = LogWindow(app_log(), DAY)
        assert [record.message for record in window] == ["fine"]
        assert (count(app_log()).foreign_lines, window.foreign_lines) == (150, 150)


def test_so_many_lines_of_another_form_at_the_end_are_not_understood(
    app_log: MakeLog, path: Path, count: Count, stamped: Stamped
) -> None:
    fine = stamped(1, "INFO fine") * 9_000
    path.write_text(fine + '{"level": "ERROR"}\n' * 300)
    with pytest.raises(CouldNotLook, match="the last 300 lines"):
        count(app_log())
    path.write_text(fine + "  at a.frame(of:a:long:traceback)\n" * 300)
    assert count(app_log()).records == 9_000


def test_a_time_that_cannot_be_read_is_what_is_told(app_log: MakeLog, path: Path, count: Count) -> None:
    path.write_text("2026-11-22 13:30:15,123 INFO fine\n")
    with pytest.raises(CouldNotLook, match=r"the time '2026-11-22 13:30:15' is none of time_format %d"):
        count(app_log(time_format="%d.%m.%Y"))
    path.write_text(told(log={"level": "info"}))
    with pytest.raises(CouldNotLook, match=r"fits the json_fields of app-log: .*the time '' is none of"):
        count(app_log(**{**JSON, "json_fields": {"time": "ts", "level": "log.level"}}))


def test_a_long_line_of_one_word_is_read_in_no_time(app_log: MakeLog) -> None:
    form, began = LogFormat(app_log()), time.process_time()
    assert not form.may_continue("ERROR " + "A" + "a" * 30_000 + "!")
    form.may_continue("A" + "a" * 30_000 + "!")
    assert time.process_time() - began < 0.5


def test_the_first_record_of_a_large_log_is_found_by_what_follows_it(
    app_log: MakeLog, path: Path, count: Count, stamped: Stamped, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.write_text(stamped(1, "ERROR x") + "KeyError: 1\n" + stamped(1, "INFO fine") * 5_000)
    monkeypatch.setattr(log_scan, "LARGE", 1_000)
    seen = count(app_log(), levels=(), matching={"key": "KeyError"}, continued=True)
    assert (errors(seen), seen.is_estimated) == (1, True)


def test_a_hole_in_the_middle_of_a_large_log_is_no_hindrance(
    app_log: MakeLog, path: Path, count: Count, stamped: Stamped, monkeypatch: pytest.MonkeyPatch
) -> None:
    fine = stamped(1, "INFO fine") * 50_000
    path.write_bytes(fine.encode() + b"\0" * 40_000 + stamped(1, "ERROR KeyError").encode() + fine.encode())
    monkeypatch.setattr(log_scan, "LARGE", 1_000)
    for block in (10_007, 1 << 21):
        monkeypatch.setattr(log_scan, "BLOCK", block)
        seen = count(app_log(), levels=(), matching={"key": "KeyError"}, continued=True)
        assert (errors(seen), seen.is_estimated) == (1, True)


def test_a_pattern_over_two_lines_is_looked_for_by_what_stands_in_one() -> None:
    assert literals("broken\nValueError: x") == (b"ValueError: x",)


def test_a_link_to_a_rotated_file_is_no_second_file(
    app_log: MakeLog, path: Path, count: Count, stamped: Stamped
) -> None:
    path.write_text(stamped(1, "INFO fine"))
    path.with_suffix(".log.1").write_text(stamped(2, "ERROR one"))
    path.with_suffix(".log.newest").symlink_to("app.log.1")
    assert errors(count(app_log())) == 1


def test_a_compressed_file_that_tells_nothing_is_not_taken_for_one_without_errors(
    app_log: MakeLog, path: Path, count: Count, stamped: Stamped
) -> None:
    path.write_text(stamped(1, "INFO fine"))
    path.with_suffix(".log.1.gz").write_bytes(b"")
    with pytest.raises(CouldNotLook, match="is empty"):
        count(app_log())
    path.with_suffix(".log.1.gz").unlink()
    path.with_suffix(".log.2").write_text(stamped(3, "INFO fine"))
    os.utime(path.with_suffix(".log.2"), (time.time() - 900, time.time() - 900))
    path.with_suffix(".log.1.zst").write_bytes(b"\x28\xb5\x2f\xfd one line of it\n")
    with pytest.raises(CouldNotLook, match=r"app\.log\.1\.zst is compressed"):
        count(app_log())


@pytest.mark.parametrize(
    "wrong",
    [
        {"timezone": "Europe/Berln"},
        {"timezone": "/etc"},
        {"time_format": "%F %T"},
        {"time_format": "%d %H %d"},
        {"rotated": "/var/log/app.log.*"},
        {"rotated": "app.log**"},
    ],
)
def test_a_log_that_could_never_be_read_is_refused(app_log: MakeLog, wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        app_log(**wrong)


def test_the_hour_that_comes_twice_is_the_later_one_once_that_has_come(app_log: MakeLog) -> None:
    form = LogFormat(app_log(timezone="Europe/Berlin"))
    again = datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"), fold=1).timestamp()
    form.now = again
    assert [form.when(f"2026-10-25 02:{minute}:15") for minute in (29, 10, 31)] == [
        again - 45,
        again - 1185,
        again - 3525,
    ]
    form.now = again - 3_600
    assert LogFormat(app_log(timezone="Europe/Berlin")).when("2026-10-25 12:00:00") is not None
    fresh = LogFormat(app_log(timezone="Europe/Berlin"))
    fresh.now = again - 3_600
    assert fresh.when("2026-10-25 02:29:15") == again - 3_645


def test_what_nobody_asks_for_any_more_makes_room_for_new_values(stamped: Stamped) -> None:
    counts = Counts()
    for number in range(MOST_KINDS):
        counts.add(("match", "login", f"10.0.0.{number}"), 1_000.0)
        counts.sample(("match", "login", f"10.0.0.{number}"), 1_000.0, stamped(1, "x"))
    counts.forget(5_000.0)
    assert not counts.samples


def test_values_too_many_to_keep_apart_are_not_taken_for_one(
    app_log: MakeLog, path: Path, count: Count, stamped: Stamped, row: Any
) -> None:
    path.write_text("".join(stamped(1, f"WARN login of 10.1.{n // 250}.{n % 250}") for n in range(MOST_KINDS + 50)))
    asked = {"levels": (), "matching": {"login": r"login of (?P<address>\S+)"}, "by": "address"}
    for limit, outcome in ((20, Outcome.UNKNOWN), (60, Outcome.OK)):
        expected = row(checks.LogRecordCount, log=app_log(), count=limit, **{**asked, "levels": []})
        observer = Observer()
        checks.test_log_record_count(expected, count(app_log(), **asked), observer)
        assert observer.outcome is outcome


def test_a_full_volume_is_not_filled_with_halves_of_a_state(  # noqa: PLR0913, PLR0917 - pytest's fixtures
    app_log: MakeLog, path: Path, count: Count, stamped: Stamped, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.write_text(stamped(1, "ERROR one") * 9 + stamped(1, "INFO on"))
    real = os.fdopen

    def full(*given: Any) -> Any:
        real(*given).close()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fdopen", full)
    assert errors(count(app_log())) == 9
    assert list((state / "logs").iterdir()) == []


def test_a_journal_holds_what_programs_like() -> None:
    entry = {"__REALTIME_TIMESTAMP": "1795350615000000"}
    for priority, level in ((["6", "3"], "ERROR"), ("12", "INFO"), ("", "INFO"), (None, "INFO"), ("3", "ERROR")):
        assert f" {level} x" in _line({**entry, "PRIORITY": priority, "MESSAGE": "x"})
    assert _line({**entry, "MESSAGE": [[104, 105], "you"]}).endswith(" INFO hi\nyou\n")
    with pytest.raises(CouldNotLook, match="no JSON"):
        _entries('{"MESSAGE": "cut', "app.service")
    assert len(_entries('{"MESSAGE": "a\u2028b"}\n', "app.service")) == 1


def test_zones_in_stamps_count_in_a_large_log(
    app_log: MakeLog, path: Path, count: Count, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = datetime.now(UTC).replace(second=0)
    near, far = (f"{here:%d/%b/%Y:%H:%M:%S} {zone} ERROR x\n" for zone in ("+0000", "+0900"))
    path.write_text(near + (near + far) * 3_000)
    monkeypatch.setattr(log_scan, "LARGE", 1_000)
    log = app_log(pattern=r"^(?P<time>\S+ \S+) (?P<level>[A-Z]+) ", time_format="%d/%b/%Y:%H:%M:%S %z")
    seen = count(log, within=3_600.0)
    assert (errors(seen), seen.is_estimated) == (3_001, True)


def test_the_end_of_a_long_traceback_is_searched(app_log: MakeLog, path: Path, count: Count, stamped: Stamped) -> None:
    frames = '  File "/srv/app/deep.py", line 7, in call_the_next_one_of_many\n    return self.call()\n' * 80
    said = "ERROR x\nTraceback (most recent call last):\n" + frames + "shop.errors.OutOfStock: nothing left"
    path.write_text(stamped(1, said) + stamped(1, "INFO fine"))
    assert errors(count(app_log(), levels=(), matching={"stock": r"^[\w.]*OutOfStock:"}, continued=True)) == 1


def test_a_costly_pattern_is_not_searched_where_it_cannot_be(app_log: MakeLog, path: Path, count: Count) -> None:
    now = datetime.now(UTC)
    path.write_text(f"{now:%Y-%m-%d %H:%M:%S},123 INFO {'a' * 30_000}\n" * 20)
    began = time.process_time()
    assert errors(count(app_log(), levels=(), matching={"slow": r"\w+ was refused"})) == 0
    assert time.process_time() - began < 2
