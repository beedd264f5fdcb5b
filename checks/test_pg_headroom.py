"""A PostgreSQL database has numbers left: for its keys and for its transactions."""

from typing import Annotated

from pydantic import Field

from rounds.expectation import Expectation
from rounds.fixtures.pg_headroom import SequenceState, SequenceStates, Wraparound
from rounds.judge import Observer
from rounds.limits import Limit, at_least, at_most
from rounds.targets import Postgres

_ALL_NUMBERS = 2**31


class PgHeadroom(Expectation):
    """How much of the numbers of sequences and transactions may be used up, for the named tables or all of the users'.

    `wraparound` is the share of the 2^31 transactions after which the server stops to write; `freeze_delay` is the age
    of the oldest row against the age at which autovacuum is forced to freeze it: far beyond 100 % it does not keep up.
    """

    database: Postgres
    tables: Annotated[tuple[str, ...], Field(description="all of the users' when left out")] = ()
    sequences: Annotated[Limit, Field(description="how many there must be")] = at_least(1)
    sequences_used: Limit = at_most(warning=75, critical=90, unit="%")
    sequences_behind: Limit = at_most(0)
    wraparound: Limit = at_most(warning=40, critical=70, unit="%")
    freeze_delay: Limit = at_most(warning=150, critical=300, unit="%")


def test_pg_headroom(
    expected: PgHeadroom, pg_sequences: SequenceStates, pg_wraparound: Wraparound, observe: Observer
) -> None:
    """Sequences and transaction numbers do not run out, and the next number of each sequence is free.

    Remedy: a sequence near its end: make its column bigint in a maintenance window, before inserts fail. A sequence
    behind its column (after a restore or an import): setval('NAME', (SELECT max(COLUMN) FROM TABLE)). Old transactions:
    VACUUM (FREEZE) the tables that are named, and end what holds it back: long transactions, prepared transactions,
    replication slots that nobody reads.
    """
    observe("sequences", len(pg_sequences.sequences), expected.sequences)
    _judge_sequences(expected, pg_sequences, observe)
    _judge_wraparound(expected, pg_wraparound, observe)


def _judge_sequences(expected: PgHeadroom, seen: SequenceStates, observe: Observer) -> None:
    used = [each for each in seen.sequences if each.used_percent is not None and not each.cycles]
    if used:
        fullest = max(used, key=lambda each: each.used_percent or 0.0)
        why = ", whose type ends before the sequence" if fullest.column_is_smaller else ""
        note = f"{fullest.name}{f' for {fullest.column}' if fullest.column else ''}{why}"
        observe("fullest sequence", fullest.used_percent, expected.sequences_used, note=note)
    compared = [each for each in seen.sequences if each.behind_by is not None]
    behind = [f"{each.name} by {each.behind_by} of {each.column}" for each in compared if each.behind_by]
    if compared:
        note = "; ".join(behind[:3]) or f"of {len(compared)} compared with their columns"
        observe("sequences behind their column", len(behind), expected.sequences_behind, note=note)
    unseen = [each for each in seen.sequences if each.hindrance]
    if unseen:
        observe.unknown("sequences not seen", _why(unseen), len(unseen))


def _why(unseen: list[SequenceState]) -> str:
    return f"{unseen[0].name}: {unseen[0].hindrance}" + (f"; {len(unseen)} in all" if len(unseen) > 1 else "")


def _judge_wraparound(expected: PgHeadroom, seen: Wraparound, observe: Observer) -> None:
    tables = f"oldest here: {', '.join(seen.oldest_tables)}"
    off = "" if seen.autovacuum else "; autovacuum is off"
    for what, age, freeze, database in (
        ("transactions", seen.transactions, seen.freeze_age, seen.transactions_database),
        ("multixacts", seen.multixacts, seen.multixact_freeze_age, seen.multixacts_database),
    ):
        note = f"{age} in database {database}"
        observe(f"{what} used", 100 * age / _ALL_NUMBERS, expected.wraparound, note=f"{note}; {tables}{off}")
        observe(f"{what} against forced freezing", 100 * age / freeze, expected.freeze_delay, note=f"{note}{off}")
