"""Maintenance windows as silences of Alertmanager.

A silence is found again by the mark of its window in its comment, so nothing needs to be remembered, and no second one
is made, also where Alertmanagers tell one another of their silences. Notices that something is good again are silenced,
too.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from rounds.reports.text import line as one_line
from rounds.senders.posting import Countdown, Line
from rounds.senders.sender import NotDelivered

_SILENCES = "api/v2/silences"
_JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Window:
    """A maintenance window of a system. Times are RFC 3339; `id` is its own for ever."""

    id: str
    system: str
    starts_at: str
    ends_at: str
    by: str
    reason: str = ""

    @property
    def mark(self) -> str:
        return f"(window {one_line(self.id, 100)} of Rounds)"


def quoted(value: str) -> str:
    """A value as matchers of Alertmanager have it."""
    text = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{text}"'


def ensure(line: Line, countdown: Countdown, window: Window) -> None:
    """Make the silence, or give the one that is there another end."""
    there = _there(line, countdown, window)
    if any(_same(each.get("endsAt"), window.ends_at) for each in there):
        return
    form: dict[str, Any] = {
        "matchers": [{"name": "system", "value": window.system, "isRegex": False, "isEqual": True}],
        "startsAt": there[0]["startsAt"] if there else window.starts_at,
        "endsAt": window.ends_at,
        "createdBy": one_line(window.by, 100) or "rounds",
        "comment": f"{one_line(window.reason, 300)} {window.mark}".strip(),
    }
    if there:
        form["id"] = there[0]["id"]
    reply = line.ask(countdown, "POST", _SILENCES, json.dumps(form).encode(), _JSON)
    if reply.status != 200:
        raise line.refused(reply)


def lift(line: Line, countdown: Countdown, window: Window) -> None:
    """End what is there of it; what has ended by itself, or was ended by somebody, is fine as it is."""
    for each in _there(line, countdown, window):
        reply = line.ask(countdown, "DELETE", f"api/v2/silence/{quote(str(each['id']), safe='')}")
        if reply.status not in (200, 404):
            raise line.refused(reply)


def _there(line: Line, countdown: Countdown, window: Window) -> list[dict[str, Any]]:
    asked = urlencode([("filter", f"system={quoted(window.system)}")])
    found = line.list_in(line.ask(countdown, "GET", f"{_SILENCES}?{asked}"))
    try:
        return [
            each for each in found
            if each["status"]["state"] != "expired" and str(each["comment"]).endswith(window.mark) and each["id"]
        ]  # fmt: skip
    except (KeyError, TypeError):
        raise NotDelivered(f"{line.place} answers, but not as an Alertmanager does") from None


def _same(one: object, other: str) -> bool:
    try:
        return abs((datetime.fromisoformat(str(one)) - datetime.fromisoformat(other)).total_seconds()) < 1
    except (ValueError, TypeError):
        return False
