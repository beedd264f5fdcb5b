"""Nobody tries passwords."""

from rounds.expectation import Expectation
from rounds.fixtures.logins import Burst, LoginFailures
from rounds.judge import Observer
from rounds.limits import Limit, at_most
from rounds.quantities import Duration, shown
from rounds.targets import Postgres


class AuthFailures(Expectation):
    """How many log-ins of one user, or from one address, may fail in any sliding hour of the last `window`.

    The columns of `table` are named by what they hold; `success` is a boolean, and no value there is no success.
    """

    database: Postgres
    table: str
    user: str
    address: str
    success: str
    created: str
    window: Duration = 86400
    failures: Limit = at_most(10)


def test_auth_failures(expected: AuthFailures, login_failures: LoginFailures, observe: Observer) -> None:
    """No user and no address has a burst of failed log-ins.

    Remedy: see whether a success followed from the same address; if so treat the account as taken over (end its
    sessions, set a new password, read what it did). If not, block the address and tell the user who was tried.
    """
    seen, window = login_failures, shown(expected.window, "s")
    if not seen.attempts:
        newest = seen.newest_attempt_seconds
        last = "and none before" if newest is None else f"the newest is {shown(newest, 's')} old"
        why = f"{expected.table} has no attempt of the last {window}, {last}: is it still written?"
        observe.unknown("log-in attempts", why, 0)
        return
    note = f"{seen.failures} failed in all"
    observe("log-in attempts", seen.attempts, note=note)
    _judge("most failed log-ins of one user in an hour", seen.worst_user, expected.failures, observe)
    _judge("most failed log-ins from one address in an hour", seen.worst_address, expected.failures, observe)


def _judge(name: str, burst: Burst | None, limit: Limit, observe: Observer) -> None:
    observe(name, burst.failures if burst else 0, limit, note=burst.who if burst else "")
