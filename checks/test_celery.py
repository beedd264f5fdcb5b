"""Celery's workers live, no task hangs, and the queues do not pile up."""

from rounds.expectation import Expectation
from rounds.fixtures.celery_workers import ActiveTasks, Backlog, Workers
from rounds.judge import Earlier, Observer
from rounds.limits import Exactly, Limit, at_least, at_most, exactly
from rounds.quantities import Duration
from rounds.targets import Celery


class CeleryWorkers(Expectation):
    """How many workers must answer a ping within 5 s, and how large the pool of each must be, if that matters."""

    celery: Celery
    workers_alive: Limit = at_least(1)
    pool_size: int | None = None


def test_celery_workers(expected: CeleryWorkers, workers: Workers, observe: Observer) -> None:
    """Celery workers are alive.

    Remedy: look at the worker's service and the end of its log, and at the broker (does it answer, is it full?); then
    restart the worker. A pool of another size than expected means other settings than those that were released.
    """
    if workers.failure:
        observe.critical("workers that answer", f"nobody can be reached: {workers.failure}", 0)
        return
    names = ", ".join(sorted(workers.pool_sizes)[:5])
    observe("workers that answer", len(workers.pool_sizes), expected.workers_alive, note=names)
    due: Exactly | None = None if expected.pool_size is None else exactly(expected.pool_size)
    for name, size in workers.pool_sizes.items():
        if size is None:
            observe.unknown(f"pool size of {name}", "it answered the ping, but told no figures in time")
        else:
            observe(f"pool size of {name}", size, due)


class CeleryTaskAge(Expectation):
    """How long a task may run."""

    celery: Celery
    running: Limit = at_most(1800, unit="s")


def test_celery_task_age(expected: CeleryTaskAge, active_tasks: ActiveTasks, observe: Observer) -> None:
    """No task hangs.

    Remedy: see what the task waits for (its log, py-spy dump on the worker's process, pg_stat_activity); revoke it with
    terminate if it is safe to run again, and give it a time limit.
    """
    seen = active_tasks
    if not seen.workers:
        observe.unknown("longest active task", "no worker answered, so nobody can say what is active", "unknown")
        return
    for task in seen.tasks:
        if task.seconds is None:
            observe.unknown("tasks without a start", f"{task.worker} does not say since when {task.name} runs")
    oldest = max(
        (task for task in seen.tasks if task.seconds is not None), key=lambda task: task.seconds or 0, default=None
    )
    note = f"{oldest.name} on {oldest.worker}" if oldest else f"no active task on {seen.workers} workers"
    observe("active tasks", len(seen.tasks))
    observe("longest active task", oldest.seconds if oldest else 0.0, expected.running, note=note)


class QueueDepth(Expectation):
    """How many messages may wait in all queues of the target, by how much that may grow, and how late an ETA may be.

    Growth is against an earlier round (at least `apart` ago), and only judged when more than `floor` wait.
    """

    celery: Celery
    waiting: Limit = at_most(1000)
    floor: int = 100
    growth: Limit = at_most(10, unit="%")
    apart: Duration = 300
    at_most_apart: Duration = 129600
    overdue: Limit = at_most(300, unit="s")


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
    observe("most overdue task", backlog.overdue_seconds or 0.0, expected.overdue, note=backlog.overdue_task)
    if backlog.consumed is None:
        observe.unknown("workers that consume", "no worker answered, so nobody can say who consumes", "unknown")
        return
    for queue in sorted(backlog.waiting.keys() - backlog.consumed):
        why = "the runbook and the system disagree: no worker consumes this queue"
        observe.unknown(f"consumers of {queue}", why, 0)


def _growth(total: int, before: float | None, limit: Limit, observe: Observer) -> None:
    if before is None:
        observe.unknown("growth", "no earlier figure to compare with: this round keeps the first")
    else:
        grown = 100 * (total - before) / max(before, 1)
        observe("growth", grown, limit, note=f"{before:.0f} earlier")
