"""Answers come from a cache."""

import re
from collections.abc import Callable
from statistics import median
from typing import Annotated

from pydantic import Field, model_validator

from rounds.checks.answers import is_answered, observe_age
from rounds.expectation import Expectation
from rounds.fixtures.answers import Answer, said
from rounds.json_path import JsonPath
from rounds.judge import Observer
from rounds.limits import Limit, at_most
from rounds.pattern import Pattern
from rounds.quantities import Duration
from rounds.targets import Endpoint

_MAX_AGE = re.compile(r"(?:^|[\s,])max-age\s*=\s*\"?(\d+)")


class HttpCachedResponse(Expectation):
    """That calls one after the other get the same answer, from a cache, and that it is not older than it may be.

    What proves the cache: a header that says hit, a `max_age` in Cache-Control, or a stamp in the answer that tells
    when it was `computed`. Where each worker process has a cache of its own, `copies` is their number.
    """

    endpoint: Endpoint
    path: str
    in_a_row: Annotated[int, Field(ge=2, le=20, description="how many calls")] = 2
    every: Annotated[Duration, Field(description="the pause between two calls")] = 1.0
    copies: Annotated[int, Field(ge=1, description="caches that may hold different answers")] = 1
    hit: Annotated[dict[str, Pattern], Field(description="header to the pattern of a hit, such as X-Cache: HIT")] = {}  # noqa: RUF012 - pydantic copies it
    max_age: Annotated[Duration | None, Field(description="the most that Cache-Control may grant")] = None
    computed: Annotated[JsonPath | None, Field(description="path of the stamp of when it was computed")] = None
    age: Limit = at_most(300, unit="s")
    slower: Annotated[Limit, Field(description="how much slower the later calls may be than the first")] = at_most(
        0.1, unit="s"
    )
    within: Limit = at_most(5, unit="s")

    @model_validator(mode="after")
    def _can_be_told(self) -> "HttpCachedResponse":
        if self.in_a_row <= self.copies:
            raise ValueError("more calls than copies are due: each cache may have to fetch the answer once")
        return self


def test_http_cached_response(
    expected: HttpCachedResponse, answers_in_a_row: tuple[Answer, ...], observe: Observer
) -> None:
    """The answer comes from the cache and is fresh enough.

    Remedy: compare two calls (`curl -si URL`) in headers and body; look whether the cache is switched on, whether its
    store can be reached, and whether its time to live is what it should be.
    """
    bad = [each for each in answers_in_a_row if each.failure or each.status != 200 or each.not_json]
    last = (bad or answers_in_a_row)[-1]
    if not is_answered(expected.within, last, observe) or bad:
        return
    first, *later = [answer.seconds for answer in answers_in_a_row]
    observe("slower than the first call", max(0.0, median(later) - first), expected.slower)
    bodies = {answer.digest for answer in answers_in_a_row}
    observe("different answers", len(bodies), at_most(expected.copies))
    if expected.hit:
        missed = _count(answers_in_a_row, lambda answer: not _is_hit(answer, expected.hit))
        observe("calls not from the cache", missed, at_most(expected.copies))
    if expected.max_age is not None:
        _observe_max_age(expected.max_age, last, observe)
    if expected.computed is not None:
        _observe_computed(expected, expected.computed, answers_in_a_row, observe)


def _count(answers: tuple[Answer, ...], holds: Callable[[Answer], bool]) -> int:
    return sum(holds(answer) for answer in answers)


def _is_hit(answer: Answer, hit: dict[str, str]) -> bool:
    return any(re.search(pattern, answer.headers.get(name.lower(), "")) for name, pattern in hit.items())


def _observe_max_age(most: float, answer: Answer, observe: Observer) -> None:
    control = answer.headers.get("cache-control", "")
    granted = _MAX_AGE.search(control.lower())
    if granted is None or "no-store" in control.lower() or int(granted[1]) == 0:
        observe.critical("max-age", "Cache-Control grants no time", control or "missing")
    else:
        observe("max-age", float(granted[1]), at_most(most, unit="s"))


def _observe_computed(expected: HttpCachedResponse, path: str, answers: tuple[Answer, ...], observe: Observer) -> None:
    stamps = {said(answer.field(path)) for answer in answers}
    ages = [age for answer in answers if (age := answer.age_seconds(path)) is not None]
    if len(ages) < len(answers):
        observe.critical("age of the answer", f"{path} holds no time: {min(stamps)}", "unknown")
        return
    observe("times it was computed", len(stamps), at_most(expected.copies))
    observe_age(observe, "age of the answer", max(ages), expected.age)
