"""Backups of the estate are real: each is restored or opened by the program it is for."""

import contextlib
import datetime as dt
import sqlite3
import subprocess
import tarfile

import pytest
from shop import Shop

from rounds.estate import dumps
from rounds.estate.part import clean_env
from rounds.estate.postgres import Postgres


@pytest.fixture(scope="module")
def database(shop: Shop) -> Postgres:
    return shop.database


def restored(database: Postgres, program: str, *arguments: str) -> list[tuple[int]]:
    """Restore with the real program into a database of its own, and count the sales."""
    database.query("DROP DATABASE IF EXISTS again")
    database.query("CREATE DATABASE again")
    address = ["-h", "127.0.0.1", "-p", str(database.port), "-U", "postgres", "-d", "again"]
    env = clean_env() | {"PGPASSWORD": database.passwords["postgres"]}
    subprocess.run([database.bin / program, *address, *arguments], env=env, check=True, capture_output=True)
    sql = ["-Atc", "SELECT count(*) FROM sales"]
    done = subprocess.run([database.bin / "psql", *address, *sql], env=env, check=True, capture_output=True)
    return [(int(done.stdout),)]


@pytest.mark.parametrize("suffix", ["", ".gz", ".bz2", ".xz", ".zst"])
def test_a_plain_dump_loads_whatever_it_was_packed_with(database, tmp_path, suffix):
    made = dumps.dump(database, tmp_path / f"shop.sql{suffix}")
    (tmp_path / "plain").write_bytes(dumps.unpacked(made.name, made.read_bytes()))
    assert bool(suffix) == (made.read_bytes()[:3] != b"--\n")
    assert restored(database, "psql", "-v", "ON_ERROR_STOP=1", "-f", str(tmp_path / "plain")) == [(5000,)]


@pytest.mark.parametrize("form", ["custom", "directory", "tar"])
def test_the_other_forms_load_too(database, tmp_path, form):
    made = dumps.dump(database, tmp_path / "shop", form=form)
    assert made.is_dir() == (form == "directory")
    assert restored(database, "pg_restore", "--exit-on-error", str(made)) == [(5000,)]


def test_options_of_the_dump_are_passed_on(database, tmp_path):
    made = dumps.dump(database, tmp_path / "shop.sql", "--exclude-table-data=sales")
    assert b"COPY public.shops" in made.read_bytes()
    assert b"COPY public.sales" not in made.read_bytes()


@pytest.mark.parametrize("options", [(), ("-Ft",)])
def test_a_base_backup_is_one_that_its_own_program_verifies(database, tmp_path, options):
    made = dumps.base_backup(database, tmp_path / "base", *options)
    subprocess.run(
        [database.bin / "pg_verifybackup", *(["-n"] if options else []), made], check=True, capture_output=True
    )
    assert (made / "backup_manifest").exists()


def test_a_scratch_database_is_a_copy_with_changes_and_goes_again(database):
    with dumps.scratch(database, ["DROP INDEX sales_at"]) as name:
        text = dumps.dumped(database, of=name)
    assert b"COPY public.sales" in text
    assert b"sales_at" not in text
    assert b"sales_at" in dumps.dumped(database)
    assert database.query("SELECT count(*) FROM pg_database WHERE datname LIKE 'scratch%'") == [(0,)]


def test_sqlite_is_copied_while_it_is_written(tmp_path):
    with contextlib.closing(sqlite3.connect(tmp_path / "leads.db")) as live:
        live.execute("PRAGMA journal_mode = WAL")
        live.execute("CREATE TABLE leads (id)")
        live.execute("INSERT INTO leads VALUES (1)")
        live.commit()
        live.execute("INSERT INTO leads VALUES (2)")
        made = dumps.sqlite_copy(tmp_path / "leads.db", tmp_path / "leads.db.20261122")
        with contextlib.closing(sqlite3.connect(made)) as copy:
            assert copy.execute("SELECT * FROM leads").fetchall() == [(1,)]


def test_a_snapshot_of_redis_is_what_the_server_wrote(shop, tmp_path):
    made = dumps.redis_copy(shop.cache, tmp_path / "dump.rdb")
    assert made.read_bytes()[:5] in (b"REDIS", b"VALKE")


def test_an_archive_holds_files_and_bytes(tmp_path):
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "settings.yaml").write_text("a: 1\n")
    made = dumps.archive(tmp_path / "b.tar.gz", {"database.sql": b"--", "config": tmp_path / "config"}, 1e9)
    with tarfile.open(made) as tar:
        assert tar.getnames() == ["database.sql", "config", "config/settings.yaml"]
    assert made.stat().st_mtime == 1e9


def test_a_past_has_a_backup_for_each_night_as_old_as_its_name(database, tmp_path):
    when = dumps.nights(30, 2, 30)
    newest = dumps.dump(database, tmp_path / when[-1].strftime("shop_%Y%m%d.sql.gz"))
    made = dumps.past(newest, "shop_%Y%m%d.sql.gz", when)
    assert len(made) == len(set(made)) == 30
    assert made[-1] == newest
    assert [path.stat().st_mtime for path in made] == [each.timestamp() for each in when]
    assert dt.timedelta(0) <= dt.datetime.now(dt.UTC) - when[-1] < dt.timedelta(days=1)
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in made}


def test_a_past_of_folders_is_stamped_all_through(database, tmp_path):
    when = dumps.nights(2, 3)
    newest = dumps.dump(database, tmp_path / when[-1].strftime("shop_%Y%m%d"), form="directory")
    older = dumps.past(newest, "shop_%Y%m%d", when)[0]
    assert {path.stat().st_mtime for path in [older, *older.iterdir()]} == {when[0].timestamp()}


def test_a_checksum_file_is_one_that_sha256sum_accepts(tmp_path, needed):
    (tmp_path / "a.gz").write_bytes(b"x")
    dumps.checksums(tmp_path / "SHA256SUMS", [tmp_path / "a.gz"])
    subprocess.run(
        [needed("sha256sum", "coreutils"), "-c", "SHA256SUMS"], cwd=tmp_path, check=True, capture_output=True
    )


def test_what_the_program_says_is_told(database, tmp_path):
    with pytest.raises(dumps.EstateError, match="no matching tables"):
        dumps.dump(database, tmp_path / "x", "--table=nothing")
