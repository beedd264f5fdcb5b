"""Failed log-ins: bursts of one user, and from one address."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from rounds.checks import test_logins as checks
from rounds.fixtures import logins as facts
from rounds.judge import Observer
from rounds.outcome import Outcome
from rounds.probe import PROBES, RunbookDisagrees
from rounds.targets import Postgres

from .conftest import Server

Row = Callable[..., Any]
COLUMNS = {"user": "username", "address": "ip", "success": "success", "created": "at"}
INSERT = (
    "INSERT INTO attempts (username, at, local, ip, success) SELECT {user}, {at}, ({at}) AT TIME ZONE 'UTC', {ip}, {ok}"
)


@pytest.fixture
def attempts(server: Server) -> Iterator[Callable[..., None]]:
    def add(
        number: int, user: str = "'u'", at: str = "now()", ip: str = "'192.0.2.1'::inet", ok: str = "false"
    ) -> None:
        server.run(INSERT.format(user=user, at=at, ip=ip, ok=ok) + f" FROM generate_series(1, {number}) n")

    yield add
    server.run("TRUNCATE attempts")


def look(database: Postgres, **changed: str) -> facts.LoginFailures:
    columns = {"database": database, "table": "attempts", "window": 86400.0} | COLUMNS | changed
    found: facts.LoginFailures = PROBES["login_failures"].look(**columns)
    return found


def judged(row: Row, fact: facts.LoginFailures) -> Observer:
    observer = Observer()
    expected = row(
        checks.AuthFailures, database=Postgres(name="database", dsn=SecretStr("x")), table="attempts", **COLUMNS
    )
    checks.test_auth_failures(expected, fact, observer)
    return observer


def test_scattered_failures_are_fine(row: Row, attempts: Callable[..., None], database: Postgres) -> None:
    attempts(40, at="now() - n * interval '30 minutes'")
    attempts(5, ok="true")
    assert judged(row, look(database)).outcome is Outcome.OK


def test_twenty_failures_from_one_address_are_critical(
    row: Row, attempts: Callable[..., None], database: Postgres
) -> None:
    attempts(20, user="'user' || n")
    observer = judged(row, look(database))
    assert observer.outcome is Outcome.CRITICAL
    assert "(192.0.2.1)" in observer.summary


def test_failures_of_one_user_from_many_addresses_are_critical(
    row: Row, attempts: Callable[..., None], database: Postgres
) -> None:
    attempts(11, ip="('192.0.2.' || n)::inet")
    fact = look(database)
    assert fact.worst_address == facts.Burst(fact.worst_address.who, 1) if fact.worst_address else False
    assert judged(row, fact).outcome is Outcome.CRITICAL


@pytest.mark.parametrize("column", ["at", "local"])
def test_a_burst_across_a_full_hour_is_seen_whole(
    attempts: Callable[..., None], database: Postgres, column: str
) -> None:
    attempts(6, at="date_trunc('hour', now() - interval '3 hours') - n * interval '1 minute'")
    attempts(6, at="date_trunc('hour', now() - interval '3 hours') + n * interval '1 minute'")
    fact = look(database, created=column)
    assert fact.worst_user == facts.Burst("u", 12)


def test_old_failures_do_not_count(row: Row, attempts: Callable[..., None], database: Postgres) -> None:
    attempts(50, at="now() - interval '25 hours'")
    attempts(1, ok="true")
    fact = look(database)
    assert (fact.failures, fact.worst_user) == (0, None)
    assert judged(row, fact).outcome is Outcome.OK


def test_no_attempt_at_all_is_unknown(row: Row, attempts: Callable[..., None], database: Postgres) -> None:
    assert judged(row, look(database)).outcome is Outcome.UNKNOWN
    attempts(3, at="now() - interval '3 days'")
    observer = judged(row, look(database))
    assert observer.outcome is Outcome.UNKNOWN
    assert "the newest is" in observer.summary


def test_a_success_column_that_is_no_boolean_is_told(database: Postgres) -> None:
    with pytest.raises(RunbookDisagrees, match="is text, not a boolean"):
        look(database, success="username")
