"""Room for the next backup, who may read backups, and whether one disk takes all: on real files, a host, a bucket."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from rounds.checks import test_backup_keeping as keeping
from rounds.checks import test_backups as fresh
from rounds.fixtures import backup_folders
from rounds.fixtures.backup_entries import Devices
from rounds.judge import Observer
from rounds.outcome import Outcome
from rounds.probe import CouldNotLook, RunbookDisagrees
from rounds.targets import Backups
from rounds.targets.backups import Bucket

Put = Callable[..., Path]
Judged = Callable[..., Observer]
OK, CRITICAL = Outcome.OK, Outcome.CRITICAL
DAILY = "shop_backup_20261122_053000.tar.gz"


@pytest.fixture(params=["here", "far"])
def somewhere(request: pytest.FixtureRequest, backups: Backups) -> Backups:
    host = request.getfixturevalue("far") if request.param == "far" else None
    return backups.model_copy(update={"host": host})


def test_there_is_room_for_the_next_backup(judged: Judged, somewhere: Backups, put: Put, folder: Path) -> None:
    assert judged(keeping.test_backup_space, backups=somewhere).outcome is CRITICAL
    put(DAILY)
    assert judged(keeping.test_backup_space, backups=somewhere).outcome is OK
    volume = os.statvfs(folder)
    with (folder / "shop_backup_20261121_053000.tar.gz").open("wb") as file:
        file.truncate(volume.f_bavail * volume.f_frsize * 2 // 3)  # a hole: it takes no room
    seen = judged(keeping.test_backup_space, backups=somewhere)
    assert seen.outcome is CRITICAL
    assert "backups for which there is room is 1.5, allowed is at least 2" in seen.summary
    assert "shop_backup_20261121_053000.tar.gz has" in seen.summary


def test_a_bucket_has_neither_room_nor_modes(row: Callable[..., Any], backups: Backups) -> None:
    there = backups.model_copy(update={"bucket": Bucket(name="copies", bucket="shop-copies")})
    for model, given in (
        (keeping.BackupSpace, {}),
        (keeping.BackupPermissions, {}),
        (keeping.BackupVolume, {"protects": "/srv/db"}),
    ):
        with pytest.raises(ValidationError, match="backups are in a bucket, of which nobody can tell this"):
            row(model, backups=there, **given)


def test_nobody_else_may_read_a_backup(judged: Judged, somewhere: Backups, put: Put, folder: Path) -> None:
    assert judged(keeping.test_backup_permissions, backups=somewhere).outcome is CRITICAL
    path, part = put(DAILY), put("shop_backup_20261123_053000.tar.gz.part")
    for each in (path, part):
        each.chmod(0o640)
    folder.chmod(0o750)
    owner = path.owner()
    assert judged(keeping.test_backup_permissions, backups=somewhere, owner=owner).outcome is OK
    assert judged(keeping.test_backup_permissions, backups=somewhere, mode="0600").outcome is CRITICAL
    part.chmod(0o644)
    seen = judged(keeping.test_backup_permissions, backups=somewhere)
    assert (seen.outcome, f"{part.name} has 0644" in seen.summary) == (CRITICAL, True)
    part.chmod(0o600)
    folder.chmod(0o777)
    seen = judged(keeping.test_backup_permissions, backups=somewhere)
    assert (seen.outcome, "can be changed by is everybody" in seen.summary) == (CRITICAL, True)
    folder.chmod(0o700)
    seen = judged(keeping.test_backup_permissions, backups=somewhere, owner="postgres")
    assert f"{DAILY} is {owner}'s" in seen.summary


def test_each_file_of_a_folder_that_is_a_backup_is_looked_at(
    judged: Judged, backups: Backups, put: Put, folder: Path
) -> None:
    dumps = backups.model_copy(update={"each": "folder", "pattern": r"base-(?P<time>\d{8})"})
    put("base-20261122/toc.dat").chmod(0o640)
    put("base-20261122/data/secret.dat").chmod(0o604)
    folder.chmod(0o750)
    assert "base-20261122/data/secret.dat has 0604" in judged(keeping.test_backup_permissions, backups=dumps).summary


@pytest.mark.parametrize("mode", [640, 0o640, "640 ", "u=rw", "0888", "6400", None])
def test_a_mode_is_an_octal_number_in_quotes(row: Callable[..., Any], backups: Backups, mode: object) -> None:
    with pytest.raises(ValidationError, match="octal number in quotes"):
        row(keeping.BackupPermissions, backups=backups, mode=mode)


@pytest.fixture
def elsewhere() -> Iterator[Path]:
    """A file on another file system."""
    path = Path(f"/dev/shm/rounds-{os.getpid()}-leads.db")  # noqa: S108 - another file system is due
    path.write_bytes(b"live")
    yield path
    path.unlink()


def test_one_disk_must_not_take_all(
    judged: Judged, somewhere: Backups, put: Put, folder: Path, elsewhere: Path
) -> None:
    put(DAILY)
    live = folder.with_name("leads.db")
    live.write_bytes(b"live")
    assert judged(keeping.test_backup_volume, backups=somewhere, protects=str(elsewhere)).outcome is OK
    seen = judged(keeping.test_backup_volume, backups=somewhere, protects=str(live))
    assert seen.outcome is CRITICAL
    assert "and no copy is named" in seen.summary
    with pytest.raises(RunbookDisagrees, match=r"there is no .*gone\.db"):
        judged(keeping.test_backup_volume, backups=somewhere, protects=str(folder / "gone.db"))


def test_a_copy_elsewhere_makes_up_for_it(
    judged: Judged, backups: Backups, put: Put, bucket: Bucket, s3_client: Any
) -> None:
    folder = Path(backups.path)
    made = time.time() - 7200
    name = f"shop_backup_{time.strftime('%Y%m%d_%H%M%S', time.gmtime(made))}.tar.gz"
    put(name, b"an archive", made)
    live = folder.with_name("leads.db")
    live.write_bytes(b"live")
    away = backups.model_copy(update={"name": "away", "path": "daily", "bucket": bucket})
    given = {"backups": backups, "protects": str(live), "offsite": away}
    seen = judged(keeping.test_backup_volume, **given)
    assert (seen.outcome, f"has no copy of {name} with its size" in seen.summary) == (CRITICAL, True)
    s3_client.put_object(Bucket=bucket.bucket, Key=f"daily/{name}", Body=b"an arch")
    assert judged(keeping.test_backup_volume, **given).outcome is CRITICAL
    s3_client.put_object(Bucket=bucket.bucket, Key=f"daily/{name}", Body=b"an archive")
    seen = judged(keeping.test_backup_volume, **given)
    assert (seen.outcome, "age of the copy is" in seen.summary) == (OK, True)
    beside = folder.with_name("beside")
    beside.mkdir()
    (beside / name).write_bytes(b"an archive")
    near = backups.model_copy(update={"name": "near", "path": str(beside)})
    seen = judged(keeping.test_backup_volume, **(given | {"offsite": near}))
    assert (seen.outcome, "so does the copy in" in seen.summary) == (CRITICAL, True)


def test_an_old_copy_does_not_make_up_for_it(
    judged: Judged, backups: Backups, put: Put, bucket: Bucket, s3_client: Any
) -> None:
    put("shop_backup_20251122_053000.tar.gz")
    s3_client.put_object(Bucket=bucket.bucket, Key="daily/shop_backup_20251122_053000.tar.gz", Body=b"an archive")
    away = backups.model_copy(update={"name": "away", "path": "daily", "bucket": bucket})
    seen = judged(keeping.test_backup_volume, backups=backups, protects=backups.path, offsite=away)
    assert (seen.outcome, "age of the copy is" in seen.summary) == (CRITICAL, True)


def test_a_copy_that_may_be_on_its_way_is_waited_for(
    judged: Judged, backups: Backups, put: Put, bucket: Bucket, s3_client: Any
) -> None:
    away = backups.model_copy(update={"name": "away", "path": "daily", "bucket": bucket})
    given = {"backups": backups, "protects": backups.path, "offsite": away, "age": "2d"}
    now = time.time()
    begun, before = (
        f"shop_backup_{time.strftime('%Y%m%d_%H%M%S', time.gmtime(now - h * 3600))}.tar.gz" for h in (3, 27)
    )
    put(begun, b"an archive", now - 300)
    seen = judged(keeping.test_backup_volume, **given)
    assert (seen.outcome, f"{begun} may still be on its way" in seen.summary) == (Outcome.UNKNOWN, True)
    put(before, b"an archive", now - 26 * 3600)
    assert f"has no copy of {before}" in judged(keeping.test_backup_volume, **given).summary
    s3_client.put_object(Bucket=bucket.bucket, Key=f"daily/{before}", Body=b"an archive")
    assert judged(keeping.test_backup_volume, **given).outcome is OK
    assert judged(keeping.test_backup_volume, **given, uploaded_within="1min").outcome is CRITICAL
    seen = judged(keeping.test_backup_volume, **(given | {"age": "27h"}))
    assert (seen.outcome, f"{begun} may be on its way" in seen.summary) == (OK, True)
    assert judged(keeping.test_backup_volume, **(given | {"age": "26h"})).outcome is CRITICAL


def test_a_file_of_another_days_folder_is_no_copy(
    judged: Judged, backups: Backups, put: Put, bucket: Bucket, s3_client: Any
) -> None:
    days = backups.model_copy(update={"subfolders": True, "pattern": r"(?P<time>\d{8})/dump\.sql"})
    away = days.model_copy(update={"name": "away", "path": "daily", "bucket": bucket})
    put("20261120/dump.sql", b"an archive", "2026-11-20 05:30")
    put("20261119/dump.sql", b"an archive", "2026-11-19 05:30")
    s3_client.put_object(Bucket=bucket.bucket, Key="daily/20261119/dump.sql", Body=b"an archive")
    given = {"backups": days, "protects": backups.path, "offsite": away, "age": "9000d"}
    assert "has no copy of 20261120/dump.sql with its size" in judged(keeping.test_backup_volume, **given).summary
    s3_client.put_object(Bucket=bucket.bucket, Key="daily/20261120/dump.sql", Body=b"an archive")
    assert judged(keeping.test_backup_volume, **given).outcome is OK


@pytest.mark.parametrize("kind", ["overlay", "btrfs", "zfs", "", "tmpfs", "nfs4"])
def test_a_file_system_without_a_device_of_its_own_may_lie_on_any_disk(tmp_path: Path, kind: str) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        "21 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n" + f"35 21 0:45 / /m rw - {kind} x rw\n" * bool(kind)
    )
    unsure = backup_folders._unsure("0:45", mounts)
    here, other = Devices("/m", frozenset({"0:45"}), unsure), Devices("/srv", frozenset({"8:1"}))
    if kind in ("tmpfs", "nfs4"):
        assert here.shared(other) == ()
    else:
        with pytest.raises(CouldNotLook, match=f"on which disk /m lies: its file system is {kind or 'not among'}"):
            other.shared(here)
    assert here.shared(here) == ("0:45",)
    assert here.shared(Devices()) == ()


def test_partitions_and_logical_volumes_are_on_their_disks(tmp_path: Path) -> None:
    for path in ("sda/sda1", "sda/sda2", "sdb", "dm-0/slaves", "md0/slaves"):
        (tmp_path / path).mkdir(parents=True)
    for part in ("sda1", "sda2"):
        (tmp_path / "sda" / part / "partition").write_text("1")
    (tmp_path / "dm-0/slaves/md0").symlink_to(tmp_path / "md0")
    (tmp_path / "md0/slaves/sda2").symlink_to(tmp_path / "sda/sda2")
    (tmp_path / "md0/slaves/sdb").symlink_to(tmp_path / "sdb")
    for name, path in (("8:1", "sda/sda1"), ("8:16", "sdb"), ("253:0", "dm-0")):
        (tmp_path / name).symlink_to(tmp_path / path)
    assert backup_folders._disks(tmp_path / "8:1") == {"sda"}
    assert backup_folders._disks(tmp_path / "8:16") == {"sdb"}
    assert backup_folders._disks(tmp_path / "253:0") == {"sda", "sdb"}
    assert backup_folders._disks(tmp_path / "0:45") == set()


def test_an_object_in_a_bucket_is_judged_as_a_file_is(
    judged: Judged, backups: Backups, bucket: Bucket, s3_client: Any
) -> None:
    there = backups.model_copy(update={"path": "daily", "bucket": bucket})
    assert judged(fresh.test_backup_fresh, backups=there).outcome is CRITICAL
    for ago in (30, 1):
        name = f"shop_backup_{time.strftime('%Y%m%d_%H%M%S', time.gmtime(time.time() - ago * 3600))}.tar.gz"
        s3_client.put_object(Bucket=bucket.bucket, Key=f"daily/{name}", Body=b"an archive")
    assert judged(fresh.test_backup_fresh, backups=there).outcome is OK
    s3_client.create_multipart_upload(Bucket=bucket.bucket, Key="daily/shop_backup_20991122_053000.tar.gz")
    s3_client.delete_object(Bucket=bucket.bucket, Key=f"daily/{name}")
    seen = judged(fresh.test_backup_fresh, backups=there)
    assert (seen.outcome, "is an upload that was not completed" in seen.summary) == (CRITICAL, True)
