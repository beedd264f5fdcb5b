"""Folders hold what they should: no more than there is room for, nothing forgotten, and archives that are whole."""

from typing import Annotated

from pydantic import Field

from rounds.checks.answers import observe_age
from rounds.expectation import Expectation
from rounds.fixtures.files import ArchivedMonth, FolderContents, UntouchedFiles
from rounds.fixtures.logrotate import Rotations
from rounds.judge import Observer
from rounds.limits import Limit, at_least, at_most
from rounds.quantities import shown
from rounds.targets import Folder, Host, Logrotate


class FolderSize(Expectation):
    """How much the files of a folder may add up to, in bytes and as a share of the volume it lies on."""

    folder: Folder
    size: Limit = at_most(unit="B")
    share: Limit = at_most(100, unit="%")
    files: Annotated[Limit, Field(description="how many files there must be")] = at_least(1)


def test_folder_size(expected: FolderSize, folder_size: FolderContents, observe: Observer) -> None:
    """The folder does not grow without bound.

    Remedy: see what grew with `du -x --max-depth=2 FOLDER | sort -n | tail`, and why nothing removes it any more. Let
    the program that owns the folder remove by age or kind; not everything, and not while it runs.
    """
    observe("files", folder_size.files, expected.files)
    observe("size", folder_size.size_bytes, expected.size, note=f"largest is {folder_size.largest or 'nothing'}")
    share = 100 * folder_size.size_bytes / folder_size.volume_bytes if folder_size.volume_bytes else None
    observe("share of the volume", share, expected.share)


class FilesOlderThan(Expectation):
    """How long a file below a folder may lie untouched under a name that fits `files`, unless a process has it open."""

    folder: Folder
    host: Annotated[Host | None, Field(description="says where /proc is, when that is not /proc")] = None
    files: Annotated[str, Field(description="glob below the folder; ** goes through folders, * does not")] = "**/*.log"
    untouched: Limit = at_most(unit="s")
    present: Annotated[Limit, Field(description="how many such files there must be at all")] = at_least(1)


def test_files_older_than(expected: FilesOlderThan, untouched_files: UntouchedFiles, observe: Observer) -> None:
    """Files that nobody writes to any more were dealt with: compressed, archived or removed.

    Remedy: see who holds them with `fuser -v FILE` as root. What nobody holds, compress with gzip; what a process
    holds must be rotated instead, because all it writes after gzip would go into a deleted file. Then see why the
    weekly run left them.
    """
    observe("files", untouched_files.count, expected.present, note=expected.files)
    held = [file for file in untouched_files.oldest if file.held_by]
    free = [file for file in untouched_files.oldest if not file.held_by]
    observe("files held open", len(held), note=f"{held[0].name} by {held[0].held_by}" if held else "")
    name = "longest untouched"
    if not free:
        observe(name, 0.0, expected.untouched, note="a process holds each of them" if held else "")
        return
    oldest, hidden = free[0], untouched_files.hidden
    beyond = len([file for file in free if expected.untouched.verdict(file.age_seconds).badness])
    if beyond and hidden:
        why = f"{oldest.name} may be held by one of {hidden} processes that hide what they hold from this user"
        observe.unknown(name, why, oldest.age_seconds, unit="s")
    else:
        observe(name, oldest.age_seconds, expected.untouched, note=f"{oldest.name}; {beyond} beyond the limit")


class ArchiveCopyVerified(Expectation):
    """How many whole compressed files last month's archive must hold; none from before it is left in the folder."""

    folder: Annotated[Folder, Field(description="where the files were")]
    archive: Annotated[Folder, Field(description="where a folder for each month is")]
    files: str = "*.gz"
    named: Annotated[str, Field(description="how the folder of a month is named, as strftime's")] = "%Y%m"
    whole: Limit = at_least(1)
    left: Limit = at_most(0)


def test_archive_copy_verified(expected: ArchiveCopyVerified, archived_month: ArchivedMonth, observe: Observer) -> None:
    """Last month's files were moved to its archive, and each can be read to its end.

    Remedy: run the month's move by hand and read what it says, without `2>/dev/null || true`; use `mv -n`, because
    a file of the same name would be overwritten. A broken file: look for the original before the next rotation.
    """
    if not archived_month.is_there:
        observe.critical("archive of last month", f"there is no {archived_month.path}", "missing")
    else:
        broken = {name: failure for name, failure in archived_month.failures.items() if failure}
        note = f"{shown(float(archived_month.size_bytes), 'B')} in {archived_month.path}"
        observe("whole files", len(archived_month.failures) - len(broken), expected.whole, note=note)
        note = "; ".join(f"{name}: {failure}" for name, failure in list(broken.items())[:5])
        observe("broken files", len(broken), at_most(0), note=note)
    left = archived_month.left
    observe("left from before last month", len(left), expected.left, note=", ".join(left[:5]))


class LogrotateConfig(Expectation):
    """How long ago logrotate must have rotated every log that its configuration names."""

    logrotate: Logrotate
    rotated: Limit = at_most(691_200, unit="s")


def test_logrotate_config(expected: LogrotateConfig, rotations: Rotations, observe: Observer) -> None:
    """The configuration of logrotate is valid, and every log it names was rotated.

    Remedy: run `logrotate -d CONFIGURATION` (it only tells) and see that the timer or cron job runs. Do not force a
    rotation only to make this good: each one uses up a kept generation, even of an empty log.
    """
    if rotations.missing:
        observe.critical("configuration", rotations.missing, "missing")
        return
    mistakes = rotations.mistakes
    observe("mistakes in the configuration", len(mistakes), at_most(0), note="; ".join(mistakes[:5]))
    if rotations.state_age_seconds is None:
        observe.critical("state", f"there is no {expected.logrotate.state}: logrotate never ran with it", "missing")
        return
    observe("logs named", len(rotations.logs), at_least(1), note=", ".join(rotations.patterns[:5]))
    now, due = rotations.looked_at_epoch_seconds, [log for log in rotations.logs if not log.is_left_alone]
    unnamed = [log.path for log in rotations.logs if log.rotated_epoch_seconds is None]
    observe("logs that the state does not name", len(unnamed), at_most(0), note=", ".join(unnamed[:5]))
    ages = {log.path: now - log.rotated_epoch_seconds for log in due if log.rotated_epoch_seconds is not None}
    if ages:
        oldest = max(ages, key=lambda path: ages[path])
        observe_age(observe, "longest since a rotation", ages[oldest], expected.rotated, oldest)
