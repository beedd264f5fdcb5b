"""Damaged backups of real servers: each is red, and says what is wrong."""

import gzip
import os
from collections.abc import Callable
from typing import Any

import pytest

from rounds.judge import Observer
from rounds.outcome import Outcome
from rounds.probe import CouldNotLook
from rounds.targets import RestoreDrill

from .drills import NEWEST, carried_out, judged
from .servers import Put, Server

Row = Callable[..., Any]
Drill = Callable[..., RestoreDrill]
Judged = Callable[..., Observer]


@pytest.fixture
def red(row: Row, drill: Drill) -> Judged:
    """Carry out a drill that is to end critical."""

    def made(**given: Any) -> Observer:
        of_row = {key: given.pop(key) for key in ("tables", "share") if key in given}
        observer = judged(row, drill(**given), carried_out(drill(**given)), **of_row)
        assert observer.outcome is Outcome.CRITICAL, observer.summary
        return observer

    return made


def test_a_dump_without_one_table(server: Server, put: Put, red: Judged) -> None:
    put(server.dump("-Fc", "-T", "events"), ".backup")
    observer = red()
    assert "rows in events is missing (the backup has no such table)" in observer.summary


def test_a_dump_without_the_rows_of_one_table(server: Server, put: Put, red: Judged) -> None:
    put(server.dump("-Fc", "--exclude-table-data=events"), ".backup")
    summary = red().summary
    assert "rows in events is 0" in summary
    assert "events 0 %" in summary


def test_a_dump_without_an_index_or_a_constraint(server: Server, put: Put, red: Judged) -> None:
    with server.changed("DROP INDEX orders_made_at", "ALTER TABLE orders DROP CONSTRAINT orders_total") as copy:
        put(server.dump("-Fc", database=_name(copy)), ".backup")
    assert "check orders_total of orders, index orders_made_at of orders: made since, or missing" in red().summary


def test_a_dump_of_only_the_schema(server: Server, put: Put, red: Judged) -> None:
    put(gzip.compress(server.dump("-s")), ".sql.gz")
    assert "rows in customers is 0" in red().summary


def test_a_dump_of_another_database(server: Server, put: Put, red: Judged) -> None:
    server.run("CREATE TABLE IF NOT EXISTS other (n int)", database="postgres")
    put(server.dump(database="postgres"))
    assert "none of customers, orders, events, audit.logins is in it: it has other" in red().summary


def test_a_dump_from_long_before_under_a_new_name(server: Server, put: Put, red: Judged) -> None:
    old = ("UPDATE orders SET made_at = made_at - interval '40 days'", "UPDATE events SET at = at - interval '40 days'")
    with server.changed(*old) as copy:
        put(server.dump(database=_name(copy)))
    assert "newest row of orders before the backup is 40" in red(newest=NEWEST).summary


def test_a_dump_with_half_of_the_rows(server: Server, put: Put, red: Judged) -> None:
    with server.changed("DELETE FROM events WHERE id > 1500") as copy:
        put(server.dump(database=_name(copy)))
    assert "smallest share of the live rows is 50 %" in red().summary


def test_sequences_behind_their_columns(server: Server, put: Put, red: Judged) -> None:
    with server.changed("SELECT setval('orders_id_seq', 5)") as copy:
        put(server.dump("-Fc", database=_name(copy)), ".backup")
    assert "orders_id_seq" in red().summary


def test_a_constraint_that_was_never_validated(server: Server, put: Put, red: Judged) -> None:
    statements = (
        "ALTER TABLE orders DROP CONSTRAINT orders_customer_fkey",
        "DELETE FROM customers WHERE id = 7",
        "ALTER TABLE orders ADD CONSTRAINT orders_customer_fkey FOREIGN KEY (customer) REFERENCES customers NOT VALID",
    )
    with server.changed(*statements) as copy:
        put(server.dump(database=_name(copy)))
    assert "orders_customer_fkey" in red().summary


def test_a_condition_that_does_not_hold(server: Server, put: Put, red: Judged) -> None:
    put(server.dump())
    conditions = {"every customer has an e-mail address": "SELECT count(*) = 0 FROM customers WHERE name !~ '@'"}
    assert "every customer has an e-mail address is no" in red(conditions=conditions).summary


@pytest.mark.parametrize("kept", [0.4, 0.97])
def test_a_plain_dump_that_is_cut(server: Server, put: Put, red: Judged, kept: float) -> None:
    whole = server.dump()
    put(whole[: int(len(whole) * kept)])
    assert "cannot be restored" in red().summary


def test_a_compressed_dump_that_is_cut(server: Server, put: Put, red: Judged) -> None:
    put(gzip.compress(server.dump())[:-1000], ".sql.gz")
    assert "cannot be restored" in red().summary


def test_a_custom_dump_that_is_cut_or_has_a_flipped_byte(server: Server, put: Put, red: Judged) -> None:
    whole = server.dump("-Fc")
    path = put(whole[:-1000], ".backup")
    assert "cannot be restored" in red().summary
    middle = len(whole) * 6 // 10
    times = path.stat().st_mtime
    path.write_bytes(whole[:middle] + bytes([whole[middle] ^ 0x55]) + whole[middle + 1 :])
    os.utime(path, (times, times))
    assert "cannot be restored" in red().summary


def test_a_statement_that_fails(server: Server, put: Put, red: Judged) -> None:
    put(
        server.dump().replace(
            b"ADD CONSTRAINT orders_pkey PRIMARY KEY (id)", b"ADD CONSTRAINT orders_pkey PRIMARY KEY (ident)"
        )
    )
    assert "ident" in red().summary


def test_an_empty_dump_in_a_valid_gzip(server: Server, put: Put, red: Judged) -> None:
    assert server.version
    put(gzip.compress(b""), ".sql.gz")
    assert "cannot be restored" in red().summary


def test_a_damaged_page_in_a_base_backup(server: Server, put: Put, red: Judged) -> None:
    ((place,),) = server.run("SELECT pg_relation_filepath('events')")
    folder = put(server.base_backup, "")
    with (folder / str(place)).open("r+b") as file:
        file.seek(8192 * 3 + 2000)
        file.write(b"\xff" * 500)
    made = folder.stat().st_mtime
    os.utime(folder / str(place), (made, made))
    observer = red(each="folder", database="shop")
    assert "events" in observer.summary


def test_an_extension_that_this_machine_lacks_is_unknown(server: Server, put: Put, drill: Drill) -> None:
    dump = server.dump()
    place = dump.index(b"SET default_tablespace")
    put(dump[:place] + b"CREATE EXTENSION IF NOT EXISTS postgis WITH SCHEMA public;\n\n" + dump[place:])
    with pytest.raises(CouldNotLook, match="postgis"):
        carried_out(drill())


def test_a_role_that_the_dump_needs_is_made_and_told(row: Row, server: Server, put: Put, drill: Drill) -> None:
    server.run("DROP ROLE IF EXISTS clerk", "CREATE ROLE clerk")
    with server.changed("GRANT SELECT ON orders TO clerk") as copy:
        put(server.dump("-Fc", database=_name(copy)), ".backup")
    seen = carried_out(drill())
    assert judged(row, drill(), seen).outcome is Outcome.OK
    assert "clerk" in seen.made or any("grants" in each for each in seen.left_out)


def test_a_disk_budget_that_is_too_small_is_unknown(server: Server, put: Put, drill: Drill) -> None:
    put(server.dump())
    with pytest.raises(CouldNotLook):
        carried_out(drill(disk="1 MB"))


def test_a_deadline_that_is_too_short_is_unknown(server: Server, put: Put, drill: Drill) -> None:
    put(server.dump())
    with pytest.raises(CouldNotLook):
        carried_out(drill(deadline="300ms"))


def _name(copy: Any) -> str:
    return str(copy.dsn.get_secret_value().partition("dbname='")[2].rstrip("'"))
