"""Kinds of errors: what makes two messages one kind, and the judgement on how many there are of each."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from rounds.checks import test_log_patterns as checks
from rounds.fixtures import log_groups
from rounds.fixtures.log_groups import without_values
from rounds.judge import Observer
from rounds.outcome import Outcome
from rounds.probe import PROBES
from rounds.targets import Log

Row = Callable[..., Any]
Write = Callable[..., None]
DAY = 24 * 60


@pytest.fixture
def judge(row: Row, observer: Observer) -> Callable[..., Observer]:
    def judged(log: Log, **given: Any) -> Observer:
        expected = row(checks.LogErrorPatterns, log=log, **given)
        asked = ("also", "within", "before", "levels", "matching", "by", "reads")
        seen = PROBES["error_groups"].look(log, **{name: getattr(expected, name) for name in asked})
        checks.test_log_error_patterns(expected, seen, observer)
        return observer

    return judged


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("timeout after 30.5 s for job 17", "timeout after 4 s for job 918"),
        ("no page at https://a.example/x?id=1", "no page at http://b.example/y"),
        ("user 3f2504e0-4f89-11d3-9a0c-0305e82c3301 unknown", "user 9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d unknown"),
        ("object 0x7f3a at 10.0.0.7:5432", "object 0x91bc at 192.168.1.20:80"),
        ("peer 2001:db8::1 gone", "peer fe80::42:9 gone"),
        ("cannot open /srv/a/b.txt", "cannot open /var/lib/c"),
        ("no item 'red chair'", "no item 'blue'"),
        ('bad value "x y"', 'bad value "z"'),
        ("mail to ann@example.org bounced", "mail to b.o@mail.example bounced"),
        ("since 2026-01-02T03:04:05.678Z nothing", "since 2026-11-12 13:14:15,9 nothing"),
        ("digest deadbeef01234567 differs", "digest 0123456789abcdef differs"),
        ("request a1b2c3 lost", "request zz9y8 lost"),
        ("pages 1, 2, 3 failed", "pages 7, 8 failed"),
    ],
)
def test_messages_that_differ_in_values_are_one_kind(one: str, other: str) -> None:
    assert without_values(one) == without_values(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("connection refused", "connection reset"),
        ("can't read it", "can't write it"),
        ("std::bad_alloc", "std::length"),
    ],
)
def test_messages_that_differ_in_words_are_two(one: str, other: str) -> None:
    assert without_values(one) != without_values(other)


def test_secrets_are_no_part_of_a_kind() -> None:
    told = without_values("login failed: password=hunter2 Authorization: Bearer abc.def db_token: s3cr3t")
    assert not {"hunter2", "abc.def", "s3cr3t"} & set(told.split())
    assert "hunter2" not in told


def test_a_long_message_costs_little() -> None:
    assert len(without_values("a" * 100_000 + "1")) <= 160


@pytest.mark.parametrize(("times", "outcome"), [(50, Outcome.OK), (51, Outcome.CRITICAL)])
def test_no_message_may_dominate(judge: Any, text_log: Log, write: Write, times: int, outcome: Outcome) -> None:
    for number in range(times):
        write(30 - number / 10, f"ERROR shop {number}: no answer from 10.0.0.{number} after {number}.5 s")
    write(5, "ERROR something else", times=40)
    write(5, "INFO shop 1: no answer", times=90)
    assert judge(text_log).outcome is outcome


def test_errors_before_the_window_do_not_count(judge: Any, text_log: Log, write: Write) -> None:
    write(90, "ERROR no answer", times=100)
    write(5, "INFO fine")
    assert judge(text_log).outcome is Outcome.OK


def test_a_log_without_a_record_is_not_good(judge: Any, text_log: Log, write: Write) -> None:
    write(90, "ERROR no answer")
    assert judge(text_log).outcome is Outcome.CRITICAL


def test_a_silent_log_among_several_is_not_good(
    row: Row, observer: Observer, text_log: Log, write: Write, tmp_path: Path
) -> None:
    other = text_log.model_copy(update={"name": "other-log", "path": str(tmp_path / "other.log")})
    write(5, "ERROR broke")
    write(90, "INFO fine", to=tmp_path / "other.log")
    expected = row(checks.LogErrorPatterns, log=text_log).model_copy(update={"also": (other,)})
    seen = PROBES["error_groups"].look(text_log, (other,), 3600.0, None, ("ERROR",), None, "", None)
    checks.test_log_error_patterns(expected, seen, observer)
    assert observer.outcome is Outcome.CRITICAL
    assert "other-log" in observer.summary


def test_the_type_comes_from_its_field(judge: Any, json_log: Log, write_json: Write) -> None:
    for number in range(51):
        write_json(20, level="ERROR", type="ParseError", message=f"page {chr(97 + number % 26)} is odd")
    assert judge(json_log, by="type", within="24h").outcome is Outcome.CRITICAL
    assert judge(json_log, within="24h").observations[-1].value <= 2


def test_the_type_comes_from_a_pattern_in_the_traceback(judge: Any, text_log: Log, write: Write, path: Path) -> None:
    for _ in range(3):
        write(10, "ERROR job failed")
        with path.open("a") as file:
            file.write("Traceback (most recent call last):\n  File x\nrequests.exceptions.Timeout: no answer\n")
    write(9, "INFO on")
    seen = judge(text_log, by="type", reads=r"^(?P<type>[\w.]+(?:Error|Timeout)):", most=2)
    assert seen.outcome is Outcome.CRITICAL
    assert "requests.exceptions.Timeout" in seen.summary


def test_an_error_without_a_type_is_not_classified(judge: Any, json_log: Log, write_json: Write) -> None:
    write_json(20, level="ERROR", type="ParseError")
    write_json(20, level="ERROR", type=None)
    seen = judge(json_log, by="type")
    assert seen.outcome is Outcome.CRITICAL
    assert "errors without type" in seen.summary


@pytest.mark.parametrize(("unknown", "outcome"), [(4, Outcome.OK), (5, Outcome.CRITICAL)])
def test_few_errors_may_be_of_an_unknown_type(
    judge: Any, json_log: Log, write_json: Write, unknown: int, outcome: Outcome
) -> None:
    write_json(20, times=40 - unknown, level="ERROR", type="ParseError")
    write_json(20, times=unknown, level="ERROR", type="Unknown")
    assert judge(json_log, by="type").outcome is outcome


def test_one_unknown_error_of_one_is_no_alarm(judge: Any, json_log: Log, write_json: Write) -> None:
    write_json(20, level="ERROR", type="unknown")
    assert judge(json_log, by="type").outcome is Outcome.OK


WEEKS = {"within": "7d", "before": "7d", "new_share": "5%", "most": 1000}


@pytest.mark.parametrize(("new", "outcome"), [(0, Outcome.OK), (5, Outcome.OK), (200, Outcome.CRITICAL)])
def test_no_new_kind_may_be_frequent(judge: Any, text_log: Log, write: Write, new: int, outcome: Outcome) -> None:
    write(13 * DAY, "ERROR page 1 is odd", times=80)
    write(3 * DAY, "ERROR page 2 is odd", times=100)
    write(2 * DAY, "ERROR the shop changed", times=new)
    assert judge(text_log, **WEEKS).outcome is outcome


def test_what_is_new_cannot_be_told_from_a_young_log(judge: Any, text_log: Log, write: Write) -> None:
    write(8 * DAY, "INFO begun")
    write(3 * DAY, "ERROR page 2 is odd", times=100)
    seen = judge(text_log, **WEEKS)
    assert seen.outcome is Outcome.UNKNOWN
    assert "too little to compare with" in seen.summary


GROWTH = {"within": "24h", "before": "7d", "growth": 2, "by": "type", "most": 1000}


@pytest.mark.parametrize(("today", "outcome"), [(20, Outcome.OK), (21, Outcome.CRITICAL)])
def test_no_type_may_double(judge: Any, json_log: Log, write_json: Write, today: int, outcome: Outcome) -> None:
    write_json(8 * DAY - 30)
    for day in range(1, 8):
        write_json(day * DAY + 60, times=10, level="ERROR", type="Timeout")
    write_json(60, times=today, level="ERROR", type="Timeout")
    assert judge(json_log, **GROWTH).outcome is outcome


def test_a_frequent_type_that_was_never_there_grows(judge: Any, json_log: Log, write_json: Write) -> None:
    write_json(8 * DAY - 30)
    write_json(60, times=100, level="ERROR", type="Unheard")
    assert judge(json_log, **GROWTH).outcome is Outcome.CRITICAL


def test_few_errors_of_a_type_do_not_grow(judge: Any, json_log: Log, write_json: Write) -> None:
    write_json(8 * DAY - 30)
    write_json(60, times=10, level="ERROR", type="Unheard")
    assert judge(json_log, **GROWTH).outcome is Outcome.OK


def test_too_many_kinds_are_told(judge: Any, text_log: Log, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_groups, "MOST_GROUPS", 3)
    for name in ("ann", "bob", "cid", "dan"):
        write(5, f"ERROR {name} is odd")
    seen = judge(text_log)
    assert seen.outcome is Outcome.UNKNOWN
    assert "too many kinds" in seen.summary


def test_records_of_the_future_are_not_placed(judge: Any, text_log: Log, write: Write) -> None:
    write(5, "INFO fine")
    write(-60, "ERROR no answer", times=100)
    assert judge(text_log).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"by": "type"}, "no field type"),
        ({"reads": "(?P<kind>x)", "by": "type"}, "no group type"),
        ({"levels": []}, "what an error is"),
        ({"growth": 2}, "go with before"),
        ({"before": "7d"}, "go with before"),
    ],
)
def test_rows_that_cannot_be_judged_are_refused(row: Row, text_log: Log, given: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        row(checks.LogErrorPatterns, log=text_log, **given)
