"""A PostgreSQL database keeps what its indexes, constraints and checksums promise."""

from typing import Annotated

from pydantic import Field

from rounds.expectation import Expectation
from rounds.fixtures.pg_amcheck import IndexCheck
from rounds.fixtures.pg_constraints import BadConstraint, ConstraintStates
from rounds.fixtures.pg_integrity import Checksums, IndexStates
from rounds.judge import Observer
from rounds.limits import Limit, at_least, at_most, exactly
from rounds.targets import Postgres


class PgIntegrity(Expectation):
    """How many indexes and constraints may be bad, in the named tables and their partitions or in all of the users'.

    Where amcheck cannot be had, `verify_indexes: false` says that nobody expects it; `checksums: false` says so of page
    checksums. `indexes` and `constraints` are how many there must be: of nothing, nothing is wrong.
    """

    database: Postgres
    tables: Annotated[tuple[str, ...], Field(description="all of the users' when left out")] = ()
    indexes: Limit = at_least(1)
    invalid_indexes: Limit = at_most(0)
    constraints: Annotated[Limit, Field(description="foreign keys and checks that must be there")] = at_least(0)
    unvalidated_constraints: Limit = at_most(0)
    checksums: bool = True
    checksum_failures: Limit = at_most(0)
    verify_indexes: bool = True
    damaged_indexes: Limit = at_most(0)


def test_pg_integrity(  # noqa: PLR0913, PLR0917 - four looks at one thing: whether the data can be trusted
    expected: PgIntegrity,
    pg_indexes: IndexStates,
    pg_constraints: ConstraintStates,
    checksums: Checksums,
    index_check: IndexCheck,
    observe: Observer,
) -> None:
    """Every index can be used, every constraint holds, and no page is damaged.

    Remedy: an index left by a rebuild: DROP INDEX CONCURRENTLY, then rebuild with REINDEX INDEX CONCURRENTLY. A
    constraint that was never validated: repair the rows that break it, then ALTER TABLE … VALIDATE CONSTRAINT; triggers
    that are off: ENABLE TRIGGER ALL and look for orphans. A damaged index or page: disk or memory lies; keep the newest
    backup from being rotated away, REINDEX, restore what cannot be read, move to another machine.
    """
    observe("tables", pg_indexes.tables, at_least(1))
    _judge_indexes(expected, pg_indexes, observe)
    bad = pg_constraints.bad
    observe("foreign keys and checks", pg_constraints.constraints, expected.constraints)
    note = _listed([_said(each) for each in bad])
    observe("unvalidated constraints", len(bad), expected.unvalidated_constraints, note=note)
    if expected.checksums:
        observe("page checksums", checksums.on, exactly(True))
    if expected.checksums or checksums.on:
        observe("checksum failures", checksums.failures, expected.checksum_failures)
    judge_index_check(index_check, observe, expected.damaged_indexes, is_due=expected.verify_indexes)


def _judge_indexes(expected: PgIntegrity, seen: IndexStates, observe: Observer) -> None:
    observe("indexes", seen.indexes, expected.indexes, note=f"of {seen.tables} tables")
    bad = [f"{each.name} of {each.table} {each.fault}" for each in seen.bad if not each.being_built]
    observe("invalid indexes", len(bad), expected.invalid_indexes, note=_listed(bad))
    building = [f"{each.name} of {each.table}" for each in seen.bad if each.being_built]
    if building:
        observe.unknown("indexes being built", f"look again when it is done: {_listed(building)}", len(building))


def judge_index_check(seen: IndexCheck, observe: Observer, limit: Limit, *, is_due: bool) -> None:
    """Judge what amcheck said; where it could not be asked, the outcome is unknown if it `is_due`."""
    name = "damaged indexes"
    left_out = f", {seen.left_out} had no time or were locked" if seen.left_out else ""
    note = "; ".join([*seen.damaged[:3], f"{seen.verified} verified{left_out}"])
    if seen.hindrance and is_due:
        observe.unknown(name, seen.hindrance)
    elif seen.hindrance:
        observe(name, "not looked for", note=seen.hindrance)
    elif is_due and seen.left_out and not seen.verified:
        observe.unknown(name, f"none was verified: {note}", "unknown")
    else:
        observe(name, len(seen.damaged), limit, note=note)


def _said(bad: BadConstraint) -> str:
    rows = "" if bad.violating_rows is None else f": {bad.violating_rows} rows break it"
    not_counted = f" (rows not counted: {bad.hindrance})" if bad.hindrance else ""
    return f"{bad.kind} {bad.name} of {bad.table} {bad.fault}{rows}{not_counted}"


def _listed(said: list[str]) -> str:
    return "; ".join(said[:3]) + (f"; and {len(said) - 3} more" if len(said) > 3 else "")
