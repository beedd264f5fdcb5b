"""Log lines are records with values in them."""

from typing import Annotated

from pydantic import Field, model_validator

from rounds.expectation import Expectation
from rounds.fixtures.log_structure import Structure
from rounds.judge import Observer
from rounds.limits import Limit, at_least
from rounds.quantities import Duration, shown
from rounds.targets import Log


class LogStructure(Expectation):
    """Which share of the newest lines has the declared form of the log, with values in the named fields.

    `whole` is the share of all lines; `values` that of the lines in the declared form (JSON, or what fits the log's
    pattern) which lack nothing: a time that can be read and lies between the log's beginning and now, each of `fields`
    with a value (null is none), and in each field of `one_of` one of these values, written as there.
    """

    log: Log
    lines: Annotated[int, Field(ge=1, le=20_000, description="how many of the newest lines are looked at")] = 1000
    within: Annotated[Duration | None, Field(gt=0, description="only lines of this time, ending now")] = None
    fields: Annotated[tuple[str, ...], Field(description="fields that must have a value, besides the time")] = ()
    one_of: Annotated[dict[str, tuple[str, ...]], Field(default_factory=dict, description="values a field may have")]
    enough: Annotated[Limit, Field(description="how many lines there must be")] = at_least(1)
    whole: Limit = at_least(99, unit="%")
    values: Limit = at_least(99, unit="%")

    @model_validator(mode="after")
    def _fields_are_declared(self) -> "LogStructure":
        unknown = {*self.fields, *self.one_of} - self.log.fields
        if unknown:
            raise ValueError(f"{self.log.name} declares no field {', '.join(sorted(unknown))}")
        return self


def test_log_structure(expected: LogStructure, log_structure: Structure, observe: Observer) -> None:
    """The log's newest lines are records of the declared form, and their fields hold real values.

    Remedy: look at the lines named here. A traceback as plain text comes from a handler that does not use the log's
    formatter (the server's own, or print); a null from a formatter that names an attribute which records do not have:
    compare its field names with those of the logging library. Find the deployment since which it is so.
    """
    seen = log_structure
    age = seen.newest_age_seconds
    newest = "no time in them can be read" if age is None else f"newest is {shown(age, 's')} old"
    observe("lines", seen.lines, expected.enough, note=newest)
    if not seen.lines:
        observe.critical("whole records", "there is no line to judge", "missing")
        return
    stray = seen.lines - seen.formed
    said = [f"{stray} lines of no such form"] if stray else []
    flaws = [f"{count} with {flaw}" for flaw, count in sorted(seen.flaws.items(), key=lambda flaw: -flaw[1])]
    sample = seen.samples.get("no record", "")
    such = f"such as: {sample}" if sample else ""
    whole = 100 * (seen.formed - seen.flawed) / seen.lines
    observe("whole records", whole, expected.whole, note="; ".join([*said, *flaws[:5], *([such] if such else [])]))
    if not seen.formed:
        observe.critical("records without a flaw", "no line has the form of a record", "missing")
        return
    note = "; ".join([*flaws[:5], *_samples(seen)])
    observe("records without a flaw", 100 * (seen.formed - seen.flawed) / seen.formed, expected.values, note=note)


def _samples(seen: Structure) -> list[str]:
    worst = max(seen.flaws, key=lambda flaw: seen.flaws[flaw], default="")
    return [f"such as: {seen.samples[worst]}"] if seen.samples.get(worst) else []
