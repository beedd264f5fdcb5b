"""What rows on sets of backups say, over real files."""

import datetime as dt
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from rounds.checks import test_backup_finished as finished
from rounds.checks import test_backup_names as names
from rounds.checks import test_backup_sets as sets
from rounds.checks import test_backups as fresh
from rounds.judge import Observer
from rounds.outcome import Outcome
from rounds.targets import Backups

Put = Callable[..., Path]
Judged = Callable[..., Observer]
DAY = 86_400
OK, WARNING, CRITICAL, UNKNOWN = Outcome.OK, Outcome.WARNING, Outcome.CRITICAL, Outcome.UNKNOWN


@pytest.fixture
def made(put: Put) -> Callable[..., Path]:
    """Put a daily backup made some days ago: `made(3, size=2000)`."""

    def daily(days_ago: float, size: int = 2000, modified: float | None = None, folder: str = "") -> Path:
        when = time.time() - days_ago * DAY
        name = f"{folder}shop_backup_{dt.datetime.fromtimestamp(when, dt.UTC):%Y%m%d_%H%M%S}.tar.gz"
        return put(name, b"x" * size, when if modified is None else time.time() - modified * DAY)

    return daily


def test_a_fresh_backup_is_told_with_what_does_not_count(
    judged: Judged, backups: Backups, made: Callable[..., Path]
) -> None:
    newest = made(0.5)
    empty = made(0.1, size=0)
    seen = judged(fresh.test_backup_fresh, backups=backups)
    assert seen.outcome is OK
    assert f"{newest.name}; {empty.name} is empty" in seen.summary


@pytest.mark.parametrize(
    ("age", "words"),
    [((4, 0.01), "age of the newest backup is 4 d"), ((0.2, 9), "between its name and its modification is")],
)
def test_an_old_file_that_was_made_to_look_new_is_red(
    judged: Judged, backups: Backups, made: Callable[..., Path], age: tuple[float, float], words: str
) -> None:
    days, modified = age
    made(days, modified=modified)
    made(10)
    seen = judged(fresh.test_backup_fresh, backups=backups)
    assert seen.outcome is CRITICAL
    assert words in seen.summary


def test_without_a_backup_it_says_what_there_is_instead(
    judged: Judged, backups: Backups, made: Callable[..., Path]
) -> None:
    empty = made(0.1, size=0)
    for check, more in (
        (fresh.test_backup_fresh, {}),
        (sets.test_backup_size, {}),
        (sets.test_backup_series, {}),
        (sets.test_backup_retention, {"kept": "30d"}),
        (finished.test_backup_finished, {"before": "02:00"}),
    ):
        seen = judged(check, backups=backups, **more)
        assert seen.outcome is CRITICAL
        assert f"there is no backup in {backups.path}; {empty.name} is empty" in seen.summary


def test_the_newest_of_several_places_counts(
    judged: Judged, backups: Backups, made: Callable[..., Path], folder: Path
) -> None:
    old = made(9)
    moved = made(2, folder="archive/202611/")
    archive = backups.model_copy(
        update={
            "name": "archive",
            "path": str(folder / "archive"),
            "subfolders": True,
            "pattern": r"\d{6}/shop_backup_(?P<time>\d{8}_\d{6})\.tar\.gz",
        }
    )
    seen = judged(fresh.test_backup_fresh, backups=backups, also=(archive,), age="8d")
    assert seen.outcome is OK
    assert moved.name in seen.summary
    assert judged(fresh.test_backup_fresh, backups=backups, age="8d").outcome is CRITICAL
    shutil.copy2(old, moved.with_name(old.name))
    assert "backups is 2" in judged(fresh.test_backup_fresh, backups=backups, also=(archive,), age="8d").summary


@pytest.mark.parametrize(
    ("sizes", "judgement"),
    [
        ((2000, [2000] * 7), (OK, "share of the usual size is 100 %")),
        ((1100, [2000] * 7), (WARNING, "the 7 before 2 kB")),
        ((1199, [2000, 2400, 1500]), (WARNING, "")),
        ((1400, [2000, 2400, 1500, 1900]), (OK, "")),
        ((2400, [10_000] * 9), (CRITICAL, "share of the usual size is 24")),
        ((900, [900] * 7), (CRITICAL, "size of the newest backup is 900 B, allowed is at least 1 kB")),
        ((2000, [9000, 9000]), (OK, "only 2 before it, too few to compare with")),
        ((2000, []), (OK, "only 0 before it")),
        ((2000, [2000] * 7 + [90_000] * 20), (OK, "")),
    ],
)
def test_the_newest_is_as_large_as_those_before(
    judged: Judged,
    backups: Backups,
    made: Callable[..., Path],
    sizes: tuple[int, list[int]],
    judgement: tuple[Outcome, str],
) -> None:
    newest, before = sizes
    outcome, words = judgement
    made(0.5, size=newest)
    for number, size in enumerate(before):
        made(1.5 + number, size=size)
    seen = judged(sets.test_backup_size, backups=backups)
    assert (seen.outcome, seen.summary) == (outcome, seen.summary if words in seen.summary else words)


def test_a_missing_day_is_named(judged: Judged, backups: Backups, made: Callable[..., Path]) -> None:
    for days in range(31):
        made(days)
    assert judged(sets.test_backup_series, backups=backups).outcome is OK
    paths = sorted(Path(backups.path).iterdir(), reverse=True)
    gone = dt.datetime.fromtimestamp(paths[10].stat().st_mtime, dt.UTC).date()
    for number in (10, 11, 20):
        paths[number].unlink()
    seen = judged(sets.test_backup_series, backups=backups)
    assert seen.outcome is CRITICAL
    assert f"without a backup is 3, allowed is at most 0 ({gone:%a} {gone}" in seen.summary
    assert judged(sets.test_backup_series, backups=backups, missing=3).outcome is OK
    assert judged(sets.test_backup_series, backups=backups, back="9d").outcome is OK


def test_backups_are_kept_long_enough_and_not_for_ever(
    judged: Judged, backups: Backups, made: Callable[..., Path]
) -> None:
    for days in (1, 2, 29):
        made(days)
    told = judged(sets.test_backup_retention, backups=backups, kept="30d")
    assert told.outcome is OK
    assert "size of all backups is 6 kB" in told.summary
    assert (
        "backups kept is 3, allowed is at least 4"
        in judged(sets.test_backup_retention, backups=backups, kept="30d", count=4).summary
    )
    oldest = made(31)
    told = judged(sets.test_backup_retention, backups=backups, kept="30d")
    assert told.outcome is CRITICAL
    assert oldest.name in told.summary


def test_names_are_judged_one_by_one(judged: Judged, backups: Backups, made: Callable[..., Path], put: Put) -> None:
    made(1)
    put("latest_backup.tar.gz")
    put("README")
    part = made(0.5).with_suffix(".gz.part")
    part.write_bytes(b"at work")
    rules = {"files": "*.tar.gz", "others": ("latest*",)}
    assert judged(names.test_backup_names, backups=backups, **rules).outcome is OK
    with part.open("ab"):
        assert part.name not in judged(names.test_backup_names, backups=backups).summary
    assert part.name in judged(names.test_backup_names, backups=backups).summary
    part.unlink()
    put("backup.tar.gz")
    told = judged(names.test_backup_names, backups=backups, **rules)
    assert (told.outcome, "names by no rule is 1, allowed is at most 0 (backup.tar.gz)" in told.summary) == (
        CRITICAL,
        True,
    )
    assert "README, backup.tar.gz, latest_backup.tar.gz" in judged(names.test_backup_names, backups=backups).summary
    Path(backups.path, "backup.tar.gz").unlink()
    put("weekly-20261399.tar.gz")
    assert "dates that do not exist is 1" in judged(names.test_backup_names, backups=backups, **rules).summary
    Path(backups.path, "weekly-20261399.tar.gz").unlink()
    copied = made(0.3, modified=20)
    told = judged(names.test_backup_names, backups=backups, **rules)
    assert told.outcome is CRITICAL
    assert f"{copied.name} by 19.7 d" in told.summary
    for path in Path(backups.path).iterdir():
        path.unlink()
    assert "backups is 0, allowed is at least 1" in judged(names.test_backup_names, backups=backups).summary
