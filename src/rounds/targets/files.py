"""Folders whose files mean something."""

import re
from typing import Literal

from pydantic import field_validator

from rounds.targets.target import Target


class Backups(Target):
    """A folder of backup archives and the names they have.

    `pattern` is a regular expression over whole file names; its group `time` is the date in the name, in UTC, in one of
    the `time_formats` (strptime's). Where a format names no hour, the modification time within that day tells it.
    """

    kind: Literal["backups"] = "backups"
    path: str
    pattern: str
    time_formats: tuple[str, ...] = ("%Y%m%d_%H%M%S", "%Y%m%d")

    @field_validator("pattern")
    @classmethod
    def _dates_names(cls, pattern: str) -> str:
        try:
            groups = re.compile(pattern).groupindex
        except re.error as error:
            raise ValueError(f"is not a regular expression: {error}") from None
        if "time" not in groups:
            raise ValueError("has no group (?P<time>…) for the date in a name")
        return pattern

    @property
    def place(self) -> str:
        return f"{self.name} ({self.path})"
