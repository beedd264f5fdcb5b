"""Restores: what a drill restores and looks at, and where it is written down that one was carried out."""

from typing import Annotated, Literal

from pydantic import Field, field_validator

from rounds.pattern import Pattern
from rounds.quantities import Duration, Size
from rounds.sql import Query
from rounds.targets.backups import Backups
from rounds.targets.stores import Postgres
from rounds.targets.target import Target
from rounds.timezone import Timezone


class RestoreRecords(Target):
    """A file with one restore a line, as JSON; drills add to it, and so may other programs and people.

    A line has `at` (ISO 8601), `backup` (a name), `outcome` (`ok` or `failed`), `seconds`, and may have `rows` and
    `expected` (numbers by table), `by`, and `why` (the reason of a failure).
    """

    kind: Literal["restore-records"] = "restore-records"
    path: str

    @property
    def place(self) -> str:
        return f"{self.name} ({self.path})"


class RestoreDrill(Target):
    """A restore of the newest backup into a throwaway PostgreSQL on the machine that Rounds runs on.

    All rows that name one drill share one restore a round: what is looked at afterwards stands here, what is judged in
    the rows. The live database is only counted, in a read-only session.
    """

    kind: Literal["restore-drill"] = "restore-drill"
    backups: Backups
    dump: Annotated[Pattern, Field(description="finds the dump among the members of an archive")] = (
        r"\.(sql|dump|pgdump|backup)(\.(gz|bz2|xz|zst))?$"
    )
    database: Annotated[
        str | None, Field(description="which one, of a backup that holds several; the largest when left out")
    ] = None
    live: Annotated[Postgres | None, Field(description="the database whose rows are counted beside the backup's")] = (
        None
    )
    newest: Annotated[dict[str, str], Field(description="by table, the column that tells when a row was written")] = {}  # noqa: RUF012 - pydantic copies it
    alone: Annotated[tuple[str, ...], Field(description="tables that are restored a second time, each alone")] = ()
    conditions: Annotated[
        dict[str, Query], Field(description="by a name for reports, a SELECT of one row whose values are all true")
    ] = {}  # noqa: RUF012 - as above
    timezone: Annotated[Timezone, Field(description="of timestamps that carry none")] = "UTC"
    live_folders: Annotated[
        tuple[str, ...], Field(description="data directories of live servers on this machine: never touched")
    ] = ()
    superuser: Annotated[
        bool, Field(description="load as a superuser: some dumps need it, and may then run programs here")
    ] = False
    disk: Annotated[Size, Field(description="how much room the restored server may take")] = 100e9
    records: Annotated[RestoreRecords | None, Field(description="where each drill is written down")] = None
    deadline: Annotated[Duration | None, Field(description="how long a drill may take in all")] = 1800
    parallel: Annotated[int, Field(ge=1, le=1, description="a drill is alone")] = 1

    @field_validator("conditions")
    @classmethod
    def _have_names(cls, conditions: dict[str, str]) -> dict[str, str]:
        if not all(name.strip() for name in conditions):
            raise ValueError("a condition has a name that reports can tell")
        return conditions

    @property
    def place(self) -> str:
        return f"{self.name} ({self.backups.place})"
