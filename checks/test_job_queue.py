"""Work that waits in a table is taken."""

from typing import Annotated

from pydantic import Field, model_validator

from rounds.checks.answers import CLOCKS_DIFFER_SECONDS
from rounds.expectation import Expectation
from rounds.fixtures.jobs import PendingJobs, PendingOfKind
from rounds.judge import Observer
from rounds.limits import Limit, at_most
from rounds.quantities import shown
from rounds.targets import Postgres


class JobPending(Expectation):
    """How long a job may wait whose `status` is none of those in `taken` (what a job has once a worker took it).

    It waits since its time in column `due`, if there is such a column, and otherwise since it was `created`. A job that
    has had `most_attempts` (a number, or a column) in column `attempts`, or is of a `kind` that is not in `handled`, if
    there is that list, is never taken however young it is. `started` is the column that says when one was taken.
    """

    database: Postgres
    table: str
    status: str = "status"
    taken: Annotated[tuple[str, ...], Field(min_length=1)]
    created: str = "created_at"
    due: str = ""
    started: str = ""
    kind: str = ""
    handled: tuple[str, ...] = ()
    attempts: str = ""
    most_attempts: int | str = ""
    age: Limit = at_most(3600, unit="s")
    exhausted: Limit = at_most(0)
    unhandled: Limit = at_most(0)

    @model_validator(mode="after")
    def _belong_together(self) -> "JobPending":
        if bool(self.attempts) != (self.most_attempts != ""):
            raise ValueError("attempts and most_attempts belong together")
        if self.handled and not self.kind:
            raise ValueError("handled needs the column kind")
        return self


def test_job_pending(expected: JobPending, pending_jobs: PendingJobs, observe: Observer) -> None:
    """No job waits for a worker that will never take it.

    Remedy: see whether a worker for the kind that is named runs, and listens to its queue (a release may have renamed
    it). Jobs that are out of attempts: read their last error, mend it, and set the attempts back or mark them failed.
    """
    if pending_jobs.table_is_empty:
        observe.unknown("oldest pending job", f"{expected.table} is empty: is it still written?")
        return
    kinds = pending_jobs.by_kind
    undated = sum(kind.undated for kind in kinds)
    if undated:
        observe.unknown("pending jobs without a time", f"{expected.created} is empty", undated)
    newest = min((kind.newest_made_seconds for kind in kinds if kind.newest_made_seconds is not None), default=0.0)
    if newest < -CLOCKS_DIFFER_SECONDS:
        why = f"{expected.created} lies in the future, so no age can be trusted: is the target's zone the column's?"
        observe.unknown("newest pending job", why, newest, unit="s")
    note = ", ".join(f"{kind.due} {kind.kind}" for kind in kinds[:6] if kind.due)
    observe("pending jobs", sum(kind.due for kind in kinds), note=note)
    observe("jobs planned for later", sum(kind.planned for kind in kinds))
    oldest = max((kind for kind in kinds if kind.due), key=lambda kind: kind.oldest_seconds or 0.0, default=None)
    age = (oldest.oldest_seconds or 0.0) if oldest else 0.0
    observe("oldest pending job", age, expected.age, note=_described(expected, oldest) if oldest else "none is due")
    if expected.attempts:
        observe("jobs out of attempts", sum(kind.exhausted for kind in kinds), expected.exhausted)
    if expected.handled:
        others = [kind.kind for kind in kinds if kind.kind not in expected.handled]
        observe("kinds that no worker handles", len(others), expected.unhandled, note=", ".join(others[:6]))


def _described(expected: JobPending, oldest: PendingOfKind) -> str:
    if not expected.started:
        return oldest.kind
    taken = oldest.last_taken_seconds
    when = "none was ever taken" if taken is None else f"one was taken {shown(taken, 's')} ago"
    return f"{oldest.kind}, of which {when}"
