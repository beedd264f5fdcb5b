"""Logs: where they are, and how a record looks."""

import re
from typing import Annotated, Literal

from pydantic import Field, model_validator

from rounds.pattern import Pattern
from rounds.targets.machines import Compose
from rounds.targets.target import Target


class Log(Target):
    """A log: where it is (files, or a service of a compose project) and how a record looks.

    `pattern` is a regular expression with the groups `time` and, where there are any, `level`, `code`, `status`,
    `seconds`; `time_format` is strptime's. Lines that do not match continue the record before them.
    """

    kind: Literal["log"] = "log"
    path: Annotated[str | None, Field(description="the live file")] = None
    rotated: Annotated[str | None, Field(description="glob of the rotated files beside it")] = None
    compose: Compose | None = None
    service: str | None = None
    pattern: Pattern
    time_format: str
    timezone: Annotated[str, Field(description="of the stamps, when they carry none")] = "UTC"

    @model_validator(mode="after")
    def _one_source(self) -> "Log":
        if (self.path is None) == (self.compose is None or self.service is None):
            raise ValueError("a log has either a path, or a compose project and a service")
        if "time" not in re.compile(self.pattern).groupindex:
            raise ValueError("the pattern of a log has a group time: (?P<time>…)")
        return self

    @property
    def place(self) -> str:
        return f"{self.name} ({self.path or self.service})"
