"""A large log is not read line by line, and tells the same."""

import json
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from rounds.fixtures import log_scan
from rounds.fixtures.log_format import LogFormat
from rounds.fixtures.log_literal import all_literals, literals
from rounds.fixtures.logs import LogRecords
from rounds.targets import Log

MakeLog = Callable[..., Log]
Count = Callable[..., LogRecords]
JSON = {"time": "timestamp", "level": "log.level", "message": "message"}


def lines(form: Callable[[datetime, str, str], str], count: int = 30_000) -> str:
    """Lines of several hours, some a little out of order, with words where they mean something and where not."""
    dice, now = random.Random(1), datetime.now(UTC)  # noqa: S311 - no secret
    said = ["all is well", "answered 200 for ERROR-page", "no ERROR here ERROR", "ünïcode ERROR ✓", "CRITICAL mass"]
    levels = ["INFO"] * 60 + ["ERROR", "WARNING", "CRITICAL", "ERRORS"]
    made = []
    for number in range(count):
        when = now - timedelta(seconds=10_000 * (1 - number / count) + dice.choice([0, 0, 0, 2, 70]))
        level = dice.choice(levels)
        made.append(form(when, level, f"{dice.choice(said)} {number}"))
        if dice.random() < 0.02:
            made.append("Traceback (most recent call last):\n  File x: ERROR\nKeyError: 'ERROR '\n")
    return "".join(made)


def plain(when: datetime, level: str, said: str) -> str:
    return f"{when:%Y-%m-%d %H:%M:%S},123 {level} {said}\n"


def named(when: datetime, level: str, said: str) -> str:
    return f"[{level}] shop.{said[:3].strip()} {when:%d/%b/%Y:%H:%M:%S +0000} {said}\r\n"


def jsons(when: datetime, level: str, said: str) -> str:
    return json.dumps({"message": said, "log": {"level": level.lower()}, "timestamp": when.isoformat()}) + "\n"


def coded(when: datetime, level: str, said: str) -> str:
    return f"{when:%Y-%m-%d %H:%M:%S} {level} {len(said) % 3}XX {said}\n"


FORMS = [
    (plain, {}),
    (coded, {"pattern": r"^(?P<time>\S+ \S+) (?P<level>[A-Z]+) (?P<code>\w+) "}),
    (named, {"pattern": r"^\[(?P<level>[A-Z]+)\] \S+ +(?P<time>\S+ \S+) ", "time_format": "%d/%b/%Y:%H:%M:%S %z"}),
    (jsons, {"pattern": None, "json_fields": JSON, "time_format": "iso"}),
]


def told(seen: LogRecords) -> Any:
    counts = {kind: tally.count for kind, tally in seen.kinds.items()}
    return counts, {name: tally.count for name, tally in seen.matches.items()}, seen.acknowledged


@pytest.mark.parametrize("declared", FORMS)
@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"levels": ("ERROR", "CRITICAL", "WARNING")},
        {"levels": (), "matching": {"mass": "CRITICAL mass", "well": r"is well \d*99\b"}},
        {"levels": (), "matching": {"error": "KeyError", "page": "ERROR-page 1"}, "continued": True},
        {"levels": (), "matching": {"e": r"well (?P<n>\d+)00\b"}, "acknowledged_by": r"mass (?P<n>\d+)01\b"},
    ],
)
def test_a_large_log_tells_what_it_would_tell_line_by_line(
    app_log: MakeLog, count: Count, monkeypatch: pytest.MonkeyPatch, declared: Any, asked: dict[str, Any]
) -> None:
    form, other = declared
    log = app_log(**other)
    Path(log.path or "").write_text(lines(form))
    monkeypatch.setattr(log_scan, "LARGE", 1 << 40)
    slow = count(log, **asked)
    assert not slow.is_estimated
    monkeypatch.setattr(log_scan, "LARGE", 1_000)
    monkeypatch.setattr(log_scan, "BLOCK", 10_007)
    fast = count(log, **asked)
    assert fast.is_estimated
    assert told(fast) == told(slow)
    assert fast.records == pytest.approx(slow.records, rel=0.1)
    assert fast.stray_lines == pytest.approx(slow.stray_lines, rel=0.6)
    assert sum(tally.count for tally in [*fast.kinds.values(), *fast.matches.values()]) > 30


def test_the_newest_lines_of_a_large_log_are_kept(
    app_log: MakeLog, path: Path, count: Count, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(UTC)
    path.write_text("".join(plain(now - timedelta(seconds=9_000 - n), "ERROR", f"number {n}") for n in range(9_000)))
    monkeypatch.setattr(log_scan, "LARGE", 1_000)
    seen = count(app_log(), within=86_400.0)
    assert [line.rpartition(" ")[2] for line in seen.kinds[("ERROR", "")].newest] == ["8997", "8998", "8999"]
    assert seen.kinds[("ERROR", "")].count == 9_000


def test_a_large_log_that_begins_with_a_hole_is_read(
    app_log: MakeLog, path: Path, count: Count, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(UTC)
    text = plain(now, "ERROR", "first") + plain(now, "INFO", "fine") * 5_000 + plain(now, "ERROR", "last")
    path.write_bytes(b"\0" * 500_001 + text.encode())
    monkeypatch.setattr(log_scan, "LARGE", 1_000)
    assert count(app_log()).kinds[("ERROR", "")].count == 2


def test_a_log_of_another_form_in_the_middle_is_told(
    app_log: MakeLog, path: Path, count: Count, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(UTC)
    good = "".join(plain(now, "INFO", f"fine {number}") for number in range(4_000))
    path.write_text(good + '{"level": "error"}\n' * 40_000 + good)
    monkeypatch.setattr(log_scan, "LARGE", 1_000)
    seen = count(app_log())
    assert seen.foreign_lines == pytest.approx(40_000, rel=0.3)
    assert seen.records == pytest.approx(8_000, rel=0.4)


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        (r"^\S+ (?:WARNING|ERROR) shop\.auth: failed login\b", [" shop.auth: failed login"]),
        (r" (ERROR|CRITICAL|FATAL) ", ["ERROR", "CRITICAL", "FATAL"]),
        (r"WARN(?:ING)? (?P<name>.*)", ["WARN"]),
        (r"(?!nope)(?:abc)?definite(?=ly)", ["definite"]),
        (r"(?:Killed)+|\bOOM\b", ["Killed", "OOM"]),
        (r"(?i)unauthorized", None),
        (r"(?i:unauthor)ized", ["ized"]),
        (r"a+b*", None),
        (r"(?:error|)bar", ["bar"]),
        (r"é+clair", ["clair"]),
        (r"\d{3} x", None),
    ],
)
def test_words_that_a_pattern_needs_are_found(pattern: str, words: list[str] | None) -> None:
    assert literals(pattern) == (None if words is None else tuple(word.encode() for word in words))


def test_one_pattern_without_a_word_is_enough_to_read_all() -> None:
    assert all_literals(["failed", r"\d+"]) is None
    assert all_literals(["failed", "refused", "failed"]) == (b"failed", b"refused")


def test_every_form_of_a_stamp_is_read(app_log: MakeLog) -> None:
    noon = datetime(2026, 11, 22, 12, 30, 15, tzinfo=UTC).timestamp()
    for form, stamp in [
        ("iso", "2026-11-22T12:30:15Z"),
        ("iso", "2026-11-22 12:30:15,000"),
        ("iso", "2026-11-22T13:30:15+01:00"),
        ("epoch", "1795350615"),
        ("epoch", "1795350615000"),
        ("epoch", "1795350615000000.0"),
        ("%d.%m.%Y %H:%M:%S", "22.11.2026 12:30:15"),
    ]:
        assert LogFormat(app_log(time_format=form)).when(stamp) == noon
    for stamp in ("", "null", "nan", "-5", "1e99", "2026-99-99"):
        assert LogFormat(app_log(time_format="epoch")).when(stamp) is None
        assert LogFormat(app_log(time_format="iso")).when(stamp) is None


def test_stamps_of_one_hour_in_any_order_are_read_right(app_log: MakeLog) -> None:
    form = LogFormat(app_log(timezone="Europe/Berlin"))
    for second in random.Random(3).choices(range(86_400), k=3_000):  # noqa: S311 - no secret
        stamp = f"2026-10-25 {second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
        assert form.when(stamp) == LogFormat(app_log(timezone="Europe/Berlin")).when(stamp)
    assert form.when("2026-10-25 12:00:60") is None
