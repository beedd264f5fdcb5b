"""What several checks say alike: of an endpoint's answer, of a log that was read, and of how old something is."""

from rounds.fixtures.http import Answer
from rounds.fixtures.logs import LogRecords
from rounds.judge import Observer
from rounds.limits import Limit, exactly

CLOCKS_DIFFER_SECONDS = 60
MOST_FOREIGN_LINES = 20
MOST_FOREIGN_LINES_PER_RECORD = 3


def is_answered(within: Limit, answer: Answer, observe: Observer) -> bool:
    """Judge that an answer came, was 200 and in time; whether there is JSON in it to judge further."""
    if answer.status in (401, 403):
        why = "the token was refused" if answer.with_credentials else "a token is asked for and the target has none"
        observe.unknown("http status", f"{why}: nothing was seen of {answer.url}", answer.status)
        return False
    if answer.status == 404:
        observe.unknown("http status", f"the runbook and the system disagree: {answer.url} does not exist", 404)
        return False
    if answer.failure:
        observe.critical("answer", f"{answer.url}: {answer.failure}", answer.status or "missing")
        return False
    observe_status(200, answer, observe)
    observe("response time", answer.seconds, within)
    if answer.twice:
        why = f"the answer of {answer.url} has {answer.twice} twice in one object, so nobody can tell which holds"
        observe.unknown("content", why, "ambiguous")
        return False
    if answer.not_json and answer.status == 200:
        observe.critical("content", f"the answer of {answer.url} {answer.not_json}", "unreadable")
    return not answer.not_json


def observe_status(wanted: int, answer: Answer, observe: Observer) -> None:
    note = f"{answer.url} leads on to {answer.redirects_to}" if answer.redirects_to else ""
    observe("http status", answer.status, exactly(wanted), note=note)


def observe_age(observe: Observer, name: str, seconds: float, limit: Limit, note: str = "") -> None:
    """Judge an age. What lies in the future, by more than two clocks may differ, has no age: critical."""
    if seconds < -CLOCKS_DIFFER_SECONDS:
        observe.critical(name, f"lies in the future; {note}" if note else "lies in the future", seconds, unit="s")
    else:
        observe(name, seconds, limit, note=note)


def observe_unread(seen: LogRecords, observe: Observer) -> None:
    """Say that nobody can tell what a log holds: records of no known time, or many lines that may be records."""
    if seen.records_ahead:
        why = "they lie in the future, so they may be of any time: is the zone of the log the target's?"
        observe.unknown("records ahead of the clock", why, seen.records_ahead)
    if seen.foreign_lines > max(MOST_FOREIGN_LINES, MOST_FOREIGN_LINES_PER_RECORD * seen.records):
        why = (
            f"they neither fit the log's pattern nor belong to one of its {seen.records} records: has its form changed?"
        )
        observe.unknown("lines of another form", why, seen.foreign_lines)
