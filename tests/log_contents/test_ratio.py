"""Shares of what a log tells."""

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from rounds.checks import test_log_ratio as checks
from rounds.fixtures import log_sums  # noqa: F401 - it registers its probe
from rounds.judge import Observer
from rounds.outcome import Outcome
from rounds.probe import PROBES
from rounds.targets import Log

Row = Callable[..., Any]
Write = Callable[..., None]
HITS = {
    "counts": {"hits": "cache hit", "misses": "cache miss"},
    "part": ["hits"],
    "of": ["hits", "misses"],
    "lowest": "80%",
    "within": "7d",
}
BY_DOMAIN = {
    "counts": {"refused": r"GET (?P<domain>\S+) 429", "served": r"GET (?P<domain>\S+) (?!429)\d{3}"},
    "part": ["refused"],
    "of": ["refused", "served"],
    "by": "domain",
    "highest": "1%",
}


@pytest.fixture
def judge(row: Row, observer: Observer) -> Callable[..., Observer]:
    def judged(log: Log, **given: Any) -> Observer:
        expected = row(checks.LogRatio, log=log, **given)
        asked = {name: getattr(expected, name) for name in ("also", "within", "counts", "by")}
        checks.test_log_ratio(expected, PROBES["log_sums"].look(log, **asked), observer)
        return observer

    return judged


@pytest.mark.parametrize(("hits", "outcome"), [(80, Outcome.OK), (79, Outcome.CRITICAL), (0, Outcome.CRITICAL)])
def test_records_are_counted(judge: Any, text_log: Log, write: Write, hits: int, outcome: Outcome) -> None:
    write(500, "INFO cache hit", times=hits)
    write(400, "INFO cache miss", times=100 - hits)
    assert judge(text_log, **HITS).outcome is outcome


def test_few_look_ups_have_no_share(judge: Any, text_log: Log, write: Write) -> None:
    write(20_000, "INFO cache hit", times=1000)
    write(400, "INFO cache hit", times=99)
    seen = judge(text_log, **HITS)
    assert seen.outcome is Outcome.UNKNOWN
    assert "only 99" in seen.summary


def test_a_silent_log_is_not_good(judge: Any, text_log: Log, write: Write) -> None:
    write(20_000, "INFO cache hit", times=1000)
    assert judge(text_log, **HITS).outcome is Outcome.CRITICAL


@pytest.mark.parametrize(("misses", "outcome"), [(50, Outcome.OK), (51, Outcome.CRITICAL)])
def test_figures_in_records_are_summed(judge: Any, text_log: Log, write: Write, misses: int, outcome: Outcome) -> None:
    write(50, f"INFO run done hits=100 misses={misses}")
    write(40, "INFO run done hits=1,100 misses=250")
    counts = {"hits": r"hits=(?P<count>[\d,]+)", "misses": r"misses=(?P<count>[\d,]+)"}
    assert judge(text_log, **{**HITS, "counts": counts}).outcome is outcome


def test_a_figure_that_is_none_is_told(judge: Any, text_log: Log, write: Write) -> None:
    write(50, "INFO run done hits=100 misses=nan")
    counts = {"hits": r"hits=(?P<count>\S+)", "misses": r"misses=(?P<count>\S+)"}
    assert judge(text_log, **{**HITS, "counts": counts}).outcome is Outcome.UNKNOWN


def test_each_domain_has_a_share_of_its_own(judge: Any, text_log: Log, write: Write) -> None:
    write(50, "INFO GET a.example 200", times=900)
    write(50, "INFO GET a.example 429", times=9)
    write(50, "INFO GET b.example 200", times=95)
    assert judge(text_log, **BY_DOMAIN).outcome is Outcome.OK
    write(50, "INFO GET b.example 429", times=5)
    seen = judge(text_log, **BY_DOMAIN)
    assert seen.outcome is Outcome.CRITICAL
    assert "for b.example" in seen.summary
    assert "for a.example" not in seen.summary


@pytest.mark.parametrize(("refused", "outcome"), [(1, Outcome.OK), (2, Outcome.CRITICAL)])
def test_a_small_domain_is_not_overlooked(
    judge: Any, text_log: Log, write: Write, refused: int, outcome: Outcome
) -> None:
    write(50, "INFO GET a.example 200", times=900)
    write(50, "INFO GET b.example 429", times=refused)
    assert judge(text_log, **BY_DOMAIN).outcome is outcome


def test_values_that_are_all_too_small_hold_no_lower_limit(judge: Any, text_log: Log, write: Write) -> None:
    for name in "abc":
        write(50, f"INFO {name} good", times=60)
    given = {
        "counts": {"good": r"(?P<who>\w) good", "bad": r"(?P<who>\w) bad"},
        "part": ["good"],
        "of": ["good", "bad"],
    }
    assert judge(text_log, **given, by="who", lowest="90%").outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"of": ["misses"]}, "must be in of"),
        ({"part": ["hit"]}, "no count 'hit'"),
        ({"highest": "90%"}, "lowest, or highest"),
        ({"by": "domain"}, "no field domain"),
    ],
)
def test_rows_that_make_no_share_are_refused(row: Row, text_log: Log, given: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        row(checks.LogRatio, log=text_log, **{**HITS, **given})
