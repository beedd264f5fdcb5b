"""Where backups lie: a folder here, on a host, or in a bucket."""

import re
from datetime import UTC, datetime
from typing import Annotated, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from rounds.quantities import Duration
from rounds.secret import Secret
from rounds.targets.machines import Host
from rounds.targets.target import Target
from rounds.timezone import Timezone

_YEARS = ("%Y", "%y", "%c", "%x", "%G")
HOURS = ("%H", "%I", "%c", "%X")
"""What in a time format names the hour: without one, a name tells only the day."""


class Bucket(Target):
    """A bucket of S3 or of a server that speaks its API; without keys, boto3's own chain finds them."""

    kind: Literal["bucket"] = "bucket"
    bucket: Annotated[str, Field(description="the bucket's name")]
    url: Annotated[str | None, Field(description="the server, when it is not Amazon's")] = None
    region: str = "us-east-1"
    access_key: Secret | None = None
    secret_key: Secret | None = None
    client: ClassVar[tuple[str, ...]] = ("boto3.session", "botocore.config")

    @property
    def place(self) -> str:
        return f"{self.name} (s3://{self.bucket})"


class Backups(Target):
    """A set of backups and the names they have: in a folder here or on a `host`, or below a prefix of a `bucket`.

    `pattern` is a regular expression over whole names; its group `time` is the date in the name, in one of the
    `time_formats`. Where a format names no hour, the modification time within that day tells it. A dump in directory
    format, or a base backup, is a folder: `each: folder`. With `subfolders` a name is the path below the folder:
    `202611/weekly-20261120.tar.gz`.
    """

    kind: Literal["backups"] = "backups"
    path: Annotated[str, Field(description="the folder, or the prefix in the bucket")]
    pattern: str
    time_formats: Annotated[
        tuple[str, ...],
        Field(min_length=1, description="of the dates in names: strptime's, iso, epoch; or mtime"),
    ] = ("%Y%m%d_%H%M%S", "%Y%m%d")
    timezone: Annotated[Timezone, Field(description="of the dates in names, when they carry none")] = "UTC"
    subfolders: Annotated[bool, Field(description="whether backups lie in folders below that one, too")] = False
    each: Annotated[Literal["file", "folder"], Field(description="what one backup is")] = "file"
    host: Annotated[Host | None, Field(description="where the folder is, if not where Rounds runs")] = None
    bucket: Bucket | None = None
    decryption_key: Annotated[
        Secret | None, Field(description="opens backups encrypted by age (identity) or gpg (passphrase or private key)")
    ] = None
    settled: Annotated[
        Duration, Field(description="a file modified less long ago may still be written: it is looked at twice")
    ] = 120

    @field_validator("pattern")
    @classmethod
    def _is_a_pattern(cls, pattern: str) -> str:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"is not a regular expression: {error}") from None
        return pattern

    @field_validator("time_formats")
    @classmethod
    def _can_be_read(cls, time_formats: tuple[str, ...]) -> tuple[str, ...]:
        for each in time_formats:
            if each not in ("iso", "epoch", "mtime") and not (_reads(each) and any(code in each for code in _YEARS)):
                raise ValueError(
                    f"{each!r} is no format with a year that Python's strptime reads, such as %Y%m%d, nor iso or epoch"
                )
        return time_formats

    @model_validator(mode="after")
    def _has_dates(self) -> "Backups":
        """A name that is always the same (`latest.sql`) has none: the row says so, and its modification time counts."""
        if self.time_formats != ("mtime",) and "time" not in re.compile(self.pattern).groupindex:
            raise ValueError("pattern has no group (?P<time>…) for the date in a name (none: time_formats: [mtime])")
        return self

    @model_validator(mode="after")
    def _is_in_one_place(self) -> "Backups":
        if self.host is not None and self.bucket is not None:
            raise ValueError("backups lie on a host or in a bucket, not both")
        return self

    @property
    def place(self) -> str:
        return f"{self.name} ({self.address})"

    @property
    def address(self) -> str:
        """`/srv/backups`, `/srv/backups on db1`, `s3://shop-backups/daily`."""
        if self.bucket is not None:
            return f"s3://{self.bucket.bucket}/{self.path.strip('/')}"
        return f"{self.path} on {self.host.name}" if self.host is not None else self.path

    @property
    def names_the_hour(self) -> bool:
        """Whether dates in names may have a time of day, so that they tell when a backup was begun."""
        return any(each in ("iso", "epoch") or any(code in each for code in HOURS) for each in self.time_formats)


def _reads(time_format: str) -> bool:
    try:
        written = datetime(2026, 11, 22, 12, 30, 15, tzinfo=UTC).strftime(time_format)
        datetime.strptime(written, time_format)  # noqa: DTZ007 - only whether it can be read
    except (ValueError, re.error):
        return False
    return True
