"""Celery's workers live, and no task hangs."""

from rounds.expectation import Expectation
from rounds.fixtures.celery_workers import ActiveTasks, Workers
from rounds.judge import Observer
from rounds.limits import Exactly, Limit, at_least, at_most, exactly
from rounds.targets import Celery


class CeleryWorkers(Expectation):
    """How many workers must answer a ping, and how large the pool of each must be, if that matters.

    `answer` is how late the slowest answer may be; nobody is waited for longer than 5 s.
    """

    celery: Celery
    workers_alive: Limit = at_least(1)
    answer: Limit = at_most(5, unit="s")
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
    silent = max(0, workers.known - len(workers.pool_sizes))
    names += f"; the broker knows {silent} more, silent or dead" if silent else ""
    observe("workers that answer", len(workers.pool_sizes), expected.workers_alive, note=names.strip("; "))
    late = workers.answer_seconds
    if late:
        slowest = max(late, key=lambda name: late[name])
        observe("slowest answer", late[slowest], expected.answer, note=slowest)
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
    for what, count in (("reserved tasks", seen.reserved), ("scheduled tasks", seen.scheduled)):
        if count is None:
            observe.unknown(what, "not every worker told them in time")
        else:
            observe(what, count)
    observe("longest active task", oldest.seconds if oldest else 0.0, expected.running, note=note)
