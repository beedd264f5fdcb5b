"""What rows on whole sets of backups have in common."""

from collections.abc import Sequence
from datetime import datetime
from statistics import median
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from rounds.expectation import Expectation
from rounds.fixtures.backups import Archive, Archives
from rounds.judge import Observer
from rounds.limits import Limit
from rounds.quantities import shown
from rounds.targets import Backups

DAY = 86_400.0
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


class OfBackups(Expectation):
    """A set of backups; those of `also` count as if they lay in the same place."""

    backups: Backups
    also: Annotated[tuple[Backups, ...], Field(description="more places of the same backups, such as an archive")] = ()

    @property
    def zone(self) -> ZoneInfo:
        """Where days begin and end."""
        return ZoneInfo(self.backups.timezone)

    def local(self, epoch_seconds: float) -> datetime:
        return datetime.fromtimestamp(epoch_seconds, self.zone)


def is_missing(name: str, seen: Archives, observe: Observer) -> bool:
    """Say that there is no backup at all, and what only looks like one."""
    if seen.newest is None:
        left_out = passed_over(seen)
        observe.critical(name, f"there is no backup in {seen.folder}{f'; {left_out}' if left_out else ''}", "unknown")
    return seen.newest is None


def observe_share(newest: Archive, before: Sequence[Archive], limit: Limit, observe: Observer) -> None:
    """How large the newest is beside the median of those before it."""
    usual = median(each.size_bytes for each in before)
    note = f"{newest.name} has {shown(newest.size_bytes, 'B')}, the {len(before)} before {shown(usual, 'B')}"
    observe("share of the usual size", 100 * newest.size_bytes / usual, limit, note=note)


def passed_over(seen: Archives) -> str:
    """What looks newer than the newest backup and is none, and why."""
    since = seen.newest.recorded_epoch_seconds if seen.newest else 0.0
    newer = [each for each in seen.left_out if (each.recorded_epoch_seconds or each.newest_epoch_seconds) > since]
    said = "; ".join(f"{each.name} {each.why}" for each in newer[:3])
    return f"{said}; and {len(newer) - 3} more" if len(newer) > 3 else said
