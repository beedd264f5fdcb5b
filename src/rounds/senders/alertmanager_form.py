"""An alert in the form of Alertmanager's API v2.

Alertmanager knows an alert by its labels alone: only what is the same in each round stands there, everything else in
the annotations. The severity is the level that was told: a warning of a row that can turn critical pages nobody.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from rounds.alerting.alert import Alert, Kind, Level
from rounds.expectation import ID
from rounds.reports.text import line
from rounds.senders.texts import is_cause, short_key, told

LABEL = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
OURS = ("alertname", "system", "area", "expectation", "cause", "severity", "instance")
_LONGEST_LABEL = 200
_LONGEST_ANNOTATION = 4_000
_LEAST = timedelta(minutes=5)


def identity(alert: Alert) -> tuple[str, str]:
    """What an alert is about: `expectation` and its id, or `cause` and the key of the target behind many rows."""
    return "cause" if is_cause(alert) else "expectation", short_key(alert.key, _LONGEST_LABEL)


def labels_of(alert: Alert, fixed: Mapping[str, str]) -> dict[str, str]:
    """The labels that make the alert what it is; `fixed` are the channel's own. Empty ones are left out."""
    word, key = identity(alert)
    area = ID.match(alert.key)
    name = {"cause": "RoundsTarget", "expectation": "RoundsExpectation"}[word]
    severity = alert.level if alert.level is not Level.GOOD else "none" if alert.kind is Kind.TEST else Level.WARNING
    ours = {
        "alertname": "RoundsTest" if alert.kind is Kind.TEST else name,
        "system": alert.system,
        "area": area["area"] if area and word == "expectation" else "",
        word: key,
        "severity": str(severity),
        "instance": key if word == "cause" else alert.rows[0].target if alert.rows else "",
    }
    given = {_label(name): value for name, value in alert.labels} | dict(fixed)
    both = {name: value for name, value in given.items() if name not in OURS} | ours
    return {name: short_key(value, _LONGEST_LABEL) for name, value in both.items() if value}


def _label(name: str) -> str:
    """A name that Alertmanager takes: it refuses `-` and `.`, and a digit at the beginning."""
    plain = re.sub(r"[^A-Za-z0-9_]", "_", name)
    return plain if LABEL.fullmatch(plain) else f"_{plain}"


def firing(alert: Alert, fixed: Mapping[str, str], now: datetime) -> dict[str, Any]:
    """The alert as it lasts. One that waited so long to be sent that its end has passed lasts as long from now on."""
    at = _time(alert.at) or now
    ends = _time(alert.ends_at) or at + _LEAST
    ends = ends if ends > now else now + max(ends - at, _LEAST)
    begun = min(_time(alert.since) or at, now)
    return {
        "labels": labels_of(alert, fixed),
        "annotations": _annotations(alert),
        "startsAt": _stamp(begun),
        "endsAt": _stamp(ends),
        **({"generatorURL": alert.link} if is_url(alert.link) else {}),
    }


def ended(held: Mapping[str, Any], alert: Alert, now: datetime) -> dict[str, Any]:
    """An alert as Alertmanager holds it, ended now; the newest words say why."""
    begun = min(_time(str(held.get("startsAt", ""))) or now, now - timedelta(milliseconds=1))
    words = {name: str(text) for name, text in dict(held.get("annotations") or {}).items()}
    return {
        "labels": {str(name): str(value) for name, value in held["labels"].items()},
        "annotations": words | (_annotations(alert) if alert.is_over else {}),
        "startsAt": _stamp(begun),
        "endsAt": _stamp(now),
    }


def _annotations(alert: Alert) -> dict[str, str]:
    text = told(alert, longest=_LONGEST_ANNOTATION)
    first = alert.rows[0] if alert.rows else None
    words = {
        "summary": text.title, "description": text.body, "kind": alert.kind, "level": alert.level,
        "runbook": line(first.runbook, 500) if first else "", "remedy": line(first.remedy, 1500) if first else "",
        "link": line(alert.link), "rows": str(len(alert.rows)), "since": line(alert.since, 50),
        "batch": line(alert.batch, 100), "round": line(alert.round, 200),
    }  # fmt: skip
    return {name: str(value) for name, value in words.items() if value}


def is_url(link: str) -> bool:
    """Whether Alertmanager takes it: a generatorURL that is none makes it refuse the alert."""
    if not re.fullmatch(r"https?://[\x21-\x7e]+", link) or re.search(r"[\"<>\\^`{|}]|%(?![0-9A-Fa-f]{2})", link):
        return False
    try:
        parts = urlsplit(link)
        return bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False


def _time(stamp: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(stamp)
    except ValueError:
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
