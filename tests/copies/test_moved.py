"""What was removed here lies elsewhere, by the checksums that stay; and nothing is left over."""

import hashlib
import subprocess
from pathlib import Path

import pytest

from rounds.checks import test_copies as check
from rounds.outcome import Outcome
from rounds.probe import KEPT
from rounds.targets import Backups

PATTERN = r"artifacts_backup_(?P<time>\d{8}_\d{6})\.tar\.gz"
DATA = b"an archive" * 500


@pytest.fixture
def backups(tmp_path):
    (tmp_path / "work").mkdir()
    return Backups(name="work", system="shop", path=str(tmp_path / "work"), pattern=PATTERN)


@pytest.fixture
def offsite(offsite):
    return offsite.model_copy(update={"pattern": PATTERN, "path": "artifacts"})


@pytest.fixture
def move(backups, offsite, put, server):
    """What the script does: pack, write the checksum, upload (or not), remove (or not)."""

    def done(hours, *, upload=DATA, remove=True, program="sha256sum"):
        path = put(backups.path, "artifacts_backup_{}.tar.gz", hours, DATA)
        sums = subprocess.run([program, path.name], cwd=path.parent, capture_output=True, text=True, check=True)
        path.with_name(f"{path.name}.sha256").write_text(sums.stdout)
        if upload:
            server.put(offsite.bucket.bucket, f"artifacts/{path.name}", upload, path.stat().st_mtime)
        if remove:
            path.unlink()
        return path

    return done


@pytest.fixture
def look(judged, backups, offsite):
    return lambda **given: judged(
        check.test_moved_offsite, check.MovedAway, **{"backups": backups, "offsite": offsite, **given}
    )


def figure(observe, name):
    return next(each for each in observe.observations if each.name == name)


@pytest.mark.parametrize("program", ["sha256sum", "md5sum"])
def test_what_was_moved_with_its_checksum_is_good(move, look, program):
    move(27, program=program), move(3, program=program)
    seen = look()
    assert seen.outcome is Outcome.OK
    assert figure(seen, "removed ones that are known").value == 2


def test_one_that_was_removed_although_its_upload_failed_is_critical(move, look):
    move(27), move(15, upload=b""), move(3)
    seen = look()
    assert seen.outcome is Outcome.CRITICAL
    assert figure(seen, "removed, and missing off-site").value == 1


def test_one_that_arrived_with_another_content_is_critical(move, look):
    move(3, upload=b"b" + DATA[1:])
    assert figure(look(), "removed, and of another content off-site").verdict is Outcome.CRITICAL


def test_what_is_left_over_is_critical_be_it_archive_or_folder(move, look, backups):
    path = move(27, remove=False)
    folder = Path(backups.path, path.name.removesuffix(".tar.gz"))
    folder.mkdir()
    move(3)
    assert figure(look(), "left over").value == 1  # the folder is new: the script may be at work
    assert figure(look(moved_within="0.000001s"), "left over").note == f"{folder.name}, {path.name}"


def test_what_is_just_being_made_is_not_left_over(move, look):
    move(27), move(0.1, remove=False)
    assert figure(look(age="31d"), "left over").value == 0


def test_without_checksums_nobody_knows_what_was_removed(move, look, backups):
    path = move(3)
    Path(backups.path, f"{path.name}.sha256").unlink()
    seen = look()
    assert seen.outcome is Outcome.CRITICAL
    assert figure(seen, "removed ones that are known").value == 0


def test_when_nothing_was_ever_moved_it_is_critical(look):
    seen = look()
    assert seen.outcome is Outcome.CRITICAL
    assert "there is no copy in s3://" in seen.summary


def test_copies_are_asked_for_only_as_long_as_they_are_kept(move, look, server, offsite):
    path = move(40 * 24)
    move(3)
    server.delete(offsite.bucket.bucket, f"artifacts/{path.name}")
    assert look().outcome is Outcome.OK
    assert look(kept="60d").outcome is Outcome.CRITICAL


def test_one_file_may_hold_all_checksums_in_any_usual_form(move, look, backups):
    first, second = move(27), move(3)
    for each in (first, second):
        Path(backups.path, f"{each.name}.sha256").unlink()
    value = hashlib.sha256(DATA).hexdigest()
    Path(backups.path, "SHA256SUMS").write_text(
        f"{value} *./{first.name}\nnonsense\nSHA256 ({second.name}) = {value.upper()}\n"
    )
    seen = look(records="SHA256SUMS")
    assert (seen.outcome, figure(seen, "removed ones that are known").value) == (Outcome.OK, 2)


def test_a_sum_alone_is_that_of_the_file_it_is_named_after(move, look, backups):
    path = move(3)
    Path(backups.path, f"{path.name}.sha256").write_text(hashlib.sha256(DATA).hexdigest() + "\n")
    assert look().outcome is Outcome.OK


@pytest.fixture
def state(tmp_path, monkeypatch):
    monkeypatch.setattr(KEPT, "folder", tmp_path / "state")
    return tmp_path / "state"


def test_an_object_is_read_once_and_again_only_when_it_changed(move, look, server, offsite, state):
    path = move(3)

    def read():
        return server.part.log.read_text().count(f"GET /{offsite.bucket.bucket}/artifacts/{path.name}")

    assert look().outcome is Outcome.OK
    first = read()
    assert look().outcome is Outcome.OK
    assert (first, read()) == (1, 1)
    server.put(offsite.bucket.bucket, f"artifacts/{path.name}", b"b" + DATA[1:])
    assert look().outcome is Outcome.CRITICAL
    (state / "copies.json").write_text("[")
    assert look().outcome is Outcome.CRITICAL


def test_what_was_moved_from_folders_of_days_is_told_apart(backups, offsite, put, look, server):
    update = {"subfolders": True, "pattern": r"(?P<time>\d{8}_\d{6})/dump\.tar\.gz"}
    sets = {"backups": backups.model_copy(update=update), "offsite": offsite.model_copy(update=update)}
    lines = []
    for hours in (27, 3):
        data = b"of %d" % hours
        path = put(backups.path, "{}/dump.tar.gz", hours, data)
        name = str(path.relative_to(backups.path))
        lines.append(f"{hashlib.sha256(data).hexdigest()}  {name}\n")
        server.put(offsite.bucket.bucket, f"artifacts/{name}", data, path.stat().st_mtime)
        path.unlink()
    Path(backups.path, "SHA256SUMS").write_text("".join(lines))
    seen = look(records="SHA256SUMS", **sets)
    assert (seen.outcome, figure(seen, "removed ones that are known").value) == (Outcome.OK, 2)
    server.delete(offsite.bucket.bucket, f"artifacts/{name}")
    assert figure(look(records="SHA256SUMS", **sets), "removed, and missing off-site").note == name
    put(backups.path, "{}/dump.tar.gz", 27)
    assert figure(look(records="SHA256SUMS", **sets), "left over").value == 1
