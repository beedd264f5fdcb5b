"""Logs whose records are JSON, one a line."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from rounds.fixtures.log_window import LogWindow, last_lines
from rounds.fixtures.logs import LogRecords
from rounds.probe import CouldNotLook
from rounds.targets import Compose, Host, Log

MakeLog = Callable[..., Log]
Count = Callable[..., LogRecords]
FIELDS = {"time": "@timestamp", "level": "log.level", "message": "message", "user": "user.id", "took": "took"}


def record(**other: Any) -> str:
    usual = {"@timestamp": datetime.now(UTC).isoformat(), "log.level": "ERROR", "message": "broken"}
    return json.dumps({**usual, **other}) + "\n"


@pytest.fixture
def json_log(app_log: MakeLog) -> Log:
    return app_log(pattern=None, json_fields=FIELDS, time_format="iso")


def test_fields_are_found_by_their_paths(json_log: Log, path: Path) -> None:
    path.write_text(record(user={"id": 7, "name": "x"}, took=0.25) + record(user=None, message=None))
    first, second = LogWindow(json_log, 60)
    assert [first.field(name) for name in ("level", "user", "took", "missing")] == ["ERROR", "7", "0.25", None]
    assert (first.message, second.message, second.field("user")) == ("broken", "", None)


def test_a_literal_key_with_a_dot_and_a_nested_one_are_the_same(json_log: Log, path: Path) -> None:
    nested = json.loads(record())
    nested["log"] = {"level": nested.pop("log.level")}
    path.write_text(record() + json.dumps(nested) + "\n")
    assert [each.field("level") for each in LogWindow(json_log, 60)] == ["ERROR", "ERROR"]


def test_plain_lines_between_them_are_strays_and_told(json_log: Log, path: Path, count: Count) -> None:
    path.write_text(record() + "Traceback (most recent call last):\n  File x\nERROR plain text\n" + record())
    seen = count(json_log)
    assert (seen.records, seen.stray_lines, seen.foreign_lines) == (2, 3, 1)
    assert "File x" in next(iter(LogWindow(json_log, 60))).text


@pytest.mark.parametrize(
    "line", ["{", "[]", "{}", '{"@timestamp": null}', '{"@timestamp": [1]}', '"x"', '{"a": ' * 5000]
)
def test_json_that_is_no_record_is_none(json_log: Log, path: Path, line: str) -> None:
    path.write_text(line + "\n")
    with pytest.raises(CouldNotLook, match="none of 1 lines"):
        list(LogWindow(json_log, 60))


def test_time_may_be_a_number(app_log: MakeLog, path: Path) -> None:
    now = datetime.now(UTC).timestamp()
    path.write_text("".join(json.dumps({"ts": stamp, "level": 50}) + "\n" for stamp in (now, now * 1000, str(now))))
    log = app_log(pattern=None, json_fields={"time": "ts", "level": "level"}, time_format="epoch")
    assert [each.field("level") for each in LogWindow(log, 60)] == ["50"] * 3


def test_the_last_lines_are_as_they_stand(json_log: Log, path: Path) -> None:
    path.write_text("".join(f"line {number}\n" for number in range(5_000)) + "half")
    assert last_lines(json_log, 3) == ["line 4998", "line 4999", "half"]
    assert len(last_lines(json_log, 9_999)) == 5_001


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "pattern, or json_fields"),
        ({"pattern": "(?P<time>x)", "json_fields": {"time": "t"}}, "not both"),
        ({"json_fields": {"level": "l"}}, "json_fields one"),
        ({"json_fields": {"time": "t"}, "unit": "shop.service"}, "either a path"),
        ({"json_fields": {"time": "t"}, "host": Host(name="h")}, ""),
        ({"json_fields": {"time": "t"}, "path": None}, "either a path"),
        ({"json_fields": {"time": "t"}, "unit": "x", "host": Host(name="h")}, "either a path"),
        (
            {"json_fields": {"time": "t"}, "compose": Compose(name="c", host=Host(name="h"), file="f"), "service": "s"},
            "either",
        ),
    ],
)
def test_a_log_has_one_source_and_one_form(given: dict[str, Any], words: str) -> None:
    made = {"name": "log", "path": "/x", **given}
    if not words:
        Log.model_validate(made)
        return
    with pytest.raises(ValidationError, match=words):
        Log.model_validate(made)
