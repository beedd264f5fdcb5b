"""Tasks run, end well, and leave good figures."""

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from rounds.bound import Bound, refuse_unknown
from rounds.checks.log_reading import LogRow, observe_read
from rounds.checks.run_figures import Ratio, figures_of, observe_figure, observe_ratio
from rounds.fixtures.log_runs import Run, TaskRuns
from rounds.judge import Observer
from rounds.limits import Limit, at_most, exactly
from rounds.pattern import Pattern
from rounds.quantities import Duration, shown


def _by_name(given: Any) -> Any:
    return dict.fromkeys(given) if isinstance(given, list | tuple) else given


def _several(given: Any) -> Any:
    return given if isinstance(given, list | tuple) else (given,)


class TaskLastRun(LogRow):
    """Which tasks must have a run that succeeded `within` some time, or each within its own, and what it may leave.

    Patterns are searched in a record with the lines that follow it, or in the field `event_field`. Whose a record is,
    a named group `task` says, or the field `task_field`; the only task of a row needs neither. Groups of `reads` are
    figures of the run; `absent` says what one is that the log leaves out. The log is read back for `reach`.
    """

    tasks: Annotated[
        dict[str, Duration | None], BeforeValidator(_by_name), Field(min_length=1, description="names, or name: time")
    ]
    succeeds: Annotated[Pattern, Field(description="in the record of a run that ended well")]
    fails: Annotated[Pattern | None, Field(description="in that of one that did not; it goes before succeeds")] = None
    begins: Pattern | None = None
    task_field: str = ""
    event_field: str = ""
    longest: Annotated[Duration | None, Field(gt=0, description="the time a run may take; needs begins")] = None
    reads: Annotated[tuple[Pattern, ...], BeforeValidator(_several)] = ()
    absent: Annotated[dict[str, str], Field(default_factory=dict, description="values of figures that are not told")]
    limits: Annotated[dict[str, Bound], Field(default_factory=dict, description="by the name of the group")]
    ratios: Annotated[dict[str, Ratio], Field(default_factory=dict, description="shares of figures, by any name")]
    error_levels: Annotated[tuple[str, ...], Field(description="records of a run that count as its errors")] = ()
    errors: Limit = at_most(0)
    reach: Annotated[Duration, Field(ge=0, description="0: as far as a success may be back")] = 0.0

    @model_validator(mode="after")
    def _can_be_followed(self) -> "TaskLastRun":
        events = [pattern for pattern in (self.begins, self.succeeds, self.fails) if pattern]
        named = all("task" in re.compile(pattern).groupindex for pattern in events)
        if len(self.tasks) > 1 and not self.task_field and not named:
            raise ValueError("several tasks: each pattern needs a group task: (?P<task>…), or the row a task_field")
        for name in filter(None, (self.task_field, self.event_field)):
            self.needs_field(name, "it is asked for")
        if self.error_levels:
            self.needs_field("level", "error_levels are asked for")
            if len(self.tasks) > 1 and not self.task_field:
                raise ValueError("error_levels of several tasks need a task_field, or nobody knows whose errors are")
        if self.longest is not None and not self.begins:
            raise ValueError("longest needs begins, the pattern of the record with which a run begins")
        figures = [group for pattern in self.reads for group in re.compile(pattern).groupindex]
        refuse_unknown([*self.limits, *self.absent], figures, "group")
        refuse_unknown([name for ratio in self.ratios.values() for name in ratio.part + ratio.of], figures, "group")
        return self


def test_task_last_run(expected: TaskLastRun, task_runs: TaskRuns, observe: Observer) -> None:
    """Each task has run lately, its last run ended well, and so did its figures.

    Remedy: for a task that did not run, see whether its schedule is still there and on (crontab, timer, beat), and
    whether its worker takes work. For one that failed, read its log from its beginning on; run it by hand only when
    it does no harm to run twice.
    """
    observe_read(expected, task_runs.read, observe)
    for task, period in expected.tasks.items():
        runs, running = task_runs.ended.get(task, ()), task_runs.running.get(task)
        now = task_runs.looked_at_epoch_seconds
        _observe_success(task, expected.within if period is None else period, runs, now, observe)
        if runs:
            _observe_last(task, expected, runs, observe)
        if running and running.began_epoch_seconds is not None and expected.longest is not None:
            since = now - running.began_epoch_seconds
            name = f"time of {task} without an end"
            observe(name, since, at_most(expected.longest, unit="s"), note="it has begun, and not ended")


def _observe_success(task: str, period: float, runs: tuple[Run, ...], now: float, observe: Observer) -> None:
    name = f"age of the last successful run of {task}"
    good = [run.ended_epoch_seconds for run in runs if run.succeeded and run.ended_epoch_seconds is not None]
    failed = sum(run.succeeded is False for run in runs)
    if good:
        observe(name, max(0.0, now - good[-1]), at_most(period, unit="s"), note=f"{failed} failed" if failed else "")
    else:
        observe.critical(name, f"no run has succeeded within {shown(period, 's')}; {failed} failed", "missing")


def _observe_last(task: str, expected: TaskLastRun, runs: tuple[Run, ...], observe: Observer) -> None:
    last = runs[-1]
    ended = "succeeded" if last.succeeded else "failed"
    observe(f"last run of {task}", ended, exactly("succeeded"), note="" if last.succeeded else last.line)
    if expected.longest is not None:
        began, end = last.began_epoch_seconds, last.ended_epoch_seconds
        took = end - began if began is not None and end is not None else None
        note = "" if took is not None else "the log does not tell when it began"
        observe(f"run time of {task}", took, at_most(expected.longest, unit="s"), note=note)
    if expected.error_levels:
        observe(f"errors in the last run of {task}", last.errors, expected.errors)
    figures = [figures_of(run, expected.absent) for run in reversed(runs)]
    for name, bound in expected.limits.items():
        observe_figure(f"{name} of {task}", figures[0].get(name), bound, observe)
    for name, ratio in expected.ratios.items():
        observe_ratio(f"{name} of {task}", ratio, figures, observe)
