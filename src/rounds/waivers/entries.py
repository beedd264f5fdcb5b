"""Waivers as they stand in files: a row's own `waived`, and the entries of `waivers.yaml`; which rows they cover.

The file stands beside the rows of its system: whoever reviews these reviews what they are let off from.
"""

import fnmatch
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import WithJsonSchema

from rounds.inventory.document import Document, Place
from rounds.waivers.waiver import Waiver, wrong_times

WAIVERS = "waivers.yaml"
INLINE = "waived"
_PATTERN = re.compile(r"[a-z][a-z0-9_]*\.[a-z0-9.*-]+")
_ID = {
    "type": "string",
    "pattern": f"^{_PATTERN.pattern}$",
    "description": "the row, or a pattern with * of rows of this system: shop.backup.*",
}


class Entry(Waiver):
    """One waiver as a file has it: an id or a pattern with `*`, who answers for it, why, and until when."""

    id: Annotated[str, WithJsonSchema(_ID)]

    def covers(self, id_: str) -> bool:
        return id_ == self.id or ("*" in self.id and fnmatch.fnmatchcase(id_, self.id))


Read = Callable[[type[Entry], dict[str, Any], Document, Place], Entry | None]
"""How the keys of an entry are read, with mistakes told as those of rows are."""


@dataclass(frozen=True)
class Filed:
    """An entry and where it stands: its system, and `systems/shop/waivers.yaml:3`."""

    system: str
    entry: Entry
    where: str


class FiledWaiver(Waiver):
    """The waiver of a row: with the entry's id or pattern, where it stands, and how many rows have it."""

    entry: str
    where: str
    rows: int

    def as_json(self) -> dict[str, str]:
        return super().as_json() | {"entry": self.entry, "where": self.where, "rows": str(self.rows)}


def filed_in(document: Document, system: str, longest_seconds: float, read: Read) -> Iterator[Filed]:
    """The entries of a file that are read without a mistake; what is wrong becomes a mistake of the document."""
    entries = document.data or []
    if not isinstance(entries, list):
        document.mistake((), "is not a list of waivers (- id: …)")
        return
    for index, data in enumerate(entries):
        if not isinstance(data, dict):
            document.mistake((index,), "is not a waiver: a waiver has id, owner, reason and until")
        elif entry := read(Entry, data, document, (index,)):
            _refuse_id(entry, system, document, (index,))
            yield _filed(entry, system, document, (index,), longest_seconds)


def filed_in_row(
    row: dict[str, Any], document: Document, place: Place, longest_seconds: float, read: Read
) -> Iterator[Filed]:
    """A row's own waiver; a mistake in it becomes one of the document."""
    data = row.get(INLINE)
    if isinstance(data, dict) and "id" not in data:  # the row's model refuses what this leaves out
        at = (*place, INLINE)
        entry = read(Entry, data | {"id": row["id"]}, document, at)
        if entry:
            yield _filed(entry, row["id"].partition(".")[0], document, at, longest_seconds)


def _filed(entry: Entry, system: str, document: Document, place: Place, longest_seconds: float) -> Filed:
    """Also tells what is wrong with the times of an entry whose keys are all right."""
    if problem := wrong_times(entry.begins, entry.until, longest_seconds):
        document.mistake((*place, "until"), problem)
    return Filed(system, entry, f"{document.file}:{document.line(place)}")


def _refuse_id(entry: Entry, system: str, document: Document, place: Place) -> None:
    if not _PATTERN.fullmatch(entry.id):
        said = f"{entry.id!r} is neither an id nor a pattern with *, such as {system}.backup.*"
        document.mistake((*place, "id"), said)
    elif not entry.id.startswith(f"{system}."):
        document.mistake((*place, "id"), f"{entry.id!r} is of another system: an id of {system} is due here")


def waivers_of(ids: Iterable[str], filed: Iterable[Filed]) -> dict[str, FiledWaiver]:
    """The waiver of each row that has one: of those that have begun the one that ends last; one that holds wins so."""
    now = datetime.now(UTC)
    begun = sorted((each for each in filed if each.entry.has_begun(now)), key=lambda each: each.entry.until)
    chosen = {id_: each for id_ in ids for each in begun if each.entry.covers(id_)}  # the last one stays
    rows = Counter((each.where, each.entry.id) for each in chosen.values())  # JSON has all of them in one line
    return {id_: _waiver(each, rows[each.where, each.entry.id]) for id_, each in chosen.items()}


def _waiver(filed: Filed, rows: int) -> FiledWaiver:
    entry = filed.entry
    return FiledWaiver(
        owner=entry.owner, reason=entry.reason, ticket=entry.ticket, until=entry.until,
        entry=entry.id, where=filed.where, rows=rows,
    )  # fmt: skip
