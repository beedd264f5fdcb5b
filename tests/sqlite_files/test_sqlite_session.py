"""A session on SQLite sees what is there, and leaves the folder as it was."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from rounds.fixtures.sqlite import NoDatabase, sqlite_session
from rounds.probe import CouldNotLook, RunbookDisagrees

from .conftest import LEADS, change, fill, listing

COUNT = "SELECT count(*) FROM leads"
HOLDS = """
import os, sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
for statement in sys.argv[2:]:
    database.execute(statement)
print("ready", flush=True)
sys.stdin.read(1)
os._exit(1)
"""


def count(path, seconds=3.0, **given):
    with sqlite_session(path, seconds, **given) as asked:
        return asked.rows(COUNT)[0][0]


@pytest.fixture
def elsewhere():
    """Another process that has the database open, after some statements: `elsewhere(path, "BEGIN EXCLUSIVE")`."""
    started = []

    def opened(path, *statements):
        words = [sys.executable, "-c", HOLDS, str(path), *statements]
        process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        started.append(process)
        assert process.stdout.readline() == b"ready\n"
        return process

    yield opened
    for process in started:
        process.communicate()


def test_a_database_is_read_and_nothing_stands_beside_it_afterwards(file):
    before = listing(file.parent)
    assert count(file) == LEADS
    assert listing(file.parent) == before


@pytest.mark.parametrize("name", ["a b%20c?d#e&f.db", "mode=rwc?x.db", "ümläut.db", "leads.db\udce9"])
def test_any_name_is_found_as_it_is_written(tmp_path, name):
    folder = tmp_path / "50% ?#"
    folder.mkdir()
    path = folder / name
    fill(path, 10)
    before = listing(folder)
    assert count(path) == 10
    assert listing(folder) == before


def test_a_link_is_followed(file, tmp_path):
    link = tmp_path / "link.db"
    link.symlink_to(file)
    assert count(link) == LEADS
    (tmp_path / "broken.db").symlink_to(tmp_path / "nowhere.db")
    with pytest.raises(NoDatabase, match="there is no file"):
        count(tmp_path / "broken.db")
    assert not (tmp_path / "nowhere.db").exists()


def test_a_missing_file_is_told_and_never_made(tmp_path):
    with pytest.raises(NoDatabase, match=r"there is no file .*leads\.db"):
        count(tmp_path / "leads.db")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty: a file without a byte is no database"),
        (b"SQLite", "is no SQLite database: its first bytes are b'SQLite'"),
        (b"hello world, this is a text\n" * 200, "is no SQLite database: its first bytes are b'hello world, thi'"),
    ],
)
def test_what_is_no_database_is_told(tmp_path, content, words):
    path = tmp_path / "leads.db"
    path.write_bytes(content)
    with pytest.raises(NoDatabase, match=words):
        count(path)
    assert listing(tmp_path)[0][1] == len(content)


def test_folders_and_pipes_are_no_database(tmp_path):
    with pytest.raises(NoDatabase, match="but a folder"):
        count(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(NoDatabase, match="is no file"):
        count(tmp_path / "pipe")


def test_a_file_that_we_may_not_read_could_not_be_looked_at(open_folder, as_nobody):
    path = open_folder / "leads.db"
    fill(path, 10)
    path.chmod(0o600 if os.geteuid() == 0 else 0)
    with as_nobody(), pytest.raises(CouldNotLook, match="Permission denied"):
        count(path)


def test_nothing_can_be_written_through_a_session(file):
    before = listing(file.parent)
    with (
        pytest.raises(CouldNotLook, match="attempt to write a readonly database"),
        sqlite_session(file, 3) as asked,
    ):
        asked.rows("DELETE FROM leads")
    assert listing(file.parent) == before
    assert count(file) == LEADS


def test_a_log_that_is_closed_leaves_no_trace(wal):
    before = listing(wal.parent)
    with sqlite_session(wal, 3) as asked:
        assert (asked.rows(COUNT), asked.journal) == ([(LEADS,)], "wal")
        assert listing(wal.parent) == before
    assert listing(wal.parent) == before


def test_what_is_only_in_the_log_is_seen_while_its_writer_lives_and_after_it_was_killed(wal, elsewhere):
    writer = elsewhere(wal, "INSERT INTO leads (name) VALUES ('new')")
    before = listing(wal.parent)
    assert count(wal) == LEADS + 1
    assert listing(wal.parent) == before
    writer.kill()
    writer.wait()
    assert count(wal) == LEADS + 1
    assert listing(wal.parent) == before


def test_a_log_without_its_shared_memory_is_read_in_a_copy(wal, elsewhere):
    writer = elsewhere(wal, "INSERT INTO leads (name) VALUES ('new')")
    writer.kill()
    writer.wait()
    Path(f"{wal}-shm").unlink()
    before = listing(wal.parent)
    assert count(wal) == LEADS + 1
    assert count(wal, is_backup=True) == LEADS + 1
    assert listing(wal.parent) == before


def test_a_log_in_a_folder_that_is_not_ours_to_write_is_read(open_folder, elsewhere, as_nobody):
    path = open_folder / "leads.db"
    fill(path, journal="wal")
    elsewhere(path, "INSERT INTO leads (name) VALUES ('new')")
    before = listing(open_folder)
    open_folder.chmod(0o555)
    with as_nobody():
        assert count(path) == LEADS + 1
    assert listing(open_folder) == before


def test_a_file_that_is_written_while_nothing_locks_it_gives_no_figure(wal):
    def meanwhile():
        with sqlite_session(wal, 3) as asked:
            asked.rows(COUNT)
            change(wal, "INSERT INTO leads (name) VALUES ('new')")

    with pytest.raises(CouldNotLook, match="was written while it was read"):
        meanwhile()
    assert count(wal) == LEADS + 1


def test_a_writer_that_holds_the_file_is_waited_for_and_then_told(file, elsewhere):
    elsewhere(file, "BEGIN EXCLUSIVE")
    with pytest.raises(CouldNotLook, match="is locked by a writer for longer than 300 ms"):
        count(file, 0.3)


def test_a_writer_that_lets_go_in_time_is_no_trouble(file, elsewhere):
    writer = elsewhere(file, "BEGIN EXCLUSIVE")
    threading.Timer(0.2, writer.kill).start()
    assert count(file, 10) == LEADS


def test_a_writer_in_the_middle_of_a_transaction_does_not_keep_us_out(file, elsewhere):
    elsewhere(file, "BEGIN IMMEDIATE", "INSERT INTO leads (name) VALUES ('new')")
    assert count(file) == LEADS


def test_what_a_killed_writer_left_is_not_rolled_back_by_us(file, elsewhere):
    writer = elsewhere(file, "PRAGMA cache_size = 2", "BEGIN", "UPDATE leads SET note = note || 'x'")
    writer.kill()
    writer.wait()
    before = listing(file.parent)
    with pytest.raises(CouldNotLook, match="was left in the middle of a transaction"):
        count(file)
    assert listing(file.parent) == before
    assert count(file, is_backup=True) == LEADS
    assert listing(file.parent) == before


def test_a_session_ends_at_its_deadline(file):
    with pytest.raises(CouldNotLook, match="gave no answer within 200 ms"), sqlite_session(file, 0.2) as asked:
        asked.rows("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n")


def test_reading_the_header_does_not_take_away_the_lock_of_another_look(file):
    """A process that closes any descriptor of a file loses all its locks on it."""
    takes = "import sqlite3, sys; sqlite3.connect(sys.argv[1], timeout=0).execute('BEGIN EXCLUSIVE')"
    words = [sys.executable, "-c", takes, str(file)]
    with sqlite_session(file, 30) as asked:
        rows = asked.connection.execute("SELECT * FROM leads")
        next(rows)
        assert count(file) == LEADS
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert "database is locked" in done.stderr
        rows.close()
    assert subprocess.run(words, check=False).returncode == 0


def test_tables_are_found_as_the_schema_has_them(file):
    with sqlite_session(file, 3) as asked:
        assert asked.tables() == ["archived", "leads", "owners"]
        assert asked.table("LEADS") == '"leads"'
        with pytest.raises(RunbookDisagrees, match="table nothing does not exist"):
            asked.table("nothing")
