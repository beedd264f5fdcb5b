"""Damaged pages on disk come out as facts that name them."""

from collections.abc import Iterator
from typing import Any

import pytest

from rounds.fixtures.pg_amcheck import verified_tables
from rounds.fixtures.pg_pages import read_everything

from .conftest import PAGE, Server

EVENTS = (
    "CREATE TABLE events (id int, name text, note text, place point, body json);"
    "ALTER TABLE events ALTER note SET STORAGE EXTERNAL;"
    "INSERT INTO events SELECT n, repeat('n', 200), CASE WHEN n = 700 THEN repeat('long', 5000) END, '(1,2)', '{}'"
    " FROM generate_series(1, 1000) n;"
)


@pytest.fixture
def filled(server: Server) -> Iterator[Server]:
    server.run("DROP SCHEMA public CASCADE; CREATE SCHEMA public; GRANT USAGE ON SCHEMA public TO PUBLIC")
    server.run(EVENTS)
    yield server
    server.run("SET zero_damaged_pages = on; DROP SCHEMA public CASCADE; CREATE SCHEMA public")


def test_healthy_tables_are_read_whole_and_their_rows_counted(filled: Server) -> None:
    filled.run("CREATE MATERIALIZED VIEW seen AS SELECT 1; CREATE MATERIALIZED VIEW later AS SELECT 1 WITH NO DATA")
    filled.run('CREATE TABLE "a ""%s{b}" (); CREATE VIEW v AS SELECT 1; CREATE TABLE acls (who aclitem)')
    filled.run("CREATE TABLE p (id int) PARTITION BY LIST (id); CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1)")
    filled.run("INSERT INTO p VALUES (1); INSERT INTO acls VALUES ('=r/super')")
    with filled.asked() as asked:
        found = read_everything(asked)
    assert found.rows == {"events": 1000, "seen": 1, '"a ""%s{b}"': 0, "p1": 1, "acls": 1}
    assert found.read_bytes > 200_000
    assert (found.damaged, found.left_out) == ((), ("later: it was never filled",))


def test_damaged_pages_are_named_and_reading_goes_on_behind_them(filled: Server) -> None:
    filled.damage("events", 3, 4, 11)
    with filled.asked() as asked:
        found = read_everything(asked)
    assert [each.partition(" cannot be read: ")[0] for each in found.damaged] == [
        "page 3 of events", "page 4 of events", "page 11 of events",
    ]  # fmt: skip
    assert "invalid page in block 11 of relation" in found.damaged[2]
    assert "events" not in found.rows


def test_amcheck_tells_of_a_damaged_page_too(filled: Server) -> None:
    filled.damage("events", 3)
    with filled.asked() as asked:
        found = verified_tables(asked, ["events"])
    assert found.verified == 1
    assert found.damaged[0].startswith("events: invalid page in block 3 of relation")


def test_a_damaged_page_of_long_values_is_found_though_count_would_not_see_it(filled: Server) -> None:
    toast = filled.run("SELECT reltoastrelid::regclass::text FROM pg_class WHERE relname = 'events'")[0][0]
    filled.damage(toast, 1)
    assert filled.run("SELECT count(*) FROM events") == [(1000,)]
    with filled.asked() as asked:
        (said,) = read_everything(asked).damaged
    assert said.startswith(f"page 1 of events, in {toast} where its long values lie cannot be read: ")


def test_a_long_value_that_is_gone_is_damage(filled: Server) -> None:
    toast = filled.run("SELECT reltoastrelid::regclass::text FROM pg_class WHERE relname = 'events'")[0][0]
    with filled.stopped(toast) as (path,):
        path.write_bytes(bytes(path.stat().st_size))  # pages that are all zero count as new ones
    with filled.asked() as asked:
        (said,) = read_everything(asked).damaged
        assert said.startswith("a row of events cannot be read: missing chunk number 0")
        assert "toast value" in verified_tables(asked, ["events"]).damaged[0]


def test_a_table_whose_file_was_cut_has_fewer_rows_and_one_without_file_is_damage(filled: Server) -> None:
    with filled.stopped("events") as (path,):
        path.write_bytes(path.read_bytes()[: 5 * PAGE])
    with filled.asked() as asked:
        assert read_everything(asked, ["events"]).rows["events"] < 1000
    with filled.stopped("events") as (path,):
        path.rename(path.with_suffix(".away"))
    with filled.asked() as asked:
        (said,) = read_everything(asked).damaged
    assert said.startswith("a row of events cannot be read: could not open file")
    path.with_suffix(".away").rename(path)


def test_without_checksums_a_torn_page_header_is_found(old_server: Server) -> None:
    old_server.run(EVENTS)
    try:
        with old_server.stopped("events") as (path,), path.open("r+b") as file:
            file.seek(2 * PAGE)
            file.write(b"\xff" * 24)
        with old_server.asked() as asked:
            (said,) = read_everything(asked).damaged
        assert said.startswith("page 2 of events cannot be read: invalid page in block 2")
    finally:
        old_server.run("DROP TABLE events")


@pytest.mark.parametrize("how", ["time", "rights", "rows"])
def test_what_could_not_be_read_is_told_and_is_no_damage(filled: Server, how: str) -> None:
    more: dict[str, Any] = {"budget_seconds": 0} if how == "time" else {}
    words = {
        "time": "there was no time left for it",
        "rights": "our role may not read it",
        "rows": 'query would be affected by row-level security policy for table "events"',
    }
    if how == "rows":
        filled.run("GRANT SELECT ON events TO reader; ALTER TABLE events ENABLE ROW LEVEL SECURITY")
    with filled.asked("super" if how == "time" else "reader") as asked:
        found = read_everything(asked, **more)
    assert (found.rows, found.damaged, found.left_out) == ({}, (), (f"events: {words[how]}",))


def test_the_systems_own_tables_are_read_where_that_is_asked(server: Server) -> None:
    with server.asked() as asked:
        found = read_everything(asked, catalogs=True)
    assert found.rows["pg_class"] > 300
    assert (found.damaged, found.left_out) == ((), ())
