"""What the probes see of backup folders, among all that only looks like backups."""

import datetime as dt
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from pydantic import ValidationError

from rounds.fixtures.backup_pointer import Pointer
from rounds.fixtures.backups import Archives
from rounds.probe import PROBES, CouldNotLook, RunbookDisagrees
from rounds.targets import Backups

DAILY = "shop_backup_20261122_053000.tar.gz"


def look(backups: Backups) -> Archives:
    seen: Archives = PROBES["archives"].look(backups)
    return seen


def utc(text: str) -> float:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC).timestamp()


def test_the_newest_is_the_one_with_the_newest_date_in_its_name(backups: Backups, put: Callable[..., Path]) -> None:
    put(DAILY)
    put("shop_backup_20261121_053000.tar.gz", modified="2026-11-22 09:00")
    seen = look(backups)
    assert seen.newest
    assert (seen.count, seen.newest.name) == (2, DAILY)
    assert seen.newest.recorded_epoch_seconds == utc("2026-11-22 05:30")
    assert abs(seen.looked_at_epoch_seconds - time.time()) < 5


def test_what_only_looks_like_a_backup_does_not_count(backups: Backups, put: Callable[..., Path]) -> None:
    put(DAILY)
    folder = Path(backups.path)
    for name in ("shop_backup_20261123_053000.tar.gz.part", "shop_backup_20261123_053000.tar.gz.sha256",
                 ".shop_backup_20261123_053000.tar.gz.Xy12", "checksums.sha256", "shop_backup_20261399_990000.tar.gz",
                 "shop_backup_20261123_053000.tar.gz\n"):  # fmt: skip
        put(name, b"x" * 100)
    put("shop_backup_20261124_053000.tar.gz", b"")
    (folder / "shop_backup_20261125_053000.tar.gz").mkdir()
    (folder / "shop_backup_20261126_053000.tar.gz").symlink_to("gone.tar.gz")
    (folder / "shop_backup_20261127_053000.tar.gz").symlink_to("shop_backup_20261127_053000.tar.gz")
    os.mkfifo(folder / "shop_backup_20261128_053000.tar.gz")
    seen = look(backups)
    assert seen.newest
    assert (seen.count, seen.newest.name) == (1, DAILY)


@pytest.mark.parametrize(
    ("modified", "recorded"),
    [
        ("2026-11-22 17:45", "2026-11-22 17:45"),
        ("2026-11-23 00:20", "2026-11-22 23:59:59"),
        ("2026-12-01 12:00", "2026-11-22 23:59:59"),
        ("2026-11-01 12:00", "2026-11-22 00:00"),
    ],
)
def test_a_name_without_hour_takes_it_from_the_modification_within_that_day(
    backups: Backups, put: Callable[..., Path], modified: str, recorded: str
) -> None:
    put("weekly-20261122.tar.gz", modified=modified)
    newest = look(backups).newest
    assert newest
    assert newest.recorded_epoch_seconds == utc(recorded)
    assert newest.modified_epoch_seconds == utc(modified)


def test_an_empty_folder_has_no_newest(backups: Backups) -> None:
    assert (look(backups).count, look(backups).newest) == (0, None)


def test_a_missing_folder_is_a_mistake_of_the_runbook(backups: Backups) -> None:
    Path(backups.path).rmdir()
    with pytest.raises(RunbookDisagrees, match="there is no folder"):
        look(backups)
    Path(backups.path).write_text("a file")
    with pytest.raises(RunbookDisagrees, match="is not a folder"):
        look(backups)


@pytest.fixture
def nobody(tmp_path: Path, as_nobody: Callable[[], AbstractContextManager[None]]) -> Iterator[None]:
    """Be an ordinary user for a while, when the tests run as root: root may read everything."""
    if os.geteuid() != 0:
        yield
        return
    for folder in tmp_path.parents:
        if folder.stat().st_uid == 0 and folder.name.startswith(("pytest", "popen", "test")):
            folder.chmod(0o755)
    shutil.chown(tmp_path, 65534)
    with as_nobody():
        yield


@pytest.mark.parametrize("mode", [0o000, 0o444])
@pytest.mark.usefixtures("nobody")
def test_a_folder_that_may_not_be_read_is_unknown_in_plain_words(tmp_path: Path, mode: int) -> None:
    folder = tmp_path / "private"
    folder.mkdir()
    (folder / DAILY).write_bytes(b"x")
    folder.chmod(mode)
    try:
        with pytest.raises(CouldNotLook, match="cannot be read: Permission denied"):
            look(Backups(name="backups", path=str(folder), pattern=r"shop_backup_(?P<time>.*)\.tar\.gz"))
    finally:
        folder.chmod(0o755)


def test_fifty_thousand_files_are_looked_through(backups: Backups) -> None:
    folder = Path(backups.path)
    first = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
    (folder / "one").write_bytes(b"x")
    for hour in range(50_000):
        os.link(folder / "one", folder / f"shop_backup_{first + dt.timedelta(hours=hour):%Y%m%d_%H%M%S}.tar.gz")
    seen = look(backups)
    assert seen.count == 50_000
    assert seen.newest
    assert seen.newest.name == f"shop_backup_{first + dt.timedelta(hours=49_999):%Y%m%d_%H%M%S}.tar.gz"


def follow(backups: Backups) -> Pointer:
    seen: Pointer = PROBES["pointer"].look(backups, "latest.tar.gz")
    return seen


def test_a_pointer_is_followed_to_what_it_leads_to(backups: Backups, put: Callable[..., Path]) -> None:
    newest, older = put(DAILY), put("shop_backup_20261121_053000.tar.gz")
    link = Path(backups.path, "latest.tar.gz")
    assert follow(backups).leads_to is None

    link.symlink_to("gone.tar.gz")
    assert (follow(backups).leads_to, follow(backups).leads_nowhere) == ("gone.tar.gz", True)
    link.unlink()
    link.symlink_to("latest.tar.gz")
    assert follow(backups).leads_nowhere
    link.unlink()

    link.symlink_to(older.name)
    assert (follow(backups).leads_to, follow(backups).is_newest) == (older.name, False)
    link.unlink()
    link.symlink_to(newest)
    assert (follow(backups).leads_to, follow(backups).is_newest) == (str(newest), True)


def test_a_pointer_may_be_a_copy_or_a_hard_link(backups: Backups, put: Callable[..., Path]) -> None:
    newest, link = put(DAILY), Path(backups.path, "latest.tar.gz")
    os.link(newest, link)
    assert follow(backups).is_newest
    link.unlink()
    shutil.copy(newest, link)
    assert follow(backups).is_newest
    link.write_bytes(newest.read_bytes()[:-8] + b"\0" * 8)
    assert not follow(backups).is_newest


def test_a_pointer_in_an_empty_folder_leads_to_no_newest(backups: Backups) -> None:
    Path(backups.path, "latest.tar.gz").write_bytes(b"old")
    assert not follow(backups).is_newest


def test_a_pattern_must_be_one_and_must_find_the_date() -> None:
    with pytest.raises(ValidationError, match="not a regular expression"):
        Backups(path="/x", pattern="(?P<time>")
    with pytest.raises(ValidationError, match="has no group"):
        Backups(path="/x", pattern=r"backup_(\d+)")
