"""Damage is real, goes again without a trace, and is seen by the check that is meant to see it."""

import contextlib
import sqlite3
import subprocess
import time

import pytest
from shop import seen

from rounds.estate import dumps
from rounds.estate.damage import DAMAGES, KINDS, Victim, changed, damage, kind_of, set_aside
from rounds.estate.part import EstateError, clean_env

CASES = [
    (kind, name)
    for name, each in DAMAGES.items()
    for kind in sorted(each.kinds)
    if kind != "base" or each.seen_by != "finding" or name == "emptied"  # those only move what is large
]


@pytest.mark.parametrize(("kind", "name"), CASES, ids=[f"{kind}-{name}" for kind, name in CASES])
def test_each_damage_is_real_and_goes_again_without_a_trace(shop, kind, name):
    victim = shop.backups(kind)
    before = seen(victim.path.parent)
    databases = shop.database.query("SELECT datname, (SELECT count(*) FROM pg_roles) FROM pg_database ORDER BY 1")
    with DAMAGES[name](victim):
        during = seen(victim.path.parent)
        assert (
            shop.database.query("SELECT datname, (SELECT count(*) FROM pg_roles) FROM pg_database ORDER BY 1")
            == databases
        )
    assert during != before
    assert seen(victim.path.parent) == before


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_kind_of_a_backup_is_seen_from_its_beginning(shop, kind):
    assert kind_of(shop.backups(kind).path) == kind


def test_a_path_alone_is_enough_where_nothing_else_must_be_known(shop):
    path = shop.backups("packed").path
    with DAMAGES["cut-by-1-kb"](path):
        assert kind_of(path) == "packed"


@pytest.mark.parametrize(
    ("kind", "name"), [("packed", "another-database"), ("packed", "days-missing"), ("plain", "cut-by-1-byte")]
)
def test_a_damage_that_cannot_befall_a_backup_says_so(shop, kind, name):
    with (
        pytest.raises(EstateError, match=f"{name} cannot befall shop_.*({kind})"),
        DAMAGES[name](shop.backups(kind).path),
    ):
        pass


def test_damage_of_ones_own_joins_the_library(tmp_path):
    (tmp_path / "a.sql").write_text("--\n")

    @damage("somebody wrote a letter into the dump", ["plain"])
    def with_a_letter(victim: Victim):
        return changed(victim.path, lambda path: path.write_text("Dear all"))

    try:
        with DAMAGES["with-a-letter"](tmp_path / "a.sql"):
            assert (tmp_path / "a.sql").read_text() == "Dear all"
        assert (tmp_path / "a.sql").read_text() == "--\n"
    finally:
        DAMAGES.pop("with-a-letter")


def test_what_is_set_aside_comes_back_after_an_error_with_its_links(tmp_path):
    one, link, hard = tmp_path / "one", tmp_path / "link", tmp_path / "hard"
    one.write_text("1")
    link.symlink_to("one")
    hard.hardlink_to(one)
    before = seen(tmp_path)
    with contextlib.suppress(KeyError), set_aside(one, link):
        assert not one.exists()
        one.mkdir()
        (one / "x").touch()
        raise KeyError
    assert seen(tmp_path) == before


def test_a_change_leaves_times_and_mode_of_the_file_as_they_are(shop):
    path = shop.backups("packed").path
    before = path.stat()
    with DAMAGES["cut-in-half"](path):
        assert path.stat().st_size == before.st_size // 2
        assert (path.stat().st_mtime_ns, path.stat().st_mode) == (before.st_mtime_ns, before.st_mode)


def text_of(victim):
    return dumps.unpacked(victim.path.name, victim.path.read_bytes())


def test_the_dumps_differ_in_what_the_damage_says(shop):
    victim = shop.backups("packed")
    with DAMAGES["without-a-table"](victim):
        assert b"COPY public.shops" in text_of(victim)
        assert b"TABLE public.sales" not in text_of(victim)
    with DAMAGES["without-rows-of-a-table"](victim):
        assert b"TABLE public.sales" in text_of(victim)
        assert b"COPY public.sales" not in text_of(victim)
    with DAMAGES["without-an-index"](victim):
        assert b"sales_at" not in text_of(victim)
    with DAMAGES["another-database"](victim):
        assert b"COPY public.recipes" in text_of(victim)
        assert b"public.sales" not in text_of(victim)
    with DAMAGES["needs-an-extension"](victim):
        assert b"CREATE EXTENSION IF NOT EXISTS shelf_marks" in text_of(victim)
    with DAMAGES["needs-a-role"](victim):
        assert b"OWNER TO departed_" in text_of(victim)
    whole = len(text_of(victim))
    with DAMAGES["half-the-size"](victim):
        assert 0.4 * whole < len(text_of(victim)) < 0.6 * whole
    assert len(text_of(victim)) == whole


def test_a_dump_in_progress_is_held_by_a_process_and_grows(shop):
    path = shop.backups("packed").path
    whole = path.stat().st_size
    with DAMAGES["in-progress"](path):
        first = path.stat().st_size
        end = time.monotonic() + 10
        while path.stat().st_size == first and time.monotonic() < end:
            time.sleep(0.02)
        assert whole // 2 <= first < path.stat().st_size
    assert path.stat().st_size == whole


def verified(shop, path):
    command = [shop.database.bin / "pg_verifybackup", path]
    return subprocess.run(command, env=clean_env(), capture_output=True, text=True, check=False)


def test_a_damaged_page_is_seen_by_the_manifest_unless_it_was_there_before(shop):
    victim = shop.backups("base")
    assert verified(shop, victim.path).returncode == 0
    with DAMAGES["heap-page-damaged"](victim):
        assert "checksum mismatch" in verified(shop, victim.path).stderr
    with DAMAGES["heap-page-damaged-before"](victim):
        assert verified(shop, victim.path).returncode == 0
        command = [shop.database.bin / "pg_checksums", "--check", "-D", victim.path]
        (victim.path / "postmaster.pid").unlink(missing_ok=True)
        done = subprocess.run(command, env=clean_env(), capture_output=True, text=True, check=False)
        assert "cluster must be shut down" in done.stderr or "checksum verification failed" in done.stderr
    with DAMAGES["wal-missing"](victim):
        assert verified(shop, victim.path).returncode != 0


def asked(path, sql):
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as copy:
        try:
            return copy.execute(sql).fetchone()
        except sqlite3.DatabaseError as error:
            return (str(error),)


def test_a_page_of_sqlite_is_no_page_any_more(shop):
    victim = shop.backups("sqlite")
    assert asked(victim.path, "PRAGMA integrity_check") == ("ok",)
    with DAMAGES["sqlite-page-overwritten"](victim):
        assert asked(victim.path, "PRAGMA integrity_check") != ("ok",)
    with DAMAGES["a-fifth-of-the-rows-gone"](victim):
        assert asked(victim.path, "SELECT count(*) FROM leads") == (3200,)
