"""What the checks say of what was read of good and of bad backups."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from rounds.checks import test_archives as archive_checks
from rounds.checks import test_backup_checksums as checksum_checks
from rounds.checks import test_backup_integrity as checks
from rounds.checks import test_recovery_points as recovery_checks
from rounds.fixtures.backup_checksums import Checksums
from rounds.fixtures.backup_pointer import Pointer
from rounds.fixtures.backups import Archive
from rounds.fixtures.content_facts import Contents, Dump, Member
from rounds.fixtures.packed_folder import PackedFolder
from rounds.fixtures.recovery_points import RecoveryPoint
from rounds.judge import Observer
from rounds.outcome import Outcome
from rounds.targets import Backups

HOUR = 3600
NOW = 1795330800.0
FOLDER = Backups(name="backups", system="shop", path="/srv/backups", pattern="(?P<time>.*)")
ARCHIVE = Archive("newest.tar.gz", "/srv/backups/newest.tar.gz", NOW - HOUR / 2, NOW - HOUR / 2, 4711)
DUMP = Dump("database.sql", "plain dump", 8000, {"public.shops": 20, "public.sales": 5000, "public.none": 0})
FILES = (Member("database.sql", 8000), Member("config/settings.yaml", 10), Member("config", 0, "folder"))
GOOD = Contents(ARCHIVE, "tar", unpacked_bytes=9000, members=3, files=FILES, dumps=(DUMP,), looked_at_epoch_seconds=NOW)
NO_FOLDER = PackedFolder()
Row = Callable[..., Any]


def with_dump(**changed: Any) -> Contents:
    return replace(GOOD, dumps=(replace(DUMP, **changed),))


@pytest.mark.parametrize(
    ("seen", "outcome", "words"),
    [
        (GOOD, Outcome.OK, "newest.tar.gz"),
        (Contents(None), Outcome.CRITICAL, "there is no backup in /srv/backups"),
        (replace(GOOD, failure="it is cut short"), Outcome.CRITICAL, "newest.tar.gz: it is cut short"),
        (replace(GOOD, failure="it is cut short"), Outcome.CRITICAL, "newest backup is not whole ("),
        (replace(GOOD, members=0, files=(), dumps=()), Outcome.CRITICAL, "newest.tar.gz holds nothing"),
        (replace(GOOD, dumps=()), Outcome.CRITICAL, "no member of newest.tar.gz matches"),
        (with_dump(size_bytes=37), Outcome.CRITICAL, "smallest database dump is 37 B"),
        (with_dump(rows={}), Outcome.CRITICAL, "rows in its dumps is 0"),
        (with_dump(failure="it is cut short"), Outcome.CRITICAL, "database.sql: it is cut short"),
        (replace(GOOD, unsafe_names=("../../etc/passwd",)), Outcome.CRITICAL, "../../etc/passwd"),
        (replace(GOOD, links_outside=("a -> /etc",)), Outcome.WARNING, "a -> /etc"),
        (replace(GOOD, files=(*FILES, Member("settings.yaml", 0))), Outcome.WARNING, "settings.yaml"),
        (replace(GOOD, files=(*FILES, Member("deep/.gitkeep", 0))), Outcome.OK, ""),
        (replace(GOOD, kind="plain dump"), Outcome.CRITICAL, "is no archive, but: plain dump"),
    ],
)
def test_the_newest_archive_must_be_whole_and_hold_a_dump(
    row: Row, seen: Contents, outcome: Outcome, words: str
) -> None:
    observer = Observer()
    expected = row(archive_checks.TarIntegrity, backups=FOLDER, unpacked_at_most="10 GB")
    archive_checks.test_tar_integrity(expected, seen, observer)
    assert observer.outcome is outcome
    assert words in observer.summary


CUSTOM = replace(GOOD, kind="custom dump", members=0, files=(), dumps=(replace(DUMP, kind="custom dump"),))
SNAPSHOT = replace(CUSTOM, kind="rdb", dumps=(Dump("dump.rdb", "rdb", 90),))


@pytest.mark.parametrize(
    ("seen", "due", "outcome", "words"),
    [
        (GOOD, {"holds": [r"^config/.*\.yaml$"], "tables": {"shops": 20, "public.sales": 1}}, Outcome.OK, ""),
        (GOOD, {"holds": [r"^secrets/"]}, Outcome.CRITICAL, "members that match ^secrets/ is 0"),
        (replace(GOOD, members=4), {"holds": [r"^secrets/"]}, Outcome.UNKNOWN, "only the first 3 of 4 members"),
        (GOOD, {"tables": {"shops": 21}}, Outcome.CRITICAL, "rows of shops is 20, allowed is at least 21"),
        (GOOD, {"tables": {"none": 1}}, Outcome.CRITICAL, "rows of none is 0"),
        (GOOD, {"tables": {"users": 1}}, Outcome.CRITICAL, "no rows of users are in the dump"),
        (GOOD, {"format": "custom dump"}, Outcome.CRITICAL, "kind is tar, allowed is custom dump"),
        (CUSTOM, {"format": "custom dump", "tables": {"shops": 1}}, Outcome.OK, ""),
        (SNAPSHOT, {"format": "rdb"}, Outcome.OK, ""),
        (SNAPSHOT, {"tables": {"shops": 1}}, Outcome.UNKNOWN, "rows cannot be counted in this kind of backup: rdb"),
        (replace(GOOD, dumps=()), {"dump": None}, Outcome.OK, ""),
        (replace(GOOD, notes=("it holds no WAL",)), {}, Outcome.OK, "it holds no WAL"),
        (with_dump(rows={}), {"rows": 0}, Outcome.OK, ""),
    ],
)
def test_the_newest_backup_must_hold_what_is_due(
    row: Row, seen: Contents, due: dict[str, Any], outcome: Outcome, words: str
) -> None:
    observer = Observer()
    checks.test_backup_integrity(row(checks.BackupIntegrity, backups=FOLDER, **due), seen, NO_FOLDER, None, observer)
    assert observer.outcome is outcome
    assert words in "; ".join(each.sentence for each in observer.observations)


@pytest.mark.parametrize(
    ("packed", "outcome", "words"),
    [
        (PackedFolder("/srv/config", 4, 4), Outcome.OK, ""),
        (PackedFolder("/srv/config", 4, 4, missing=(".env",)), Outcome.CRITICAL, "files that are missing in it is 1"),
        (PackedFolder("/srv/config", 4, 4, different=("a",)), Outcome.CRITICAL, "files that differ from it is 1"),
        (PackedFolder("/srv/config", 0, 0), Outcome.CRITICAL, "the folder itself holds no file"),
        (PackedFolder("/srv/config", 4, 0), Outcome.UNKNOWN, "all 4 files are newer than the backup"),
    ],
)
def test_a_folder_must_be_in_it_whole(row: Row, packed: PackedFolder, outcome: Outcome, words: str) -> None:
    observer = Observer()
    seen = replace(GOOD, dumps=())
    checks.test_backup_integrity(row(checks.BackupIntegrity, backups=FOLDER, dump=None), seen, packed, None, observer)
    assert observer.outcome is outcome
    assert words in observer.summary


def test_patterns_and_kinds_are_refused_early(row: Row) -> None:
    for wrong in ({"dump": "("}, {"holds": ["("]}, {"format": "zip"}):
        with pytest.raises(ValidationError):
            row(checks.BackupIntegrity, backups=FOLDER, **wrong)


@pytest.mark.parametrize(
    ("seen", "outcome", "words"),
    [
        (GOOD, Outcome.OK, ""),
        (replace(GOOD, looked_at_epoch_seconds=NOW + HOUR), Outcome.CRITICAL, "age of the newest backup is 90 min"),
        (replace(GOOD, looked_at_epoch_seconds=NOW - HOUR), Outcome.CRITICAL, "future"),
        (replace(GOOD, failure="it is cut short"), Outcome.CRITICAL, "it is cut short"),
        (Contents(None), Outcome.CRITICAL, "there is no backup"),
    ],
)
def test_before_a_change_a_backup_must_be_young_and_whole(
    row: Row, seen: Contents, outcome: Outcome, words: str
) -> None:
    observer = Observer()
    checks.test_pre_change_backup(row(checks.PreChangeBackup, backups=FOLDER), seen, NO_FOLDER, None, observer)
    assert observer.outcome is outcome
    assert words in observer.summary


TO_NEWEST = Pointer("/srv/backups/latest", "newest.tar.gz", leads_nowhere=False, is_newest=True)
TO_OLDER = Pointer("/srv/backups/latest", "older.tar.gz", leads_nowhere=False, is_newest=False)
DAMAGED = replace(GOOD, failure="it is cut short")


@pytest.mark.parametrize(
    ("pointer", "contents", "outcome", "words"),
    [
        (TO_NEWEST, GOOD, Outcome.OK, ""),
        (TO_OLDER, GOOD, Outcome.CRITICAL, "to older.tar.gz, the newest is newest.tar.gz"),
        (replace(TO_OLDER, leads_to=None), GOOD, Outcome.CRITICAL, "/srv/backups/latest does not exist"),
        (replace(TO_OLDER, leads_nowhere=True), GOOD, Outcome.CRITICAL, "older.tar.gz, which does not exist"),
        (TO_OLDER, Contents(None), Outcome.CRITICAL, "there is no backup in /srv/backups"),
        (TO_NEWEST, DAMAGED, Outcome.CRITICAL, "is not good (it is cut short)"),
        (TO_NEWEST, replace(GOOD, dumps=()), Outcome.CRITICAL, "no database dump is in it"),
        (TO_NEWEST, with_dump(size_bytes=37), Outcome.CRITICAL, "too small"),
        (TO_NEWEST, with_dump(rows={}), Outcome.CRITICAL, "too few rows"),
        (replace(TO_OLDER, leads_to=None), GOOD, Outcome.CRITICAL, "what restore commands find is nothing ("),
        (TO_OLDER, DAMAGED, Outcome.UNKNOWN, "is not good (it is cut short); it leads to older.tar.gz"),
    ],
)
def test_the_pointer_must_lead_to_the_newest_good_archive(
    row: Row, pointer: Pointer, contents: Contents, outcome: Outcome, words: str
) -> None:
    observer = Observer()
    expected = row(archive_checks.LatestPointer, backups=FOLDER, link="latest")
    archive_checks.test_latest_pointer(expected, pointer, contents, observer)
    assert observer.outcome is outcome
    assert words in observer.summary


def point(age: float | None, *damaged: str) -> RecoveryPoint:
    good = replace(ARCHIVE, recorded_epoch_seconds=NOW - age) if age is not None else None
    return RecoveryPoint("/srv/backups", good, dict.fromkeys(damaged, "it is cut short"), 9, 1, NOW)


@pytest.mark.parametrize(
    ("seen", "outcome", "words"),
    [
        (point(3 * HOUR), Outcome.OK, "newest.tar.gz"),
        (point(3 * HOUR, "newer.sql"), Outcome.WARNING, "newer.sql: it is cut short; a restore would go back 3 h"),
        (point(30 * HOUR, "newer.sql"), Outcome.CRITICAL, "is 30 h, allowed is at most 24 h (newest.tar.gz, newer.sql"),
        (point(None, "a.sql"), Outcome.CRITICAL, "none of the newest 1 of 9 backups is good (a.sql: it is cut short)"),
        (replace(point(None), count=0), Outcome.CRITICAL, "there is no backup in /srv/backups"),
        (point(-3 * HOUR), Outcome.CRITICAL, "future"),
    ],
)
def test_the_newest_good_backup_must_be_young_enough(
    row: Row, seen: RecoveryPoint, outcome: Outcome, words: str
) -> None:
    observer = Observer()
    recovery_checks.test_recovery_point(row(recovery_checks.RecoveryPointAge, backups=FOLDER), seen, observer)
    assert observer.outcome is outcome
    assert words in observer.summary


ALIKE = Checksums("/srv/backups", ARCHIVE, ("SHA256SUMS",), ("newest.tar.gz", "older.tar.gz"))


@pytest.mark.parametrize(
    ("seen", "outcome", "words"),
    [
        (ALIKE, Outcome.OK, ""),
        (replace(ALIKE, lists=()), Outcome.CRITICAL, "there is none in /srv/backups"),
        (replace(ALIKE, newest=None), Outcome.CRITICAL, "there is no backup"),
        (replace(ALIKE, equal=("older.tar.gz",)), Outcome.CRITICAL, "newest backup is not named"),
        (replace(ALIKE, different=("x.sql",)), Outcome.CRITICAL, "files that differ from their checksum is 1"),
        (replace(ALIKE, missing=("x.sql",)), Outcome.CRITICAL, "files that are named and missing is 1"),
        (replace(ALIKE, unread=("x.sql",)), Outcome.UNKNOWN, "the time was over before these were read: x.sql"),
    ],
)
def test_files_must_be_as_their_checksums_say(row: Row, seen: Checksums, outcome: Outcome, words: str) -> None:
    observer = Observer()
    checksum_checks.test_backup_checksums(row(checksum_checks.BackupChecksums, backups=FOLDER), seen, observer)
    assert observer.outcome is outcome
    assert words in observer.summary
