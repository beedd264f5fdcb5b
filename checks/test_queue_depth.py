"""The queues of a broker do not pile up."""

from rounds.expectation import Expectation
from rounds.fixtures.celery_workers import Backlog
from rounds.judge import Earlier, Observer
from rounds.limits import Limit, at_most
from rounds.quantities import Duration
from rounds.targets import Celery


class QueueDepth(Expectation):
    """How many messages may wait in all queues of the target, by how much that may grow, and how late an ETA may be.

    Growth is against an earlier round (at least `apart` ago), and only judged when more than `floor` wait. How long the
    `oldest` message waits can only be told where its sender writes the time into `time_header` (ISO 8601 or seconds
    since 1970): Celery itself does not.
    """

    celery: Celery
    waiting: Limit = at_most(1000)
    floor: int = 100
    growth: Limit = at_most(10, unit="%")
    apart: Duration = 300
    at_most_apart: Duration = 129600
    overdue: Limit = at_most(300, unit="s")
    time_header: str = ""
    oldest: Limit = at_most(3600, unit="s")


def test_queue_depth(expected: QueueDepth, backlog: Backlog, earlier: Earlier, observe: Observer) -> None:
    """The queues do not pile up, and what is planned starts in time.

    Remedy: see whether workers run and consume the queue; if they do, whether one kind of task fills it (a loop, a
    slow remote service). Start more workers; purge only what can be made again.
    """
    if not backlog.waiting:
        observe.unknown("waiting messages", f"the inventory names no queue of {expected.celery.name}", "unknown")
        return
    total = sum(backlog.waiting.values())
    deepest = max(backlog.waiting, key=lambda queue: backlog.waiting[queue], default="")
    observe("waiting messages", total, expected.waiting, note=f"most in {deepest}" if total else "")
    before = earlier.newest("waiting messages", at_least_old=expected.apart, at_most_old=expected.at_most_apart)
    if total > expected.floor:
        _growth(total, None if before is None else before.value, expected.growth, observe)
    observe("messages that workers hold", backlog.held, note="taken and not acknowledged; of all queues of the broker")
    if expected.time_header:
        _oldest(expected, total, backlog, observe)
    observe("most overdue task", backlog.overdue_seconds or 0.0, expected.overdue, note=backlog.overdue_task)
    if backlog.consumed is None:
        observe.unknown("workers that consume", "no worker answered, so nobody can say who consumes", "unknown")
        return
    for queue in sorted(backlog.waiting.keys() - backlog.consumed):
        why = "the runbook and the system disagree: no worker consumes this queue"
        observe.unknown(f"consumers of {queue}", why, 0)


def _oldest(expected: QueueDepth, total: int, backlog: Backlog, observe: Observer) -> None:
    name = "oldest waiting message"
    if backlog.undated:
        why = f"the runbook and the system disagree: no time in their header {expected.time_header!r}"
        observe.unknown("waiting messages without a time", why, backlog.undated)
    if backlog.oldest_seconds is not None:
        observe(name, backlog.oldest_seconds, expected.oldest)
    elif not total:
        observe(name, 0.0, expected.oldest, note="none waits")
    elif not backlog.undated:
        observe.unknown(name, "none of the waiting messages could be read: they went meanwhile, or are very large")


def _growth(total: int, before: float | None, limit: Limit, observe: Observer) -> None:
    if before is None:
        observe.unknown("growth", "no earlier figure to compare with: this round keeps the first")
    else:
        grown = 100 * (total - before) / max(before, 1)
        observe("growth", grown, limit, note=f"{before:.0f} earlier")
