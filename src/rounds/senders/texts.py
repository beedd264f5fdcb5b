"""An alert in words, for people: what, where, since when, value against limit, what to do.

A text is made as rich as fits: first the remedies become shorter, then fewer rows are shown, then what was seen is cut.
What is broken and since when stays to the last.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from rounds.alerting.alert import Alert, AlertRow, Kind, Level
from rounds.reports.text import line

LONGEST_TITLE = 200
LONGEST_BODY = 3_500
_WORDS = {Level.CRITICAL: "CRITICAL", Level.WARNING: "WARNING", Level.UNKNOWN: "COULD NOT LOOK", Level.GOOD: "GOOD"}
_STILL = {
    Level.CRITICAL: "STILL CRITICAL", Level.WARNING: "STILL WARNING", Level.UNKNOWN: "STILL CANNOT LOOK",
    Level.GOOD: "STILL",
}  # fmt: skip
_KINDS = {Kind.RECOVERED: "RECOVERED", Kind.ENDED: "ENDED", Kind.FLAPPING: "FLAPPING", Kind.TEST: "TEST"}
_ORDER = (Level.CRITICAL, Level.UNKNOWN, Level.WARNING, Level.GOOD)


@dataclass(frozen=True)
class Text:
    """Plain text without control characters: a title of one line, a body of several."""

    title: str
    body: str


@dataclass(frozen=True)
class _Detail:
    rows: int
    seen: int
    remedy: int


_DETAILS = (
    _Detail(10, 600, 1200), _Detail(10, 300, 500), _Detail(8, 200, 300), _Detail(5, 160, 200), _Detail(3, 120, 100),
    _Detail(3, 100, 0), _Detail(1, 100, 0), _Detail(1, 60, 0),
)  # fmt: skip


def told(
    alert: Alert,
    longest_title: int = LONGEST_TITLE,
    longest: int = LONGEST_BODY,
    size: Callable[[str], int] = len,
) -> Text:
    """The alert in words; `size` measures a text where a channel does not count characters."""
    return Text(title_of(alert, longest_title, size), _fitting(alert, longest, size))


def title_of(alert: Alert, longest: int = LONGEST_TITLE, size: Callable[[str], int] = len) -> str:
    """`CRITICAL: bigshot: disk-usage …`: the word that matters most, the system, the alert's own title."""
    title = line(alert.title or alert.key, longest)
    named = title if not alert.system or alert.system in title else f"{alert.system}: {title}"
    return _cut(line(f"{_word(alert)}: {named}", longest), longest, size)


def is_cause(alert: Alert) -> bool:
    """Whether it is about a target behind its rows (`bigshot/database`), not about one expectation."""
    of_system = bool(alert.system) and alert.key.startswith(f"{alert.system}/")
    return of_system and all(row.id != alert.key for row in alert.rows)


def _word(alert: Alert) -> str:
    if alert.kind in _KINDS:
        return _KINDS[alert.kind]
    return _STILL[alert.level] if alert.kind is Kind.REMINDER else _WORDS[alert.level]


def _fitting(alert: Alert, longest: int, size: Callable[[str], int]) -> str:
    text = ""
    for detail in _DETAILS:
        text = "\n".join(_lines(alert, detail))
        if size(text) <= longest:
            return text
    return _cut(text, longest, size)


def _cut(text: str, longest: int, size: Callable[[str], int]) -> str:
    """The longest beginning that fits, with an ellipsis."""
    if size(text) <= longest:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if size(f"{text[:middle]}…") <= longest else (low, middle - 1)
    return f"{text[:low].rstrip()}…" if low else ""


def _lines(alert: Alert, detail: _Detail) -> Iterator[str]:
    rows = sorted(alert.rows, key=lambda row: _ORDER.index(row.level))
    yield _sentence(alert)
    if alert.kind is not Kind.TEST:
        is_alone = len(rows) == 1 and not is_cause(alert)
        yield from _of_one(rows[0], detail) if is_alone else _of_many(rows, detail)
        yield from _what_to_do(alert, rows, detail)
    if alert.link:
        yield f"Report: {line(alert.link)}"


def _sentence(alert: Alert) -> str:
    what, since = line(alert.key, 200), moment(alert.since)
    if alert.kind is Kind.TEST:
        return "This is a test of the channel, sent by a person. Nothing is broken by what it says."
    if alert.is_over:
        good = "can be looked at again" if is_cause(alert) else "is good again"
        how = good if alert.kind is Kind.RECOVERED else "is not told any more"
        return f"{what} {how} since {moment(alert.at)}.{_lasted(alert)}"
    if alert.kind is Kind.FLAPPING:
        return f"{what} comes and goes since {since}. Its changes are not told one by one until it stays as it is."
    still = "still " if alert.kind is Kind.REMINDER else ""
    if alert.level is Level.UNKNOWN or is_cause(alert):
        return f"Rounds {still}could not look at {what}, since {since}. Whether it is broken is not known."
    how = "broken (critical)" if alert.level is Level.CRITICAL else "past its warning limit"
    return f"{what} is {still}{how} since {since}."


def _lasted(alert: Alert) -> str:
    if alert.lasted_seconds is None:
        return ""
    return f" It was not good for {duration(alert.lasted_seconds)}, since {moment(alert.since)}."


def _of_one(row: AlertRow, detail: _Detail) -> Iterator[str]:
    if row.summary:
        yield f"Seen: {line(row.summary, detail.seen)}"
    if row.target:
        yield f"Where: {line(row.target, min(200, detail.seen))}"
    if row.runbook and detail.rows > 1:
        yield f"Runbook: {line(row.runbook, 200)}"


def _of_many(rows: list[AlertRow], detail: _Detail) -> Iterator[str]:
    """The first few rows, each with what was seen; where they are once, if all are at one place."""
    places = {row.target for row in rows if row.target}
    if rows:
        yield f"{len(rows)} expectation{'s' if len(rows) != 1 else ''}:"
    for row in rows[: detail.rows]:
        where = f" at {line(row.target, 100)}" if row.target and len(places) > 1 else ""
        seen = f": {line(row.summary, detail.seen)}" if row.summary else ""
        section = f" [{line(row.runbook, 100)}]" if row.runbook and detail.remedy else ""
        yield f"- {line(row.id, 200)} ({_said(row.level)}){where}{seen}{section}"
    if len(rows) > detail.rows:
        yield f"and {len(rows) - detail.rows} more"
    if len(places) == 1:
        yield f"Where: {line(places.pop(), min(200, detail.seen))}"


def _said(level: Level) -> str:
    return "could not look" if level is Level.UNKNOWN else str(level)


def _what_to_do(alert: Alert, rows: list[AlertRow], detail: _Detail) -> Iterator[str]:
    if alert.is_over or not detail.remedy:
        return
    if is_cause(alert):
        yield (
            f"Remedy: let Rounds reach {line(alert.key, 200)} again: is it up, are its address and login right,"
            " is there a firewall between? Its rows judge again in the next round."
        )
        return
    remedies = list(dict.fromkeys(row.remedy for row in rows if row.remedy))
    if remedies:
        whose = f" ({line(next(row.id for row in rows if row.remedy), 200)})" if len(remedies) > 1 else ""
        yield f"Remedy{whose}: {line(remedies[0], detail.remedy)}"


def moment(stamp: str) -> str:
    """`2026-11-20 03:00 UTC`; what is no time is shown as it is."""
    try:
        at = datetime.fromisoformat(stamp)
    except ValueError:
        return line(stamp, 40) or "a time that is not known"
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return f"{at:%Y-%m-%d %H:%M} UTC"


def duration(seconds: float) -> str:
    """`45 s`, `12 min`, `2 h 10 min`, `3 d 4 h`."""
    whole = max(0, round(seconds))
    for large, small, words in ((86400, 3600, "d h"), (3600, 60, "h min")):
        if whole >= large:
            first, second = words.split()
            rest = whole % large // small
            return f"{whole // large} {first} {rest} {second}" if rest else f"{whole // large} {first}"
    return f"{whole // 60} min" if whole >= 60 else f"{whole} s"


def short_key(key: str, longest: int) -> str:
    """A key as one line that fits; what is cut stays another than its neighbours by a hash."""
    text = line(key, longest + 1)
    if len(text) <= longest:
        return text
    return f"{text[: longest - 17]}-{hashlib.sha256(key.encode('utf-8', 'replace')).hexdigest()[:16]}"
