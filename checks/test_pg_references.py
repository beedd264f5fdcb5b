"""Rows of a PostgreSQL database belong together, also where no constraint sees to it."""

from typing import Annotated

from pydantic import Field, model_validator

from rounds.columns import ColumnsText, ReferenceText
from rounds.expectation import Expectation
from rounds.fixtures.pg_columns import ColumnRule
from rounds.judge import Observer
from rounds.limits import Limit, at_least, at_most
from rounds.targets import Postgres

_NAMES = {"reference": "orphans", "unique": "repeated keys", "required": "rows with NULL"}


class PgReferences(Expectation):
    """Rules about columns, each counted in the tables themselves: a damaged index would say that all is well.

    `references` as in `price_history.url_id -> monitored_urls.id`, where NULL refers to nothing and is no orphan;
    `unique` and `required` (never NULL) as in `domains(tenant, name)`. `rows` is how many each table must have: among
    no rows there are no orphans. Counting reads whole tables; the row's `deadline` says how long it may take.
    """

    database: Postgres
    references: tuple[ReferenceText, ...] = ()
    unique: tuple[ColumnsText, ...] = ()
    required: tuple[ColumnsText, ...] = ()
    rows: Limit = at_least(1)
    violations: Annotated[Limit, Field(description="of each rule; counted to 10,000")] = at_most(0)

    @model_validator(mode="after")
    def _has_a_rule(self) -> "PgReferences":
        if not (self.references or self.unique or self.required):
            raise ValueError("a rule is due: references, unique or required")
        return self


def test_pg_references(expected: PgReferences, pg_column_rules: tuple[ColumnRule, ...], observe: Observer) -> None:
    """No row refers to what is not there, no key occurs twice, and nothing that must be known is NULL.

    Remedy: find out what deletes parents without their children, or writes past the constraint, before repairing rows.
    Then add the missing FOREIGN KEY, UNIQUE or NOT NULL (NOT VALID first, VALIDATE later: it locks nobody out). Keys
    that occur twice below a unique index mean that the index is damaged: remove one of each, then REINDEX.
    """
    for rule in pg_column_rules:
        name = f"{_NAMES[rule.kind]}: {rule.rule}"
        if rule.hindrance:
            observe.unknown(name, rule.hindrance)
            continue
        nulls = f"{rule.nulls} rows have NULL there" if rule.nulls and rule.kind != "required" else ""
        observe(f"rows: {rule.rule}", rule.rows, expected.rows)
        observe(name, rule.broken, expected.violations, note=nulls or f"among {rule.rows} rows")
