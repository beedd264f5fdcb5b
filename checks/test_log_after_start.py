"""Logs hold no errors since their services started."""

import math
from typing import Annotated

from pydantic import Field, model_validator

from rounds.checks.log_reading import LogRow, observe_read
from rounds.fixtures.log_starts import SinceStart
from rounds.judge import Observer
from rounds.limits import Limit, at_most
from rounds.pattern import Pattern
from rounds.quantities import Duration, shown

TRACEBACK = r"^Traceback \(most recent call last\)"


class LogAfterStart(LogRow):
    """How many errors each log may have since its service started, `within` some time of that.

    The start is that of the container of a log with `compose`, or the newest record that fits `start`, at most `reach`
    back. With `before`, as many errors are allowed as there would be at the rate of that time before the start.
    """

    within: Annotated[Duration, Field(gt=0)] = 900.0
    start: Annotated[Pattern | None, Field(description="in the record with which a service says that it starts")] = None
    reach: Annotated[Duration, Field(gt=0)] = 86_400.0
    before: Annotated[Duration, Field(ge=0)] = 0.0
    levels: tuple[str, ...] = ("ERROR", "CRITICAL", "FATAL")
    matching: Annotated[Pattern | None, Field(description="in a record or what follows it: it is an error")] = TRACEBACK
    count: Annotated[Limit, Field(description="errors beyond those at the rate before")] = at_most(0)
    started: Annotated[Limit, Field(description="how long ago it may be; older is no start to look at")] = at_most(
        86_400, unit="s"
    )

    @model_validator(mode="after")
    def _start_is_told(self) -> "LogAfterStart":
        for log in (self.log, *self.also):
            if self.start is None and not (log.compose and log.service):
                raise ValueError(f"nothing tells when the service of {log.name} started: name a pattern as start")
        if self.levels:
            self.needs_field("level", "levels are asked for")
        elif self.matching is None:
            raise ValueError("a row says what an error is: levels, or matching")
        return self


def test_log_after_start(expected: LogAfterStart, since_start: tuple[SinceStart, ...], observe: Observer) -> None:
    """Since its start a service has logged no error that it did not log before.

    Remedy: read the log from the start on; the first error counts, the others follow from it. A missing variable,
    migration or file is set right and the service started again; otherwise go back to the version before.
    """
    for seen in since_start:
        _observe_log(expected, seen, f" of {seen.log}" if expected.also else "", observe)


def _observe_log(expected: LogAfterStart, seen: SinceStart, of: str, observe: Observer) -> None:
    if seen.started_seconds is None:
        why = f"no container of it, or no record of a start within {shown(expected.reach, 's')}"
        observe.critical(f"time since the start{of}", why, "missing")
        return
    observe(f"time since the start{of}", seen.started_seconds, expected.started)
    observe_read(expected, seen.read, observe, of)
    window = min(expected.within, seen.started_seconds)
    usual = math.ceil(seen.errors_before * window / seen.before_seconds) if seen.before_seconds else 0
    said = [f"{seen.errors} within {shown(window, 's')}"]
    if expected.before:
        said.append(f"{seen.errors_before} in {shown(seen.before_seconds, 's')} before")
    if seen.newest:
        said.append(f"such as: {seen.newest}")
    observe(f"errors since the start{of}", max(0, seen.errors - usual), expected.count, note="; ".join(said))
