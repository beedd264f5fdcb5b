"""Runs of tasks: what a log tells of them, and the judgement on it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from rounds.checks import test_task_runs as checks
from rounds.fixtures import log_runs  # noqa: F401 - it registers its probe
from rounds.judge import Observer
from rounds.outcome import Outcome
from rounds.probe import PROBES
from rounds.targets import Log

Row = Callable[..., Any]
Write = Callable[..., None]
HOUR, DAY = 60, 24 * 60
ASKED = (
    "also", "reach", "within", "longest", "tasks", "task_field", "event_field", "begins", "succeeds", "fails", "reads",
    "error_levels",
)  # fmt: skip
NAMED = {
    "tasks": ["aerc", "weather"],
    "begins": r"scraper (?P<task>\w+) starts",
    "succeeds": r"scraper (?P<task>\w+) finished",
    "fails": r"scraper (?P<task>\w+) (?:failed|finished with errors)",
    "longest": "30min",
}


@pytest.fixture
def judge(row: Row, observer: Observer) -> Callable[..., Observer]:
    def judged(log: Log, **given: Any) -> Observer:
        expected = row(checks.TaskLastRun, log=log, **given)
        seen = PROBES["task_runs"].look(log, **{name: getattr(expected, name) for name in ASKED})
        checks.test_task_last_run(expected, seen, observer)
        return observer

    return judged


@pytest.fixture
def ran(write: Write) -> Write:
    def written(minutes_ago: float, task: str, ended: str = "finished", minutes: float = 10) -> None:
        write(minutes_ago + minutes, f"INFO scraper {task} starts")
        write(minutes_ago, f"INFO scraper {task} {ended}")

    return written


def test_each_task_has_run(judge: Any, text_log: Log, ran: Write) -> None:
    ran(3 * HOUR, "aerc")
    ran(2 * HOUR, "weather")
    assert judge(text_log, **NAMED).outcome is Outcome.OK


def test_a_task_that_never_ran_is_critical(judge: Any, text_log: Log, ran: Write) -> None:
    ran(3 * HOUR, "aerc")
    ran(3 * HOUR, "somebody_else")
    seen = judge(text_log, **NAMED)
    assert seen.outcome is Outcome.CRITICAL
    assert "weather" in seen.summary


def test_a_run_of_two_days_ago_is_too_old(judge: Any, text_log: Log, ran: Write) -> None:
    ran(2 * DAY, "aerc")
    ran(2 * HOUR, "weather")
    assert judge(text_log, **NAMED).outcome is Outcome.CRITICAL


@pytest.mark.parametrize("ended", ["failed", "finished with errors"])
def test_a_failure_after_the_last_success_is_critical(judge: Any, text_log: Log, ran: Write, ended: str) -> None:
    ran(4 * HOUR, "aerc")
    ran(3 * HOUR, "weather")
    ran(2 * HOUR, "aerc", ended)
    seen = judge(text_log, **NAMED)
    assert seen.outcome is Outcome.CRITICAL
    assert "last run of aerc" in seen.summary


def test_a_failure_before_the_last_success_is_over(judge: Any, text_log: Log, ran: Write) -> None:
    ran(4 * HOUR, "aerc", "failed")
    ran(3 * HOUR, "weather")
    ran(2 * HOUR, "aerc")
    assert judge(text_log, **NAMED).outcome is Outcome.OK


@pytest.mark.parametrize(("minutes", "outcome"), [(29, Outcome.OK), (31, Outcome.CRITICAL)])
def test_a_run_takes_its_time_and_no_more(
    judge: Any, text_log: Log, ran: Write, minutes: float, outcome: Outcome
) -> None:
    ran(3 * HOUR, "weather")
    ran(2 * HOUR, "aerc", minutes=minutes)
    assert judge(text_log, **NAMED).outcome is outcome


@pytest.mark.parametrize(("minutes", "outcome"), [(20, Outcome.OK), (40, Outcome.CRITICAL)])
def test_a_run_that_was_killed_never_ends(
    judge: Any, text_log: Log, ran: Write, minutes: float, outcome: Outcome
) -> None:
    ran(3 * HOUR, "weather")
    ran(2 * HOUR, "aerc")
    ran(minutes, "aerc", ended="was killed", minutes=0)
    assert judge(text_log, **NAMED).outcome is outcome


def test_each_task_has_a_period_of_its_own(judge: Any, text_log: Log, ran: Write) -> None:
    ran(6 * DAY, "weather")
    ran(2 * HOUR, "aerc")
    assert judge(text_log, **{**NAMED, "tasks": {"aerc": "26h", "weather": "8d"}}).outcome is Outcome.OK


def test_a_task_that_missed_its_own_period_is_critical(judge: Any, text_log: Log, ran: Write) -> None:
    ran(9 * DAY, "weather")
    ran(2 * HOUR, "aerc")
    seen = judge(text_log, **{**NAMED, "reach": "30d", "tasks": {"aerc": "26h", "weather": "8d"}})
    assert seen.outcome is Outcome.CRITICAL


def test_fields_of_json_records_name_task_and_event(judge: Any, json_log: Log, write_json: Write) -> None:
    write_json(50, service="aerc", message="run succeeded")
    write_json(40, service="weather", message="run failed")
    given = {"task_field": "service", "event_field": "message", "succeeds": "succeeded$", "fails": "failed$"}
    assert judge(json_log, tasks=["aerc"], **given).outcome is Outcome.OK
    seen = judge(json_log, tasks=["aerc", "weather"], **given)
    assert seen.outcome is Outcome.CRITICAL


def stats(path: Path, **replaced: Any) -> None:
    """What a spider writes at its end: one record of many lines."""
    told = {
        "downloader/request_count": 1000, "downloader/response_status_count/429": 5, "finish_reason": "'finished'",
        "item_scraped_count": 800, "response_received_count": 100, "log_count/INFO": 30, **replaced,
    }  # fmt: skip
    with path.open("a") as file:
        file.writelines(f" '{name}': {value},\n" for name, value in told.items() if value is not None)
        file.write("}\n")


SPIDER = {
    "tasks": ["harvest"],
    "within": "26h",
    "begins": "Spider opened",
    "succeeds": "Dumping Scrapy stats",
    "longest": "4h",
    "reach": "30d",
    "reads": [
        r"'finish_reason': '(?P<reason>\w+)'",
        r"'item_scraped_count': (?P<items>\d+)",
        r"'log_count/ERROR': (?P<errors>\d+)",
        r"'downloader/request_count': (?P<requests>\d+)",
        r"'downloader/response_status_count/429': (?P<refused>\d+)",
        r"'response_received_count': (?P<pages>\d+)",
    ],
    "absent": {"items": "0", "errors": "0", "refused": "0"},
    "limits": {"reason": {"exactly": "finished"}, "items": {"at_least": 1}, "errors": {"at_most": 0}},
    "ratios": {
        "refused requests": {"part": ["refused"], "of": ["requests"], "at_most": "1%", "unit": "%"},
        "items per page": {"part": ["items"], "of": ["pages"], "of_usual": True, "at_least": "70%", "unit": "%"},
    },
}


@pytest.fixture
def harvests(write: Write, path: Path) -> Callable[..., None]:
    def written(**last: Any) -> None:
        for days in (4, 3, 2, 1, 0):
            write(days * DAY + 90, "INFO Spider opened")
            write(days * DAY + 60, "INFO Dumping Scrapy stats:\n{'elapsed_time_seconds': 1800,")
            stats(path, **({} if days else last))
            write(days * DAY + 60, "INFO Spider closed")

    return written


def test_a_harvest_that_ended_normally_is_good(judge: Any, text_log: Log, harvests: Callable[..., None]) -> None:
    harvests()
    seen = judge(text_log, **SPIDER)
    assert seen.outcome is Outcome.OK, seen.summary


@pytest.mark.parametrize(
    ("last", "words"),
    [
        ({"finish_reason": "'shutdown'"}, "reason of harvest"),
        ({"finish_reason": "'memusage_exceeded'"}, "reason of harvest"),
        ({"finish_reason": None}, "reason of harvest"),
        ({"item_scraped_count": None}, "items of harvest"),
        ({"log_count/ERROR": 1}, "errors of harvest"),
        ({"downloader/response_status_count/429": 50}, "refused requests of harvest"),
        ({"item_scraped_count": 500}, "items per page of harvest against the usual"),
    ],
    ids=str,
)
def test_a_harvest_with_bad_figures_is_critical(
    judge: Any, text_log: Log, harvests: Callable[..., None], last: dict[str, Any], words: str
) -> None:
    harvests(**last)
    seen = judge(text_log, **SPIDER)
    assert seen.outcome is Outcome.CRITICAL
    assert words in seen.summary


def test_the_first_harvests_have_nothing_usual(judge: Any, text_log: Log, write: Write, path: Path) -> None:
    write(90, "INFO Spider opened")
    write(60, "INFO Dumping Scrapy stats:")
    stats(path)
    seen = judge(text_log, **SPIDER)
    assert seen.outcome is Outcome.UNKNOWN
    assert "0 runs before" in seen.summary


def test_errors_within_the_last_run_count(judge: Any, text_log: Log, write: Write) -> None:
    given = {"tasks": ["job"], "begins": "begun", "succeeds": "done", "error_levels": ["ERROR"]}
    write(90, "ERROR of nobody")
    write(80, "INFO begun")
    write(70, "INFO done")
    assert judge(text_log, **given).outcome is Outcome.OK
    write(60, "INFO begun")
    write(50, "ERROR in it")
    write(40, "INFO done")
    seen = judge(text_log, **given)
    assert seen.outcome is Outcome.CRITICAL
    assert "errors in the last run of job" in seen.summary


def test_figures_of_one_task_are_not_those_of_another(judge: Any, text_log: Log, write: Write) -> None:
    write(50, "INFO aerc items=5")
    write(49, "INFO weather items=0")
    write(40, "INFO scraper weather finished")
    write(40, "INFO scraper aerc finished")
    given = {"succeeds": NAMED["succeeds"], "reads": r"(?P<task>\w+) items=(?P<items>\d+)"}
    assert judge(text_log, tasks=["aerc"], limits={"items": {"at_least": 1}}, **given).outcome is Outcome.OK
    seen = judge(text_log, tasks=["aerc", "weather"], limits={"items": {"at_least": 1}}, **given)
    assert seen.outcome is Outcome.CRITICAL
    assert "items of weather" in seen.summary


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"tasks": ["a", "b"], "succeeds": "done"}, "several tasks"),
        ({"tasks": ["a"], "succeeds": "done", "task_field": "job"}, "no field job"),
        ({"tasks": ["a"], "succeeds": "done", "longest": "5min"}, "needs begins"),
        ({"tasks": ["a"], "succeeds": "done", "limits": {"items": {"at_least": 1}}}, "no group 'items'"),
        ({"tasks": ["a", "b"], "succeeds": "(?P<task>.)", "error_levels": ["ERROR"]}, "task_field"),
        ({"tasks": [], "succeeds": "done"}, "at least 1"),
    ],
)
def test_rows_that_cannot_be_followed_are_refused(row: Row, text_log: Log, given: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        row(checks.TaskLastRun, log=text_log, **given)
