"""What is pointed out of waivers, and changes no outcome: those that end soon, have ended, or are not needed."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from rounds.cadence import due_within
from rounds.inventory.mistakes import nearest
from rounds.outcome import Outcome
from rounds.quantities import shown
from rounds.record import Record
from rounds.round import Round
from rounds.waivers.entries import Filed

SOON = timedelta(days=3)
_A_DAY_SECONDS = 86_400.0


def _said(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def notices_before(filed: Iterable[Filed], ids: Iterable[str]) -> list[str]:
    """What is to be said before anything is looked at: entries that cover no row, or have ended."""
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
    """What a round points out in all reports: its notices, and waivers that end soon or are not needed."""
    groups: dict[tuple[str | None, str], list[Record]] = {}
    for record in told.records:
        if record.waiver:
            name = record.waiver.get("entry") or record.id
            groups.setdefault((record.waiver.get("where"), name), []).append(record)
    said = [notice for records in groups.values() if (notice := _notice(records, told.started_at))]
    return list(dict.fromkeys([*told.notices, *said]))


def are_news(told: Round) -> bool:
    """Whether a round that is ok and was asked to be quiet speaks of them; of a waiver that ends soon not all day."""
    return bool(told.notices or (due_within(told.batch) >= _A_DAY_SECONDS and notices(told)))


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
