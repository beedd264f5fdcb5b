"""Healthy backups of every format are restored and judged good: real dumps, real servers."""

import gzip
import io
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rounds.fixtures.restored import Restored
from rounds.outcome import Outcome
from rounds.targets import RestoreDrill

from .drills import CONDITIONS, NEWEST, carried_out, judged
from .servers import Put, Server

Row = Callable[..., Any]
Drill = Callable[..., RestoreDrill]


def tar_gz(members: dict[str, bytes]) -> bytes:
    """An archive as a backup script packs it."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, data in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return packed.getvalue()


def good(row: Row, drill: RestoreDrill, **given: Any) -> Restored:
    seen = carried_out(drill)
    observer = judged(row, drill, seen, **given)
    assert observer.outcome is Outcome.OK, observer.summary
    assert dict(seen.counts.rows) == {"customers": 200, "orders": 2000, "events": 3000, "audit.logins": 50}
    assert seen.live is not None
    assert seen.live.rows == seen.counts.rows
    assert seen.is_whole
    return seen


def test_a_plain_dump(row: Row, server: Server, put: Put, drill: Drill) -> None:
    put(server.dump())
    seen = good(row, drill(newest=NEWEST, conditions=CONDITIONS))
    assert seen.times.in_all_seconds > 0
    assert [each.holds for each in seen.conditions] == [True]
    assert not seen.soundness.amcheck_hindrance
    assert seen.soundness.indexes_verified >= 5


def test_a_compressed_plain_dump(row: Row, server: Server, put: Put, drill: Drill) -> None:
    path = put(gzip.compress(server.dump()), ".sql.gz")
    before = (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_mode)
    good(row, drill())
    assert (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_mode) == before


def test_a_custom_dump_and_one_table_of_it_alone(row: Row, server: Server, put: Put, drill: Drill) -> None:
    put(server.dump("-Fc"), ".backup")
    alone = good(row, drill(alone=["orders"])).alone["orders"]
    assert not alone.failure
    assert (alone.rows, alone.rows_in_backup, alone.indexes) == (2000, 2000, 2)
    assert alone.has_primary_key
    assert not alone.missing
    assert alone.missing_against_live == ()
    assert all("REFERENCES customers" in each for each in alone.foreign_keys_left_out)


def test_a_plain_dump_and_one_table_of_it_alone(row: Row, server: Server, put: Put, drill: Drill) -> None:
    put(server.dump())
    alone = good(row, drill(alone=["events"])).alone["events"]
    assert not alone.failure
    assert (alone.rows, alone.indexes, alone.missing) == (3000, 2, ())


def test_a_dump_in_tar_format(row: Row, server: Server, put: Put, drill: Drill) -> None:
    put(server.dump("-Ft"), ".tar")
    good(row, drill())


def test_a_dump_in_a_folder(row: Row, server: Server, put: Put, drill: Drill) -> None:
    def made(folder: Path) -> None:
        subprocess.run(
            [server.own.bin / "pg_dump", "-Fd", "-d", server.own.connection("shop"), "-f", folder],
            check=True,
            timeout=60,
        )

    put(made, "")
    good(row, drill(each="folder"))


def test_an_archive_with_a_dump_and_other_things_in_it(row: Row, server: Server, put: Put, drill: Drill) -> None:
    members = {"./config/app.yml": b"debug: false\n", "./database.sql": server.dump(), "./notes.txt": b"x" * 999}
    put(tar_gz(members), ".tar.gz")
    good(row, drill(dump=r"database\.sql$"))


def test_a_dump_of_all_databases(row: Row, server: Server, put: Put, drill: Drill) -> None:
    put(server.dump(program="pg_dumpall"))
    good(row, drill(database="shop"))


def test_a_base_backup(row: Row, server: Server, put: Put, drill: Drill) -> None:
    put(server.base_backup, "")
    seen = good(row, drill(each="folder", database="shop"))
    assert seen.kind == "base"


def test_the_newest_backup_is_restored_even_where_an_older_one_is_good(
    row: Row, server: Server, put: Put, drill: Drill
) -> None:
    put(server.dump("-Fc"), ".backup", hours=30)
    newest = put(server.dump("-Fc")[:-2000], ".backup", hours=2)
    seen = carried_out(drill())
    assert seen.archive is not None
    assert seen.archive.name == newest.name
    observer = judged(row, drill(), seen)
    assert observer.outcome is Outcome.CRITICAL
    assert f"{newest.name} cannot be restored" in observer.summary


def test_without_a_backup_the_row_is_critical(row: Row, put: Put, drill: Drill) -> None:
    assert callable(put)
    assert "there is no finished backup" in judged(row, drill(), carried_out(drill())).summary


def test_a_live_database_that_is_away_leaves_the_rest_to_be_judged(
    row: Row, server: Server, put: Put, drill: Drill
) -> None:
    put(server.dump())
    target = server.target("not_there")
    observer = judged(row, drill(live=target), carried_out(drill(live=target)))
    assert observer.outcome is Outcome.UNKNOWN
    assert "live database could not be counted" in observer.summary
    assert all(each.verdict is Outcome.OK for each in observer.observations if each.name.startswith("rows in"))
