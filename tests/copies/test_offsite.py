"""The newest backup and its copy elsewhere: equal, missing, cut, of another content, old, on its way."""

import base64
import hashlib
import os
import tempfile
from pathlib import Path

import pytest

from rounds.checks import test_copies as check
from rounds.outcome import Outcome
from rounds.probe import CouldNotLook, RunbookDisagrees, Unreachable
from rounds.targets import Backups

DATA = b"a dump" * 99


@pytest.fixture
def upload(server, offsite, put, backups):
    """Make a backup of so many hours ago, and its copy with the same or other bytes; None for no copy."""

    def done(hours, data=DATA, copy=DATA):
        path = put(backups.path, "shop_{}.sql.gz", hours, data)
        if copy is not None:
            server.put(offsite.bucket.bucket, f"backups/{path.name}", copy, path.stat().st_mtime + 60)
        return path

    return done


@pytest.fixture
def look(judged, backups, offsite):
    return lambda **given: judged(
        check.test_offsite_copy, check.NewestOffsite, **{"backups": backups, "offsite": offsite, **given}
    )


def figure(observe, name):
    return next(each for each in observe.observations if each.name == name)


def test_a_copy_that_is_equal_is_good(upload, look):
    upload(27), upload(3)
    seen = look()
    assert seen.outcome is Outcome.OK
    assert figure(seen, "copy of the newest backup").value == "equal"
    assert "by ETag" in figure(seen, "copy of the newest backup").note
    assert figure(seen, "copies").value == 2


def test_a_copy_that_is_missing_is_critical_though_others_are_there(upload, look):
    upload(27), upload(3, copy=None)
    seen = look(age="1000h")
    assert seen.outcome is Outcome.CRITICAL
    assert figure(seen, "copy of the newest backup").value == "missing"


def test_a_copy_that_is_cut_is_of_another_size(upload, look):
    upload(3, copy=DATA[:-1])
    seen = look()
    assert figure(seen, "copy of the newest backup").value == "of another size"
    assert "594 B here, 593 B there" in seen.summary


def test_a_copy_of_the_same_size_and_name_with_another_content_is_found_out(upload, look):
    upload(3, copy=b"b" + DATA[1:])
    seen = look()
    assert seen.outcome is Outcome.CRITICAL
    assert figure(seen, "copy of the newest backup").value == "of another content"
    assert "its bytes" in seen.summary


def test_an_etag_that_is_no_checksum_is_not_believed(upload, look, server, offsite):
    """Some servers, and encryption on Amazon's, give other ETags: an upload in parts is one as well."""
    data = bytes(range(256)) * 30_000
    path = upload(3, data=data, copy=None)
    key = f"backups/{path.name}"
    server.put_in_parts(offsite.bucket.bucket, key, data)
    assert "-2" in server.client.head_object(Bucket=offsite.bucket.bucket, Key=key)["ETag"]
    seen = look()
    assert "by ETag" in figure(seen, "copy of the newest backup").note
    server.put_in_parts(offsite.bucket.bucket, key, data[:-1] + b"x")
    assert figure(look(), "copy of the newest backup").value == "of another content"


def test_an_upload_that_was_aborted_or_never_finished_is_no_copy(upload, look, server, offsite):
    upload(27)
    path = upload(3, copy=None)
    server.put_in_parts(offsite.bucket.bucket, f"backups/{path.name}", DATA, finish=False)
    assert figure(look(), "copy of the newest backup").value == "missing"
    server.abort(offsite.bucket.bucket)
    assert figure(look(), "copy of the newest backup").value == "missing"


def test_an_old_copy_is_judged_by_the_date_in_its_name(upload, look, server, offsite):
    path = upload(27)
    server.date(offsite.bucket.bucket, f"backups/{path.name}", path.stat().st_mtime + 26 * 3600)  # touched
    assert look().outcome is Outcome.CRITICAL
    assert look(age="31d").outcome is Outcome.OK


def test_what_may_still_be_on_its_way_is_not_asked_for(upload, look):
    upload(27), upload(0.2, copy=None)
    seen = look(age="31d")
    assert seen.outcome is Outcome.OK
    assert "shop_" in figure(seen, "too young to be asked for").note
    assert look(age="31d", uploaded_within="5min").outcome is Outcome.CRITICAL


def test_the_only_backup_may_be_on_its_way_and_then_nobody_knows(upload, look, server, offsite):
    path = upload(0.2, copy=None)
    assert figure(look(), "copy of the newest backup").verdict is Outcome.UNKNOWN
    server.put(offsite.bucket.bucket, f"backups/{path.name}", DATA)
    assert look().outcome is Outcome.OK


def test_without_any_backup_or_copy_it_is_critical(look, put, backups):
    assert look().outcome is Outcome.CRITICAL
    put(backups.path, "shop_{}.sql.gz", 3, b"")  # what a failed dump leaves
    assert "there is no backup" in look().summary
    assert "there is no copy in s3://" in look().summary


def test_an_empty_file_is_no_newest_backup_and_its_copy_none(upload, look):
    upload(27), upload(3, data=b"", copy=b"")
    assert figure(look(age="31d"), "copy of the newest backup").value == "equal"


def test_the_guides_sample_is_refused(look, offsite):
    bucket = offsite.bucket.model_copy(update={"bucket": "your-backup-bucket"})
    with pytest.raises(RunbookDisagrees, match="your-backup-bucket is a placeholder"):
        look(offsite=offsite.model_copy(update={"bucket": bucket}))


def test_who_is_not_let_in_sees_nothing(upload, look, server, offsite):
    upload(3)
    with server.denied(), pytest.raises(CouldNotLook, match="refuses ListObjectsV2"):
        look()
    bucket = offsite.bucket.model_copy(update={"url": "http://127.0.0.1:9"})
    with pytest.raises(Unreachable):
        look(offsite=offsite.model_copy(update={"bucket": bucket}))


def test_a_backup_that_cannot_be_read_is_unknown(look, put, backups, as_nobody):
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        sets = {
            name: backups.model_copy(update={"path": f"{folder}/{name}", "name": name})
            for name in ("backups", "offsite")
        }
        for each in sets.values():
            put(each.path, "shop_{}.sql.gz", 3).chmod(0)
        with as_nobody(), pytest.raises(CouldNotLook, match="cannot be opened: Permission denied"):
            look(**sets)


def test_the_time_is_bounded(upload, look):
    upload(3)
    with pytest.raises(CouldNotLook, match="was not read to its end in time"):
        look(deadline="0.000001s")


def test_folders_are_compared_file_by_file(look, put, tmp_path):
    sets = {}
    for name in ("backups", "offsite"):
        pattern = r"shop_(?P<time>\d{8}_\d{6})"
        (tmp_path / name).mkdir(exist_ok=True)
        sets[name] = Backups(name=name, system="shop", path=str(tmp_path / name), pattern=pattern, each="folder")
        for file in ("toc.dat", "deep/1.dat.gz"):
            put(tmp_path / name, "shop_{}/" + file, 3, file.encode())
    seen = look(**sets)
    assert seen.outcome is Outcome.OK
    assert "by its bytes" in seen.summary
    copy = next(Path(tmp_path, "offsite").glob("*/deep/1.dat.gz"))
    copy.write_bytes(b"deep/1.dat.gX")
    assert "of another content" in look(**sets).summary
    copy.unlink()
    assert "deep/1.dat.gz is in only one of the two" in look(**sets).summary


def test_checksums_that_the_server_was_given_will_do(upload, look, server, offsite):
    path = upload(3, copy=None)
    key = f"backups/{path.name}"
    extra = {"ContentMD5": base64.b64encode(hashlib.md5(DATA).digest()).decode()}  # noqa: S324 - S3's own
    server.client.put_object(Bucket=offsite.bucket.bucket, Key=key, Body=DATA, ChecksumAlgorithm="SHA256", **extra)
    assert look().outcome is Outcome.OK


def test_the_time_for_an_upload_begins_when_the_backup_is_finished(upload, look):
    upload(27)
    path = upload(3, copy=None)
    os.utime(path)
    seen = look(age="31d")
    assert seen.outcome is Outcome.OK
    assert figure(seen, "too young to be asked for").note == path.name


def test_files_of_one_name_in_folders_of_days_are_told_apart(look, put, tmp_path):
    there = {"offsite": r"(?P<time>\d{8}_\d{6})/dump\.sql", "backups": r"(?:.*/)?(?P<time>\d{8}_\d{6})/dump\.sql"}
    sets = {name: Backups(name=name, system="shop", path=str(tmp_path / name), pattern=pattern, subfolders=True)
            for name, pattern in there.items()}  # fmt: skip
    for name, above in (("backups", "2026/"), ("offsite", "")):
        put(tmp_path / name, above + "{}/dump.sql", 27, b"yesterday")
        newest = put(tmp_path / name, above + "{}/dump.sql", 3, b"today")
    seen = look(**sets)
    assert (seen.outcome, figure(seen, "copy of the newest backup").value) == (Outcome.OK, "equal")
    newest.unlink()
    assert figure(look(**sets), "copy of the newest backup").value == "missing"
