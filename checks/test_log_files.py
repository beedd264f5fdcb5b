"""Logs are rotated: no file of theirs grows too large, and what was rotated is kept, counted and whole."""

from typing import Annotated

from pydantic import Field

from rounds.checks.answers import observe_age
from rounds.expectation import Expectation
from rounds.fixtures.log_files import LogArchives, LogFile, LogFiles
from rounds.judge import Observer
from rounds.limits import Limit, at_most
from rounds.quantities import Duration, Size, shown
from rounds.targets import Log

_COMPRESSING_SECONDS = 600


class FileSizeLimit(Expectation):
    """How large each file of a log may be, the live one and the rotated; one `record` more does no harm."""

    log: Log
    largest: Limit = at_most(unit="B")
    record: Annotated[Size, Field(description="how far the last record may go beyond the limit")] = 65_536.0


def test_file_size_limit(expected: FileSizeLimit, log_files: LogFiles, observe: Observer) -> None:
    """No file of the log is larger than rotation should let it grow.

    Remedy: see what fills it with `tail -n 1000 FILE`, and stop that first; then why it is not rotated: the program's
    own handler (only one process may rotate), or `logrotate -d CONFIGURATION` and its state file.
    """
    if log_files.live is None:
        observe.critical("live log", f"there is no {log_files.path}", "missing")
    files = [*([log_files.live] if log_files.live else []), *log_files.rotated]
    largest = max(files, key=lambda file: file.size_bytes, default=None)
    if largest is not None:
        bounds = (expected.largest.warning, expected.largest.critical)
        limit = Limit("at most", "B", *(None if bound is None else bound + expected.record for bound in bounds))
        observe("largest file", largest.size_bytes, limit, note=f"{largest.name}, of {len(files)} files")


class LogRotatedSet(Expectation):
    """How many rotated files there may be, how old the newest, and whether all but the newest are compressed.

    `ways` are the signs of different rotations in one set: names by number and by date, or one file plain and
    compressed. A log need not be rotated while it holds nothing older than `newest`.
    """

    log: Log
    kept: Limit = at_most()
    fewest: Annotated[int, Field(description="how many rotated files there must be; 0 where size alone decides")] = 1
    newest: Annotated[Duration | None, Field(description="how old the newest may be; left out: any age")] = None
    compressed: Annotated[bool, Field(description="all but the newest are .gz and are read to their end")] = False
    ways: Limit = at_most(1)


def test_log_rotated_set(
    expected: LogRotatedSet, log_files: LogFiles, log_archives: LogArchives, observe: Observer
) -> None:
    """Rotated logs are there, in number and age as planned, and whole.

    Remedy: run `logrotate -d CONFIGURATION` (it only tells) and read the errors of the last run; see that the timer or
    cron job runs. Two rotations at once, the program's own and logrotate, rename files under each other: end one of
    them. Compress what was left plain with gzip, after `fuser FILE` says that nobody writes to it.
    """
    if log_files.live is None:
        observe.critical("live log", f"there is no {log_files.path}", "missing")
    rotated, nothing_due = log_files.rotated, _nothing_due(log_files, expected.newest)
    kept = len({file.base for file in rotated})
    if kept < expected.fewest and not nothing_due:
        observe.critical("rotated files", f"at least {expected.fewest} should be there", kept)
    else:
        observe("rotated files", kept, expected.kept, note=f"oldest is {rotated[-1].name}" if rotated else nothing_due)
    if expected.newest is not None:
        _observe_newest(log_files, expected.newest, observe)
    gaps = [f"there is no {number}" for number in _gaps(rotated)]
    observe("gaps in the numbers", len(gaps), at_most(warning=0), note=", ".join(gaps[:5]))
    if ways := _ways(log_files):
        observe("ways of rotating", len(ways), expected.ways, note="; ".join(ways))
    if expected.compressed:
        plain = [file.name for file in rotated[1:] if not file.name.endswith(".gz")]
        broken = [f"{name}: {failure}" for name, failure in log_archives.failures.items() if failure]
        observe("uncompressed beside the newest", len(plain), at_most(0), note=", ".join(plain[:5]))
        observe("broken archives", len(broken), at_most(0), note="; ".join(broken[:5]))


def _nothing_due(files: LogFiles, limit: float | None) -> str:
    """Why nothing was to be rotated lately, if so: an empty log is left alone, and so is what was written since."""
    if files.live is not None and files.live.size_bytes == 0:
        return "the log is empty, so nothing was to be rotated"
    oldest = files.oldest_record_epoch_seconds
    age = None if oldest is None else files.looked_at_epoch_seconds - oldest
    if limit is not None and age is not None and 0 <= age <= limit:
        return f"the log was empty until {shown(age, 's')} ago"
    return ""


def _observe_newest(files: LogFiles, limit: float, observe: Observer) -> None:
    name, nothing_due = "age of the newest rotated file", _nothing_due(files, limit)
    if not files.rotated:
        if not nothing_due:
            observe.critical(name, "nothing was ever rotated", "missing")
        return
    newest = files.rotated[0]
    age = files.looked_at_epoch_seconds - newest.written_epoch_seconds
    if age > limit and nothing_due:
        observe(name, age, unit="s", note=f"{newest.name}; {nothing_due}")
    else:
        observe_age(observe, name, age, at_most(limit, unit="s"), newest.name)


def _gaps(rotated: tuple[LogFile, ...]) -> list[int]:
    numbers = {int(file.key) for file in rotated if file.scheme == "number"}
    return sorted(set(range(1 if numbers else 0, max(numbers, default=-1))) - numbers)


def _ways(files: LogFiles) -> list[str]:
    """What tells of different rotations: kinds of names, and a file that is there plain and compressed for long."""
    ways = {f"by {file.scheme}: {file.name}" for file in {file.scheme: file for file in files.rotated}.values()}
    plain = {file.base for file in files.rotated if not file.is_compressed}
    twins = [
        f"{file.base} is there twice: {file.name}"
        for file in files.rotated
        if file.is_compressed and file.base in plain
        and files.looked_at_epoch_seconds - file.changed_epoch_seconds > _COMPRESSING_SECONDS
    ]  # fmt: skip
    return sorted(ways) + twins[:1]
