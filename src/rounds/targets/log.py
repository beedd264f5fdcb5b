"""Logs: where they are, and how a record looks."""

import re
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from rounds.pattern import Pattern
from rounds.targets.machines import Compose, Host
from rounds.targets.target import Target
from rounds.timezone import Timezone

JOURNAL = r"^(?P<time>\S+) (?P<level>[A-Z]+) (?P<message>.*)"


class Log(Target):
    """A log: where it is, and how a record looks.

    It is in files (`path`, on `host` when that is another machine), a service of a compose project, or the journal of a
    systemd `unit` of a host. A record fits a `pattern`, a regular expression with the groups `time` and, where there
    are any, `level`, `message`, `code`, `status`, `seconds`; lines that do not match continue the record before them.
    Or each line is a JSON object, and `json_fields` says where in it these are. A journal needs neither: its lines are
    `TIME LEVEL MESSAGE`, with the time as `iso` and the priority as a level.
    """

    kind: Literal["log"] = "log"
    path: Annotated[str | None, Field(description="the live file")] = None
    rotated: Annotated[str | None, Field(description="glob of the rotated files beside it")] = None
    host: Annotated[Host | None, Field(description="where the file or the journal is, if not where Rounds runs")] = None
    unit: Annotated[str | None, Field(description="a systemd unit of the host, whose journal is the log")] = None
    compose: Compose | None = None
    service: str | None = None
    pattern: Pattern | None = None
    json_fields: Annotated[
        dict[str, str] | None,
        Field(description="where a JSON record has its time, level, …: {time: timestamp, level: log.level}"),
    ] = None
    time_format: Annotated[str, Field(description="strptime's, iso, or epoch (seconds, or ms, us, ns by size)")] = "iso"
    timezone: Annotated[Timezone, Field(description="of the stamps, when they carry none")] = "UTC"

    @model_validator(mode="after")
    def _one_source_and_one_form(self) -> "Log":
        whole = [self.path is not None, bool(self.compose and self.service), bool(self.unit and self.host)]
        begun = [self.path is not None, bool(self.compose or self.service), self.unit is not None]
        if whole.count(True) != 1 or begun.count(True) != 1:
            raise ValueError("a log has either a path, or a compose project and a service, or a unit and its host")
        if self.pattern is not None and self.json_fields is not None:
            raise ValueError("a record fits a pattern or has json_fields, not both")
        if self.pattern is None and self.json_fields is None and not self.unit:
            raise ValueError("a log says how a record looks: pattern, or json_fields")
        if "time" not in self.fields:
            raise ValueError(
                "the pattern of a log has a group time: (?P<time>…), and json_fields one: {time: timestamp}"
            )
        return self

    @field_validator("time_format")
    @classmethod
    def _can_be_read(cls, time_format: str) -> str:
        if time_format in ("iso", "epoch"):
            return time_format
        written = datetime(2026, 11, 22, 12, 30, 15, tzinfo=UTC).strftime(time_format)
        try:
            datetime.strptime(written, time_format)  # noqa: DTZ007 - only whether it can be read
        except (ValueError, re.error):
            raise ValueError(f"{time_format!r} is no format that Python's strptime reads, nor iso or epoch") from None
        return time_format

    @field_validator("rotated")
    @classmethod
    def _is_beside(cls, rotated: str | None) -> str | None:
        steps = PurePosixPath(rotated or "").parts
        if steps[:1] == ("/",) or any("**" in step and step != "**" for step in steps):
            raise ValueError(f"{rotated!r} is no glob of files beside the log: such as app.log.*")
        return rotated

    @property
    def form(self) -> str:
        """The regular expression of a record; empty for JSON."""
        return self.pattern if self.pattern is not None else "" if self.json_fields is not None else JOURNAL

    @property
    def fields(self) -> frozenset[str]:
        """What a record of this log can be asked for by name."""
        return frozenset(self.json_fields if self.json_fields is not None else re.compile(self.form).groupindex)

    @property
    def place(self) -> str:
        return f"{self.name} ({self.path or self.service or self.unit})"
