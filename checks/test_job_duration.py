"""Work that is kept in a table does not take longer and longer."""

from typing import Annotated

from pydantic import Field

from rounds.expectation import Expectation
from rounds.fixtures.jobs import Durations
from rounds.judge import Observer
from rounds.limits import Limit, at_most
from rounds.quantities import Duration, shown
from rounds.targets import Postgres


class JobDuration(Expectation):
    """By which factor the mean duration of completed jobs may exceed that of the `window` before, per `kind`.

    Means below `at_least` are as good as that. A mean leaves out what never ends, so this is told beside it: which
    share of the jobs that began in the window, `grace` ago or earlier, have neither ended nor `failed`.
    """

    database: Postgres
    table: str
    kind: str
    status: str = "status"
    completed: Annotated[tuple[str, ...], Field(min_length=1)]
    failed: tuple[str, ...] = ()
    begun: str = "started_at"
    ended: str = "completed_at"
    window: Duration = 2_592_000
    grace: Duration = 86400
    minimum: int = 20
    at_least: Duration = 1
    factor: Limit = at_most(1.5)
    unended: Limit = at_most(5, unit="%")


def test_job_duration(expected: JobDuration, job_durations: tuple[Durations, ...], observe: Observer) -> None:
    """Jobs do not take longer and longer.

    Remedy: compare a slow job of the kind that is named with one of the month before: more data, a slower remote
    service, a missing index (EXPLAIN), or fewer workers so that it waits inside. Jobs that never ended: see job-age.
    """
    judged = [_judge(each, expected, observe) for each in job_durations]
    if not any(judged):
        of = f"at least {expected.minimum} of one {expected.kind} in {shown(expected.window, 's')} and in those before"
        observe.unknown("kinds with enough jobs to judge", f"completed jobs are too few: {of} are due", 0)


def _judge(seen: Durations, expected: JobDuration, observe: Observer) -> bool:
    if seen.untimed:
        why = f"{expected.begun} or {expected.ended} is empty, or they end before they begin"
        observe.unknown(f"completed {seen.kind} without a duration", why, seen.untimed)
    if seen.begun:
        share = 100 * seen.unended / seen.begun
        limit = expected.unended if seen.begun >= expected.minimum else None
        observe(f"never completed {seen.kind}", share, limit, unit="%", note=f"{seen.unended} of {seen.begun} begun")
    note = f"of {seen.completed}"
    observe(
        f"mean duration of {seen.kind}", "none" if seen.mean_seconds is None else seen.mean_seconds, unit="s", note=note
    )
    if seen.completed_before < expected.minimum:
        return False
    name = f"duration of {seen.kind} against the time before"
    if seen.completed < expected.minimum:
        why = f"{seen.completed} were completed, {seen.completed_before} in the time before: too few to judge"
        observe.unknown(name, why)
        return True
    now, before = (max(mean or 0.0, expected.at_least, 0.001) for mean in (seen.mean_seconds, seen.mean_before_seconds))
    observe(name, now / before, expected.factor, note=f"{shown(now, 's')}, {shown(before, 's')} before")
    return True
