"""A real server that archives with a real archive_command, and everything that can go wrong with that."""

import gzip
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from rounds.checks import test_wal_archiving as checks
from rounds.fixtures.backup_entries import Entry
from rounds.fixtures.wal_archive import _missing, _Segment
from rounds.fixtures.wal_archiving import archiver_of
from rounds.judge import Earlier, EarlierFigure, Observer
from rounds.outcome import Outcome
from rounds.probe import Unreachable
from rounds.targets import Backups

from .archiving import Archiving
from .conftest import Server

Row = Callable[..., Any]
Judge = Callable[..., Observer]
MB = 1 << 20


@pytest.fixture(scope="module")
def started(new_server: Callable[..., Server]) -> Archiving:
    return Archiving(new_server("--wal-segsize=1"))


@pytest.fixture
def archiving(started: Archiving) -> Iterator[Archiving]:
    started.switch(3)
    started.settle()
    yield started
    started.gate.mkdir(exist_ok=True)
    started.switch()
    started.settle()
    for path in started.folder.iterdir():
        path.unlink()


def judged(row: Row, judge: Judge, archiving: Archiving, **given: Any) -> Observer:
    user, earlier = given.pop("user", "super"), given.pop("earlier", None)
    database = archiving.server.target(user, "postgres")
    given = {"archive": str(archiving.folder)} | given
    return judge(checks.test_wal_archiving, row(checks.WalArchiving, database=database, **given), earlier)


def segments(archiving: Archiving) -> list[Path]:
    return sorted(archiving.folder.glob("*"))


def figure(observer: Observer, name: str) -> Any:
    return next(each for each in observer.observations if each.name == name)


def test_a_server_that_archives_is_ok(archiving: Archiving, row: Row, judge: Judge) -> None:
    observer = judged(row, judge, archiving)
    assert observer.outcome is Outcome.OK
    assert figure(observer, "newest segment in the archive").note == archiving.archived()
    assert figure(observer, "segments in the archive").value >= 3


def test_a_role_without_rights_sees_enough(archiving: Archiving, row: Row, judge: Judge) -> None:
    observer = judged(row, judge, archiving, user="reader")
    assert observer.outcome is Outcome.OK
    assert figure(observer, "segments waiting").note == "by their names: GRANT pg_monitor to see the files"


def test_a_command_that_fails_is_critical_and_so_is_the_growth_of_its_failures(
    archiving: Archiving, row: Row, judge: Judge
) -> None:
    before = judged(row, judge, archiving)
    earlier = Earlier(
        {"failed attempts counted": [EarlierFigure(figure(before, "failed attempts counted").value, 3600)]}
    )
    assert judged(row, judge, archiving, earlier=earlier).outcome is Outcome.OK
    archiving.gate.rmdir()
    archiving.switch(8)
    archiving.await_("SELECT failed_count > 0 AND last_failed_time > last_archived_time FROM pg_stat_archiver")
    observer = judged(row, judge, archiving, earlier=earlier)
    assert observer.outcome is Outcome.CRITICAL
    assert observer.summary.startswith("last attempt is failed (it failed")
    assert figure(observer, "failed attempts since").verdict is Outcome.WARNING
    assert figure(observer, "segments waiting").verdict is Outcome.WARNING
    archiving.gate.mkdir()
    archiving.switch()
    archiving.settle()
    recovered = judged(row, judge, archiving, earlier=earlier)
    assert recovered.outcome is Outcome.WARNING
    assert [each.name for each in recovered.observations if each.verdict is Outcome.WARNING] == [
        "failed attempts since"
    ]


def test_a_counter_that_fell_began_anew(archiving: Archiving, row: Row, judge: Judge) -> None:
    earlier = Earlier({"failed attempts counted": [EarlierFigure(10_000, 3600)]})
    counted = figure(judged(row, judge, archiving), "failed attempts counted").value
    assert figure(judged(row, judge, archiving, earlier=earlier), "failed attempts since").value == counted


def test_archiving_that_is_off_is_critical(old_server: Server, row: Row, judge: Judge) -> None:
    expected = row(checks.WalArchiving, database=old_server.target(), archive="/nowhere")
    observer = judge(checks.test_wal_archiving, expected)
    assert observer.outcome is Outcome.CRITICAL
    assert [each.name for each in observer.observations] == ["archive_mode"]


def test_archiving_without_a_command_is_critical(archiving: Archiving, row: Row, judge: Judge) -> None:
    archiving.restart(archive_command="")
    try:
        observer = judged(row, judge, archiving)
    finally:
        archiving.restart()
    assert observer.outcome is Outcome.CRITICAL
    assert "neither archive_command nor archive_library is set" in observer.summary


def test_a_command_that_says_yes_and_copies_nothing_is_found(archiving: Archiving, row: Row, judge: Judge) -> None:
    archiving.restart(archive_command="true")
    try:
        observer = judged(row, judge, archiving)
    finally:
        archiving.restart()
    assert observer.outcome is Outcome.CRITICAL
    assert "is not there, though the server calls it archived" in observer.summary


def test_the_newest_segment_gone_from_the_archive_is_critical(archiving: Archiving, row: Row, judge: Judge) -> None:
    (archiving.folder / archiving.archived()).unlink()
    assert judged(row, judge, archiving).outcome is Outcome.CRITICAL


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda data: data[:-1], f"holds {MB - 1} bytes, not {MB}"),
        (lambda _: b"", "holds 0 bytes"),
        (lambda data: data + b"x", f"holds more than {MB}"),
        (lambda data: bytes(len(data)), "is no WAL segment"),
        (lambda data: data[:24] + bytes(8) + data[32:], "is of another server (system 0"),
        (lambda data: data[:8] + bytes(8) + data[16:], "holds another segment than its name says"),
    ],
)
def test_a_newest_segment_that_is_not_whole_is_critical(
    archiving: Archiving, row: Row, judge: Judge, damage: Callable[[bytes], bytes], words: str
) -> None:
    newest = archiving.folder / archiving.archived()
    newest.write_bytes(damage(newest.read_bytes()))
    observer = judged(row, judge, archiving)
    assert observer.outcome is Outcome.CRITICAL
    assert words in observer.summary


def test_a_cut_segment_and_a_gap_further_back_are_critical(archiving: Archiving, row: Row, judge: Judge) -> None:
    first, second, third = segments(archiving)[-3:]
    second.write_bytes(second.read_bytes()[: MB // 2])
    observer = judged(row, judge, archiving)
    assert (figure(observer, "cut segments").value, figure(observer, "cut segments").note) == (1, second.name)
    second.unlink()
    observer = judged(row, judge, archiving)
    assert observer.outcome is Outcome.CRITICAL
    assert (figure(observer, "gaps in the archive").value, figure(observer, "gaps in the archive").note) == (
        1,
        second.name,
    )
    assert judged(row, judge, archiving, gaps_within="0s").outcome is Outcome.OK
    first.unlink()
    assert third.exists()
    assert judged(row, judge, archiving).outcome is Outcome.OK  # what is older was removed, as retention does


def test_packed_segments_are_read_and_a_cut_one_is_found(archiving: Archiving, row: Row, judge: Judge) -> None:
    for path in segments(archiving):
        path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes(), 1))
        path.unlink()
    assert judged(row, judge, archiving).outcome is Outcome.OK
    newest = archiving.folder / f"{archiving.archived()}.gz"
    newest.write_bytes(newest.read_bytes()[:-100])
    observer = judged(row, judge, archiving)
    assert observer.outcome is Outcome.CRITICAL
    assert "cut short" in observer.summary


def test_segments_in_folders_are_found(archiving: Archiving, row: Row, judge: Judge) -> None:
    for path in segments(archiving):
        below = archiving.folder / path.name[:16]
        below.mkdir(exist_ok=True)
        path.rename(below / f"{path.name}-{'0a' * 20}")
    try:
        assert judged(row, judge, archiving).outcome is Outcome.OK
    finally:
        for below in segments(archiving):
            shutil.rmtree(below)


def test_an_archive_that_is_not_there_is_unknown_and_hides_no_failure(
    archiving: Archiving, row: Row, judge: Judge
) -> None:
    observer = judged(row, judge, archiving, archive=f"{archiving.folder}-gone")
    assert observer.outcome is Outcome.UNKNOWN
    assert "there is no folder" in observer.summary
    archiving.gate.rmdir()
    archiving.switch()
    archiving.await_("SELECT last_failed_time > last_archived_time FROM pg_stat_archiver")
    assert judged(row, judge, archiving, archive=f"{archiving.folder}-gone").outcome is Outcome.CRITICAL


def test_timelines_are_told_apart(archiving: Archiving, row: Row, judge: Judge) -> None:
    segments(archiving)[-1].with_name("0000000200000000000000FE").write_bytes(bytes(MB))
    observer = judged(row, judge, archiving)
    assert figure(observer, "gaps in the archive").value == 2
    assert "00000002.history" in figure(observer, "gaps in the archive").note


def test_a_clean_up_may_have_removed_how_the_first_timeline_began() -> None:
    left = [
        _Segment(
            Entry(f"0000000{timeline}000000000000000{number}", "", "file", MB, 0.0), timeline, number, packed=False
        )
        for timeline, number in ((2, 4), (2, 5), (3, 6))
    ]
    assert _missing(left[:2], set(), MB, 0.0) == ([], 0)
    assert _missing(left, set(), MB, 0.0) == (["00000003.history"], 0)


def test_an_archive_that_never_began_is_critical_after_its_time(archiving: Archiving, row: Row, judge: Judge) -> None:
    archiving.server.run("SELECT pg_stat_reset_shared('archiver')", "postgres")
    observer = judged(row, judge, archiving)
    assert observer.outcome is Outcome.UNKNOWN
    assert "nothing was archived since the statistics began" in observer.summary
    assert judged(row, judge, archiving, age="0s").outcome is Outcome.CRITICAL


def test_an_old_segment_is_critical_unless_a_timeout_would_have_archived_what_was_written(
    archiving: Archiving, row: Row, judge: Judge
) -> None:
    archiving.await_("SELECT now() - last_archived_time > interval '1.2 seconds' FROM pg_stat_archiver")
    late = judged(row, judge, archiving, age="1s")
    assert late.outcome is Outcome.CRITICAL
    assert "a quiet server archives a segment only when it is full" in late.summary
    archiving.restart(archive_timeout="1h")
    archiving.await_("SELECT now() - last_archived_time > interval '1.2 seconds' FROM pg_stat_archiver")
    assert judged(row, judge, archiving, age="1s").outcome is Outcome.CRITICAL  # the timeout is longer than the limit
    archiving.restart(archive_timeout="1s")
    try:
        archiving.await_("SELECT now() - last_archived_time > interval '2.2 seconds' FROM pg_stat_archiver")
        quiet = judged(row, judge, archiving, age="2s")
    finally:
        archiving.restart()
    assert quiet.outcome is Outcome.OK
    assert "nothing was written since" in figure(quiet, "since the newest segment was archived").note


def test_the_archivers_state_is_read_without_its_command(archiving: Archiving) -> None:
    with archiving.server.asked("reader", "postgres") as asked:
        state = archiver_of(asked)
    assert (state.mode, state.has_command, state.segment_bytes, state.waiting) == ("on", True, MB, None)
    assert "cp" not in repr(state)
    assert state.segments_between == 0


def test_without_a_lately_made_base_backup_there_is_nothing_to_roll_forward_from(
    archiving: Archiving, row: Row, judge: Judge, tmp_path: Path
) -> None:
    def judged_with(path: Path, **given: Any) -> Observer:
        bases = Backups(name="bases", system="shop", path=str(path), pattern=r"^base-(?P<time>\d{8})$", each="folder")
        return judged(row, judge, archiving, base_backups=bases, **given)

    observer = judged_with(tmp_path)
    assert observer.outcome is Outcome.CRITICAL
    assert "a dump cannot be rolled forward" in observer.summary
    made = datetime.now(UTC) - timedelta(days=5)
    shutil.copytree(archiving.folder, tmp_path / f"base-{made:%Y%m%d}")
    assert judged_with(tmp_path).outcome is Outcome.OK
    assert judged_with(tmp_path, base_age="4d").outcome is Outcome.CRITICAL
    assert judged_with(tmp_path / "gone").outcome is Outcome.UNKNOWN


def test_a_server_that_is_down_is_told_as_such(archiving: Archiving, row: Row, judge: Judge) -> None:
    archiving.server.stop()
    try:
        with pytest.raises(Unreachable, match="takes no connection"):
            judged(row, judge, archiving)
    finally:
        archiving.start()
