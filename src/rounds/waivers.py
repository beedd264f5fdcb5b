"""Waivers of a system's file `waivers.yaml`: which rows they cover, when they hold, and what is to be said of them.

The file stands beside the rows of its system: whoever reviews these reviews what they are let off from.
"""

import fnmatch
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from rounds.expectation import Expectation, Waiver
from rounds.inventory.document import Document, Place
from rounds.inventory.mistakes import nearest
from rounds.outcome import Outcome
from rounds.quantities import shown
from rounds.record import Record
from rounds.round import Round

WAIVERS = "waivers.yaml"
LONGEST_SECONDS = 90 * 86_400.0
SOON = timedelta(days=3)
_PATTERN = re.compile(r"[a-z][a-z0-9_]*\.[a-z0-9.*-]+")


def utc(given: object) -> datetime:
    """A time of day in UTC; raises ValueError that says what to write instead, where that can be known."""
    try:
        return _utc(given)
    except OverflowError:
        raise ValueError(f"{given} is no time that a waiver can have") from None


def _utc(given: object) -> datetime:
    moment = _moment(given)
    if not isinstance(moment, datetime):
        raise ValueError(f"{moment} has no time: write {moment}T00:00:00Z (UTC)")  # noqa: TRY004 - pydantic's way
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone: UTC is due, such as {moment.isoformat()}Z")
    if moment.utcoffset():
        raise ValueError(f"{moment} is not in UTC: write {written(moment)}")
    return moment.astimezone(UTC)


def _moment(given: object) -> date:
    if isinstance(given, date):
        return given
    for read in (date.fromisoformat, datetime.fromisoformat):
        try:
            return read(str(given))
        except ValueError:
            continue
    raise ValueError(f"{given!r} is no time such as 2026-12-01T00:00:00Z")


def written(moment: datetime) -> str:
    """A moment as it is written in the file: `2026-12-01T00:00:00Z`."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _said(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _not_empty(text: str) -> str:
    if not text.strip():
        raise ValueError("is empty: a waiver says who answers for it, and why")
    return text


def _as_text(given: object) -> object:
    return str(given) if isinstance(given, int) and not isinstance(given, bool) else given


Words = Annotated[str, AfterValidator(_not_empty)]
Moment = Annotated[datetime, BeforeValidator(utc)]


class Entry(BaseModel):
    """One waiver as the file has it: an id or a pattern with `*`, who answers for it, why, and until when."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, defer_build=True)
    id: str
    owner: Words
    reason: Words
    ticket: Annotated[str, BeforeValidator(_as_text)] = ""
    begins: Annotated[Moment | None, Field(alias="from")] = None
    until: Moment

    def covers(self, id_: str) -> bool:
        return fnmatch.fnmatchcase(id_, self.id)

    def has_begun(self, now: datetime) -> bool:
        return self.begins is None or self.begins <= now


Read = Callable[[type[Entry], dict[str, Any], Document, Place], Entry | None]
"""How the keys of an entry are read, with mistakes told as those of rows are."""


@dataclass(frozen=True)
class Filed:
    """An entry and where it stands: its system, and `systems/shop/waivers.yaml:3`."""

    system: str
    entry: Entry
    where: str


class FiledWaiver(Waiver):
    """The waiver of a row that comes from the file: with the entry's id or pattern, where it is, and its rows."""

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
            _refuse(entry, system, document, (index,), longest_seconds)
            yield Filed(system, entry, f"{document.file}:{document.line((index,))}")


def with_waiver(expected: Expectation, waiver: FiledWaiver) -> Expectation:
    """A row with a waiver of the file, unless its own ends later."""
    if expected.waived and expected.waived.until > waiver.until:
        return expected
    return expected.model_copy(update={"waived": waiver})


def _refuse(entry: Entry, system: str, document: Document, place: Place, longest_seconds: float) -> None:
    """Tell what is wrong with an entry whose keys are all right: an id of elsewhere, or times that cannot be."""
    if not _PATTERN.fullmatch(entry.id):
        said = f"{entry.id!r} is neither an id nor a pattern with *, such as {system}.backup.*"
        document.mistake((*place, "id"), said)
    elif not entry.id.startswith(f"{system}."):
        document.mistake((*place, "id"), f"{entry.id!r} is of another system: an id of {system} is due here")
    if problem := wrong_times(entry.begins, entry.until, longest_seconds):
        document.mistake((*place, "until"), problem)


def wrong_times(begins: datetime | None, until: datetime, longest_seconds: float) -> str:
    """Why something cannot be waived from then until then; empty if it can be."""
    start = begins or datetime.now(UTC)
    if begins and until <= begins:
        return f"ends at {written(until)}, which is not after its start at {written(begins)}"
    if (until - start).total_seconds() > longest_seconds:
        latest = (start + timedelta(seconds=longest_seconds)).replace(microsecond=0)
        most = f"{shown(longest_seconds, 's')} from {'its start' if begins else 'now'} is the most"
        return f"{written(until)} is too long: {most} (rounds_longest_waiver), which is {written(latest)}"
    return ""


def waivers_of(ids: Iterable[str], filed: Iterable[Filed]) -> dict[str, FiledWaiver]:
    """The waiver of each row that has one: of those that have begun the one that ends last; one that holds wins so."""
    now = datetime.now(UTC)
    begun = sorted((each for each in filed if each.entry.has_begun(now)), key=lambda each: each.entry.until)
    chosen = {id_: each for id_ in ids for each in begun if each.entry.covers(id_)}  # the last one stays
    rows = [each.where for each in chosen.values()]
    return {id_: _waiver(each, rows.count(each.where)) for id_, each in chosen.items()}


def _waiver(filed: Filed, rows: int) -> FiledWaiver:
    entry = filed.entry
    return FiledWaiver(
        owner=entry.owner, reason=entry.reason, ticket=entry.ticket, until=entry.until,
        entry=entry.id, where=filed.where, rows=rows,
    )  # fmt: skip


def notices_of_file(filed: Iterable[Filed], ids: Iterable[str]) -> list[str]:
    """What is to be said of the file before anything is looked at: entries that cover no row, or have ended."""
    known, now = list(ids), datetime.now(UTC)
    said = []
    for each in filed:
        entry = each.entry
        if not any(entry.covers(id_) for id_ in known):
            near = "" if "*" in entry.id else _near(entry.id, each.system, known)
            said.append(f"{each.where}: the waiver of {entry.id} covers no row of {each.system}{near}")
        elif entry.until <= now:
            ended = f"ended {_said(entry.until)}: renew or remove it"
            said.append(f"{each.where}: the waiver of {entry.id} by {entry.owner} {ended}")
    return said


def _near(id_: str, system: str, known: list[str]) -> str:
    near = nearest(id_, [each for each in known if each.startswith(f"{system}.")])
    return near if "did you mean" in near else ""


def notices(told: Round) -> list[str]:
    """What a round points out in all reports: of its files of waivers, and waivers that end soon or are not needed."""
    groups: dict[str, list[Record]] = {}
    for record in told.records:
        if record.waiver:
            groups.setdefault(record.waiver.get("where") or record.id, []).append(record)
    said = [notice for records in groups.values() if (notice := _notice(records, told.started_at))]
    return list(dict.fromkeys([*told.notices, *said]))


def _notice(records: list[Record], at: str) -> str:
    """Of the rows of one waiver: that it can go, else that it ends soon."""
    waiver: dict[str, Any] = records[0].waiver or {}
    name = waiver.get("entry") or records[0].id
    place = f"{waiver['where']}: " if waiver.get("where") else ""
    are_all = str(len(records)) == waiver.get("rows", "1")
    if are_all and all(record.outcome is Outcome.OK for record in records):
        are = f"its {len(records)} rows are" if len(records) > 1 else "it is"
        return f"{place}the waiver of {name} by {waiver['owner']} can be removed: {are} ok again"
    try:
        until, now = datetime.fromisoformat(waiver["until"]), datetime.fromisoformat(at)
    except ValueError:  # what a secret is part of is shown as dots
        return ""
    if until - now > SOON:
        return ""
    left = shown(max((until - now).total_seconds(), 0) // 60 * 60, "s")
    return f"{place}the waiver of {name} by {waiver['owner']} ends {_said(until)}, in {left}: {waiver['reason']}"
