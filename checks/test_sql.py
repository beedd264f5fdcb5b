"""What the database tells in answer to a query is as it should be."""

from typing import Annotated

from pydantic import Field, model_validator

from rounds.bound import Bound, worst
from rounds.checks.failing_rows import told_rows
from rounds.expectation import Expectation
from rounds.fixtures.sql import QueryRows
from rounds.judge import Observer
from rounds.limits import Limit, at_least, at_most
from rounds.outcome import Outcome
from rounds.sql import Query
from rounds.targets import Postgres, Sqlite

_SHOWN = 5


class SqlFigures(Expectation):
    """What each figure of a query may be, in each of its rows. `per` is the column that names a row in reports.

    A query whose groups can vanish (a domain that nobody asks any more) should join what must be there.
    """

    database: Postgres | Sqlite
    query: Query
    figures: Annotated[dict[str, Bound], Field(min_length=1, description="limits by column")]
    per: str | None = None
    rows: Annotated[Limit, Field(description="how many rows there must be")] = at_least(1)


def test_sql_figures(expected: SqlFigures, query_rows: QueryRows, observe: Observer) -> None:
    """The figures in the database are within their limits, for each group of rows.

    Remedy: run the row's query by hand and look at the groups beyond the limit; see when they were good last, and what
    changed then (a deployment, a source, a provider). No rows at all: is the table still written?
    """
    observe("rows", len(query_rows.rows), expected.rows)
    _observe_unread(query_rows, observe)
    for column, bound in expected.figures.items():
        if column not in query_rows.columns:
            observe.unknown(column, f"the query gives no such column, but {', '.join(query_rows.columns)}")
        elif query_rows.rows:
            _observe_column(column, bound, expected.per, query_rows, observe)


def _observe_unread(found: QueryRows, observe: Observer) -> None:
    """What was not read is not good; what is bad already in the first rows is bad."""
    if found.more:
        why = f"only the first {len(found.rows)} rows were read: let the query select or sum up what matters"
        observe.unknown("rows not read", why)


def _observe_column(column: str, bound: Bound, per: str | None, found: QueryRows, observe: Observer) -> None:
    """Judge the worst value of a column; a row without a value is told of its own."""
    names = found.column(per) if per in found.columns and per else [f"row {n}" for n in range(1, len(found.rows) + 1)]
    told = list(zip(names, found.column(column), strict=True))
    values = [value for _, value in told if value is not None]
    empty = [str(name) for name, value in told if value is None]
    if empty:
        observe.unknown(f"{column} without a value", f"empty for {', '.join(empty[:5])}", len(empty))
    if values:
        value = worst([each if isinstance(each, str) else float(each) for each in values], bound.limit)
        bad = [f"{name}: {each}" for name, each in told if each is not None and bound.limit.verdict(each).badness]
        note = ", ".join(bad[:5]) or f"worst of {len(values)}"
        observe(column, value, bound.limit, note=note + (f" and {len(bad) - 5} more" if len(bad) > 5 else ""))


class SqlNoViolations(Expectation):
    """That a query finds nothing: it selects what must not be. `among` counts what was there to be examined."""

    database: Postgres | Sqlite
    query: Query
    among: Annotated[Query, Field(description="SELECT count(*) of what was examined: of nothing, nothing is wrong")]
    examined: Limit = at_least(1)
    violations: Limit = at_most(0)
    show: Annotated[tuple[str, ...], Field(description="columns of a violation that a report may show")] = ()

    @model_validator(mode="after")
    def _counts_something(self) -> "SqlNoViolations":
        if self.query == self.among:
            raise ValueError("among counts what was examined; it cannot be the query itself")
        return self


def test_sql_no_violations(
    expected: SqlNoViolations, query_rows: QueryRows, examined_rows: int, observe: Observer
) -> None:
    """Nothing in the database breaks the rule.

    Remedy: look at the rows that the query finds, the newest first; find what wrote them, stop that, and only then put
    the rows right. When nothing was examined, see whether the table is still written.
    """
    observe("examined", examined_rows, expected.examined)
    shown = [column for column in expected.show if column in query_rows.columns]
    sample = ", ".join(f"{column} {query_rows.column(column)[0]}" for column in shown) if query_rows.rows else ""
    note = f"such as {sample}" if sample else ""
    if observe("violations", len(query_rows.rows), expected.violations, note=note) is not Outcome.OK:
        rows = zip(*(query_rows.column(column)[:_SHOWN] for column in shown), strict=True)
        samples = [dict(zip(shown, row, strict=True)) for row in rows]
        observe.detail(told_rows(f"violations: {len(query_rows.rows)}", samples, expected.query))
    if query_rows.more and expected.violations.verdict(len(query_rows.rows)) is Outcome.OK:
        _observe_unread(query_rows, observe)
