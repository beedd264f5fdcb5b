"""Backups are finished in time."""

from datetime import datetime, time, timedelta
from typing import Annotated

from pydantic import Field, model_validator

from rounds.checks.answers import observe_age
from rounds.checks.backup_sets import DAY, WEEKDAYS, OfBackups, Weekday, is_missing
from rounds.fixtures.backup_units import WRITTEN
from rounds.fixtures.backups import Archive, Archives, LeftOut
from rounds.judge import Observer
from rounds.limits import Limit, at_most

_TWO_HOURS = 7200


class BackupFinished(OfBackups):
    """When the newest backup must be finished, by the clock of the names' time zone, or how long it may take.

    `took` is the time from the one in the name, when it was begun, to its last modification.
    """

    weekday: Annotated[Weekday | None, Field(description="only those that were begun on that day")] = None
    before: Annotated[
        str | None,
        Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", description='local time: "02:00"; of the next day if past'),
    ] = None
    took: Limit = at_most(DAY, unit="s")
    age: Annotated[Limit, Field(description="of that backup: an old one says nothing of today")] = at_most(
        8 * DAY, unit="s"
    )

    @model_validator(mode="after")
    def _says_when(self) -> "BackupFinished":
        has_took = "took" in self.model_fields_set
        if self.before is None and not has_took:
            raise ValueError("says when it must be finished: before, or how long it may take: took")
        if has_took and not self.backups.names_the_hour:
            raise ValueError("took needs names with a time of day; the time_formats of the backups have none")
        return self


def test_backup_finished(expected: BackupFinished, archives_anywhere: Archives, observe: Observer) -> None:
    """The backup is finished before what comes next begins.

    Remedy: see in its log where the time went: more data, a lock, a slow disk, a late start. Start it earlier, or what
    follows later; a job that locks or rewrites tables while they are copied makes the copy useless.
    """
    name = "age of the backup"
    if is_missing(name, archives_anywhere, observe):
        return
    newest = _newest(expected, archives_anywhere)
    if newest is None:
        observe.critical(name, f"none was begun on a {expected.weekday} in {archives_anywhere.folder}", "unknown")
        return
    now = archives_anywhere.looked_at_epoch_seconds
    observe_age(observe, name, now - _begun(newest), expected.age, newest.name)
    ended, words = newest.modified_epoch_seconds, newest.name
    if isinstance(newest, LeftOut):
        ended, words = now, f"{newest.name} {newest.why}"
    if expected.before is not None:
        begun = expected.local(_begun(newest))
        late = max(0.0, ended - _due(expected.before, begun, is_begun=_tells_the_hour(newest)).timestamp())
        note = f"{words}: {expected.local(ended):%a %Y-%m-%d %H:%M}"
        observe(f"written after {expected.before}", late, at_most(0, unit="s"), note=note)
    if _tells_the_hour(newest):
        observe("time taken", max(0.0, ended - _begun(newest)), expected.took, note=words)
    elif "took" in expected.model_fields_set:
        observe.unknown("time taken", f"{newest.name} does not tell at what time it was begun")


def _newest(expected: BackupFinished, seen: Archives) -> Archive | LeftOut | None:
    """The newest that was begun on the day, or one that is still being written."""
    every: list[Archive | LeftOut] = [each for each in seen.left_out if each.why == WRITTEN and _begun(each)]
    every += seen.all
    days = {each: WEEKDAYS[expected.local(_begun(each)).weekday()] for each in every}
    return max((each for each in every if expected.weekday in (None, days[each])), key=_begun, default=None)


def _begun(each: Archive | LeftOut) -> float:
    return each.recorded_epoch_seconds or 0.0


def _tells_the_hour(each: Archive | LeftOut) -> bool:
    """Names that tell it are vague by an hour at most, or by two when clocks are put back."""
    return each.vague_seconds <= _TWO_HOURS


def _due(before: str, begun: datetime, *, is_begun: bool) -> datetime:
    """The nearest such moment: one that begins late is late. Where its name tells only the day, that day's."""
    due = datetime.combine(begun.date(), time.fromisoformat(before), begun.tzinfo)
    return due + timedelta(days=1) if is_begun and due < begun - timedelta(hours=12) else due
