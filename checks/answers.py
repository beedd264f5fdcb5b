"""What several checks say alike: of an endpoint's answer, of a log that was read, and of how old something is."""

from typing import Annotated

from pydantic import Field, model_validator

from rounds.expectation import Expectation
from rounds.fixtures.answers import Answer
from rounds.fixtures.logs import LogPeriods, LogRecords
from rounds.judge import Observer
from rounds.limits import Limit, at_most, exactly

CLOCKS_DIFFER_SECONDS = 60
MOST_FOREIGN_LINES = 20
MOST_FOREIGN_LINES_PER_RECORD = 3


Redirects = Annotated[int, Field(ge=0, le=10, description="how many redirects are followed")]
StatusCode = Annotated[int, Field(ge=100, le=599)]


class StatusDue(Expectation):
    """What rows on HTTP statuses share: the one that is due, or a bound that it must be below."""

    status: StatusCode = 200
    below: Annotated[StatusCode | None, Field(description="any status below this one will do, instead of `status`")] = (
        None
    )
    never: Annotated[tuple[StatusCode, ...], Field(description="bad although below the bound, such as 403 or 429")] = ()

    @model_validator(mode="after")
    def _one_of_both(self) -> "StatusDue":
        if self.below is not None and "status" in self.model_fields_set:
            raise ValueError("status and below exclude each other: name one of them")
        if self.never and self.below is None:
            raise ValueError("never goes with below")
        return self

    def is_due(self, status: int | None) -> bool:
        """Whether this is a status that is good."""
        if self.below is None or status is None:
            return status == self.status
        return status < self.below and status not in self.never


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


def observe_status_due(due: StatusDue, answer: Answer, observe: Observer) -> None:
    """Judge a status by the rule of its row."""
    if due.below is None:
        observe_status(due.status, answer, observe)
    elif answer.status in due.never:
        observe.critical("http status", f"{answer.url} refuses us", answer.status)
    else:
        observe("http status", answer.status, at_most(due.below - 1))


def observe_age(observe: Observer, name: str, seconds: float, limit: Limit, note: str = "") -> None:
    """Judge an age. What lies in the future, by more than two clocks may differ, has no age: critical."""
    if seconds < -CLOCKS_DIFFER_SECONDS:
        observe.critical(name, f"lies in the future; {note}" if note else "lies in the future", seconds, unit="s")
    else:
        observe(name, seconds, limit, note=note)


def observe_unread(seen: LogRecords | LogPeriods, observe: Observer) -> None:
    """Say that nobody can tell what a log holds: records of no known time, or many lines that may be records."""
    if seen.records_ahead:
        why = "they lie in the future, so they may be of any time: is the zone of the log the target's?"
        observe.unknown("records ahead of the clock", why, seen.records_ahead)
    if seen.foreign_lines > max(MOST_FOREIGN_LINES, MOST_FOREIGN_LINES_PER_RECORD * seen.records):
        why = (
            f"they neither fit the log's pattern nor belong to one of its {seen.records} records: has its form changed?"
        )
        observe.unknown("lines of another form", why, seen.foreign_lines)
    if seen.unlevelled * 2 > seen.records:
        why = f"so nobody can tell how many of {seen.records} records are bad: has the name of the level changed?"
        observe.unknown("records without a level", why, seen.unlevelled)
