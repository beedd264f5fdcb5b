"""Causes: what several rows are unknown because of is told once, with the rows behind it."""

from collections import Counter
from dataclasses import dataclass

from rounds.outcome import Outcome
from rounds.record import Record
from rounds.round import Round

_NAMED = 4


@dataclass(frozen=True)
class CommonCause:
    """A target that could not be reached, in the words most looks had for it, and the rows that are unknown by it."""

    target: str
    words: str
    records: list[Record]

    @property
    def reason(self) -> str:
        """`bigshot/database cannot be reached: connection refused`."""
        return f"{self.target} cannot be reached: {self.words}" if self.words else f"{self.target} cannot be reached"

    @property
    def rows(self) -> str:
        """`14 rows unknown: bigshot.x, bigshot.y and 12 more`; a single one over the limit is named, too."""
        ids = [record.id for record in self.records]
        named = ids if len(ids) <= _NAMED + 1 else ids[:_NAMED]
        more = f" and {len(ids) - len(named)} more" if len(named) < len(ids) else ""
        return f"{len(ids)} row{'s' if len(ids) != 1 else ''} unknown: {', '.join(named)}{more}"

    @property
    def since(self) -> str:
        """Since when most of its rows have been unknown: one may have been so before, for a reason of its own."""
        counted = Counter(record.since for record in self.records if record.since)
        return max(counted, key=lambda since: (counted[since], since), default="")


def causes_of(told: Round) -> list[CommonCause]:
    """The causes in a round, the one with the most rows first."""
    behind: dict[str, list[Record]] = {}
    for record in told.worst_first:
        if record.cause and record.outcome is Outcome.UNKNOWN:
            behind.setdefault(record.cause["target"], []).append(record)
    common = [CommonCause(target, _words(records), records) for target, records in behind.items()]
    return sorted(common, key=lambda cause: (-len(cause.records), cause.target))


def _words(records: list[Record]) -> str:
    counted = Counter(record.cause["words"] for record in records if record.cause)
    return counted.most_common(1)[0][0]
