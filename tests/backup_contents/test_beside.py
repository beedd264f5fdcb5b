"""What lies beside backups: the pointer, checksum files, a folder that was packed; and how far back a good one is."""

import hashlib
import io
import os
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rounds.fixtures import (  # noqa: F401 - probes
    backup_checksums,
    backup_contents,
    backup_pointer,
    backup_readable,
    packed_folder,
    recovery_points,
)
from rounds.fixtures.backup_checksums import Checksums
from rounds.fixtures.packed_folder import PackedFolder
from rounds.fixtures.recovery_points import RecoveryPoint
from rounds.probe import PROBES, CouldNotLook
from rounds.targets import Backups, Folder

Put = Callable[..., Path]
DUMP = b"--\n-- PostgreSQL database dump\n--\n\n--\n-- PostgreSQL database dump complete\n--\n\n"


def summed(data: bytes, algorithm: str = "sha256") -> str:
    return hashlib.new(algorithm, data).hexdigest()


def compare(backups: Backups, *, newest_only: bool = False) -> Checksums:
    seen: Checksums = PROBES["backup_checksums"].look(backups, newest_only, None)
    return seen


def test_every_form_of_checksum_file_is_read(backups: Backups, put: Put) -> None:
    folder = Path(backups.path)
    for day in range(20, 25):
        put(b"%d" % day, ".sql", day)
    (folder / "checksums.sha256").write_text(
        f"{summed(b'20')}  shop-20261120.sql\n{summed(b'21')} *./shop-20261121.sql\n"
    )
    (folder / "MD5SUMS").write_text(f"MD5 (shop-20261122.sql) = {summed(b'22', 'md5')}\n")
    (folder / "shop-20261123.sql.sha512").write_text(summed(b"23", "sha512").upper())
    (folder / "shop-20261124.sql.sha1").write_text(f"# a remark\n{summed(b'24', 'sha1')}  shop-20261124.sql")
    seen = compare(backups)
    assert seen.equal == tuple(f"shop-202611{day}.sql" for day in range(24, 19, -1))
    assert (seen.different, seen.missing, seen.unread, seen.is_newest_named) == ((), (), (), True)


def test_what_differs_or_is_missing_is_named(backups: Backups, put: Put) -> None:
    old, newest = put(b"old", ".sql", 21), put(b"newest", ".sql", 22)
    sums = Path(backups.path, "SHA256SUMS")
    sums.write_text(f"{summed(b'old')}  {old.name}\n{summed(b'gone')}  gone.sql\n")
    seen = compare(backups)
    assert (seen.equal, seen.missing, seen.is_newest_named) == ((old.name,), ("gone.sql",), False)
    with sums.open("a") as file:
        file.write(f"{summed(b'another')}  {newest.name}\n")
    assert compare(backups).different == (newest.name,)
    assert compare(backups).is_newest_named
    assert (compare(backups, newest_only=True).different, compare(backups, newest_only=True).equal) == (
        (newest.name,),
        (),
    )


def test_without_checksum_files_there_are_none(backups: Backups, put: Put) -> None:
    put(b"x", ".sql")
    assert compare(backups).lists == ()


def back_to(backups: Backups, most: int = 7) -> RecoveryPoint:
    seen: RecoveryPoint = PROBES["recovery_point"].look(backups, r"\.sql$", "", 1e9, most, None)
    return seen


def test_the_newest_good_backup_is_found_behind_damaged_ones(backups: Backups, put: Put) -> None:
    for day in range(10, 23):
        put(DUMP[:-1] if day > 20 else DUMP, ".sql", day)
    seen = back_to(backups)
    assert seen.good
    assert (seen.good.name, list(seen.damaged), seen.count, seen.read) == (
        "shop-20261120.sql", ["shop-20261122.sql", "shop-20261121.sql"], 13, 3,
    )  # fmt: skip
    assert "cut short" in seen.damaged["shop-20261122.sql"]
    assert back_to(backups, 2).good is None


def test_there_may_be_none(backups: Backups) -> None:
    assert (back_to(backups).good, back_to(backups).count) == (None, 0)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    folder = tmp_path / "config"
    (folder / "deep").mkdir(parents=True)
    for name in ("app.yaml", ".env", "deep/rules.yaml", "deep/app.yaml"):
        (folder / name).write_text(f"this is {name}\n")
        os.utime(folder / name, (1763000000, 1763000000))
    return folder


def packed(folder: Path, above: str, *, without: tuple[str, ...] = (), changed: tuple[str, ...] = ()) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for path in sorted(folder.rglob("*")):
            name = str(path.relative_to(folder))
            data = path.read_bytes() if path.is_file() else b""
            info = tarfile.TarInfo(above + name)
            if path.is_file() and name not in without:
                data = data.upper() if name in changed else data
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def held_against(backups: Backups, folder: Path, *ignored: str) -> PackedFolder:
    target = Folder(name="config", system="shop", path=str(folder))
    seen: PackedFolder = PROBES["packed_folder"].look(backups, target, ignored, 1e9, None)
    return seen


@pytest.mark.parametrize("above", ["", "./", "config/", "etc/shop/config/"])
def test_a_folder_is_found_in_its_archive_however_it_was_packed(
    backups: Backups, put: Put, config: Path, above: str
) -> None:
    put(packed(config, above), ".tar.gz")
    assert held_against(backups, config) == PackedFolder(str(config), files=4, older=4)


def test_hidden_files_that_were_skipped_and_files_that_differ_are_named(
    backups: Backups, put: Put, config: Path
) -> None:
    put(packed(config, "config/", without=(".env",), changed=("deep/app.yaml",)), ".tar.gz")
    seen = held_against(backups, config)
    assert (seen.missing, seen.different) == ((".env",), ("deep/app.yaml",))
    assert held_against(backups, config, ".*", "deep/*").missing == ()
    assert held_against(backups, config, ".*", "deep/*").files == 1


def test_an_empty_archive_lacks_all(backups: Backups, put: Put, config: Path) -> None:
    put(packed(config, "", without=("app.yaml", ".env", "deep/rules.yaml", "deep/app.yaml")), ".tar.gz")
    assert len(held_against(backups, config).missing) == 4


def test_files_newer_than_the_backup_and_links_are_not_due(backups: Backups, put: Put, config: Path) -> None:
    put(packed(config, ""), ".tar.gz")
    (config / "new.yaml").write_text("new")
    (config / "link.yaml").symlink_to("app.yaml")
    seen = held_against(backups, config)
    assert (seen.files, seen.older, seen.missing) == (5, 4, ())


def test_a_damaged_archive_is_not_compared(backups: Backups, put: Put, config: Path) -> None:
    put(packed(config, "")[:-5], ".tar.gz")
    assert held_against(backups, config) == PackedFolder()


def test_a_name_without_date_takes_it_from_the_modification(backups: Backups, read: Callable[..., Any]) -> None:
    path = Path(backups.path, "pre_maintenance_backup.sql")
    path.write_bytes(DUMP)
    os.utime(path, (1763791200, 1763791200))
    seen = read(pattern=r"pre_maintenance_backup\.sql", time_formats=("mtime",))
    assert (seen.fault, seen.archive.recorded_epoch_seconds) == ("", 1763791200)


DAYS = {"subfolders": True, "pattern": r"(?P<time>\d{8})/dump\.sql"}


@pytest.fixture
def days(backups: Backups) -> Callable[..., Backups]:
    """Dumps in folders of days, those of `cut` damaged: `days("20261121", cut="20261122")`; `also` of another set."""

    def made(*whole: str, cut: str = "", also: str = "") -> Backups:
        folder = Path(backups.path, also or "own")
        for day in filter(None, (*whole, cut)):
            path = folder / day / "dump.sql"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(DUMP[:-9] if day == cut else DUMP)
            os.utime(path, (1763791200, 1763791200))
        return backups.model_copy(update={**DAYS, "path": str(folder), "name": also or "own"})

    return made


def test_a_damaged_backup_in_a_folder_below_is_found_and_passed_over(days: Callable[..., Backups]) -> None:
    seen = back_to(days("20261120", "20261121", cut="20261122"))
    assert seen.good
    assert (seen.good.name, list(seen.damaged)) == ("20261121/dump.sql", ["20261122/dump.sql"])


def test_a_folder_in_a_folder_below_is_no_less_damaged(backups: Backups) -> None:
    path = Path(backups.path, "202611", "base-20261122", "dump.sql")
    path.parent.mkdir(parents=True)
    path.write_bytes(DUMP[:-9])
    folders = {"subfolders": True, "each": "folder", "pattern": r"\d{6}/base-(?P<time>\d{8})"}
    assert list(back_to(backups.model_copy(update=folders)).damaged) == ["202611/base-20261122"]


def test_one_that_vanishes_while_it_is_read_does_not_end_the_search(
    days: Callable[..., Backups], monkeypatch: pytest.MonkeyPatch
) -> None:
    backups, whole = days("20261121", cut="20261122"), backup_contents._read

    def vanishes(place: Any, archive: Any, *rest: Any, **more: Any) -> Any:
        seen = whole(place, archive, *rest, **more)
        if archive.name.startswith("20261122"):
            Path(archive.path).unlink()
        return seen

    monkeypatch.setattr(backup_contents, "_read", vanishes)
    seen = back_to(backups)
    assert seen.good
    assert (seen.good.name, seen.damaged) == ("20261121/dump.sql", {})
    with pytest.raises(CouldNotLook, match="vanished while it was read"):
        back_to(days(cut="20261122").model_copy(update={"pattern": r"(?P<time>20261122)/dump\.sql"}))


def test_backups_of_other_days_with_the_same_last_name_excuse_none(days: Callable[..., Backups]) -> None:
    def damaged(*places: Backups) -> Any:
        return PROBES["damaged_archives"].look(places[0], places[1:], 1e10, True, r"\.sql$", None)

    own = days("20261120", "20261122", cut="20261121")
    assert list(damaged(own)) == ["20261121/dump.sql"]
    other = days("20261120", also="other")
    assert list(damaged(own, other)) == ["20261121/dump.sql"]
    assert not damaged(own, days("20261121", also="other"))
    above = {"path": str(Path(other.path).parent), "pattern": r"other/(?P<time>\d{8})/dump\.sql"}
    assert not damaged(own, other.model_copy(update=above))
    names = {each.name for each in PROBES["archives_anywhere"].look(days("20261122"), (other,)).all}
    assert names == {f"202611{day}/dump.sql" for day in (22, 21, 20)}


def test_files_that_changed_while_they_were_packed_are_no_fault(backups: Backups, put: Put, config: Path) -> None:
    path = put(packed(config, "", without=(".env",), changed=("app.yaml",)), ".tar.gz")
    ended = 1795325400.0  # 2026-11-22 05:30, on the day in its name
    os.utime(path, (ended, ended))
    for name, before in ((".env", 60), ("app.yaml", 600), ("deep/app.yaml", 60)):
        os.utime(config / name, (ended - before, ended - before))
    seen = held_against(backups, config)
    assert (seen.missing, seen.different, seen.changed, seen.older) == ((), (), (".env", "app.yaml"), 1)
    os.utime(config / "app.yaml", (ended - 7200, ended - 7200))
    assert held_against(backups, config).different == ("app.yaml",)
