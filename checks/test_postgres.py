"""PostgreSQL lets us in, and lets those in who need it."""

from typing import Annotated

from pydantic import Field

from rounds.expectation import Expectation
from rounds.fixtures.logs import LogRecords
from rounds.fixtures.postgres import Connectivity
from rounds.judge import Observer
from rounds.limits import Limit, at_most
from rounds.pattern import Pattern
from rounds.quantities import Duration
from rounds.targets import Log, Postgres


class PgConnectivity(Expectation):
    """How fast a new session with one trivial query must be had, and what its users' log may say of failures.

    `matching` are the patterns by which the log of those who use the database tells that a connection failed.
    """

    database: Postgres
    answer: Limit = at_most(2, unit="s")
    log: Log
    matching: Annotated[dict[str, Pattern], Field(min_length=1)]
    acknowledged_by: Pattern | None = None
    within: Duration = 3600
    failures: Limit = at_most(0)


def test_pg_connectivity(
    expected: PgConnectivity, connectivity: Connectivity, log_records: LogRecords, observe: Observer
) -> None:
    """The database accepts connections.

    Remedy: read the reason that is given: refused means that the server is down (look at its service and its log),
    a timeout that it hangs or the network drops, "too many clients" that somebody keeps sessions open, a wrong
    password that it was changed in one place only. Failures in the log alone are past: find what was restarted then.
    """
    if connectivity.failure:
        observe.critical("answer", connectivity.failure)
    else:
        observe("answer", connectivity.answer_seconds, expected.answer)
    tallies = log_records.matches.values()
    newest = next((tally.newest[-1] for tally in tallies if tally.newest), f"among {log_records.records} records")
    observe("connection failures in the log", sum(tally.count for tally in tallies), expected.failures, note=newest)
