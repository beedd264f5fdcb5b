"""A dump is a program. What somebody wrote into one runs nothing on this machine and reads nothing from it."""

import shutil

import pytest

from rounds.fixtures.loading import Wanted
from rounds.probe import CouldNotLook

END = b"\n--\n-- PostgreSQL database dump complete\n--\n"
BEGIN = b"--\n-- PostgreSQL database dump\n--\n-- Dumped from database version 18.1\n"


@pytest.fixture
def trap(tmp_path):
    tmp_path.chmod(0o777)
    return tmp_path / "touched"


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "hostile.sql"
        path.write_bytes(BEGIN + text.encode() + END)
        return path

    return write


@pytest.mark.parametrize(
    "text",
    [
        "\\! touch {trap}\n",
        "SELECT 1 \\g |touch {trap}\n",
        "\\copy (SELECT 1) TO PROGRAM 'touch {trap}'\n",
        "CREATE TABLE t ();\n\\i /etc/passwd\n",
        "\\o {trap}\n",
        "\\unrestricted x\n",
        "\\connect 'host=127.0.0.1 dbname=live'\n",
        "\\connect - - 127.0.0.1 5432\n",
    ],
)
def test_commands_for_psql_end_the_load(written, said, trap, text):
    told = said(written(text.format(trap=trap)))
    assert told.startswith("it holds a command for psql that no dump holds, so the load was stopped: ")
    assert not trap.exists()


def test_a_command_that_hides_from_our_own_reading_is_stopped_by_psql(written, said, trap):
    hidden = (
        f"SELECT set_config('standard_conforming_strings', 'off', false);\nSELECT 'a\\'b'; \\! touch {trap}\n--';\n"
    )
    assert "backslash commands are restricted" in said(written(hidden))
    assert not trap.exists()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("COPY (SELECT 1) TO PROGRAM 'touch {trap}';", "permission denied to COPY to or from an external program"),
        ("COPY (SELECT 1) TO '{trap}';", "permission denied to COPY to a file"),
        ("CREATE TABLE t (a text);\nCOPY t FROM '/etc/passwd';", "permission denied to COPY from a file"),
        ("DO $$ BEGIN EXECUTE 'COPY (SELECT 1) TO PROGRAM ''touch {trap}'''; END $$;", "permission denied to COPY"),
    ],
)
def test_files_and_programs_of_this_machine_are_out_of_reach(written, said, trap, text, told):
    assert told in said(written(text.format(trap=trap)))
    assert not trap.exists()


@pytest.mark.parametrize(
    "text",
    [
        "SELECT pg_read_file('/etc/passwd');",
        "ALTER SYSTEM SET archive_command = 'touch {trap}';",
        "CREATE FUNCTION f() RETURNS int LANGUAGE c AS '/lib/x86_64-linux-gnu/libc.so.6', 'system';",
        "SET ROLE postgres;",
        "CREATE ROLE clerk; DO $$ BEGIN EXECUTE 'ALTER ROLE rounds_owner SUPERUSER'; END $$;",
        "DO $$ BEGIN EXECUTE 'CREATE EXTENSION file_fdw; COPY (SELECT 1) TO PROGRAM ''touch {trap}'''; END $$;",
    ],
)
def test_what_only_a_superuser_may_is_not_done(written, said, trap, text):
    with pytest.raises(CouldNotLook, match=r"the dump needs more than the owner of a database may .*superuser: true"):
        said(written(text.format(trap=trap)))
    assert not trap.exists()


def test_what_the_restored_database_has_prepared_for_a_superuser_does_not_run(written, drilled):
    """A search_path that puts other operators before PostgreSQL's own is the classic way up."""
    text = (
        "CREATE SCHEMA evil;\n"
        "CREATE FUNCTION evil.eq(name, name) RETURNS bool LANGUAGE plpgsql AS $$ BEGIN\n"
        "EXECUTE 'ALTER ROLE rounds_owner SUPERUSER'; RETURN true; END $$;\n"
        "CREATE OPERATOR evil.= (LEFTARG = name, RIGHTARG = name, FUNCTION = evil.eq);\n"
        "DO $$ BEGIN EXECUTE 'ALTER DATABASE restored SET search_path = evil, pg_catalog'; END $$;\n"
    )
    with drilled(written(text)) as loaded:
        assert loaded.failure == ""
        with loaded.session(10) as asked:
            assert asked.row("SELECT rolsuper FROM pg_roles WHERE oid = current_user::regrole") == (False,)


def test_a_dump_that_is_trusted_may_need_a_superuser(written, drilled):
    text = "CREATE FUNCTION f() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';\nCREATE EVENT TRIGGER e ON sql_drop EXECUTE FUNCTION f();\n"
    with pytest.raises(CouldNotLook, match="permission denied to create event trigger"), drilled(written(text)):
        pass
    with drilled(written(text), Wanted(superuser=True)) as loaded:
        assert loaded.failure == ""
        with loaded.session(10) as asked:
            assert asked.row("SELECT count(*) FROM pg_event_trigger") == (1,)
            assert asked.row("SELECT rolsuper FROM pg_roles WHERE oid = current_user::regrole") == (False,)


def test_settings_of_a_base_backup_are_not_used(dumps18, drilled, tmp_path, trap):
    folder = tmp_path / "base"
    shutil.copytree(dumps18 / "base", folder)
    (folder / "postgresql.auto.conf").write_text(
        f"restore_command = 'touch {trap}'\narchive_mode = on\narchive_command = 'touch {trap}'\nlisten_addresses = '*'\n"
        "shared_preload_libraries = 'not_there'\nunix_socket_directories = '/tmp'\n"
    )
    (folder / "recovery.signal").touch()
    with drilled(folder) as loaded:
        assert loaded.failure == ""
        with loaded.session(10) as asked:
            assert asked.row("SHOW listen_addresses") == ("",)
    assert not trap.exists()


def test_nothing_of_a_persons_own_settings_leads_elsewhere(dumps18, drilled, monkeypatch, tmp_path):
    for name in ("PGHOST", "PGHOSTADDR", "PGDATABASE", "PGUSER", "PGSERVICE", "PGPORT"):
        monkeypatch.setenv(name, "/nowhere" if name == "PGHOST" else "1")
    monkeypatch.setenv("PGOPTIONS", "-c search_path=nowhere")
    monkeypatch.delenv("PGHOSTADDR")
    monkeypatch.delenv("PGSERVICE")
    (tmp_path / ".psqlrc").write_text("\\! touch psqlrc-was-read\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    with drilled(dumps18 / "shop.sql") as loaded:
        assert loaded.failure == ""
    assert not (tmp_path / "psqlrc-was-read").exists()


def test_the_data_of_a_live_server_is_refused(dumps18, failure, tmp_path):
    live = tmp_path / "data"
    shutil.copytree(dumps18 / "base", live)
    (live / "postmaster.pid").write_text("1\n")
    with pytest.raises(
        CouldNotLook, match=r"is refused: it is the data of a server, not a backup \(it holds postmaster.pid\)"
    ):
        failure(live)
    (live / "postmaster.pid").unlink()
    link = tmp_path / "link"
    link.symlink_to(live)
    for named in (live, live / "base", tmp_path, link):
        with pytest.raises(CouldNotLook, match=r"is refused: the inventory names .* as the data of a live server"):
            failure(live, wanted=Wanted(live_folders=(str(named),)))


def test_links_and_tablespaces_of_a_base_backup_are_not_followed(dumps18, failure, tmp_path):
    folder = tmp_path / "base"
    shutil.copytree(dumps18 / "base", folder)
    (folder / "tablespace_map").write_text("16385 /var/lib/live\n")
    with pytest.raises(CouldNotLook, match="it has tablespaces, whose places on this machine may be live"):
        failure(folder)
    (folder / "tablespace_map").unlink()
    (folder / "pg_tblspc" / "16385").symlink_to(tmp_path)
    with pytest.raises(CouldNotLook, match="pg_tblspc/16385 is a link or a device, which a drill does not follow"):
        failure(folder)
