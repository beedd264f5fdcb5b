"""Work that is kept in a table gets done, and rarely fails."""

from typing import Annotated

from pydantic import Field

from rounds.checks.answers import CLOCKS_DIFFER_SECONDS
from rounds.expectation import Expectation
from rounds.fixtures.jobs import Share, UnfinishedJobs
from rounds.judge import Observer
from rounds.limits import Limit, at_most
from rounds.quantities import Duration, shown
from rounds.targets import Postgres


class JobAge(Expectation):
    """How old a row may be whose `status` is none of `finished`; `created` is the column with its time of creation.

    Statuses in `ignored` may last: to judge only jobs that run, ignore those that wait, and let `created` be the column
    with the time of their start. A status in neither list counts as unfinished.
    """

    database: Postgres
    table: str
    status: str = "status"
    finished: tuple[str, ...]
    ignored: tuple[str, ...] = ()
    created: str = "created_at"
    age: Limit = at_most(86400, unit="s")


def test_job_age(expected: JobAge, unfinished_jobs: UnfinishedJobs, observe: Observer) -> None:
    """No job stays unfinished for ever.

    Remedy: look at the oldest unfinished jobs and at the worker's log from the time they began; a job whose worker
    died has to be started again or marked as failed by hand, and whoever waits for its result has to know.
    """
    name = "oldest unfinished job"
    found = unfinished_jobs
    if found.table_is_empty:
        observe.unknown(name, f"{expected.table} is empty: is it still written?")
        return
    undated = sum(group.undated for group in found.by_status)
    if undated:
        observe.unknown("unfinished jobs without a time", f"{expected.created} is empty", undated)
    note = ", ".join(f"{group.count} {group.status}" for group in found.by_status[:6])
    ages = [group.oldest_seconds for group in found.by_status if group.oldest_seconds is not None]
    observe("unfinished jobs", sum(group.count for group in found.by_status), note=note)
    youngest = min(
        [*ages, *(group.newest_seconds for group in found.by_status if group.newest_seconds is not None)], default=0.0
    )
    if youngest < -CLOCKS_DIFFER_SECONDS:
        why = (
            f"{expected.created} lies in the future, so no age can be trusted: is the zone of the target the column's?"
        )
        observe.unknown("newest unfinished job", why, youngest, unit="s")
    observe(name, max([0.0, *ages]), expected.age, note=f"it is {found.by_status[0].status}" if ages else "")


class RatioThreshold(Expectation):
    """What share of the rows of each group may be bad, of those of this month and of the last `window`.

    Only rows with a status in `bad` or `good` count; a share of fewer than `minimum` rows says nothing.
    """

    database: Postgres
    table: str
    group: str
    status: str = "status"
    bad: Annotated[tuple[str, ...], Field(min_length=1)]
    good: Annotated[tuple[str, ...], Field(min_length=1)]
    created: str = "created_at"
    window: Duration = 604800
    minimum: int = 20
    share: Limit = at_most(5, unit="%")


def test_ratio_threshold(expected: RatioThreshold, shares: tuple[Share, ...], observe: Observer) -> None:
    """Few jobs fail.

    Remedy: read the errors of the failed ones of the group that is named; if they share a cause (a remote service, a
    full disk, a release), mend it and start them again, otherwise look at the newest few one by one.
    """
    window = f"the last {shown(expected.window, 's')}"
    judged = 0
    for share in shares:
        judged += _judge(f"bad share of {share.group} this month", share.month_bad, share.month_all, expected, observe)
        judged += _judge(
            f"bad share of {share.group} in {window}", share.window_bad, share.window_all, expected, observe
        )
    if not judged:
        found = sum(max(share.month_all, share.window_all) for share in shares)
        why = (
            f"{found} finished this month and in {window}; at least {expected.minimum} of one {expected.group} are due"
        )
        observe.unknown("groups with enough rows to judge", why, 0)


def _judge(name: str, bad: int, total: int, expected: RatioThreshold, observe: Observer) -> bool:
    enough = total > 0 and total >= expected.minimum
    few = "" if enough else ": too few to judge"
    share = 100 * bad / total if total else "not known"
    observe(name, share, expected.share if enough else None, unit="%", note=f"{bad} of {total}{few}")
    return enough
