"""A real primary with a real standby: followed, paused, gone."""

import time
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr

from rounds.checks import test_replication as checks
from rounds.estate.ground import raze, servant, settle
from rounds.estate.postgres import READER
from rounds.estate.postgres import Postgres as Server
from rounds.fixtures import replication
from rounds.fixtures.replication import Replication, Standby
from rounds.judge import Observer
from rounds.outcome import Outcome
from rounds.probe import PROBES, CouldNotLook, RunbookDisagrees
from rounds.targets import Postgres

assert replication


@pytest.fixture(scope="module")
def pair():
    """A primary and its standby, from the estate's own parts."""
    root = settle(servant())
    primary = Server(root, servant(), "shop")
    standby = None
    try:
        primary.begin_init()
        primary.finish_init()
        primary.await_ready()
        primary.fill(b"CREATE TABLE t (id int)", [f"GRANT pg_monitor TO {READER}"])
        standby = primary.standby()
        standby.part.start()
        standby.await_ready()
        yield primary, standby
    finally:
        for server in (standby, primary):
            if server is not None:
                server.part.stop()
        raze(Path(root))


def target(server, role=READER):
    return Postgres(name="database", system="shop", dsn=SecretStr(server.dsn(role)))


def look(server, role=READER):
    return PROBES["replication"].look(target(server, role))


def eventually(what, seconds=10):
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end
        time.sleep(0.1)


def judged(row, found, **given):
    observer = Observer()
    given = {"database": Postgres(name="database", system="shop", dsn=SecretStr("postgresql://h/d"))} | given
    checks.test_pg_replication_lag(row(checks.PgReplicationLag, **given), found, observer)
    return observer


def test_a_standby_that_follows_is_no_second_behind_however_long_nothing_was_written(pair, row):
    primary, _ = pair
    eventually(lambda: [each.behind_bytes for each in look(primary).standbys] == [0])
    found = look(primary)
    assert found.standbys[0].state == "streaming"
    eventually(lambda: judged(row, look(primary), lag="100ms").outcome is Outcome.OK)


def test_a_standby_that_does_not_replay_falls_behind(pair, row):
    primary, standby = pair
    with psycopg.connect(standby.superuser, autocommit=True) as there:
        there.execute("SELECT pg_wal_replay_pause()")
        try:
            primary.query("INSERT INTO t SELECT generate_series(1, 1000)")
            time.sleep(2)
            primary.query("INSERT INTO t SELECT generate_series(1, 10)")
            eventually(lambda: judged(row, look(primary), lag="1s").outcome is Outcome.CRITICAL)
        finally:
            there.execute("SELECT pg_wal_replay_resume()")
    eventually(lambda: judged(row, look(primary), lag="1s").outcome is Outcome.OK)


def test_a_standby_cannot_tell_who_follows_the_primary(pair):
    with pytest.raises(RunbookDisagrees, match="is a standby itself"):
        look(pair[1])


def test_a_role_that_may_not_see_standbys_is_told_what_to_grant(pair):
    with pytest.raises(CouldNotLook, match="GRANT pg_monitor"):
        look(pair[0], "shop")


def test_no_standby_is_critical_and_skipped_only_where_the_row_says_so(row):
    assert judged(row, Replication(())).outcome is Outcome.CRITICAL
    with pytest.raises(pytest.skip.Exception, match="no standby"):
        judged(row, Replication(()), may_have_none=True)


@pytest.mark.parametrize(
    ("standby", "outcome"),
    [
        (Standby("b", "streaming", 0, 500.0), Outcome.OK),
        (Standby("b", "streaming", 10, 61.0), Outcome.CRITICAL),
        (Standby("b", "catchup", 10, 1.0), Outcome.CRITICAL),
        (Standby("b", "streaming", 10, None), Outcome.UNKNOWN),
        (Standby("b", "streaming", None, None), Outcome.UNKNOWN),
    ],
)
def test_the_lag_is_judged_by_position_first(row, standby, outcome):
    assert judged(row, Replication((standby,))).outcome is outcome


def test_one_of_two_missing_standbys_is_critical(row):
    found = Replication((Standby("a", "streaming", 0, None),))
    assert judged(row, found, standbys=2).outcome is Outcome.CRITICAL
