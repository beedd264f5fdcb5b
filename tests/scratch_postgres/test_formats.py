"""Every format that PostgreSQL's programs write is loaded, by programs of its own major version or the next there are."""

import gzip
import lzma
import shutil
import tarfile
from pathlib import Path

import pytest

from rounds.fixtures.loading import Restored, Wanted

WHOLE = (
    "SELECT (SELECT count(*) FROM events), (SELECT count(*) FROM tags), (SELECT count(*) FROM recent),"
    " (SELECT count(*) FROM pg_indexes WHERE schemaname = 'public'), public.next(1), public.odd(),"
    " (SELECT polroles[1]::regrole::text FROM pg_policy)"
)
DUE = (3000, 1, 3000, 3, 2, "x; \\ y", '"App Reader"')


def assert_whole(loaded: Restored) -> None:
    assert loaded.failure == ""
    with loaded.session(20) as asked:
        assert asked.row(WHOLE) == DUE


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("shop.sql", "plain"),
        ("inserts.sql", "plain"),
        ("clean.sql", "plain"),
        ("shop.dump", "custom"),
        ("shop.tar", "directory"),
        ("shop", "directory"),
    ],
)
def test_a_dump_of_one_database(dumps18, drilled, name, kind):
    with drilled(dumps18 / name) as loaded:
        assert_whole(loaded)
        assert (loaded.kind, loaded.database, loaded.server_version[:3]) == (kind, "restored", "18.")
        assert loaded.dumped_from.startswith("18.")
        assert loaded.roles == ("App Reader", "app")
        assert loaded.extensions == ("pg_trgm",)
        assert loaded.left_out == ("grants", "owners")
        assert loaded.loaded_bytes > 5_000_000
        assert loaded.start_seconds > 0
        assert loaded.load_seconds > 0


def test_a_dump_that_makes_its_database_goes_into_a_database_of_that_name(dumps18, drilled):
    with drilled(dumps18 / "created.sql") as loaded:
        assert_whole(loaded)
        assert loaded.database == "shop"


@pytest.mark.parametrize("name", ["all.sql", "base", "base_tar"])
def test_a_backup_of_a_whole_server(dumps18, drilled, name):
    with drilled(dumps18 / name) as loaded:
        assert_whole(loaded)
        assert loaded.kind == ("cluster" if name == "all.sql" else "base")
        assert loaded.database == "shop"


def test_of_several_databases_the_one_that_is_asked_for_is_looked_at(dumps18, drilled, failure):
    with drilled(dumps18 / "all.sql", Wanted(database="shop")) as loaded:
        assert_whole(loaded)
    wrong = Wanted(database="bank")
    assert failure(dumps18 / "all.sql", wanted=wrong) == "it holds no database bank, only shop"
    assert failure(dumps18 / "base", wanted=wrong) == "it holds no database bank, only shop"
    assert failure(dumps18 / "shop.dump", wanted=wrong) == "it is a dump of the database shop, not of bank"
    assert failure(dumps18 / "globals.sql") == "it holds roles and settings, but no database"


@pytest.mark.parametrize(
    ("name", "packed"), [("shop.sql", gzip.open), ("shop.dump", lzma.open), ("shop.tar", gzip.open)]
)
def test_a_dump_that_was_packed_once_more(dumps18, drilled, tmp_path, name, packed):
    path = tmp_path / f"{name}.packed"
    with packed(path, "wb") as file:
        file.write((dumps18 / name).read_bytes())
    with drilled(path) as loaded:
        assert_whole(loaded)


@pytest.mark.parametrize("name", ["shop.sql", "shop.sql.gz", "shop.dump", "shop", "base"])
def test_an_archive_that_holds_a_backup_among_other_things(dumps18, drilled, tmp_path, name):
    inside = dumps18 / name
    if name.endswith(".gz"):
        inside = tmp_path / name
        inside.write_bytes(gzip.compress((dumps18 / "shop.sql").read_bytes()))
    note = tmp_path / "README"
    note.write_text("nothing to load\n")
    path = tmp_path / "backup.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        tar.add(note, "backup/README")
        tar.add(inside, f"backup/{name}")
    with drilled(path) as loaded:
        assert_whole(loaded)


def test_a_folder_that_holds_a_dump(dumps18, drilled, tmp_path):
    folder = tmp_path / "20261122"
    folder.mkdir()
    shutil.copy(dumps18 / "shop.dump", folder)
    with drilled(folder) as loaded:
        assert_whole(loaded)


@pytest.mark.parametrize("name", ["shop.sql", "shop.dump", "shop"])
def test_a_backup_that_only_its_owner_may_read(dumps18, drilled, tmp_path, name):
    path = tmp_path / name
    if (dumps18 / name).is_dir():
        shutil.copytree(dumps18 / name, path)
    else:
        shutil.copy(dumps18 / name, path)
    path.chmod(0o700 if path.is_dir() else 0o600)
    tmp_path.chmod(0o700)
    with drilled(path) as loaded:
        assert_whole(loaded)


@pytest.mark.parametrize("name", ["shop.sql", "shop.dump"])
def test_the_major_version_of_the_dump_is_taken_where_it_is_here(dumps17, drilled, name):
    with drilled(dumps17 / name) as loaded:
        assert_whole(loaded)
        assert loaded.server_version.startswith("17.")
        assert loaded.extensions == ("pg_trgm", "pgcrypto")


@pytest.mark.parametrize("name", ["shop.sql", "shop.dump", "base"])
def test_debians_own_15(dumps15, drilled, name):
    with drilled(dumps15 / name) as loaded:
        assert_whole(loaded)
        assert loaded.server_version.startswith("15.")


def test_one_table_comes_with_its_key_its_indexes_and_its_constraints(dumps18, drilled, failure):
    with drilled(dumps18 / "shop.dump", Wanted(table="events")) as loaded:
        assert loaded.failure == ""
        with loaded.session(20) as asked:
            tables = "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
            assert asked.rows(tables) == [("events",)]
            assert asked.row("SELECT count(*), max(id) FROM events") == (3000, 3000)
            assert asked.row("SELECT last_value FROM events_id_seq") == (3000,)
            named = asked.rows("SELECT indexname::text FROM pg_indexes WHERE tablename = 'events' ORDER BY 1")
            assert named == [("events_at",), ("events_pkey",), ("events_what",)]
            kinds = asked.rows(
                "SELECT contype::text FROM pg_constraint WHERE conrelid = 'events'::regclass AND contype <> 'n'"
            )
            assert sorted(kinds) == [("c",), ("p",)]
    assert failure(dumps18 / "shop.dump", wanted=Wanted(table="orders")) == "it has no table orders"


def test_indexes_and_pages_can_be_verified_by_the_one_who_looks(dumps18, drilled):
    for name in ("shop.dump", "base"):
        with drilled(Path(dumps18 / name)) as loaded, loaded.session(20) as asked:
            (schema,) = asked.row(
                "SELECT n.nspname::text FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace"
                " WHERE extname = 'amcheck'"
            )
            asked.row(f"SELECT {schema}.bt_index_check('events_pkey')::text")
            assert asked.row(f"SELECT count(*) FROM {schema}.verify_heapam('events')") == (0,)  # noqa: S608 - our own name
