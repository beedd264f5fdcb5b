"""Logs are written at the level they should be."""

import re
from typing import Annotated

from pydantic import Field, field_validator, model_validator

from rounds.checks.log_reading import LogRow, observe_read
from rounds.fixtures.log_level import LogLevels
from rounds.judge import Observer
from rounds.limits import Limit, at_most, exactly
from rounds.pattern import Pattern
from rounds.quantities import Duration, shown

SETTING = r"""^[ \t]*(?:export[ \t]+)?LOG_LEVEL[ \t]*[=:][ \t]*["']?(?P<level>[^"'#\s]*)"""


class LogLevel(LogRow):
    """Levels no record may have `within` some time, and the levels that the configuration may set, as written there.

    While the file `incident` exists, and is younger than `incident_lasts`, any level may be used.
    """

    within: Annotated[Duration, Field(gt=0)] = 3600.0
    never: tuple[str, ...] = ("DEBUG", "TRACE")
    count: Limit = at_most(0)
    config: Annotated[str, Field(pattern="^(/|$)", description="a file with the setting, on the log's host")] = ""
    setting: Annotated[Pattern, Field(description="finds the group `level` in it; the last one holds")] = SETTING
    allowed: tuple[str, ...] = ("INFO", "WARNING", "ERROR", "CRITICAL")
    may_be_unset: bool = True
    incident: Annotated[str, Field(pattern="^(/|$)", description="a file that stands for an open incident")] = ""
    incident_lasts: Duration = 259_200.0

    @field_validator("setting")
    @classmethod
    def _has_level(cls, setting: str) -> str:
        if "level" not in re.compile(setting).groupindex:
            raise ValueError("setting has no group level: (?P<level>…)")
        return setting

    @model_validator(mode="after")
    def _levels_are_told(self) -> "LogLevel":
        self.needs_field("level", "levels are asked for")
        return self


def test_log_level(expected: LogLevel, log_levels: LogLevels, observe: Observer) -> None:
    """Nothing is logged below the level that is due, and the configuration says so, too.

    Remedy: set the level back (INFO) where it was raised, and restart or reload what reads it only at its start. Then
    see how much disk the records took, and whether they hold secrets or personal data: debug records often do.
    """
    seen = log_levels
    observe_read(expected, seen.read, observe)
    is_open = seen.incident_seconds is not None and seen.incident_seconds <= expected.incident_lasts
    if seen.incident_seconds is not None:
        note = "levels are not judged" if is_open else f"longer than {shown(expected.incident_lasts, 's')}: it is over"
        observe("age of the open incident", seen.incident_seconds, unit="s", note=note)
    low = {level: seen.counts.get(level.upper(), 0) for level in expected.never}
    most = max(low, key=lambda level: low[level], default="")
    said = seen.newest.get(most.upper(), "")
    note = f"such as {most}: {said}" if low.get(most) else ", ".join(f"{n} {level}" for level, n in seen.counts.items())
    observe("records of these levels", sum(low.values()), None if is_open else expected.count, note=note)
    unread = seen.counts.get("", 0)
    if unread * 2 > seen.read.recent:
        observe.unknown("records without a level", "so nobody can tell at which level they were written", unread)
    if expected.config:
        _observe_setting(expected, seen.setting, observe, is_open=is_open)


def _observe_setting(expected: LogLevel, setting: str | None, observe: Observer, *, is_open: bool) -> None:
    if setting is not None:
        observe("configured level", setting, None if is_open else exactly(*expected.allowed))
    elif expected.may_be_unset:
        observe("configured level", "not set")
    else:
        observe.critical("configured level", f"{expected.config} does not set it", "missing")
