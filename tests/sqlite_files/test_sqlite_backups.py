"""Backups of SQLite: copies and dumps, plain and packed, sound and damaged, and held against the live database."""

import gzip
import lzma
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path

import pytest

from rounds.checks import test_sqlite as checks
from rounds.fixtures import scratch_folder
from rounds.judge import Observer
from rounds.outcome import Outcome
from rounds.probe import PROBES, CouldNotLook
from rounds.targets import Backups, Sqlite

from .conftest import LEADS, SCHEMA, change, listing


@pytest.fixture
def backups(tmp_path):
    folder = tmp_path / "backups"
    folder.mkdir()
    return Backups(
        name="backups",
        system="perera",
        path=str(folder),
        pattern=r"leads(?:\.db)?[._](?P<time>\d{8})(?:\.[a-z.]+)?",
        settled=0,
    )


@pytest.fixture
def put(backups):
    def made(data, ending=""):
        path = Path(backups.path, f"leads.db.{time.strftime('%Y%m%d', time.gmtime())}{ending}")
        path.write_bytes(data)
        return path

    return made


@pytest.fixture(autouse=True)
def _nothing_stays_in_scratch_space(tmp_path, monkeypatch):
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(scratch_folder, "base", lambda: folder)
    yield
    assert list(folder.iterdir()) == []


@pytest.fixture
def copy(file, tmp_path):
    path = tmp_path / "copy.db"
    path.write_bytes(file.read_bytes())
    return path


def twice(data):
    return gzip.compress(gzip.compress(data))


def dumped(path):
    with closing(sqlite3.connect(path)) as database:
        return "\n".join(["PRAGMA foreign_keys=OFF;", *database.iterdump(), ""]).encode()


@pytest.fixture
def judged(row, backups):
    def of(**given):
        expected, observer = row(checks.SqliteBackupWhole, backups=backups, **{"tables": ["leads"]} | given), Observer()
        seen = PROBES["sqlite_backup"].look(backups, expected.tables, expected.unpacked_at_most)
        checks.test_sqlite_backup(expected, seen, observer)
        return observer

    return of


@pytest.mark.parametrize("pack", [bytes, gzip.compress, lzma.compress, twice], ids=["plain", "gzip", "xz", "twice"])
@pytest.mark.parametrize("as_text", [False, True])
def test_a_copy_or_a_dump_packed_or_not_is_read_to_its_last_row(judged, put, file, pack, as_text):
    path = put(pack(dumped(file) if as_text else file.read_bytes()), ".any")
    before = listing(path.parent)
    observer = judged(tables={"leads": LEADS, "owners": 10})
    assert observer.outcome is Outcome.OK, observer.summary
    (read,) = [each for each in observer.observations if each.name == "rows read"]
    assert (read.value, read.note) == (LEADS + 10, f"of a {'dump' if as_text else 'database'}")
    assert listing(path.parent) == before


def test_the_shells_own_dump_with_odd_values_is_loaded(judged, put, copy, needed):
    change(copy, "INSERT INTO leads (name, note) VALUES ('a;\nb', x'00ff'), (';' || char(10) || 'COMMIT;', NULL)")
    shell = needed("sqlite3", "sqlite3")
    put(subprocess.run([shell, str(copy), ".dump"], capture_output=True, check=True).stdout, ".sql")
    assert judged(tables={"leads": LEADS + 2}).outcome is Outcome.OK


def test_no_backup_is_critical_and_nothing_is_made(judged, backups):
    observer = judged()
    assert observer.outcome is Outcome.CRITICAL
    assert "there is no backup" in observer.summary
    assert list(Path(backups.path).iterdir()) == []


def test_a_backup_without_a_byte_does_not_count(judged, put):
    put(b"")
    assert "there is no backup" in judged().summary


def cut(data, missing):
    return data[: len(data) - missing] if missing else data[: len(data) // 2]


@pytest.mark.parametrize("missing", [1, 1024, 4096, 0])
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_a_copy_that_is_cut_is_critical(judged, put, file, pack, missing):
    put(cut(pack(file.read_bytes()), missing))
    observer = judged()
    assert observer.outcome is Outcome.CRITICAL
    assert "cut short" in observer.summary


def test_a_whole_archive_of_a_cut_copy_is_critical(judged, put, file):
    put(gzip.compress(cut(file.read_bytes(), 4096)), ".gz")
    assert "4.1 kB of them are missing" in judged().summary


@pytest.mark.parametrize("missing", [2, 1024, 0])
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_a_dump_that_was_cut_before_it_was_packed_is_critical(judged, put, file, pack, missing):
    put(pack(cut(dumped(file), missing)))
    observer = judged()
    assert observer.outcome is Outcome.CRITICAL
    assert "it is cut short" in observer.summary


def test_a_dump_without_its_last_byte_lacks_nothing(judged, put, file):
    put(cut(dumped(file), 1))
    assert judged().outcome is Outcome.OK


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            b"PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCREATE TABLE leads (a);\nROLLBACK; -- due to errors\n",
            "it ends with ROLLBACK",
        ),
        (
            b"BEGIN TRANSACTION;\nCREATE TABLE leads (a);\nINSERT INTO led VALUES (1);\nCOMMIT;\n",
            "statement 3: no such table: led",
        ),
        (b"BEGIN TRANSACTION;\nATTACH '/tmp/x.db' AS x;\nCOMMIT;\n", "statement 2: not authorized"),
        (
            b"BEGIN TRANSACTION;\nCREATE TABLE leads (a);\nSELECT load_extension('x');\nCOMMIT;\n",
            "statement 3: not authorized",
        ),
        (b"--\n-- PostgreSQL database dump\n--\nSET statement_timeout = 0;\n", "cannot be loaded: statement 1"),
        (b"BEGIN TRANSACTION;\nCREATE TABLE leads (a);\n", "its last statement is not COMMIT"),
        (b"hello world", "neither an SQLite database nor a dump of one"),
    ],
)
def test_a_dump_that_cannot_be_restored_says_why(judged, put, text, words):
    put(text)
    observer = judged()
    assert observer.outcome is Outcome.CRITICAL
    assert words in observer.summary


def test_an_empty_database_under_the_right_name_is_critical(judged, put, tmp_path):
    with closing(sqlite3.connect(tmp_path / "new.db")) as database:
        database.executescript(SCHEMA)
    put((tmp_path / "new.db").read_bytes())
    observer = judged()
    assert observer.outcome is Outcome.CRITICAL
    assert "rows of leads" in observer.summary
    assert "rows read" in observer.summary


def test_a_page_overwritten_in_a_backup_is_found(judged, put, file, overwrite):
    overwrite(file, 100)
    put(file.read_bytes())
    assert judged().outcome is Outcome.CRITICAL


def test_a_bomb_is_stopped(judged, put, file):
    put(gzip.compress(file.read_bytes()), ".gz")
    observer = judged(unpacked_at_most="100 kB")
    assert "unpacks to more than 100 kB" in observer.summary


def test_a_copy_with_its_log_beside_it_is_read_with_it(judged, put, wal):
    with closing(sqlite3.connect(wal, isolation_level=None)) as database:
        database.execute("DELETE FROM leads WHERE id > 1900")
        path = put(wal.read_bytes())
        Path(f"{path}-wal").write_bytes(Path(f"{wal}-wal").read_bytes())
    before = listing(path.parent)
    observer = judged(tables={"leads": 1900})
    assert {each.name: each.value for each in observer.observations}["rows of leads"] == 1900
    assert listing(path.parent) == before


def test_scratch_space_is_given_back_when_time_runs_out(backups, put, file):
    put(dumped(file))
    with pytest.raises(CouldNotLook):
        PROBES["sqlite_backup"].look(backups, {"leads": 1}, 1e9, 0.01)


@pytest.fixture
def matched(row, backups, database):
    def of(**given):
        expected, observer = (
            row(checks.SqliteRowsMatch, backups=backups, live=database, **{"tables": ["leads"]} | given),
            Observer(),
        )
        seen = PROBES["sqlite_backup"].look(backups, expected.tables, expected.unpacked_at_most)
        checks.test_sqlite_rows_match(expected, seen, PROBES["live_rows"].look(database, expected.tables), observer)
        return observer

    return of


@pytest.mark.parametrize(
    ("gone", "outcome"), [(0, Outcome.OK), (100, Outcome.OK), (101, Outcome.CRITICAL), (400, Outcome.CRITICAL)]
)
def test_the_backup_holds_nearly_as_many_rows_as_the_live_database(matched, put, copy, gone, outcome):
    change(copy, f"DELETE FROM leads WHERE id <= {gone}")  # noqa: S608 - a figure of ours
    put(copy.read_bytes())
    observer = matched()
    assert observer.outcome is outcome
    assert f"{LEADS - gone} in leads.db" in observer.summary


def test_without_a_good_backup_or_live_rows_nothing_matches(matched, put, file):
    assert matched().outcome is Outcome.CRITICAL
    put(file.read_bytes())
    change(file, "DELETE FROM leads", "DROP TABLE archived")
    assert "the live table is empty" in matched().summary
    put(b"BEGIN TRANSACTION;\n")
    assert "it is cut short" in matched().summary


def test_a_table_that_the_backup_lacks_is_critical(matched, put, copy):
    change(copy, "DROP TABLE owners")
    put(copy.read_bytes())
    assert "has no such table" in matched(tables=["owners", "leads"]).summary


def test_the_live_database_must_be_there_to_compare_with(tmp_path):
    with pytest.raises(CouldNotLook, match="there is no file"):
        PROBES["live_rows"].look(Sqlite(name="x", system="perera", path=str(tmp_path / "x.db")), {"leads": 1})


def test_an_empty_file_under_a_newer_name_is_what_nobody_made(judged, put, copy):
    """`sqlite3 leads.db.$(date +%Y%m%d) "PRAGMA integrity_check"` makes such a file, and says ok."""
    today = put(copy.read_bytes())
    yesterday = today.with_name(f"leads.db.{time.strftime('%Y%m%d', time.gmtime(time.time() - 86400))}")
    today.rename(yesterday)
    assert judged().outcome is Outcome.OK
    today.touch()
    observer = judged()
    assert observer.outcome is Outcome.CRITICAL
    assert f"{yesterday.name}: {today.name} is newer, and empty" in observer.summary
    yesterday.rename(today)
    yesterday.touch()
    assert judged().outcome is Outcome.OK


def test_a_backup_that_is_due_before_a_change_is_not_too_old(judged, put, copy):
    path = put(copy.read_bytes())
    path.rename(path.with_name(f"leads.db.{time.strftime('%Y%m%d', time.gmtime(time.time() - 2 * 86400))}"))
    assert judged().outcome is Outcome.OK
    observer = judged(age="1h")
    assert observer.outcome is Outcome.CRITICAL
    assert "age of the newest backup" in observer.summary
