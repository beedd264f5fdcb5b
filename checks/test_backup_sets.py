"""Sets of backups: the newest is as large as those before, none is missing in the series, none is kept too long."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated

from pydantic import Field, model_validator

from rounds.checks.answers import observe_age
from rounds.checks.backup_reading import DUMPS
from rounds.checks.backup_sets import DAY, WEEKDAYS, OfBackups, Weekday, is_missing, observe_share
from rounds.fixtures.backups import Archives
from rounds.judge import Observer
from rounds.limits import Limit, at_least, at_most
from rounds.pattern import Pattern
from rounds.quantities import Duration

_MOST_NAMED = 10


class BackupSize(OfBackups):
    """How large the newest backup must be: in bytes, and as a share of the median of those before it."""

    size: Limit = at_least(1000, unit="B")
    share: Limit = at_least(25, warning=60, unit="%")
    compared: Annotated[int, Field(ge=1, le=1000, description="how many before it are compared with")] = 7
    enough: Annotated[int, Field(ge=1, description="with fewer before it, only its bytes are judged")] = 3


def test_backup_size(expected: BackupSize, archives_anywhere: Archives, observe: Observer) -> None:
    """The newest backup is not suspiciously small.

    Remedy: keep the older ones, whatever the clean-up says. Look into the newest (`pg_restore --list`, `tar -tvf`) for
    what is missing: a table, a database, the rest after the volume was full. If data was really removed, who did it?
    """
    name = "size of the newest backup"
    newest = archives_anywhere.newest
    if is_missing(name, archives_anywhere, observe) or newest is None:
        return
    before = archives_anywhere.all[1 : expected.compared + 1]
    is_young = len(before) < expected.enough
    note = f"; only {len(before)} before it, too few to compare with" if is_young else ""
    observe(name, newest.size_bytes, expected.size, note=f"{newest.name}{note}")
    if not is_young:
        observe_share(newest, before, expected.share, observe)


class BackupSeries(OfBackups):
    """How many of the last days, or weeks, may lack a backup. Today is not over, so it is not asked for.

    With `readable`, each is read to its end, and one that is damaged does not count.
    """

    back: Annotated[Duration, Field(gt=0, description="how far back")] = 30 * DAY
    every: Annotated[Duration, Field(ge=DAY, description="whole days: 1d, or 7d for a backup a week")] = DAY
    weekday: Annotated[Weekday | None, Field(description="of weekly backups the day they are made on")] = None
    after_midnight: Annotated[
        Duration, Field(ge=0, lt=DAY, description="made so long after midnight, it still counts for the day before")
    ] = 0.0
    since: Annotated[date | None, Field(description="the first day of a young system")] = None
    missing: Limit = at_most(0)
    readable: Annotated[bool, Field(description="read each of them to its end")] = False
    dump: Annotated[Pattern | None, Field(description="names of dumps in an archive; null: none is due")] = DUMPS

    @model_validator(mode="after")
    def _has_periods(self) -> "BackupSeries":
        if self.every % DAY:
            raise ValueError("every is a number of whole days, such as 1d or 7d")
        if self.weekday and "every" in self.model_fields_set and self.every != 7 * DAY:
            raise ValueError(f"weekday: {self.weekday} is once a week: leave out every, or say 7d")
        if self.back < (7 * DAY if self.weekday else self.every):
            raise ValueError("back is shorter than the time from one backup to the next")
        return self

    def periods(self, today: date) -> list[tuple[date, date]]:
        """The first and the last day of each time that is to have a backup, the newest first."""
        days = [today - timedelta(days=number) for number in range(1, int(self.back / DAY) + 1)]
        if self.weekday:
            found = [(day, day) for day in days if day.weekday() == WEEKDAYS.index(self.weekday)]
        else:
            step = int(self.every / DAY)
            found = [(days[end - 1], days[end - step]) for end in range(step, len(days) + 1, step)]
        return [period for period in found if self.since is None or period[0] >= self.since]


def test_backup_series(
    expected: BackupSeries,
    archives_anywhere: Archives,
    damaged_archives: Mapping[str, str] | None,
    observe: Observer,
) -> None:
    """No day, or week, lacks its backup.

    Remedy: the log of the backup job of those days says why; whatever stopped it will come again. If they were made and
    are gone, find out what removes them before it goes on: a clean-up that goes by other names or dates, or a person.
    """
    name = "without a backup"
    if is_missing(name, archives_anywhere, observe):
        return
    shift = expected.after_midnight
    damaged = damaged_archives or {}
    if damaged_archives is not None:
        note = "; ".join(f"{each}: {why}" for each, why in list(damaged.items())[:3])
        observe("damaged backups", len(damaged), at_most(0), note=note)
    good = [each for each in archives_anywhere.all if each.name not in damaged]
    made = {expected.local(each.recorded_epoch_seconds - shift).date() for each in good}
    periods = expected.periods(expected.local(archives_anywhere.looked_at_epoch_seconds - shift).date())
    if not periods:
        observe.unknown(name, f"no day is to have one yet: since is {expected.since}", "too early")
        return
    lacking = [period for period in periods if not any(period[0] <= day <= period[1] for day in made)]
    named = ", ".join(_named(period) for period in lacking[:_MOST_NAMED])
    more = f" and {len(lacking) - _MOST_NAMED} more" if len(lacking) > _MOST_NAMED else ""
    observe(name, len(lacking), expected.missing, note=f"{named}{more}")
    observe("asked for", len(periods), note=f"from {periods[-1][0]} to {periods[0][1]}")


def _named(period: tuple[date, date]) -> str:
    first, last = period
    return f"{first:%a} {first}" if first == last else f"{first} to {last}"


class BackupRetention(OfBackups):
    """How long backups are kept, and how few may be left: removal by age goes on when nothing new comes."""

    kept: Annotated[Limit, Field(description="how old the oldest may be")] = at_most(unit="s")
    count: Limit = at_least(3)


def test_backup_retention(expected: BackupRetention, archives_anywhere: Archives, observe: Observer) -> None:
    """Backups are removed in time, and never so many that the last good one goes with them.

    Remedy: too old: see whether the clean-up still runs, and remove by hand only what is beyond its time. Too few: stop
    the clean-up, make a backup now and test it; let the clean-up count what it leaves, not only the days.
    """
    name = "age of the oldest backup"
    if is_missing(name, archives_anywhere, observe):
        return
    oldest = archives_anywhere.all[-1]
    age = archives_anywhere.looked_at_epoch_seconds - oldest.recorded_epoch_seconds
    observe_age(observe, name, age, expected.kept, oldest.name)
    observe("backups kept", archives_anywhere.count, expected.count, note=f"in {archives_anywhere.folder}")
    observe("size of all backups", sum(each.size_bytes for each in archives_anywhere.all), unit="B")
