"""Commands end as they should, and say what they should."""

import contextlib
import re
from typing import Annotated

from pydantic import BeforeValidator, Field, model_validator

from rounds.bound import Bound, refuse_unknown, worst
from rounds.checks.on_host import OnHost
from rounds.fixtures.commands import Ended
from rounds.judge import Observer
from rounds.limits import Exactly, Limit, at_least, at_most, exactly
from rounds.pattern import Pattern
from rounds.quantities import Duration, read

LONGEST_WORDS = 200


def _several(given: object) -> object:
    return given if isinstance(given, list | tuple) else (given,)


Patterns = Annotated[tuple[Pattern, ...], BeforeValidator(_several)]


class Command(OnHost):
    """How a command must end, and what its output must say. `^` and `$` in patterns are begin and end of a line.

    Each named group of `reads`, and each name of `counts`, is a figure that the output must tell. Where it tells one
    several times, the worst by its limit counts.
    """

    status: Annotated[tuple[int, ...], BeforeValidator(_several), Field(min_length=1)] = (0,)
    must_match: Patterns = ()
    must_not_match: Patterns = ()
    reads: Annotated[Patterns, Field(description="patterns whose named groups are figures or words")] = ()
    counts: Annotated[dict[str, Pattern], Field(default_factory=dict, description="how often each pattern fits")]
    limits: Annotated[dict[str, Bound], Field(default_factory=dict, description="by the name of the group or count")]
    slow: Annotated[Duration | None, Field(description="a run that takes longer is a warning")] = None

    @model_validator(mode="after")
    def _figures_fit(self) -> "Command":
        for pattern in self.reads:
            if not re.compile(pattern).groupindex:
                raise ValueError(f"reads: {pattern!r} has no named group: (?P<failed>\\d+)")
        refuse_unknown(self.limits, [*self.groups, *self.counts], "group or count")
        return self

    @property
    def groups(self) -> list[str]:
        """The named groups of all patterns, each once."""
        return list(dict.fromkeys(group for pattern in self.reads for group in re.compile(pattern).groupindex))


def test_command(expected: Command, ended: Ended, observe: Observer) -> None:
    """The command ends well and in time, and its output says so, too: many tell of failures and exit with 0.

    Remedy: run it by hand as the same user on the same host, and read its whole output. Was something it needs (a
    service, a file, a variable of its environment) there? Compare with the output of the last good round.
    """
    last = _last_words(expected, ended.output)
    in_time = at_most(expected.timeout, warning=expected.slow, unit="s")
    if ended.status is None:
        observe.critical("run time", f"it had to be stopped before it ended{last}", ended.seconds, unit="s")
        return
    observe("exit status", ended.status, exactly(*expected.status), note="" if not last else last.removeprefix("; "))
    observe("run time", min(ended.seconds, expected.timeout), in_time)
    if not ended.output.strip() and (expected.must_not_match or expected.counts):
        observe.unknown("output", "the command printed nothing: no word of failure is no word of success", "nothing")
    for pattern in expected.must_match:
        observe(f"lines that fit {pattern}", len(_fitting(pattern, ended.output)), at_least(1))
    for pattern in expected.must_not_match:
        found = _fitting(pattern, ended.output)
        note = f"such as: {found[0]}" if found and not expected.env_file else ""
        observe(f"lines that fit {pattern}", len(found), at_most(0), note=note)
    for name, pattern in expected.counts.items():
        observe(name, len(_fitting(pattern, ended.output)), _limit(expected, name))
    for group in expected.groups:
        _observe_figure(group, _texts(expected, group, ended.output), expected, observe)


def _last_words(expected: Command, output: str) -> str:
    """Not of a command that has secrets in its environment: nobody knows what it prints."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return f"; it ended with: {lines[-1][:LONGEST_WORDS]}" if lines and not expected.env_file else ""


def _fitting(pattern: str, output: str) -> list[str]:
    return [match[0][:LONGEST_WORDS] for match in re.finditer(pattern, output, re.MULTILINE)]


def _texts(expected: Command, group: str, output: str) -> list[str]:
    patterns = [pattern for pattern in expected.reads if group in re.compile(pattern).groupindex]
    found = [match[group] for pattern in patterns for match in re.finditer(pattern, output, re.MULTILINE)]
    return [text for text in found if text is not None]


def _limit(expected: Command, name: str) -> Limit | Exactly | None:
    return expected.limits[name].limit if name in expected.limits else None


def _observe_figure(name: str, texts: list[str], expected: Command, observe: Observer) -> None:
    """Judge what the output tells under one name; nothing, or a word where a number is due, is critical."""
    limit = _limit(expected, name)
    unit = expected.limits[name].unit if name in expected.limits else ""
    values = [_number(text, unit) for text in texts]
    numbers = [value for value in values if value is not None]
    if not texts:
        observe.critical(name, "the output does not tell it", "missing")
    elif limit is None:
        observe(name, texts[-1] if values[-1] is None else values[-1])
    elif isinstance(limit, Exactly) and any(isinstance(wanted, str) for wanted in limit.wanted):
        observe(name, worst(texts, limit), limit)
    elif len(numbers) < len(texts):
        observe.critical(name, "is no figure", texts[values.index(None)])
    else:
        observe(name, worst(numbers, limit), limit)


def _number(text: str, unit: str) -> float | None:
    """A plain number is in the limit's own unit; one with a unit is read as in a row."""
    with contextlib.suppress(ValueError):
        return float(text.replace(",", ""))
    with contextlib.suppress(ValueError):
        return read(text, unit)
    return None
