"""Which backups count: in folders below, as folders, on a host, in a bucket, and while one is being written."""

import datetime as dt
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from rounds.fixtures import backup_units
from rounds.fixtures.backups import Archives, archives_of
from rounds.targets import Backups, Host

Put = Callable[..., Path]
DAILY = "shop_backup_20261122_053000.tar.gz"
WRITER = """
import sys, time
file = open(sys.argv[1], "ab", buffering=0)
file.write(b"begun")
if sys.argv[2] == "closed":
    file.close()
print("begun", flush=True)
for _ in range(200):
    time.sleep(0.1)
    if sys.argv[2] != "quiet":
        open(sys.argv[1], "ab").write(b"more")
"""


@contextmanager
def written(path: Path, how: str) -> Iterator[None]:
    """Another process writes: `quiet` holds it open and writes nothing, `closed` opens it anew for each bit."""
    command = [sys.executable, "-I", "-S", "-c", WRITER, str(path), how]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        yield
        process.kill()


def why(seen: Archives) -> dict[str, str]:
    return {each.name: each.why for each in seen.left_out}


@pytest.fixture(params=["here", "far"])
def somewhere(request: pytest.FixtureRequest, backups: Backups) -> Backups:
    host = request.getfixturevalue("far") if request.param == "far" else None
    return backups.model_copy(update={"host": host})


def test_what_is_left_out_is_told_with_its_reason(somewhere: Backups, put: Put, folder: Path) -> None:
    put(DAILY)
    put("shop_backup_20261123_053000.tar.gz", b"")
    (folder / "shop_backup_20261124_053000.tar.gz").mkdir()
    (folder / "shop_backup_20261125_053000.tar.gz").symlink_to("gone.tar.gz")
    os.mkfifo(folder / "shop_backup_20261126_053000.tar.gz")
    put("shop_backup_20261127_053000.tar.gz.part")
    put("shop_backup_20261399_053000.tar.gz")
    put("checksums.sha256")
    put(f"{DAILY}.sha256")
    put("restored/database.sql")
    seen = archives_of(somewhere)
    assert (seen.count, seen.newest and seen.newest.name) == (1, DAILY)
    assert why(seen) == {
        "shop_backup_20261123_053000.tar.gz": "is empty",
        "shop_backup_20261124_053000.tar.gz": "is a folder",
        "shop_backup_20261125_053000.tar.gz": "leads to gone.tar.gz, which does not exist",
        "shop_backup_20261126_053000.tar.gz": "is no regular file",
        "shop_backup_20261127_053000.tar.gz.part": "has the name of an unfinished one",
        "shop_backup_20261399_053000.tar.gz": "has a date that does not exist",
    }


@pytest.mark.parametrize("how", ["quiet", "closed"])
def test_a_backup_that_is_still_being_written_does_not_count(somewhere: Backups, put: Put, how: str) -> None:
    put(DAILY)
    path = put("shop_backup_20261123_053000.tar.gz", modified=time.time())
    with written(path, how):
        seen = archives_of(somewhere)
    assert (seen.count, seen.newest and seen.newest.name) == (1, DAILY)
    assert why(seen) == {path.name: "is still being written"}
    assert archives_of(somewhere).count == 2


def test_a_backup_that_was_finished_just_now_counts(somewhere: Backups, put: Put) -> None:
    path = put("shop_backup_20261123_053000.tar.gz", modified=time.time())
    with path.open("rb"):
        seen = archives_of(somewhere)
    assert (seen.count, seen.left_out) == (1, ())


def test_a_writer_that_has_been_waiting_for_long_has_not_finished(somewhere: Backups, put: Put) -> None:
    put(DAILY)
    path = put("shop_backup_20261123_053000.tar.gz", modified="2026-11-23 05:31")
    with path.open("ab"):
        seen = archives_of(somewhere)
    assert (seen.count, why(seen)) == (1, {path.name: "is still being written"})


def test_of_old_backups_only_the_newest_few_are_asked_for_writers(
    backups: Backups, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = SimpleNamespace(time=time.time, sleep=lambda _: pytest.fail("nothing is recent"))
    monkeypatch.setattr(backup_units, "time", clock)  # other threads of the process sleep, too
    for day in range(17, 20):
        put(f"shop_backup_202611{day}_053000.tar.gz", modified=f"2026-11-{day} 05:31")
    with put("shop_backup_20261116_053000.tar.gz", modified="2026-11-16 05:31").open("ab"):
        assert archives_of(backups).count == 4


def test_folders_below_are_looked_through_where_asked(backups: Backups, put: Put) -> None:
    put("202611/weekly-20261120.tar.gz", modified="2026-11-20 18:00")
    put("202610/deep/weekly-20261030.tar.gz", modified="2026-10-30 18:00")
    put("weekly-20261113.tar.gz", modified="2026-11-13 18:00")
    put("202611/other-20261121.tar.gz")
    assert [each.name for each in archives_of(backups).all] == ["weekly-20261113.tar.gz"]
    below = backups.model_copy(update={"subfolders": True, "pattern": r"(?:.*/)?weekly-(?P<time>\d{8})\.tar\.gz"})
    assert [each.name for each in archives_of(below).all] == [
        "202611/weekly-20261120.tar.gz",
        "weekly-20261113.tar.gz",
        "202610/deep/weekly-20261030.tar.gz",
    ]
    one = below.model_copy(update={"pattern": r"\d{6}/weekly-(?P<time>\d{8})\.tar\.gz"})
    assert archives_of(one).count == 1


@pytest.fixture
def dumps(somewhere: Backups) -> Backups:
    return somewhere.model_copy(update={"each": "folder", "pattern": r"base-(?P<time>\d{8})"})


def test_a_folder_may_be_a_backup(dumps: Backups, put: Put, folder: Path) -> None:
    put("base-20261122/toc.dat", b"1234", "2026-11-22 05:30")
    put("base-20261122/data/1.dat.gz", b"123456", "2026-11-22 05:40")
    put("base-20261122/data/empty", b"", "2026-11-22 05:35")
    put("base-20261121/toc.dat", b"12", "2026-11-21 05:30")
    put("base-20261120", b"a file")
    put("base-20261123.partial/toc.dat", b"1")
    (folder / "base-20261124").mkdir()
    put("base-20261125/empty", b"")
    (folder / "base-20261126").symlink_to("base-20261122")
    (folder / "base-20261127").symlink_to("gone")
    put("other/base-20261128/toc.dat")
    seen = archives_of(dumps)
    assert [(each.name, each.size_bytes, each.files) for each in seen.all] == [
        ("base-20261122", 10, 3),
        ("base-20261121", 2, 1),
    ]
    assert seen.newest
    assert seen.newest.path == str(folder / "base-20261122")
    assert dt.datetime.fromtimestamp(seen.newest.modified_epoch_seconds, dt.UTC) == dt.datetime(
        2026, 11, 22, 5, 40, tzinfo=dt.UTC
    )
    assert why(seen) == {
        "base-20261120": "is no folder",
        "base-20261123.partial": "has the name of an unfinished one",
        "base-20261124": "is an empty folder",
        "base-20261125": "is an empty folder",
        "base-20261126": "is a link to base-20261122, which is not followed",
        "base-20261127": "leads to gone, which does not exist",
    }
    below = dumps.model_copy(update={"subfolders": True, "pattern": r"(?:.*/)?base-(?P<time>\d{8})"})
    assert archives_of(below).all[0].name == "other/base-20261128"


def test_a_folder_that_is_still_being_written_does_not_count(dumps: Backups, put: Put) -> None:
    put("base-20261121/toc.dat", b"12", "2026-11-21 05:30")
    path = put("base-20261122/data/1.dat.gz", modified=time.time())
    for how in ("quiet", "closed"):
        with written(path, how):
            seen = archives_of(dumps)
        assert why(seen) == {"base-20261122": "is still being written"}
    assert archives_of(dumps).count == 2


def test_a_file_of_the_same_name_that_is_open_elsewhere_does_not_matter(
    dumps: Backups, put: Put, tmp_path: Path
) -> None:
    put("base-20261122/base/1/1259", modified=time.time())
    live = tmp_path / "1259"
    with written(live, "quiet"):
        assert archives_of(dumps).count == 1


def test_the_clock_of_a_host_tells_what_is_recent_there(somewhere: Backups, put: Put, far: Host) -> None:
    assert far
    path = put("shop_backup_20261123_053000.tar.gz", modified=time.time() + 3000)
    with written(path, "quiet"):
        assert why(archives_of(somewhere)) == {path.name: "is still being written"}
