"""Whether lines are records with values: real files, and the judgement on them."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from rounds.checks import test_log_structure as checks
from rounds.fixtures import log_structure  # noqa: F401 - it registers its probe
from rounds.judge import Observer
from rounds.outcome import Outcome
from rounds.probe import PROBES, CouldNotLook, RunbookDisagrees
from rounds.targets import Log

Row = Callable[..., Any]
Write = Callable[..., None]
LEVELS = ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]
DUE = {"fields": ["level", "service", "request_id", "message"], "one_of": {"level": LEVELS}}
TRACEBACK = "Traceback (most recent call last):\n"


@pytest.fixture
def judge(row: Row, observer: Observer) -> Callable[..., Observer]:
    def judged(log: Log, **given: Any) -> Observer:
        expected = row(checks.LogStructure, log=log, **{**DUE, **given})
        asked = {name: getattr(expected, name) for name in ("lines", "within", "fields", "one_of")}
        seen = PROBES["log_structure"].look(log, **asked)
        checks.test_log_structure(expected, seen, observer)
        return observer

    return judged


def test_whole_records_are_good(judge: Any, json_log: Log, write_json: Write) -> None:
    write_json(5, times=1200)
    seen = judge(json_log)
    assert seen.outcome is Outcome.OK
    assert seen.observations[0].value == 1000


@pytest.mark.parametrize(("tracebacks", "outcome"), [(1, Outcome.OK), (2, Outcome.CRITICAL), (10, Outcome.CRITICAL)])
def test_lines_of_plain_text_tracebacks_are_no_records(  # noqa: PLR0913, PLR0917 - pytest's fixtures
    judge: Any, json_log: Log, write_json: Write, path: Path, tracebacks: int, outcome: Outcome
) -> None:
    for _ in range(tracebacks):
        write_json(5, times=10)
        with path.open("a") as file:
            file.write(TRACEBACK)
    write_json(5, times=100 - 10 * tracebacks if tracebacks < 10 else 1)
    assert judge(json_log).outcome is outcome


def test_nulls_are_no_values(judge: Any, json_log: Log, write_json: Write) -> None:
    write_json(5, times=50, timestamp=None, level=None)
    seen = judge(json_log)
    assert seen.outcome is Outcome.CRITICAL
    assert "50 with no time that can be read" in seen.summary


@pytest.mark.parametrize(
    "flaw",
    [
        {"level": None}, {"level": "info"}, {"level": "VERBOSE"}, {"service": ""}, {"request_id": "-"},
        {"request_id": "None"}, {"message": " "}, {"timestamp": "1970-01-01T00:00:00Z"}, {"timestamp": "yesterday"},
        {"timestamp": "2999-01-01T00:00:00Z"},
    ],
    ids=str,
)  # fmt: skip
def test_one_flawed_record_is_seen_where_every_one_must_be_good(
    judge: Any, json_log: Log, write_json: Write, flaw: dict[str, Any]
) -> None:
    write_json(5, times=500)
    write_json(5, **flaw)
    assert judge(json_log, values="100%").outcome is Outcome.CRITICAL


def test_an_optional_field_may_be_missing_or_null(judge: Any, json_log: Log, write_json: Write) -> None:
    write_json(5, user=None)
    write_json(5)
    write_json(5, user={"id": 7})
    assert judge(json_log, values="100%", whole="100%").outcome is Outcome.OK


def test_an_empty_log_is_not_good(judge: Any, json_log: Log, path: Path) -> None:
    path.write_text("")
    assert judge(json_log).outcome is Outcome.CRITICAL


def test_a_missing_log_is_not_good(judge: Any, json_log: Log) -> None:
    with pytest.raises(RunbookDisagrees):
        judge(json_log)


def test_a_log_that_was_just_rotated_is_judged_by_what_was_rotated(
    judge: Any, json_log: Log, write_json: Write, path: Path
) -> None:
    write_json(5, times=300)
    (path.parent / "app.log.1.gz").write_bytes(gzip.compress(path.read_bytes()))
    path.write_text("")
    seen = judge(json_log)
    assert seen.outcome is Outcome.OK
    assert seen.observations[0].value == 300


def test_a_line_that_is_just_being_written_is_left_out(
    judge: Any, json_log: Log, write_json: Write, path: Path
) -> None:
    write_json(5, times=20)
    with path.open("a") as file:
        file.write('{"timestamp": "20')
    assert judge(json_log, whole="100%").outcome is Outcome.OK


def test_a_record_older_than_the_beginning_of_its_log_is_flawed(judge: Any, json_log: Log, write_json: Write) -> None:
    write_json(60, times=20)
    write_json(3 * 60)
    assert judge(json_log, values="100%").outcome is Outcome.CRITICAL


def test_only_lines_of_the_window_are_looked_at(judge: Any, json_log: Log, write_json: Write) -> None:
    write_json(60, times=100, level=None)
    write_json(5, times=3)
    seen = judge(json_log, within="10min")
    assert seen.outcome is Outcome.OK
    assert seen.observations[0].value == 3


def test_a_window_without_a_line_is_not_good(judge: Any, json_log: Log, write_json: Write) -> None:
    write_json(60, times=100)
    assert judge(json_log, within="10min").outcome is Outcome.CRITICAL


def test_a_log_by_pattern_is_judged_alike(judge: Any, text_log: Log, write: Write, path: Path) -> None:
    write(5, "INFO all is well", times=99)
    with path.open("a") as file:
        file.write("9999-99-99 99:99:99,000 INFO no such time\n")
    due = {"fields": ["level"], "one_of": {"level": LEVELS}}
    assert judge(text_log, **due).outcome is Outcome.OK
    assert judge(text_log, **due, values="100%").outcome is Outcome.CRITICAL


def test_binary_lines_and_json_that_is_no_object_are_no_records(
    judge: Any, json_log: Log, write_json: Write, path: Path
) -> None:
    write_json(5, times=10)
    with path.open("ab") as file:
        file.write(b"\xff\xfe\x00\n[1, 2]\n" + json.dumps("text").encode() + b"\n" + b"[" * 50_000 + b"\n")
    seen = judge(json_log)
    assert seen.outcome is Outcome.CRITICAL
    assert "4 lines of no such form" in seen.summary


def test_fields_must_be_declared(row: Row, json_log: Log) -> None:
    with pytest.raises(ValidationError, match="declares no field tenant"):
        row(checks.LogStructure, log=json_log, fields=["tenant"])


def test_a_folder_is_no_log(judge: Any, json_log: Log, path: Path) -> None:
    path.mkdir()
    with pytest.raises(CouldNotLook):
        judge(json_log)
