"""What is seen and said of folders: size, untouched files, archives of a month, and logrotate's configuration."""

import datetime as dt
import gzip
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rounds.checks import test_files as checks
from rounds.fixtures import logrotate as rotation
from rounds.fixtures.files import UntouchedFile, UntouchedFiles, glob_pattern
from rounds.judge import Observer
from rounds.outcome import Outcome
from rounds.probe import PROBES, CouldNotLook, RunbookDisagrees
from rounds.targets import Folder, Logrotate

DAY = 86_400


@pytest.fixture
def folder(logs: Path) -> Folder:
    return Folder(name="logs", system="shop", path=str(logs))


@pytest.mark.parametrize(
    ("glob", "fits", "does_not"),
    [
        ("*.log", ["a.log", ".log"], ["b/a.log", "a.logs"]),
        ("**/*.log", ["a.log", "b/a.log", "b/c/a.log"], ["a.log.gz"]),
        ("html/*.json", ["html/a.json"], ["html/b/a.json", "json/a.json"]),
        ("**/*", [".hidden", "a/b"], []),
        ("a?[1].log", ["ab[1].log"], ["ab1.log", "a/[1].log"]),
    ],
)
def test_globs_stay_in_their_folder(glob: str, fits: list[str], does_not: list[str]) -> None:
    assert [name for name in (*fits, *does_not) if glob_pattern(glob).fullmatch(name)] == fits


def size_judged(row: Callable[..., Any], folder: Folder, **given: Any) -> Observer:
    observer = Observer()
    expected = row(checks.FolderSize, folder=folder, **given)
    checks.test_folder_size(expected, PROBES["folder_size"].look(folder), observer)
    return observer


def test_a_folder_may_not_grow_without_bound(row: Callable[..., Any], folder: Folder, logs: Path) -> None:
    empty = size_judged(row, folder, size="1 GB")
    assert empty.outcome is Outcome.CRITICAL, "an empty folder is not a small one"
    (logs / "deep").mkdir()
    large = logs / "deep" / "entry"
    large.write_bytes(b"x" * 1000)
    os.link(large, logs / "again")
    (logs / "loop").symlink_to(logs)
    assert PROBES["folder_size"].look(folder).size_bytes == 1000
    assert size_judged(row, folder, size="1 GB", share="5%").outcome is Outcome.OK
    with large.open("ab") as file:
        file.truncate(2_000_000_000)
    observer = size_judged(row, folder, size="1 GB")
    assert observer.outcome is Outcome.CRITICAL
    assert "size is 2 GB, allowed is at most 1 GB (largest is" in observer.summary
    assert size_judged(row, folder, size="5 GB", share="0.0001%").outcome is Outcome.CRITICAL
    with pytest.raises(RunbookDisagrees, match="there is no folder"):
        PROBES["folder_size"].look(Folder(name="gone", path=str(logs / "gone")))


def old_judged(row: Callable[..., Any], folder: Folder, **given: Any) -> Observer:
    observer = Observer()
    expected = row(checks.FilesOlderThan, folder=folder, untouched={"warning": "8d", "critical": "15d"}, **given)
    seen = PROBES["untouched_files"].look(folder, expected.files, expected.host)
    checks.test_files_older_than(expected, seen, observer)
    return observer


def test_an_old_plain_log_is_bad_unless_somebody_holds_it(
    row: Callable[..., Any], folder: Folder, put: Callable[..., Path]
) -> None:
    put("app.log")
    put("old/worker.log.gz", age=90 * DAY)
    assert old_judged(row, folder).outcome is Outcome.OK
    worker = put("old/worker.log", age=20 * DAY)
    assert old_judged(row, folder).outcome.is_bad
    seen = PROBES["untouched_files"].look(folder, "**/*.log", None)
    assert (seen.count, seen.oldest[0].name, seen.oldest[0].held_by) == (2, "old/worker.log", "")
    with worker.open("a"):
        observer = old_judged(row, folder)
        assert observer.outcome is Outcome.OK
        assert f"(process {os.getpid()})" in observer.summary


def test_what_nobody_can_see_is_said(row: Callable[..., Any], folder: Folder) -> None:
    old = UntouchedFile("worker.log", 20 * DAY, "")
    for hidden, outcome, words in (
        (0, Outcome.CRITICAL, "worker.log; 1 beyond the limit"),
        (7, Outcome.UNKNOWN, "may be held by one of 7 processes"),
    ):
        observer = Observer()
        expected = row(checks.FilesOlderThan, folder=folder, untouched="15d")
        checks.test_files_older_than(expected, UntouchedFiles(1, (old,), hidden), observer)
        assert observer.outcome is outcome
        assert words in observer.summary


def test_no_file_at_all_is_not_good(row: Callable[..., Any], folder: Folder) -> None:
    assert old_judged(row, folder).outcome is Outcome.CRITICAL
    assert old_judged(row, folder, present=0).outcome is Outcome.OK


def month_judged(row: Callable[..., Any], folder: Folder, archive: Folder) -> Observer:
    observer = Observer()
    expected = row(checks.ArchiveCopyVerified, folder=folder, archive=archive, files="*.log.gz")
    seen = PROBES["archived_month"].look(folder, archive, expected.files, expected.named)
    checks.test_archive_copy_verified(expected, seen, observer)
    return observer


def test_last_month_must_be_archived_whole(
    row: Callable[..., Any], folder: Folder, put: Callable[..., Path], tmp_path: Path
) -> None:
    archive = Folder(name="archive", system="shop", path=str(tmp_path / "archive"))
    last = dt.datetime.now().astimezone().replace(day=1) - dt.timedelta(days=1)
    month = tmp_path / "archive" / last.strftime("%Y%m")
    observer = month_judged(row, folder, archive)
    assert observer.outcome is Outcome.CRITICAL
    assert f"there is no {month}" in observer.summary
    month.mkdir(parents=True)
    assert "whole files is 0, allowed is at least 1" in month_judged(row, folder, archive).summary
    (month / "app.log.gz").write_bytes(gzip.compress(b"records"))
    put("app.log.2.log.gz", age=DAY / 24)
    assert month_judged(row, folder, archive).outcome is Outcome.OK
    (month / "worker.log.gz").write_bytes(gzip.compress(b"records")[:-2])
    assert "worker.log.gz: it is cut short" in month_judged(row, folder, archive).summary
    (month / "worker.log.gz").unlink()
    put("left.log.gz", age=63 * DAY)
    put("deeper/left.log.gz", age=63 * DAY)
    observer = month_judged(row, folder, archive)
    assert observer.outcome is Outcome.CRITICAL
    assert "left from before last month is 1, allowed is at most 0 (left.log.gz)" in observer.summary


CONFIGURATION = """# rotation of the shop
compress
{logs}/*.log "{logs}/with space.txt" {{
    weekly
    rotate 4
    notifempty
    create 0640 root root
    postrotate
        kill -USR1 $(cat /run/app.pid) || true }} foo
    endscript
}}
"""


@pytest.fixture
def logrotate(tmp_path: Path, logs: Path, put: Callable[..., Path]) -> Logrotate:
    for name in ("app.log", "worker.log", "with space.txt"):
        put(name)
    configuration, state = tmp_path / "shop.conf", tmp_path / "status"
    configuration.write_text(CONFIGURATION.format(logs=logs))
    configuration.chmod(0o644)
    rotated(state, logs, "app.log", "worker.log", "with space.txt")
    return Logrotate(name="rotation", system="shop", configuration=str(configuration), state=str(state))


def rotated(state: Path, logs: Path, *names: str, ago: float = 2 * DAY) -> None:
    when = time.localtime(time.time() - ago)
    stamp = f"{when.tm_year}-{when.tm_mon}-{when.tm_mday}-{when.tm_hour}:{when.tm_min}:{when.tm_sec}"
    lines = [f'"{logs / name}" {stamp}' for name in names]
    state.write_text("\n".join(["logrotate state -- version 2", '"/var/log/other.log" 2020-1-1-0:0:0', *lines, ""]))


def rotation_judged(row: Callable[..., Any], logrotate: Logrotate) -> Observer:
    observer = Observer()
    expected = row(checks.LogrotateConfig, logrotate=logrotate)
    checks.test_logrotate_config(expected, PROBES["rotations"].look(logrotate), observer)
    return observer


def test_every_log_that_logrotate_is_told_of_must_be_rotated(
    row: Callable[..., Any], logrotate: Logrotate, logs: Path, put: Callable[..., Path]
) -> None:
    state = Path(logrotate.state)
    observer = rotation_judged(row, logrotate)
    assert observer.outcome is Outcome.OK, observer.summary
    assert "longest since a rotation is 48" in observer.summary
    rotated(state, logs, "app.log", "worker.log", "with space.txt", ago=9 * DAY)
    assert rotation_judged(row, logrotate).outcome is Outcome.CRITICAL
    for name in ("app.log", "worker.log", "with space.txt"):
        put(name, "")
    assert rotation_judged(row, logrotate).outcome is Outcome.OK, "notifempty leaves empty logs alone"
    rotated(state, logs, "app.log", "worker.log")
    assert "with space.txt" in rotation_judged(row, logrotate).summary
    state.unlink()
    assert "logrotate never ran with it" in rotation_judged(row, logrotate).summary
    for path in logs.iterdir():
        path.unlink()
    rotated(state, logs, "app.log")
    assert "logs named is 0" in rotation_judged(row, logrotate).summary
    Path(logrotate.configuration).unlink()
    assert rotation_judged(row, logrotate).outcome is Outcome.CRITICAL


BROKEN = [
    ("    weekly", "    weakly", "line 4: 'weakly' is no directive"),
    ("    endscript\n}\n", "    endscript\n", "the last block has no end"),
    ('space.txt"', "space.txt", "a quotation mark has no end"),
]


@pytest.mark.parametrize(("was", "becomes", "words"), BROKEN)
def test_a_mistake_in_a_configuration_is_found_without_logrotate(  # noqa: PLR0913, PLR0917 - pytest's fixtures
    row: Callable[..., Any], logrotate: Logrotate, monkeypatch: pytest.MonkeyPatch, was: str, becomes: str, words: str
) -> None:
    monkeypatch.setattr(rotation.shutil, "which", lambda *_, **__: None)
    path = Path(logrotate.configuration)
    path.write_text(path.read_text().replace(was, becomes))
    observer = rotation_judged(row, logrotate)
    assert observer.outcome is Outcome.CRITICAL
    assert words in observer.summary


def test_a_configuration_that_others_may_write_is_ignored_by_logrotate(
    row: Callable[..., Any], logrotate: Logrotate
) -> None:
    Path(logrotate.configuration).chmod(0o666)
    assert "others than its owner may write" in rotation_judged(row, logrotate).summary
    assert rotation_judged(row, logrotate).outcome is Outcome.CRITICAL


def test_the_real_logrotate_is_asked_and_touches_nothing(
    row: Callable[..., Any], logrotate: Logrotate, tmp_path: Path, needed: Callable[..., str]
) -> None:
    needed("logrotate", "logrotate")

    def seen() -> dict[str, tuple[int, int]]:
        return {str(path): (path.stat().st_mtime_ns, path.stat().st_ctime_ns) for path in tmp_path.rglob("*")}

    before = seen()
    assert rotation_judged(row, logrotate).outcome is Outcome.OK
    assert seen() == before
    path = Path(logrotate.configuration)
    path.write_text(path.read_text().replace("weekly", "weakly"))
    assert "line 4 unknown option 'weakly'" in rotation_judged(row, logrotate).summary


def test_a_folder_that_cannot_be_read_is_no_look(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.write_text("a file")
    with pytest.raises(RunbookDisagrees, match="is not a folder"):
        PROBES["untouched_files"].look(Folder(name="plain", path=str(plain)), "*", None)
    with pytest.raises(CouldNotLook):
        PROBES["rotations"].look(Logrotate(name="r", configuration=str(plain), state="/proc/self/mem"))
