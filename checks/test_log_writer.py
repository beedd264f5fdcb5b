"""Logs are written, and to the file that everybody reads."""

from typing import Annotated

from pydantic import Field, model_validator

from rounds.checks.answers import observe_age
from rounds.expectation import Expectation
from rounds.fixtures.log_files import LogFiles, LogWriters
from rounds.judge import Observer
from rounds.limits import Limit, at_least, at_most
from rounds.pattern import Pattern
from rounds.quantities import Duration, shown
from rounds.targets import Host, Log

_REOPENING_SECONDS = 60


class LogLiveWriter(Expectation):
    """How long ago the log was written last, and by whom: the process of `pid_file` (or its children), or any.

    With `survives_rotation` that process began before the last rotation; one that began later than `restarted_within`
    after it was restarted for another reason, and does not count.
    """

    log: Log
    host: Annotated[Host | None, Field(description="says where /proc is, when that is not /proc")] = None
    pid_file: str | None = None
    program: Annotated[Pattern, Field(description="found in the command line of the pid file's process")] = ""
    written: Limit = at_most(3600, unit="s")
    held_open: Annotated[bool, Field(description="no, for a program that opens its log for each record")] = True
    survives_rotation: bool = False
    restarted_within: Duration | None = None

    @model_validator(mode="after")
    def _knows_who_survives(self) -> "LogLiveWriter":
        if self.survives_rotation and not self.pid_file:
            raise ValueError("survives_rotation needs the pid_file of the process that should")
        return self


def test_log_live_writer(
    expected: LogLiveWriter, log_files: LogFiles, log_writers: LogWriters, observe: Observer
) -> None:
    """The log is being written, by the process that should, to the file that everybody reads.

    Remedy: a process that writes to a renamed or deleted file must reopen its log: with the signal that it really
    handles, or a restart. A process that died at rotation: look at its last words, restart it, and take a signal that
    it has no handler for out of postrotate; `|| true` hides that. A log that stands still: is its process alive, stuck,
    or its volume full?
    """
    _observe_newest(log_files, expected.written, observe)
    if expected.pid_file and log_writers.process is None:
        observe.critical("process of the pid file", log_writers.complaint, "missing")
    astray = [writer for writer in log_writers.writers if writer.to != "live"]
    observe("writers of renamed or deleted files", len(astray), at_most(0), note="; ".join(map(str, astray[:5])))
    if expected.held_open:
        live = [each for each in log_writers.writers if each.to == "live" and (each.is_named or not expected.pid_file)]
        if not live and log_writers.hidden:
            why = f"none is seen, but {log_writers.hidden} processes hide what they hold from this user"
            observe.unknown("writers of the live log", why)
        else:
            observe("writers of the live log", len(live), at_least(1), note="; ".join(map(str, live[:5])))
    if expected.survives_rotation:
        _observe_survival(expected, log_files, log_writers, observe)


def _observe_newest(files: LogFiles, limit: Limit, observe: Observer) -> None:
    """Judge the age of what was written last; what stands in an empty live file is nothing, however young it is."""
    name, now, live = "age of the newest write", files.looked_at_epoch_seconds, files.live
    if live is None:
        observe.critical("live log", f"there is no {files.path}", "missing")
        return
    if live.size_bytes:
        observe_age(observe, name, now - live.written_epoch_seconds, limit, live.name)
        return
    before = next((file for file in files.rotated if file.size_bytes), None)
    if before is None:
        observe.critical(name, f"{files.path} is empty, and so was all before it", "nothing")
    elif before.written_epoch_seconds > live.changed_epoch_seconds + _REOPENING_SECONDS and not before.is_compressed:
        observe.critical(name, f"{live.name} is empty, while {before.name} is still written to", "astray")
    else:
        note = f"{live.name} is empty; the newest is in {before.name}"
        observe_age(observe, name, now - before.written_epoch_seconds, limit, note)


def _observe_survival(expected: LogLiveWriter, files: LogFiles, seen: LogWriters, observe: Observer) -> None:
    name = "began before the last rotation"
    if seen.process is None:
        return
    if not files.rotated:
        observe.unknown(name, "no rotated file shows when the last rotation was")
        return
    after = seen.process.started_epoch_seconds - files.rotated[0].changed_epoch_seconds
    note = f"{seen.process.program} (process {seen.process.pid})"
    if after <= 1:  # what a kernel tells of starts is rounded
        observe(name, shown(-after, "s"), note=note)
    elif expected.restarted_within is not None and after > expected.restarted_within:
        observe(name, f"restarted {shown(after, 's')} after it", note=note)
    else:
        observe.critical(name, f"{note} began {shown(after, 's')} after it, so the one before did not survive", "no")
