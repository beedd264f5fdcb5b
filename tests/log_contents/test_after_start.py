"""Errors since a service started."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from rounds.checks import test_log_after_start as checks
from rounds.fixtures import log_starts  # noqa: F401 - it registers its probe
from rounds.judge import Observer
from rounds.outcome import Outcome
from rounds.probe import PROBES
from rounds.targets import Compose, Host, Log

Row = Callable[..., Any]
Write = Callable[..., None]
START = {"start": "version \\S+ starts"}
DAY = 24 * 60


@pytest.fixture
def judge(row: Row, observer: Observer) -> Callable[..., Observer]:
    def judged(log: Log, **given: Any) -> Observer:
        expected = row(checks.LogAfterStart, log=log, **given)
        asked = ("also", "start", "reach", "within", "before", "levels", "matching")
        seen = PROBES["since_start"].look(log, **{name: getattr(expected, name) for name in asked})
        checks.test_log_after_start(expected, seen, observer)
        return observer

    return judged


def test_errors_before_the_start_do_not_count(judge: Any, text_log: Log, write: Write) -> None:
    write(60, "INFO version 1 starts")
    write(50, "ERROR broke")
    write(20, "INFO version 2 starts")
    write(10, "INFO fine")
    assert judge(text_log, **START).outcome is Outcome.OK


def test_an_error_in_the_second_of_the_start_counts(judge: Any, text_log: Log, write: Write) -> None:
    write(20, "INFO version 2 starts")
    write(20, "ERROR no such column")
    seen = judge(text_log, **START)
    assert seen.outcome is Outcome.CRITICAL
    assert "no such column" in seen.summary


def test_an_error_long_after_the_start_is_not_the_start_s(judge: Any, text_log: Log, write: Write) -> None:
    write(60, "INFO version 2 starts")
    write(10, "ERROR broke")
    assert judge(text_log, **START).outcome is Outcome.OK


def test_a_traceback_counts_whatever_its_level(judge: Any, text_log: Log, write: Write, path: Path) -> None:
    write(20, "INFO version 2 starts")
    write(19, "INFO request failed")
    with path.open("a") as file:
        file.write("Traceback (most recent call last):\n  File x\nValueError: no\n")
    assert judge(text_log, **START).outcome is Outcome.CRITICAL


def test_a_start_that_nothing_tells_of_is_not_good(judge: Any, text_log: Log, write: Write) -> None:
    write(20, "INFO fine")
    assert judge(text_log, **START).outcome is Outcome.CRITICAL


@pytest.mark.parametrize(("errors", "outcome"), [(1, Outcome.OK), (2, Outcome.CRITICAL)])
def test_as_many_errors_as_before_are_nothing_new(
    judge: Any, text_log: Log, write: Write, errors: int, outcome: Outcome
) -> None:
    write(DAY, "INFO fine")
    write(6 * 60, "ERROR as ever", times=50)
    write(20, "INFO version 2 starts")
    write(10, "ERROR as ever", times=errors)
    assert judge(text_log, **START, before="24h").outcome is outcome


def test_without_errors_before_none_is_allowed(judge: Any, text_log: Log, write: Write) -> None:
    write(DAY, "INFO fine")
    write(20, "INFO version 2 starts")
    write(10, "ERROR new")
    assert judge(text_log, **START, before="24h").outcome is Outcome.CRITICAL


DOCKER = """#!/bin/sh
case "$*" in
*"config --services"*) echo web; echo worker;;
*" ps "*) cat {folder}/ps;;
*inspect*) cat {folder}/inspect;;
*logs*web) cat {folder}/web;;
*logs*worker) cat {folder}/worker;;
esac
"""


@pytest.fixture
def containers(tmp_path: Path) -> Callable[..., tuple[Log, ...]]:
    """Logs of two services whose containers started so many minutes ago."""

    def made(minutes: float, pattern: str) -> tuple[Log, ...]:
        docker = tmp_path / "docker"
        docker.write_text(DOCKER.format(folder=tmp_path))
        docker.chmod(0o755)
        started = (datetime.now(UTC) - timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")
        names = ("web", "worker")
        rows = [
            {"Name": f"x-{name}-1", "Service": name, "State": "running", "Health": "", "ExitCode": 0} for name in names
        ]
        (tmp_path / "ps").write_text("".join(json.dumps(each) + "\n" for each in rows))
        inside = [{"Name": f"/x-{name}-1", "State": {"StartedAt": started}, "Created": started, "RestartCount": 0,
                   "HostConfig": {}} for name in names]  # fmt: skip
        (tmp_path / "inspect").write_text(json.dumps(inside))
        compose = Compose(name="compose", host=Host(name="app", path=str(tmp_path)), file="/srv/x.yml")
        form: dict[str, Any] = {"pattern": pattern, "time_format": "%Y-%m-%d %H:%M:%S", "compose": compose}
        return tuple(Log(name=f"{name}-log", service=name, **form) for name in names)

    return made


@pytest.mark.parametrize(("text", "outcome"), [("INFO fine", Outcome.OK), ("CRITICAL out", Outcome.CRITICAL)])
def test_a_container_s_start_is_docker_s(  # noqa: PLR0913, PLR0917 - pytest's fixtures
    row: Row,
    observer: Observer,
    containers: Any,
    write: Write,
    tmp_path: Path,
    text_log: Log,
    text: str,
    outcome: Outcome,
) -> None:
    web, worker = containers(10, text_log.pattern)
    write(15, "ERROR before", to=tmp_path / "web")
    write(9, "INFO fine", to=tmp_path / "web")
    write(9, text, to=tmp_path / "worker")
    seen = PROBES["since_start"].look(web, (worker,), None, 86_400.0, 900.0, 0.0, ("ERROR", "CRITICAL"), None)
    expected = row(checks.LogAfterStart, log=web).model_copy(update={"also": (worker,)})
    checks.test_log_after_start(expected, seen, observer)
    assert observer.outcome is outcome, observer.summary
    assert [round(each.started_seconds / 60) for each in seen] == [10, 10]


def test_nobody_knows_the_start_of_a_plain_file(row: Row, text_log: Log) -> None:
    with pytest.raises(ValidationError, match="name a pattern as start"):
        row(checks.LogAfterStart, log=text_log)
