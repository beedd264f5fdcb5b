"""Backups of Redis restored into a throwaway server, which leaves nothing behind."""

import gzip
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rounds.checks import test_redis_backup as checks
from rounds.fixtures import redis_restore
from rounds.judge import Observer
from rounds.outcome import Outcome
from rounds.probe import PROBES, CouldNotLook

from .conftest import IN_ALL


@pytest.fixture
def judged(row, backups):
    def of(where=None, live=None, **given):
        where = where or backups
        more = {"live": live} if live else {}
        expected, observer = row(checks.RedisRestore, backups=where, acts=True, **more, **given), Observer()
        seen = PROBES["redis_restored"].look(
            where, expected.unpacked_at_most, expected.memory_at_most, expected.allow_cut_tail
        )
        checks.test_redis_restore(expected, seen, PROBES["live_keys"].look(live), observer)
        return observer

    return of


def processes_of(program):
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found += [path.parent.name] if str(program).encode() in path.read_bytes() else []
        except OSError:
            continue
    return found


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_a_snapshot_is_restored_and_counted(judged, put, files, live, pack):
    put(pack(files.snapshot))
    observer = judged(live=live)
    assert observer.outcome is Outcome.OK, observer.summary
    told = {each.name: each for each in observer.observations}
    assert told["keys restored"].value == IN_ALL
    assert told["of the live keys"].value == pytest.approx(100)
    assert "valkey 9" in told["keys restored"].note


@pytest.mark.parametrize("which", ["mixed", "plain"])
def test_a_set_of_append_only_files_is_restored(judged, folders, put, files, which):
    put(getattr(files, which), "")
    observer = judged(folders, keys=IN_ALL)
    assert observer.outcome is Outcome.OK, observer.summary


def test_commands_alone_are_restored(judged, put, files):
    put(next(data for name, data in files.plain.items() if ".incr." in name), ".aof")
    assert judged(keys=IN_ALL).outcome is Outcome.OK


def test_a_snapshot_without_a_checksum_is_restored(judged, put, files):
    put(files.unchecked)
    assert judged(keys=IN_ALL).outcome is Outcome.OK


def test_a_snapshot_and_commands_in_one_file_are_restored(judged, put, files):
    old = files.snapshot.replace(b"\xfa\x08aof-base\xc0\x00", b"\xfa\x0caof-preamble\xc0\x01")
    assert old != files.snapshot
    put(old[:-8] + bytes(8) + b"*3\r\n$3\r\nSET\r\n$3\r\nnew\r\n$1\r\n1\r\n", ".aof")
    observer = judged(keys=IN_ALL + 1)
    assert observer.outcome is Outcome.OK, observer.summary


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda data: data[:-1], "a server cannot load it"),
        (lambda data: data[: len(data) // 2], "a server cannot load it"),
        (lambda data: data[:-3] + bytes([data[-3] ^ 1]) + data[-2:], "a server cannot load it: .*(?i:crc|checksum)"),
        (lambda data: b"hello" + data, "a server cannot load it"),
    ],
    ids=["1 byte", "half", "a bit", "in front"],
)
def test_what_a_server_cannot_load_is_critical_with_its_words(judged, put, files, damage, words):
    put(damage(files.snapshot))
    observer = judged()
    assert observer.outcome is Outcome.CRITICAL
    assert re.search(words, observer.summary), observer.summary


def test_several_snapshots_are_not_restored_by_one(judged, folders, put, files):
    put({f"node{number}.rdb": files.snapshot for number in (1, 2)}, "")
    with pytest.raises(CouldNotLook, match=r"it holds 2 snapshots \(node1.rdb, node2.rdb\)"):
        judged(folders)


def test_a_cut_set_is_critical(judged, folders, put, files):
    name = next(name for name in files.plain if ".incr." in name)
    put(files.plain | {name: files.plain[name][:-7]}, "")
    observer = judged(folders)
    assert observer.outcome is Outcome.CRITICAL
    assert "a server cannot load it" in observer.summary
    assert judged(folders, allow_cut_tail=True).outcome is Outcome.OK


@pytest.mark.parametrize(
    "words", [[b"REPLICAOF", b"127.0.0.1", b"1"], [b"MODULE", b"LOAD", b"/tmp/x.so"], [b"SHUTDOWN"]]
)
def test_commands_that_lead_out_of_the_server_are_not_carried_out(judged, put, words):
    command = b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)
    put(b"*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n" + command, ".aof")
    observer = judged()
    assert observer.outcome is Outcome.CRITICAL
    assert f"unknown command '{words[0].decode()}'" in observer.summary
    assert "127.0.0.1" not in observer.summary


def test_too_few_keys_are_critical(judged, put, files, live):
    put(files.empty)
    observer = judged(live=live)
    assert observer.outcome is Outcome.CRITICAL
    assert "of the live keys" in observer.summary


def test_a_version_that_no_server_knows_says_nothing_of_the_backup(judged, put, files):
    put(b"VALKEY999" + files.snapshot[9:])
    with pytest.raises(CouldNotLook, match="no server on this machine can read the backup"):
        judged()


def test_without_a_server_nothing_can_be_restored(judged, put, files, monkeypatch):
    monkeypatch.setattr(redis_restore, "_programs", lambda: iter(()))
    put(files.snapshot)
    with pytest.raises(CouldNotLook, match="there is no valkey-server or redis-server"):
        judged()


def test_more_memory_than_is_allowed_is_not_taken(judged, put, files):
    put(files.snapshot)
    with pytest.raises(CouldNotLook, match="takes more than 1 MB of memory"):
        judged(memory_at_most="1 MB")


def test_no_backup_is_critical(judged):
    assert "there is no backup" in judged().summary


def test_a_row_must_say_that_it_acts(row, backups):
    with pytest.raises(ValueError, match="acts: true"):
        row(checks.RedisRestore, backups=backups)


def test_a_server_that_hangs_is_ended_at_the_deadline(backups, put, files, monkeypatch, tmp_path):
    hangs = tmp_path / "valkey-server"
    hangs.write_text("#!/bin/sh\nexec sleep 60\n")
    hangs.chmod(0o755)
    monkeypatch.setattr(redis_restore, "_programs", lambda: iter([hangs]))
    put(files.snapshot)
    with pytest.raises(CouldNotLook, match="was not done within"):
        PROBES["redis_restored"].look(backups, 1e9, 1e9, False, 1.0)
    assert processes_of(hangs) == []


KILLED = """
import sys, time
from rounds.fixtures import redis_restore
from rounds.probe import PROBES
from rounds.targets import Backups
redis_restore._awaited = lambda server, made, most: (time.sleep(0.5), print(server.pid, made.folder, flush=True), time.sleep(60))
backups = Backups(name="b", system="s", path=sys.argv[1], pattern=sys.argv[2], settled=0)
PROBES["redis_restored"].look(backups, 1e9, 1e9)
"""


def test_after_a_kill_the_server_is_gone_and_the_next_start_removes_the_folder(
    judged, backups, put, files, monkeypatch
):
    monkeypatch.undo()  # the other process knows nothing of this one's scratch folder
    put(files.snapshot)
    words = [sys.executable, "-c", KILLED, backups.path, backups.pattern]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        pid, folder = process.stdout.readline().split()
        assert Path(folder).is_dir()
        process.kill()
    end = time.monotonic() + 30
    while _lives(int(pid)):
        assert time.monotonic() < end, "the server outlives us"
        time.sleep(0.02)
    assert judged().outcome is Outcome.OK
    assert not Path(folder).exists()


def _lives(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
