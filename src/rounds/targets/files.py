"""Folders whose files mean something."""

import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from rounds.pattern import Pattern
from rounds.quantities import Duration
from rounds.targets.target import Target


class Folder(Target):
    """A folder on the machine that Rounds runs on."""

    kind: Literal["folder"] = "folder"
    path: str

    @property
    def place(self) -> str:
        return f"{self.name} ({self.path})"


class CacheKind(BaseModel):
    """One kind of entries in a cache folder: which files they are, how long they may be used, and when each was made.

    Times are ISO 8601 or seconds or milliseconds since 1970; those without a zone are in UTC. `mtime` is the last
    resort: whoever copies, restores or touches a cache makes all of it young.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, defer_build=True)
    files: Annotated[str, Field(description="glob below the folder; ** goes through folders, * does not")]
    ttl: Annotated[Duration, Field(description="how old an entry may be used")]
    recorded_in: Annotated[
        Literal["entry", "sidecar", "name", "mtime"], Field(description="where the time of an entry is kept")
    ] = "entry"
    time: Annotated[str, Field(description="dotted path of the time in the JSON of the entry or sidecar")] = "timestamp"
    sidecar: Annotated[
        str, Field(description="name of the file beside an entry; {name} and {stem} are the entry's")
    ] = "{name}.meta"
    name_pattern: Annotated[Pattern | None, Field(description="finds the group time in an entry's name")] = None
    name_format: Annotated[str, Field(description="strptime's, for times in names")] = "%Y%m%d_%H%M%S"
    source: Annotated[str | None, Field(description="dotted path of the source's name in the entry")] = None
    hash: Annotated[str | None, Field(description="dotted path of the hash of the source's content in the entry")] = (
        None
    )

    @model_validator(mode="after")
    def _says_where(self) -> "CacheKind":
        if self.recorded_in == "name" and "time" not in re.compile(self.name_pattern or "").groupindex:
            raise ValueError("recorded_in: name needs a name_pattern with the group (?P<time>…)")
        return self

    @property
    def is_json(self) -> bool:
        """Whether the entries themselves are read, as JSON."""
        return bool(self.recorded_in == "entry" or self.source or self.hash)


class FileCache(Folder):
    """A folder with cached entries, one file each, of several kinds. A file belongs to the first kind that it fits."""

    kind: Literal["file-cache"] = "file-cache"  # type: ignore[assignment]
    kinds: Annotated[dict[str, CacheKind], Field(min_length=1)]
    others: Annotated[tuple[str, ...], Field(description="globs of files that are no entries and may be there")] = (
        "**/.gitkeep",
        "**/.gitignore",
    )


class RunReport(Target):
    """A file in which a program tells of its last run, as JSON (dotted paths) or as lines (a pattern).

    In lines, `pattern` has some of the groups `time`, `name`, `count`; the last line tells time and count, all lines
    together the names.
    """

    kind: Literal["run-report"] = "run-report"
    path: str
    time: Annotated[str | None, Field(description="dotted path of when the run began")] = None
    names: Annotated[str | None, Field(description="dotted path of a list of names, or a mapping from names")] = None
    name_field: Annotated[str, Field(description="dotted path of the name, in a list of objects")] = "name"
    count: Annotated[str | None, Field(description="dotted path of a number")] = None
    pattern: Pattern | None = None
    time_format: Annotated[str | None, Field(description="strptime's; ISO 8601 or Unix time when left out")] = None

    @model_validator(mode="after")
    def _tells_something(self) -> "RunReport":
        if self.pattern is not None and not {"time", "name", "count"} & re.compile(self.pattern).groupindex.keys():
            raise ValueError("the pattern of a run-report has one of the groups time, name, count")
        if bool(self.pattern) == bool(self.time or self.names or self.count):
            raise ValueError("a run-report has dotted paths (time, names, count) or a pattern, one of the two")
        return self

    @property
    def place(self) -> str:
        return f"{self.name} ({self.path})"


class Logrotate(Target):
    """A configuration of logrotate, and the file in which it keeps when it last rotated what."""

    kind: Literal["logrotate"] = "logrotate"
    configuration: str
    state: str = "/var/lib/logrotate/status"

    @property
    def place(self) -> str:
        return f"{self.name} ({self.configuration})"
