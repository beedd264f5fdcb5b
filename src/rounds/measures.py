"""Measures: what can be asked of a dataset, and readings: what it answers. Plain data, so that a scan can be shared.

A row of the runbook names measures; one look takes those of all selected rows of a dataset and answers them together.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

Cell = float | int | str | bool | None


@dataclass(frozen=True)
class Scope:
    """Which rows are meant, and by what they are told apart.

    `window` (seconds) goes back from now by the dataset's time column; None is the dataset's own. `where` is a
    condition in SQL. `per` is a column (`domain`, or `monitored_urls.domain` of a joined table), or `hour` or `day` of
    the time column: then each group has its own reading.
    """

    window: float | None = None
    where: str = ""
    per: str = ""


EVERYTHING = Scope()


@dataclass(frozen=True)
class Measure:
    """One figure of a dataset. `needs_all_rows` says that a sample of them cannot answer.

    Of bad rows that a reading counts some are shown where there are more than `accepted`, and more than
    `accepted_share` percent: a row that does not break its limit costs no further statement.
    """

    needs_all_rows: ClassVar[bool] = False
    scope: Scope = field(default=EVERYTHING, kw_only=True)
    accepted: float = field(default=0.0, kw_only=True)
    accepted_share: float = field(default=0.0, kw_only=True)


@dataclass(frozen=True)
class Rows(Measure):
    """How many rows there are."""

    needs_all_rows: ClassVar[bool] = True


@dataclass(frozen=True)
class Nulls(Measure):
    """In how many rows a column is NULL."""

    column: str


@dataclass(frozen=True)
class Newest(Measure):
    """How many seconds ago the newest time in a column is; times later than `tolerance` from now do not count."""

    needs_all_rows: ClassVar[bool] = True
    column: str
    tolerance: float = 300.0


@dataclass(frozen=True)
class Statistic(Measure):
    """A figure of a column's values: mean, min, max, sum, stddev (of a sample)."""

    figure: str
    column: str


@dataclass(frozen=True)
class Percentile(Measure):
    """The least value that at least `share` (0 to 1) of the values do not exceed (SQL's percentile_disc).

    With the bounds `at_least` and `at_most` only on which side of them it lies is asked, which is nearly free: the
    value is the text `within` then, and the figure itself only where it is beyond one of them.
    """

    share: float
    column: str
    at_least: tuple[float, ...] = ()
    at_most: tuple[float, ...] = ()


@dataclass(frozen=True)
class Aggregate(Measure):
    """An aggregate of the row's own, in SQL: `sum(price * amount) / count(*)`."""

    expression: str


@dataclass(frozen=True)
class Distinct(Measure):
    """How many different values a column has; NULL is none."""

    needs_all_rows: ClassVar[bool] = True
    column: str


@dataclass(frozen=True)
class Repeated(Measure):
    """How many rows are one too many for a key to be unique. Keys with a NULL are not compared.

    `normalized` are the ways in which keys are made alike first: trim, lower, url (no scheme, no `www.`, no slash at
    the end, no fragment).
    """

    needs_all_rows: ClassVar[bool] = True
    columns: tuple[str, ...]
    normalized: tuple[str, ...] = ()


@dataclass(frozen=True)
class Orphans(Measure):
    """How many rows refer to nothing: `columns` in `table`'s `referred`. NULL refers to nothing on purpose."""

    needs_all_rows: ClassVar[bool] = True
    columns: tuple[str, ...]
    table: str
    referred: tuple[str, ...]


@dataclass(frozen=True)
class Shape(Measure):
    """The columns with their types and whether they may be NULL; nothing is counted."""


@dataclass(frozen=True)
class Groups(Measure):
    """The names that the first column of a query lists: the groups that must be there. Answered by `Names`."""

    query: str


@dataclass(frozen=True)
class Rule:
    """What must hold in each row. Where a column that it names is NULL, the row is not examined."""


@dataclass(frozen=True)
class OneOf(Rule):
    """One of some values, compared as the column's type does."""

    column: str
    values: tuple[Cell, ...]


@dataclass(frozen=True)
class Between(Rule):
    """A number from `lowest` to `highest`; NaN is never within."""

    column: str
    lowest: float | None = None
    highest: float | None = None


@dataclass(frozen=True)
class Matching(Rule):
    """A text that the pattern is found in, in the database's own flavour of regular expressions."""

    column: str
    pattern: str


@dataclass(frozen=True)
class LengthBetween(Rule):
    """A text with so many characters."""

    column: str
    shortest: int | None = None
    longest: int | None = None


@dataclass(frozen=True)
class NotInFuture(Rule):
    """A time that is at most so many seconds later than now, by the database's clock."""

    column: str
    tolerance: float = 300.0


@dataclass(frozen=True)
class Holding(Rule):
    """A condition in SQL on the columns of a row."""

    condition: str


@dataclass(frozen=True)
class Broken(Measure):
    """How many rows break a rule."""

    rule: Rule


@dataclass(frozen=True)
class Reading:
    """What a dataset answers to a measure.

    `value` is the figure: a count, a statistic, an age in seconds; None where nothing was there to measure. `rows` are
    those of the scope, `examined` those that have a value; None where a constraint made it needless to count, and
    then there is at least one. `proof` names that constraint. `sql` selects the rows that are meant by `value`,
    `samples` are the first of them: columns by name.
    """

    value: Cell = None
    rows: int | None = None
    examined: int | None = None
    proof: str = ""
    sql: str = ""
    samples: tuple[Mapping[str, Cell], ...] = ()

    @property
    def is_empty(self) -> bool:
        return self.rows == 0 or self.examined == 0


@dataclass(frozen=True)
class Grouped:
    """A reading for each group. A group without rows is not among them; hours and days are seconds since 1970.

    `now` is the database's clock, also in seconds since 1970: the hour or day that it lies in is not over.
    """

    groups: Mapping[Cell, Reading]
    now: float = 0.0


@dataclass(frozen=True)
class ColumnShape:
    """A column: its type in the database's words, and whether it may be NULL (None where that is not known)."""

    type: str
    nullable: bool | None = None


@dataclass(frozen=True)
class Columns:
    """What `Shape` answers."""

    columns: Mapping[str, ColumnShape]


@dataclass(frozen=True)
class Names:
    """What `Groups` answers."""

    names: tuple[Cell, ...]


Answer = Reading | Grouped | Columns | Names
