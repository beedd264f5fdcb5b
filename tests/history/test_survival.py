"""A history outlives kill -9, two rounds at once, full disks, and other versions of Rounds."""

import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from rounds.store import StoreError

from .conftest import Place, moment, record

DISK = "mine.area.disk"
ENV = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
WRITER = """
    import sys
    from pathlib import Path
    from pydantic import SecretStr
    from rounds.history import History
    from tests.history.conftest import record
    from rounds.round import Round

    state, url, number, how = sys.argv[1:]
    history = History(Path(state), SecretStr(url) if url else None)
    if how == "hang":
        with history.store.transaction() as statements:
            statements.run("INSERT INTO outcomes VALUES (?, 1, 'ok', '', 'never')", "mine.area.half")
            print("half done", flush=True)
            sys.stdin.read()
    for minute in range(20):
        at = f"2026-11-0{number}T03:{minute:02}:00Z"
        history.add(Round(id=at, batch="daily", started_at=at, records=[record("disk"), record(f"own{number}")]))
"""


def writer(place: Place, number: int, how: str = "add") -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", textwrap.dedent(WRITER), str(place.state), place.url, str(number), how]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True, env=ENV)


def test_several_processes_write_at_once_from_the_first_moment_on(place):
    writers = [writer(place, number) for number in (1, 2, 3)]
    assert [each.wait(60) for each in writers] == [0, 0, 0]
    for each in writers:
        each.communicate()
    assert len(place.new().entries(DISK, 1000)) == 60
    assert place.new().names() == [DISK, "mine.area.own1", "mine.area.own2", "mine.area.own3"]


def test_kill_9_in_the_middle_leaves_what_was_there_and_no_half(place, round_of):
    place.new().add(round_of(1, record("disk")))
    process = writer(place, 1, "hang")
    assert process.stdout.readline() == "half done\n"
    assert place.new().names() == [DISK], "reading waits for nobody who writes"
    process.send_signal(signal.SIGKILL)
    process.communicate()
    place.new().add(round_of(0, record("disk")))
    assert place.new().names() == [DISK]
    assert len(place.new().entries(DISK, 10)) == 2


def test_the_first_writer_killed_leaves_a_history_that_can_be_begun(place, round_of):
    process = writer(place, 1, "hang")
    assert process.stdout.readline() == "half done\n"
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert place.new().since() == {}
    place.new().add(round_of(0, record("disk")))
    assert place.new().names() == [DISK]


def test_a_file_of_the_first_version_is_migrated_with_all_that_is_in_it(tmp_path):
    state = tmp_path / "state"
    state.mkdir()
    with sqlite3.connect(state / "history.sqlite") as old:
        old.executescript(
            "CREATE TABLE outcomes (expectation TEXT NOT NULL, at REAL NOT NULL, outcome TEXT NOT NULL,"
            " since TEXT NOT NULL, round TEXT NOT NULL, PRIMARY KEY (expectation, at)) WITHOUT ROWID;"
            "CREATE TABLE figures (expectation TEXT NOT NULL, name TEXT NOT NULL, at REAL NOT NULL,"
            " value REAL NOT NULL, PRIMARY KEY (expectation, name, at)) WITHOUT ROWID;"
            "INSERT INTO outcomes VALUES ('mine.area.disk', 1700000000, 'critical', '2023-11-14T22:00:00Z', 'r');"
            "PRAGMA user_version = 1; PRAGMA journal_mode = WAL"
        )
    old.close()
    place = Place(state)
    assert place.new().since() == {DISK: ("critical", "2023-11-14T22:00:00Z")}
    with place.new().store.transaction() as statements:
        assert statements.rows("SELECT * FROM deliveries") == []


def test_tables_of_a_newer_version_are_refused_with_the_reason_and_stay_as_they_are(place, round_of):
    place.new().add(round_of(1, record("disk")))
    with place.new().store.transaction() as statements:
        newer = "INSERT INTO rounds_schema VALUES (99)" if place.url else "PRAGMA user_version = 99"
        statements.run(newer)
    for use in (lambda: place.new().since(), lambda: place.new().add(round_of(0, record("disk")))):
        with pytest.raises(StoreError, match=r"newer Rounds \(its tables are version 99, ours 3\)"):
            use()


def test_a_file_that_is_no_database_is_told(tmp_path):
    (tmp_path / "history.sqlite").write_text("no database, but long enough to be looked at as one " * 20)
    with pytest.raises(StoreError, match=r"history\.sqlite: file is not a database"):
        Place(tmp_path).new().since()


def test_a_full_disk_is_told_and_what_was_there_stays(tmp_path, round_of):
    place = Place(tmp_path / "state")
    place.new().add(round_of(1, record("disk")))
    script = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n" + textwrap.dedent(WRITER)
    )
    command = [sys.executable, "-c", script, str(place.state), "", "1", "add"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=ENV)
    assert done.returncode == 1
    assert "StoreError" in done.stderr.splitlines()[-1]
    assert "history.sqlite: d" in done.stderr.splitlines()[-1]  # disk I/O error, or database or disk is full
    assert place.new().names() == [DISK]


def test_a_server_that_is_away_is_told_without_its_password_and_asked_once(tmp_path):
    history = Place(tmp_path, "postgresql://me:open-sesame@127.0.0.1:1/history").new()
    for _ in range(2):
        with pytest.raises(StoreError, match=r"the shared history: .*refused") as told:
            history.earlier(DISK)
        assert "sesame" not in str(told.value)
    with pytest.raises(StoreError) as told:
        Place(tmp_path, "postgresql://me:open/sesame@127.0.0.1:1/history").new().since(moment(0))
    assert "sesame" not in str(told.value)
    assert "open" not in str(told.value)


def test_a_server_that_answers_no_more_is_hung_up_on(shared, monkeypatch):
    monkeypatch.setattr("rounds.shared_store._LONGEST_SECONDS", 0.3)
    history = shared.new()
    begun = time.monotonic()
    with pytest.raises(StoreError, match="the shared history"), history.store.transaction() as statements:
        statements.run("SELECT pg_sleep(6)")
    assert time.monotonic() - begun < 5.5
    monkeypatch.undo()
    assert shared.new().since() == {}
