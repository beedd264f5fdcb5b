"""Backups of Redis read without a server: whole ones, and what each damage is called."""

import gzip
import io
import lzma
import shutil
import tarfile

import pytest

from rounds.checks import test_redis_backup as checks
from rounds.judge import Observer
from rounds.outcome import Outcome
from rounds.probe import PROBES, CouldNotLook

from .conftest import KEYS


@pytest.fixture
def judged(row, backups):
    def of(where=None, now=None, **given):
        where = where or backups
        expected, observer = row(checks.RedisBackupWhole, backups=where, **given), Observer()
        seen = PROBES["redis_backup"].look(where, expected.unpacked_at_most)
        checks.test_redis_backup(expected, now(seen) if now else seen, observer)
        return observer

    return of


@pytest.fixture
def judged_set(judged, folders):
    return lambda **given: judged(folders, **given)


def packed(data):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as tar:
        for name, content in data.items():
            member = tarfile.TarInfo(f"var/lib/valkey/appendonlydir/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return stream.getvalue()


@pytest.mark.parametrize("pack", [bytes, gzip.compress, lzma.compress], ids=["plain", "gzip", "xz"])
def test_a_snapshot_is_read_to_its_checksum(judged, put, files, pack):
    put(pack(files.snapshot))
    observer = judged(keys=KEYS)
    assert observer.outcome is Outcome.OK, observer.summary
    told = {each.name: each for each in observer.observations}
    assert told["keys of its first database"].value == KEYS
    assert told["newest backup"].note.startswith("snapshot, written by valkey 9")
    assert told["age of the snapshot"].value < 600


@pytest.mark.parametrize("which", ["mixed", "plain"])
def test_a_set_of_append_only_files_is_read_whole(judged, folders, put, files, which):
    put(getattr(files, which), "")
    observer = judged(folders)
    assert observer.outcome is Outcome.OK, observer.summary
    told = {each.name: each.value for each in observer.observations}
    assert told["keys of its snapshot or commands"] >= KEYS
    assert told["after the last whole command"] == 0


@pytest.mark.parametrize("which", ["mixed", "plain"])
def test_an_archive_of_the_set_is_read(judged, put, files, which):
    put(packed(getattr(files, which)), ".tar.gz")
    assert judged().outcome is Outcome.OK


def incremental(data):
    return next(name for name in data if ".incr." in name)


def test_a_file_of_commands_alone_is_read(judged, put, files):
    put(files.plain[incremental(files.plain)], ".aof")
    assert judged(keys=KEYS).outcome is Outcome.OK


def flipped(data, at):
    changed = bytearray(data)
    changed[at] ^= 1 << 3
    return bytes(changed)


DAMAGE = {
    "by 1 byte": lambda data: data[:-1],
    "by 1 kB": lambda data: data[:-1024],
    "by half": lambda data: data[: len(data) // 2],
    "a bit of the header": lambda data: flipped(data, 6),
    "a bit in the middle": lambda data: flipped(data, len(data) // 2),
    "a bit of the checksum": lambda data: flipped(data, len(data) - 3),
    "a bit of the end": lambda data: flipped(data, len(data) - 9),
    "another in front": lambda data: b"x" + data,
    "more after the end": lambda data: data + b"\n",
}


@pytest.mark.parametrize("how", DAMAGE)
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_no_damage_to_a_snapshot_goes_unseen(judged, put, files, how, pack):
    put(pack(DAMAGE[how](files.snapshot)))
    observer = judged()
    assert observer.outcome is Outcome.CRITICAL, observer.summary
    assert "redis-" in observer.summary
    assert "it is" in observer.summary


@pytest.mark.parametrize(
    ("how", "words"), [("by 1 kB", "it is cut short"), ("a bit in the middle", "its checksum is wrong")]
)
def test_what_is_wrong_is_said(judged, put, files, how, words):
    put(DAMAGE[how](files.snapshot))
    assert words in judged().summary


def test_a_snapshot_without_a_checksum_is_left_to_a_restore(judged, put, files):
    put(files.unchecked)
    observer = judged()
    assert observer.outcome is Outcome.UNKNOWN
    assert "rdbchecksum no" in observer.summary


def test_an_empty_snapshot_is_critical(judged, put, files):
    put(files.empty)
    observer = judged()
    assert observer.outcome is Outcome.CRITICAL
    assert "keys of its first database" in observer.summary


def test_an_old_snapshot_under_a_new_name_is_critical(judged, put, files):
    put(files.snapshot)
    observer = judged(
        now=lambda seen: type(seen)(seen.folder, seen.archive, seen.contents, seen.looked_at_epoch_seconds + 200_000)
    )
    assert observer.outcome is Outcome.CRITICAL
    assert "age of the snapshot" in observer.summary


@pytest.mark.parametrize("data", [b"hello world", b"PK no, a text" * 50])
def test_what_is_nothing_of_redis_is_critical(judged, put, data):
    put(data)
    assert "no file of Redis or Valkey" in judged().summary


def test_no_backup_is_critical(judged, folders):
    assert judged().outcome is Outcome.CRITICAL
    assert "there is no backup" in judged(folders).summary


def test_a_tail_that_is_cut_is_told_and_may_be_allowed(judged, folders, put, files):
    name = incremental(files.plain)
    put(files.plain | {name: files.plain[name][:-7]}, "")
    observer = judged(folders)
    assert observer.outcome is Outcome.CRITICAL
    assert "after the last whole command" in observer.summary
    assert judged(folders, cut_tail="1 kB").outcome is Outcome.OK


def test_half_of_an_append_only_file_says_how_much_is_left_over(judged, put, files):
    data = files.plain[incremental(files.plain)]
    put(data[: len(data) // 2], ".aof")
    assert judged().outcome is Outcome.CRITICAL


def test_commands_that_are_none_are_damage(judged, put, files):
    data = files.plain[incremental(files.plain)]
    at = data.index(b"*3\r\n", 100)
    put(data[:at] + b"\0" + data[at + 1 :], ".aof")
    assert f"at byte {at} no command begins" in judged().summary


def test_an_open_transaction_counts_as_cut(judged, put):
    put(b"*1\r\n$5\r\nMULTI\r\n*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n", ".aof")
    observer = judged()
    assert {each.name: each.value for each in observer.observations}["after the last whole command"] == 42


def without(data, part):
    return {name: content for name, content in data.items() if part not in name}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda data: without(data, ".base."), "its manifest names appendonly.aof.2.base.rdb, which is missing"),
        (lambda data: without(data, ".incr."), "which is missing"),
        (lambda data: data | {"appendonly.aof.manifest": b""}, "its manifest names no file"),
        (lambda data: data | {"appendonly.aof.manifest": b"file ../x seq 1 type b\n"}, "has a line that is none"),
        (
            lambda data: data | {"appendonly.aof.2.base.rdb": data["appendonly.aof.2.base.rdb"][:-100]},
            "it is cut short",
        ),
        (lambda data: {"README": data["appendonly.aof.manifest"]}, "no file of Redis or Valkey"),
    ],
    ids=["base", "increment", "empty", "outside", "cut base", "manifest"],
)
def test_a_set_that_lacks_something_is_critical(judged_set, put, files, change, words):
    put(change(files.mixed), "")
    observer = judged_set()
    assert observer.outcome is Outcome.CRITICAL
    assert words in observer.summary


@pytest.mark.parametrize("pack", [dict, packed], ids=["folder", "tar"])
@pytest.mark.parametrize(
    ("third", "words"),
    [(lambda data: data[:-1024], "node3.rdb: it is cut short"), (lambda _: b"", "node3.rdb: it is no file of Redis")],
    ids=["cut", "empty"],
)
def test_each_of_several_snapshots_is_read(judged, folders, put, files, pack, third, words):  # noqa: PLR0913, PLR0917 - what is put together
    whole = {f"node{number}.rdb": files.snapshot for number in (1, 2, 3)} | {"redis.conf": b"save 60 1"}
    where, ending = (folders, "") if pack is dict else (None, ".tar.gz")
    path = put(pack(whole), ending)
    observer = judged(where)
    assert observer.outcome is Outcome.OK, observer.summary
    told = {each.name: each for each in observer.observations}
    assert told["keys of its first database"].value == 3 * KEYS
    assert told["newest backup"].note.startswith("3 snapshots, ")
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    put(pack(whole | {"node3.rdb": third(files.snapshot)}), ending)
    observer = judged(where)
    assert observer.outcome is Outcome.CRITICAL
    assert words in observer.summary


def test_append_only_files_that_do_not_tell_their_age_are_unknown_where_a_row_asks(judged, put, files):
    put(files.plain[incremental(files.plain)], ".aof")
    assert judged().outcome is Outcome.OK
    observer = judged(age="1d")
    assert observer.outcome is Outcome.UNKNOWN
    assert "do not tell when they were written" in observer.summary


def test_the_snapshot_before_the_commands_tells_how_old_the_data_can_be(judged, folders, put, files):
    put(files.mixed, "")
    assert judged(folders, age="1d").outcome is Outcome.OK
    old = lambda seen: type(seen)(seen.folder, seen.archive, seen.contents, seen.looked_at_epoch_seconds + 200_000)  # noqa: E731 - short
    assert judged(folders, old, age="1d").outcome is Outcome.UNKNOWN


def test_a_bomb_is_stopped(judged, put, files):
    put(gzip.compress(files.snapshot))
    assert "unpacks to more than 1 kB" in judged(unpacked_at_most="1 kB").summary


def test_a_snapshot_with_commands_after_it_is_left_to_a_restore(judged, put):
    put(b"REDIS0009\xfa\x0caof-preamble\xc0\x01\xff" + bytes(8) + b"*1\r\n$4\r\nPING\r\n", ".aof")
    with pytest.raises(CouldNotLook, match="only a server can read that"):
        judged()
