"""PostgreSQL lets us in, and lets those in who need it."""

from typing import Annotated

from pydantic import Field

from rounds.checks.answers import observe_unread
from rounds.expectation import Expectation
from rounds.fixtures.logs import LogRecords
from rounds.fixtures.postgres import Connectivity
from rounds.judge import Observer
from rounds.limits import Limit, at_most
from rounds.pattern import Pattern
from rounds.quantities import Duration, shown
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
    may_be_quiet: Annotated[bool, Field(description="the log may hold no record at all for that long")] = False


def test_pg_connectivity(
    expected: PgConnectivity, connectivity: Connectivity, log_records: LogRecords, observe: Observer
) -> None:
    """The database accepts connections.

    Remedy: read the reason that is given: refused means that the server is down (look at its service and its log),
    a timeout that it hangs or the network drops, "too many clients" that somebody keeps sessions open, a wrong
    password that it was changed in one place only. Failures in the log alone are past: find what was restarted then.
    """
    if connectivity.failure:
        observe.critical("answer", connectivity.failure, "missing")
    else:
        observe("answer", connectivity.answer_seconds, expected.answer)
    observe_unread(log_records, observe)
    if log_records.records == 0 and not expected.may_be_quiet:
        why = f"the log has no record at all of the last {shown(expected.within, 's')}: is it still written?"
        observe.unknown("connection failures in the log", why, "unknown")
        return
    tallies = log_records.matches.values()
    newest = next((tally.newest[-1] for tally in tallies if tally.newest), f"among {log_records.records} records")
    observe("connection failures in the log", sum(tally.count for tally in tallies), expected.failures, note=newest)
