"""Requests in an access log end well and in time."""

from typing import Annotated

from pydantic import Field, field_validator

from rounds.expectation import Expectation
from rounds.fixtures.logs import Requests
from rounds.judge import Observer
from rounds.limits import Limit, at_most
from rounds.quantities import Duration, shown
from rounds.targets import Log

MOST_UNREAD_PERCENT = 5


def _with_group(log: Log, group: str) -> Log:
    if group not in log.fields:
        raise ValueError(f"the pattern of {log.name} has no group {group}")
    return log


def _is_unread(bad: int, good: int) -> bool:
    return bad * 100 > MOST_UNREAD_PERCENT * (good + bad)


def _can_be_judged(seen: Requests, within: float, observe: Observer) -> bool:
    """Tell whether there are requests, and a log that was read as such: a share of what was understood can deceive."""
    if _is_unread(seen.stray_lines, seen.count):
        lines = f"{seen.stray_lines} of {seen.count + seen.stray_lines} lines are no requests of the log's form"
        observe.unknown("requests", lines, seen.count)
    elif seen.count == 0:
        observe.unknown("requests", f"none within {shown(within, 's')}", 0)
    else:
        observe("requests", seen.count, note=f"within {shown(within, 's')}")
        return True
    return False


class AccessLogStatus(Expectation):
    """Which share of the requests `within` some time may end in 5xx and in 4xx.

    A share of few requests means little: with fewer than `enough`, it is taken as of `enough`. With 1 % and 100, one
    failed request is no alarm however few there are, and two always are.
    """

    log: Log
    within: Duration = 86_400.0
    enough: Annotated[int, Field(ge=1)] = 100
    server_errors: Limit = at_most(1, unit="%")
    client_errors: Limit = at_most(100, unit="%")

    _readable = field_validator("log")(lambda log: _with_group(log, "status"))


def test_access_log_status(expected: AccessLogStatus, log_requests: Requests, observe: Observer) -> None:
    """Few requests end in errors.

    Remedy: for 5xx look which paths fail and since when, then into the log of the service behind them; for 4xx whether
    one address or one broken link makes them: an attack, a scan, or a release that lost a page.
    """
    if not _can_be_judged(log_requests, expected.within, observe):
        return
    without = log_requests.statuses.get("", 0)
    if _is_unread(without, log_requests.count - without):
        why = f"{without} of {log_requests.count} have none: has the name of the status changed?"
        observe.unknown("requests without a status", why, without)
        return
    for name, first, limit in (("5xx", "5", expected.server_errors), ("4xx", "4", expected.client_errors)):
        codes = {status: count for status, count in log_requests.statuses.items() if status.startswith(first)}
        bad = sum(codes.values())
        said = ", ".join(
            f"{count} x {status}" for status, count in sorted(codes.items(), key=lambda code: -code[1])[:5]
        )
        few = (
            "" if log_requests.count >= expected.enough else f"too few for a share: as if there were {expected.enough}"
        )
        note = "; ".join(part for part in (said, few) if part)
        observe(f"share of {name}", 100 * bad / max(log_requests.count, expected.enough), limit, note=note)


class HttpLatency(Expectation):
    """How long answers may take, by the times in an access log `within` some time.

    With fewer than `enough` requests the 95th percentile is just the slowest: it may hold the limit, but not break it.
    """

    log: Log
    within: Duration = 3600.0
    enough: Annotated[int, Field(ge=1)] = 20
    p95: Limit = at_most(0.5, unit="s")

    _readable = field_validator("log")(lambda log: _with_group(log, "seconds"))


def test_http_latency(expected: HttpLatency, log_requests: Requests, observe: Observer) -> None:
    """Nineteen of twenty requests are answered quickly.

    Remedy: see which paths are slow and since when; then the slow queries of the database, the load of the host, and
    what was deployed last. When all paths are slow at once, a shared part (database, disk, processor) is short of room.
    """
    if not _can_be_judged(log_requests, expected.within, observe):
        return
    if _is_unread(log_requests.absurd_times, log_requests.timed):
        why = f"{log_requests.absurd_times} times are no numbers, below 0 or above a day: does the log's pattern fit?"
        observe.unknown("95th percentile", why, "unreadable")
        return
    if log_requests.seconds_p95 is None:
        observe.unknown("95th percentile", "no request in the log has a time", "missing")
        return
    observe("median", log_requests.seconds_p50, unit="s")
    observe("99th percentile", log_requests.seconds_p99, unit="s")
    breaks = expected.p95.critical is not None and log_requests.seconds_p95 > expected.p95.critical
    if breaks and log_requests.timed < expected.enough:
        why = f"only {log_requests.timed} requests: too few to judge it"
        observe.unknown("95th percentile", why, log_requests.seconds_p95, unit="s")
    else:
        observe("95th percentile", log_requests.seconds_p95, expected.p95, note=f"of {log_requests.timed} requests")
