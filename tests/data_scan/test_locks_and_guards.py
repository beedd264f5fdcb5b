"""Scans of a server that is busy, locked, slow, or gone in the middle; and of samples and partitions."""

import threading
import time
from contextlib import contextmanager

import psycopg
import pytest
from pydantic import SecretStr, ValidationError

from rounds.fixtures import data_scan
from rounds.fixtures.data_scan import readings, scan
from rounds.measures import Between, Broken, Distinct, Nulls, Orphans, Repeated, Rows
from rounds.probe import PROBES, CouldNotLook, NotNow, Unreachable
from rounds.targets import Dataset, Postgres
from tests.data_scan.conftest import QUOTED

assert readings
LOOK = PROBES["readings"].look
SLOW = f"CREATE VIEW slow AS SELECT t.* FROM {QUOTED} t, pg_sleep(60); GRANT SELECT ON slow TO reader"  # noqa: S608 - its own


@contextmanager
def somebody(server, statement, dbname="shop"):
    """A session of somebody else that has begun a transaction with a statement."""
    with psycopg.connect(server.dsn("super", dbname=dbname)) as connection:
        connection.execute(statement.encode())
        yield connection
        connection.rollback()


def until(holds):
    """Wait for something that others do."""
    end = time.monotonic() + 15
    while not holds():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)


@contextmanager
def sessions_at_work(server, count):
    """So many sessions of others that wait for a lock: they are active until it is given."""
    connections = [psycopg.connect(server.dsn("super"), autocommit=True) for _ in range(count)]
    with somebody(server, "SELECT pg_advisory_xact_lock(7)"):
        waiting = [
            threading.Thread(target=each.execute, args=[b"SELECT pg_advisory_lock_shared(7)"]) for each in connections
        ]
        for each in waiting:
            each.start()
        active = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'advisory'"
        until(lambda: server.run(active)[0][0] == count)
        yield
    for each in waiting:
        each.join()
    for each in connections:
        each.close()


@pytest.fixture
def may_see_others(server):
    server.run("GRANT pg_monitor TO reader")
    yield
    server.run("REVOKE pg_monitor FROM reader")


def test_a_locked_table_makes_its_rows_unknown_within_a_second(pg_orders, server):
    pg_orders.add(1)
    many = [Rows(), Nulls("select"), Distinct("select"), Repeated(("select",)), Broken(Between("größe", 0))]
    with somebody(server, f"LOCK {QUOTED}"):
        begun = time.monotonic()
        with pytest.raises(CouldNotLook, match=r"relation Aufträge \"neu\" is locked by somebody for longer than 1 s"):
            scan(pg_orders.dataset(), many, 20)
        assert time.monotonic() - begun < 4, "not a second for each"


def test_a_locked_table_that_rows_refer_to_makes_only_those_unknown(pg_orders, server):
    pg_orders.add(1)
    orphans = [Orphans((column,), "shops", (key,)) for column in ("shop", "id") for key in ("id", "city")]
    with somebody(server, "LOCK shops"):
        begun = time.monotonic()
        found = scan(pg_orders.dataset(), [*orphans, Rows()], 20)
        assert time.monotonic() - begun < 3, "not a second for each"
    assert found[Rows()].value == 1
    assert all("shops is locked" in str(found[each]) for each in orphans)


def test_a_locked_table_behind_a_query_makes_its_rows_unknown(pg_orders, server):
    query = f'SELECT "select" FROM {QUOTED}'  # noqa: S608 - the test's own name
    dataset = pg_orders.dataset(table=None, query=query, private=())
    with somebody(server, f"LOCK {QUOTED}"), pytest.raises(CouldNotLook, match="locked by somebody"):
        scan(dataset, [Rows()], 20)


def test_a_change_that_comes_during_the_scan_waits_for_it(pg_orders, server, monkeypatch):
    """The table is locked as by any reader, so that no statement of the scan has to wait for the change."""
    pg_orders.add(1)
    make = data_scan.source_of

    def with_a_change(dataset, database):
        source = make(dataset, database)
        with pytest.raises(psycopg.errors.LockNotAvailable):
            server.run(f"SET lock_timeout = 50; ALTER TABLE {QUOTED} ADD more INTEGER")
        return source

    monkeypatch.setattr(data_scan, "source_of", with_a_change)
    assert pg_orders.read(Rows()).value == 1


def test_a_scan_ends_in_time(pg_orders):
    pg_orders.add(1)
    pg_orders.run(SLOW)
    begun = time.monotonic()
    answer = LOOK(pg_orders.dataset(table="slow", deadline="1.5s"), (Rows(), Distinct("select")), None)
    assert time.monotonic() - begun < 20
    assert all("no time left" in str(each) for each in answer.values())


def test_a_session_that_is_ended_in_the_middle_makes_the_database_unreachable(pg_orders, server):
    pg_orders.add(1)
    pg_orders.run(SLOW)
    end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'SELECT COUNT%\"slow\"%'"

    ending = threading.Thread(target=until, args=[lambda: server.run(end)])
    ending.start()
    with pytest.raises(Unreachable, match="database ended the session") as met:
        LOOK(pg_orders.dataset(table="slow"), (Rows(),), None)
    ending.join()
    assert met.value.target == "bigshot/database"


def test_a_database_that_takes_no_connection_is_the_cause_and_not_the_dataset():
    nobody = Postgres(name="database", system="bigshot", dsn=SecretStr("postgresql://x@127.0.0.1:1/x"))
    with pytest.raises(Unreachable) as met:
        LOOK(Dataset(name="orders", system="bigshot", database=nobody, table="orders"), (Rows(),), None)
    assert met.value.target == "bigshot/database"


@pytest.mark.usefixtures("may_see_others")  # a session that has just ended is seen a moment longer
def test_a_quiet_server_is_scanned(pg_orders):
    pg_orders.add(1)
    assert pg_orders.read(Rows(), busy={"active": 0}).value == 1


@pytest.mark.usefixtures("may_see_others")
def test_a_busy_server_is_not_scanned_and_the_figures_are_told(pg_orders, server):
    with sessions_at_work(server, 2):
        said = "database is busy: 2 sessions of others are at work, at most 1 may be"
        with pytest.raises(CouldNotLook, match=said) as met:
            pg_orders.read(Rows(), busy={"active": 1})
        assert not isinstance(met.value, NotNow)
        with pytest.raises(NotNow, match=said):
            pg_orders.read(Rows(), busy={"active": 1, "then": "skipped"})
        assert pg_orders.read(Rows(), busy={"active": 2}).value == 0


@pytest.mark.usefixtures("may_see_others")
def test_a_busy_server_is_waited_for(pg_orders, server):
    pg_orders.add(1)
    found = []
    looking = threading.Thread(target=lambda: found.append(pg_orders.read(Rows(), busy={"active": 0, "wait": "15s"})))
    with sessions_at_work(server, 1):
        looking.start()
        asking = "SELECT 1 FROM pg_stat_activity WHERE application_name = 'rounds' AND query LIKE '%disabled%'"
        until(lambda: server.run(asking))
        assert found == []
    looking.join()
    assert found[0].value == 1


@pytest.mark.usefixtures("may_see_others")
def test_a_server_that_stays_busy_is_waited_for_only_so_long(pg_orders, server):
    with sessions_at_work(server, 1), pytest.raises(CouldNotLook, match="are at work after 1 s, too"):
        pg_orders.read(Rows(), busy={"active": 0, "wait": "1s"})


def test_where_our_role_cannot_see_whether_others_work_nothing_is_scanned(pg_orders, server):
    with (
        somebody(server, "SELECT 1"),
        pytest.raises(CouldNotLook, match="our role may not see whether database is busy"),
    ):
        pg_orders.read(Rows(), busy={"active": 9})


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"busy": {"active": 1, "wait": "50s"}}, "leaves no time for the scan"),
        ({"sample": "1%", "table": None, "query": "SELECT 1 AS one"}, "sample is taken of a table only"),
    ],
)
def test_a_dataset_that_cannot_work_is_refused(more, said):
    database = Postgres(name="database", system="bigshot", dsn=SecretStr("postgresql://x@127.0.0.1:1/x"))
    given = {"name": "orders", "system": "bigshot", "database": database, "table": "orders"} | more
    with pytest.raises(ValidationError, match=said):
        Dataset(**given)
