"""Datasets: rows that are looked at together, in a database, a warehouse, or files."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from rounds.columns import ReferenceText
from rounds.quantities import Duration, Percentage
from rounds.secret import Secret
from rounds.sql import Condition, Query, dialect_of_url
from rounds.targets.stores import Postgres, Sqlite
from rounds.targets.target import Target, named_place
from rounds.timezone import Timezone


def _as_list(given: Any) -> Any:
    return (given,) if isinstance(given, str) else given


_TEXT = {"type": "string"}
_ONE_OR_SEVERAL = (
    BeforeValidator(_as_list),
    WithJsonSchema({"anyOf": [_TEXT, {"type": "array", "items": _TEXT}]}),
)


class Warehouse(Target):
    """A database by its SQLAlchemy URL: Trino, ClickHouse, BigQuery, Snowflake, DuckDB, MySQL and others.

    Its driver is to be installed beside Rounds. Whether our role may only read is for the server to say: give it one.
    """

    kind: Literal["warehouse"] = "warehouse"
    client: ClassVar[tuple[str, ...]] = ("sqlalchemy",)
    url: Secret
    timezone: Annotated[Timezone, Field(description="of timestamps that carry none")] = "UTC"

    @property
    def place(self) -> str:
        return named_place(self.name, self.url)

    @property
    def dialect(self) -> str:
        return dialect_of_url(self.url.get_secret_value())


class Busy(BaseModel):
    """When a server is too busy to be scanned: more than `active` sessions of others at work.

    It is looked at again for as long as `wait`; a server that is still busy then makes the rows unknown, or skipped.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, defer_build=True)
    active: Annotated[int, Field(ge=0, description="how many sessions of others may be at work")]
    wait: Duration = 0.0
    then: Literal["unknown", "skipped"] = "unknown"


class Dataset(Target):
    """Rows of a table, a query or files, and what all rows of the runbook on them share.

    `joins` are further tables whose columns rows may name (`monitored_urls.domain`). What is looked at is narrowed by
    `filter`, by `window` (the newest rows by the column `time`) and by `partition` (only the newest value of a column).
    `shown` are the columns that reports show of a row that breaks a rule, besides its primary key and what the rule is
    about; those in `private` never are.
    """

    kind: Literal["dataset"] = "dataset"
    database: Postgres | Sqlite | Warehouse | None = None
    table: Annotated[str | None, Field(min_length=1, description="table, or schema.table")] = None
    query: Query | None = None
    files: Annotated[str | None, Field(description="a glob of CSV, JSON or Parquet files on this machine")] = None
    newest_file: Annotated[bool, Field(description="only the newest of the files")] = False
    joins: Annotated[tuple[ReferenceText, ...], *_ONE_OR_SEVERAL] = ()
    filter: Condition | None = None
    time: Annotated[str | None, Field(description="the column that says when a row was made")] = None
    timezone: Annotated[Timezone | None, Field(description="of times that carry none; the database's if left out")] = (
        None
    )
    window: Annotated[Duration | None, Field(gt=0)] = None
    partition: str | None = None
    sample: Annotated[Percentage | None, Field(gt=0, lt=100, description="look at so much of the table")] = None
    shown: Annotated[tuple[str, ...], *_ONE_OR_SEVERAL] = ()
    private: Annotated[tuple[str, ...], *_ONE_OR_SEVERAL] = ()
    samples: Annotated[int, Field(ge=0, le=100, description="how many rows a report shows")] = 5
    busy: Busy | None = None
    parallel: int = 2
    client: ClassVar[tuple[str, ...]] = ("sqlglot",)

    @model_validator(mode="after")
    def _is_one_thing(self) -> "Dataset":
        if sum(each is not None for each in (self.table, self.query, self.files)) != 1:
            raise ValueError("a dataset is one of table, query, files")
        if (self.database is None) != (self.files is not None):
            raise ValueError("files need no database" if self.database else "the database of the table is missing")
        if self.window is not None and self.time is None:
            raise ValueError("window needs time: the column that says when a row was made")
        if self.busy is not None and not isinstance(self.database, Postgres):
            raise ValueError("busy is asked of PostgreSQL only")
        if self.busy is not None and self.busy.wait > (self.deadline or 60) - 20:
            raise ValueError(
                "busy's wait leaves no time for the scan: give the dataset a deadline at least 20 s longer"
            )
        if self.sample is not None and self.table is None:
            raise ValueError("sample is taken of a table only")
        return self

    @property
    def place(self) -> str:
        return f"{self.name} ({self.database.name if self.database else self.files})"

    @property
    def dialect(self) -> str:
        """The name in sqlglot for the SQL that the dataset's database speaks."""
        return str(self.database.dialect) if self.database else "duckdb"

    @property
    def zone(self) -> str:
        return str(self.timezone or getattr(self.database, "timezone", "UTC"))

    @property
    def lane(self) -> str:
        return self.database.key if self.database else self.key
