"""At which level a log is written, and what its configuration says."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from rounds.checks import test_log_level as checks
from rounds.fixtures import log_level  # noqa: F401 - it registers its probe
from rounds.judge import Observer
from rounds.outcome import Outcome
from rounds.probe import PROBES, RunbookDisagrees
from rounds.targets import Host, Log

Row = Callable[..., Any]
Write = Callable[..., None]


@pytest.fixture
def judge(row: Row, observer: Observer) -> Callable[..., Observer]:
    def judged(log: Log, **given: Any) -> Observer:
        expected = row(checks.LogLevel, log=log, **given)
        asked = ("also", "within", "config", "setting", "incident")
        seen = PROBES["log_levels"].look(log, **{name: getattr(expected, name) for name in asked})
        checks.test_log_level(expected, seen, observer)
        return observer

    return judged


@pytest.fixture(params=["here", "by the shell of its host"])
def log(request: pytest.FixtureRequest, text_log: Log) -> Log:
    return text_log if request.param == "here" else text_log.model_copy(update={"host": Host(name="app")})


def test_no_debug_record_is_good(judge: Any, log: Log, write: Write) -> None:
    write(90, "DEBUG long ago")
    write(5, "INFO fine")
    assert judge(log).outcome is Outcome.OK


def test_a_debug_record_of_the_last_hour_is_not(judge: Any, log: Log, write: Write) -> None:
    write(5, "INFO fine", times=100)
    write(5, "DEBUG sent password=hunter2 to 10.0.0.1")
    seen = judge(log)
    assert seen.outcome is Outcome.CRITICAL
    assert "hunter2" not in seen.summary


def test_a_silent_log_shows_no_level(judge: Any, log: Log, write: Write) -> None:
    write(90, "INFO fine")
    assert judge(log).outcome is Outcome.CRITICAL


def test_records_without_a_level_show_none(judge: Any, json_log: Log, write_json: Write) -> None:
    write_json(5, times=5, level=None)
    assert judge(json_log).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("settings", "outcome"),
    [
        ("LOG_LEVEL=INFO\n", Outcome.OK),
        ("LOG_LEVEL=INFO", Outcome.OK),
        ('export LOG_LEVEL="WARNING"  # quiet\n', Outcome.OK),
        ("OTHER=1\n", Outcome.OK),
        ("# LOG_LEVEL=DEBUG\nLOG_LEVEL=INFO\n", Outcome.OK),
        ("LOG_LEVEL=INFO\nLOG_LEVEL=DEBUG\n", Outcome.CRITICAL),
        ("LOG_LEVEL=DEBUG\n", Outcome.CRITICAL),
        ("LOG_LEVEL=info\n", Outcome.CRITICAL),
        ("LOG_LEVEL=\nOTHER=1\n", Outcome.CRITICAL),
    ],
)
def test_the_configured_level_is_judged_as_it_is_written(  # noqa: PLR0913, PLR0917 - pytest's fixtures
    judge: Any, log: Log, write: Write, tmp_path: Path, settings: str, outcome: Outcome
) -> None:
    write(5, "INFO fine")
    (tmp_path / ".env").write_text(settings)
    assert judge(log, config=str(tmp_path / ".env")).outcome is outcome


def test_a_setting_may_be_due(judge: Any, log: Log, write: Write, tmp_path: Path) -> None:
    write(5, "INFO fine")
    (tmp_path / ".env").write_text("")
    assert judge(log, config=str(tmp_path / ".env"), may_be_unset=False).outcome is Outcome.CRITICAL


def test_a_configuration_that_is_not_there_is_told(judge: Any, log: Log, write: Write, tmp_path: Path) -> None:
    write(5, "INFO fine")
    with pytest.raises(RunbookDisagrees):
        judge(log, config=str(tmp_path / "none"))


@pytest.mark.parametrize(("hours", "outcome"), [(1, Outcome.OK), (100, Outcome.CRITICAL)])
def test_debug_is_right_during_an_incident_but_not_for_ever(  # noqa: PLR0913, PLR0917 - pytest's fixtures
    judge: Any, log: Log, write: Write, tmp_path: Path, hours: float, outcome: Outcome
) -> None:
    write(5, "DEBUG details")
    (tmp_path / ".env").write_text("LOG_LEVEL=DEBUG\n")
    incident = tmp_path / "incident"
    incident.touch()
    os.utime(incident, (time.time() - hours * 3600,) * 2)
    assert judge(log, config=str(tmp_path / ".env"), incident=str(incident)).outcome is outcome


def test_without_an_incident_debug_is_not(judge: Any, log: Log, write: Write, tmp_path: Path) -> None:
    write(5, "DEBUG details")
    assert judge(log, incident=str(tmp_path / "incident")).outcome is Outcome.CRITICAL


def test_a_log_without_levels_is_refused(row: Row, text_log: Log) -> None:
    bare = text_log.model_copy(update={"pattern": r"^(?P<time>\S+ \S+),\d+ "})
    with pytest.raises(ValidationError, match="no field level"):
        row(checks.LogLevel, log=bare)
