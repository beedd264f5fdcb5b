"""What checks on Prometheus' answers say alike. No sample, NaN and infinity are never good."""

import math
from collections.abc import Iterable, Sequence
from typing import Annotated, Literal

import pytest
from pydantic import Field

from rounds.fixtures.prometheus import Failures, History, Result, Sample
from rounds.fixtures.prometheus_rules import Rule
from rounds.fixtures.promql import one_line
from rounds.judge import Observer
from rounds.limits import Exactly, Limit, exactly
from rounds.outcome import Outcome
from rounds.quantities import shown

OnlyWhile = Annotated[
    str, Field(description="an expression: the row is judged while it is not 0 (write comparisons with bool)")
]
Figure = Annotated[str, Field(min_length=1, description="what reports call the value")]
Unit = Literal["", "s", "B", "%", "1/s", "B/s"]


def labelled(sample: Sample) -> str:
    """The labels of a series for a note."""
    return ", ".join(f"{name}={value}" for name, value in sorted(sample.labels.items()) if name != "__name__")[:200]


def tell_warnings(answers: Iterable[Result | History | None], observe: Observer) -> None:
    """Say what the server itself warns of: its answer may be partial, so it cannot be trusted to be good."""
    warnings = list(dict.fromkeys(said for answer in answers if answer is not None for said in answer.warnings))
    if warnings:
        observe.unknown("completeness", f"the server warns: {'; '.join(warnings)}"[:400], "doubtful")


def why_empty(answer: Result | History) -> str:
    """Why an expression gives nothing, as far as it can be told."""
    if answer.missing:
        return f"there is no series of {', '.join(answer.missing[:5])}"
    return f"{one_line(answer.query)} gives no value"


def is_due(condition: Result | None, observe: Observer) -> bool:
    """Whether a row's condition holds; a condition without a value is unknown, and the row is then judged."""
    if condition is None:
        return True
    values = [sample.value for sample in condition.samples]
    if not values or not all(map(math.isfinite, values)):
        why = "is not a number" if values else why_empty(condition)
        observe.unknown("condition", f"nobody can tell whether this is due: {why}", "missing")
        return True
    return any(values)


def skip_unless_due(condition: Result | None, observe: Observer) -> None:
    if not is_due(condition, observe):
        pytest.skip(f"not due now: {one_line(condition.query) if condition else ''} is 0")


def observe_value(observe: Observer, name: str, value: float, limit: Limit | Exactly, note: str = "") -> None:
    """Judge one value; NaN has no verdict, and infinity is bad or has none."""
    if math.isfinite(value):
        observe(name, value, limit, note=note)
    elif limit.verdict(value) is Outcome.CRITICAL:
        observe.critical(name, f"is {value}; {note}".strip("; "), str(value))
    else:
        what = "is not a number: nothing was divided by nothing" if math.isnan(value) else "is infinite"
        observe.unknown(name, f"{what}; {note}".strip("; "), str(value))


def worst_sample(samples: Sequence[Sample], limit: Limit | Exactly) -> Sample:
    """The series that its limit likes least; one that is not finite comes before all that are good."""
    sign = -1 if isinstance(limit, Limit) and limit.direction == "at least" else 1

    def badness(sample: Sample) -> tuple[int, float]:
        if math.isnan(sample.value):
            return Outcome.UNKNOWN.badness, 0.0
        verdict = limit.verdict(sample.value)
        odd = math.isinf(sample.value) and not verdict.is_bad
        return Outcome.UNKNOWN.badness if odd else verdict.badness, sign * sample.value

    return max(samples, key=badness)


def observe_share(
    observe: Observer, seen: Failures, least: float, limit: Limit, quiet: Literal["unknown", "critical"]
) -> None:
    """Judge the share of failures. No series at all is critical; too little traffic is what the row says."""
    tell_warnings([seen.bad, seen.total], observe)
    if not seen.total.samples:
        observe.critical("total", why_empty(seen.total), "missing")
        return
    if not seen.bad.samples and seen.bad.missing:
        observe.critical("failed", why_empty(seen.bad), "missing")
        return
    total, bad = (math.fsum(sample.value for sample in result.samples) for result in (seen.total, seen.bad))
    if not math.isfinite(total) or not math.isfinite(bad) or bad < 0:
        observe.unknown("share failed", f"{bad:g} of {total:g} is no share", "unusable")
    elif total < least or total <= 0:
        tell = observe.critical if quiet == "critical" else observe.unknown
        tell("total", f"too few to judge a share: {shown(max(least, 1))} are due", total)
    else:
        observe("total", total)
        observe("share failed", 100 * bad / total, limit, note=f"{shown(bad)} of {shown(total)}")


def observe_health(rule: Rule, name: str, observe: Observer) -> None:
    """Judge how the last evaluation of a rule went; before the first nobody can say."""
    if rule.health == "unknown":
        observe.unknown(name, f"{rule.name} has not been evaluated yet", rule.health)
    else:
        observe(name, rule.health, exactly("ok"), note=f"{rule.name}: {rule.error}" if rule.error else "")
