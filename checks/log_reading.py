"""What rows on the contents of logs have in common, and what is said of a log that was read."""

from typing import Annotated

from pydantic import Field

from rounds.expectation import Expectation
from rounds.fixtures.log_contents import LogRead
from rounds.judge import Observer
from rounds.limits import Limit, at_least, at_most
from rounds.quantities import Duration, shown
from rounds.targets import Log

MOST_FOREIGN_LINES = 20
MOST_FOREIGN_LINES_PER_RECORD = 3


class LogRow(Expectation):
    """A row on what a log holds, or several logs, that has to hold something at all."""

    log: Log
    also: Annotated[tuple[Log, ...], Field(description="more logs that are read with it")] = ()
    within: Annotated[Duration, Field(gt=0)] = 86_400.0
    records: Annotated[Limit, Field(description="how many records of any kind there must be")] = at_least(1)
    silent: Annotated[Limit, Field(description="how many of several logs may have no record")] = at_most(0)

    @property
    def asks_levels(self) -> bool:
        """Whether the level of a record says that it is bad."""
        return bool(getattr(self, "levels", ()) or getattr(self, "error_levels", ()))

    def needs_field(self, name: str, why: str) -> None:
        """Raise ValueError when a log has no such field."""
        for log in (self.log, *self.also):
            if name not in log.fields:
                raise ValueError(f"{why}: the records of {log.name} have no field {name}")


def observe_read(expected: LogRow, read: LogRead, observe: Observer, of: str = "") -> None:
    """Judge that something is recorded at all, and say what of it nobody can place; `of` names one of several logs."""
    age = read.newest_age_seconds
    newest = "none at all" if age is None else f"newest is {shown(age, 's')} old"
    observe(f"records in all{of}", read.recent, expected.records, note=newest)
    if expected.also and not of:
        observe("silent logs", len(read.silent), expected.silent, note=", ".join(read.silent[:10]))
    if read.records_ahead:
        why = "they lie in the future, so they may be of any time: is the zone of the log the target's?"
        observe.unknown(f"records ahead of the clock{of}", why, read.records_ahead)
    if expected.asks_levels and read.unlevelled * 2 > read.recent:
        why = f"so nobody can tell which of {read.recent} are bad: has the name of the level changed?"
        observe.unknown(f"records without a level{of}", why, read.unlevelled)
    if read.foreign_lines > max(MOST_FOREIGN_LINES, MOST_FOREIGN_LINES_PER_RECORD * read.records):
        why = f"they neither fit the log's form nor belong to one of its {read.records} records: has it changed?"
        observe.unknown(f"lines of another form{of}", why, read.foreign_lines)


def share_note(count: int, of: int, enough: int) -> str:
    """What stands beside a share: of how many it is."""
    few = "" if of >= enough else f"; too few for a share: as if there were {enough}"
    return f"{count} of {of}{few}"
