"""metrics.prom, for the textfile collector of node_exporter.

An outcome is one number in one series, not six series of 0 and 1: a flip changes a value and not the set of series,
so `changes()`, `for:` and silences keep working, and 200 expectations cost 200 series instead of 1,200. Every series
has the label `batch`: the files of several batches lie in one folder, where no two may say the same series.
"""

import math
import platform
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from rounds.outcome import Outcome
from rounds.record import Record
from rounds.reports.text import line
from rounds.round import Round

NUMBERS = {
    Outcome.OK: 0,
    Outcome.WARNING: 1,
    Outcome.CRITICAL: 2,
    Outcome.UNKNOWN: 3,
    Outcome.SKIPPED: 4,
    Outcome.WAIVED: 5,
}
"""0 to 3 as Nagios has them, so that `>= 1 and <= 3` is what is wrong."""

_MEANING = ", ".join(f"{number} {outcome}" for outcome, number in NUMBERS.items())
_HELP = {
    "rounds_expectation_outcome": f"Outcome of an expectation: {_MEANING}.",
    "rounds_expectation_since_timestamp_seconds": "Since when the expectation has had this outcome.",
    "rounds_observation_value": "A figure that a check observed, in the base unit that the label unit names.",
    "rounds_round_outcome": f"Outcome of the whole round: {_MEANING}.",
    "rounds_round_records": "How many expectations of the round had the outcome.",
    "rounds_round_problems": "How many things went wrong with the round itself.",
    "rounds_round_duration_seconds": "How long the round took.",
    "rounds_round_finished_timestamp_seconds": "When the round finished.",
    "rounds_round_last_success_timestamp_seconds": "When the round finished; only there if it is ok.",
    "rounds_build_info": "The versions of Rounds and Python that made this, always 1.",
}
_MOST_FIGURES = 100  # of one expectation: a target with thousands of components must not flood Prometheus
_LONGEST_LABEL = 200

Series = Iterator[tuple[str, dict[str, str], float]]


def write(told: Round, path: Path) -> None:
    with path.open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
        file.writelines(lines(told))


def lines(told: Round) -> Iterator[str]:
    """The whole text, with its final line break and without times, for whoever sends it elsewhere."""
    samples: dict[str, dict[str, float]] = {name: {} for name in _HELP}
    for name, labels, value in _series(told):
        # The first one stays: a series said twice would void the whole file.
        samples[name].setdefault(_labels(labels | {"batch": told.batch}), value)
    for name in filter(samples.get, _HELP):
        yield f"# HELP {name} {_HELP[name]}\n# TYPE {name} gauge\n"
        yield from (f"{name}{labels} {_number(value)}\n" for labels, value in samples[name].items())


def _series(told: Round) -> Series:
    for record in told.worst_first:
        yield from _series_of_record(record)
    yield from _series_of_round(told)


def _series_of_record(record: Record) -> Series:
    which = {"id": record.id}
    place = {"system": record.system, "area": record.area, "severity": record.severity}
    yield "rounds_expectation_outcome", which | place, NUMBERS[record.outcome]
    if record.since:
        yield "rounds_expectation_since_timestamp_seconds", which, _seconds(record.since)
    worst_first = sorted(record.observations, key=lambda seen: -seen.verdict.badness)
    for seen in worst_first[:_MOST_FIGURES]:
        if isinstance(seen.value, int | float):
            yield "rounds_observation_value", which | {"observation": seen.name, "unit": seen.unit}, seen.value


def _series_of_round(told: Round) -> Series:
    yield "rounds_round_outcome", {}, NUMBERS[told.outcome]
    for outcome, count in told.counts.items():
        yield "rounds_round_records", {"outcome": outcome}, count
    yield "rounds_round_problems", {}, len(told.problems)
    yield "rounds_round_duration_seconds", {}, told.seconds
    if told.finished_at:
        yield "rounds_round_finished_timestamp_seconds", {}, _seconds(told.finished_at)
        if not told.outcome.is_bad:
            yield "rounds_round_last_success_timestamp_seconds", {}, _seconds(told.finished_at)
    yield "rounds_build_info", {"version": told.version, "python": platform.python_version()}, 1


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()


def _labels(labels: dict[str, str]) -> str:
    pairs = ",".join([f'{label}="{_escaped(text)}"' for label, text in labels.items()])
    return f"{{{pairs}}}"


def _escaped(text: str) -> str:
    return line(text, _LONGEST_LABEL).replace("\\", r"\\").replace('"', r"\"")


def _number(value: float) -> str:
    """A number as Go reads it; `repr` keeps every digit."""
    if math.isfinite(value):
        return repr(float(value)).removesuffix(".0")
    return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"
