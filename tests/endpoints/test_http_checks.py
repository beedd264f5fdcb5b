"""What the checks say of good and of bad answers."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from rounds.checks import test_http as checks
from rounds.checks import test_http_health, test_http_json
from rounds.fixtures.answers import Answer
from rounds.judge import Observer
from rounds.outcome import Outcome
from rounds.targets import Endpoint

NOW = 1795330800.0
API = Endpoint(name="api", system="shop", url="http://localhost:5000")


def answered(document: Any = None, status: int | None = 200, **given: Any) -> Answer:
    fact = Answer("http://localhost:5000/x", status, 0.02, "", document, "", "", with_credentials=False,
                  looked_at_epoch_seconds=NOW)  # fmt: skip
    return replace(fact, **given)


def judged(check: Callable[..., None], expected: Any, answer: Any) -> Observer:
    observer = Observer()
    check(expected, answer, observer)
    return observer


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (answered(), Outcome.OK),
        (answered(status=204), Outcome.CRITICAL),
        (answered(status=500), Outcome.CRITICAL),
        (answered(status=302, redirects_to="/login"), Outcome.CRITICAL),
        (answered(seconds=6.0), Outcome.CRITICAL),
        (answered(status=None, failure="connection refused"), Outcome.CRITICAL),
        (answered(status=200, failure="no complete answer within 9 s"), Outcome.CRITICAL),
    ],
)
def test_a_page_must_answer_with_its_status_in_time(row: Callable[..., Any], answer: Answer, outcome: Outcome) -> None:
    assert judged(checks.test_http_status, row(checks.HttpStatus, endpoint=API), answer).outcome is outcome


def test_a_page_that_must_be_refused_is_good_when_it_is(row: Callable[..., Any]) -> None:
    expected = row(checks.HttpStatus, endpoint=API, path="/admin", status=401)
    assert judged(checks.test_http_status, expected, answered(status=401)).outcome is Outcome.OK
    assert judged(checks.test_http_status, expected, answered()).outcome is Outcome.CRITICAL


GOOD = {"database": {"status": "healthy", "latency_ms": 1.2}, "celery": {"status": "healthy"}}


def health(row: Callable[..., Any], answer: Answer) -> Observer:
    names = {"components": "components", "required": ["database", "celery"], "healthy": ["healthy"]}
    return judged(
        test_http_health.test_http_health_json,
        row(test_http_health.HttpHealthJson, endpoint=API, path="/x", **names),
        (answer,),
    )


def test_a_healthy_service_with_healthy_components_is_ok(row: Callable[..., Any]) -> None:
    seen = health(row, answered({"status": "healthy", "components": GOOD}))
    assert seen.outcome is Outcome.OK
    assert "component celery" in [each.name for each in seen.observations]


@pytest.mark.parametrize(
    ("document", "status", "words"),
    [
        ({"status": "starting", "components": GOOD}, 200, "starting"),
        ({"components": GOOD}, 200, "status is missing"),
        ({"status": "healthy", "components": GOOD}, 500, "http status is 500"),
        ({"status": "healthy"}, 200, "lists no component"),
        ({"status": "healthy", "components": {}}, 200, "lists no component"),
        ({"status": "healthy", "components": {"database": "healthy"}}, 200, "component celery is missing"),
        ({"status": "healthy", "components": GOOD | {"redis": "down"}}, 200, "redis: down"),
        ({"status": "healthy", "components": GOOD | {"celery": {"status": "unhealthy"}}}, 200, "celery is unhealthy"),
        ({"status": "unhealthy", "components": GOOD | {"celery": {"status": "no worker"}}}, 503, "celery is no worker"),
        ({"status": "healthy", "components": [{"name": "celery", "status": "down"},
          {"name": "celery", "status": "healthy"}, {"name": "database", "status": "healthy"}]}, 200, "celery is down"),
        ({"error": "unavailable"}, 503, "http status is 503"),
        ([], 200, "status is missing"),
    ],
)  # fmt: skip
def test_whatever_is_not_wholly_healthy_is_critical(
    row: Callable[..., Any], document: Any, status: int, words: str
) -> None:
    seen = health(row, answered(document, status))
    assert seen.outcome is Outcome.CRITICAL
    assert words in seen.summary


@pytest.mark.parametrize(
    ("answer", "outcome", "words"),
    [
        (answered(status=401, document={"status": "healthy"}), Outcome.UNKNOWN, "the target has none"),
        (answered(status=403, with_credentials=True), Outcome.UNKNOWN, "the token was refused"),
        (answered(status=404), Outcome.UNKNOWN, "the runbook and the system disagree"),
        (answered(status=None, failure="connection refused"), Outcome.CRITICAL, "connection refused"),
        (answered(status=502, not_json="is not JSON"), Outcome.CRITICAL, "http status is 502"),
        (answered(not_json="is not JSON"), Outcome.CRITICAL, "is not JSON"),
        (answered(twice='"status"'), Outcome.UNKNOWN, 'has "status" twice in one object'),
        (answered(status=500, twice='"status"'), Outcome.CRITICAL, "http status is 500"),
        (answered({"status": "healthy", "components": GOOD}, seconds=7.0), Outcome.CRITICAL, "response time is 7 s"),
    ],
)
def test_an_answer_that_says_nothing_of_health_is_told_as_such(
    row: Callable[..., Any], answer: Answer, outcome: Outcome, words: str
) -> None:
    seen = health(row, answer)
    assert seen.outcome is outcome
    assert words in seen.summary


def test_without_components_in_the_row_only_the_status_counts(row: Callable[..., Any]) -> None:
    expected = row(test_http_health.HttpHealthJson, endpoint=API, path="/x")
    seen = judged(test_http_health.test_http_health_json, expected, (answered({"status": "ok"}),))
    assert seen.outcome is Outcome.OK


@pytest.mark.parametrize(("state", "outcome"), [("healthy", Outcome.OK), ("operational", Outcome.CRITICAL)])
def test_components_may_have_another_word_for_healthy(row: Callable[..., Any], state: str, outcome: Outcome) -> None:
    words = {"healthy": ["operational"], "healthy_components": ["healthy"], "required": ["storage"]}
    expected = row(test_http_health.HttpHealthJson, endpoint=API, path="/x", **words)
    told = answered({"status": "operational", "components": {"storage": state}})
    assert judged(test_http_health.test_http_health_json, expected, (told,)).outcome is outcome


FIGURES = {"timestamp": "2026-11-22T06:59:00Z", "jobs": {"pending": 3}, "memory_bytes": 1.5e9}


def figures(row: Callable[..., Any], answer: Answer) -> Observer:
    expected = row(test_http_json.HttpJsonFields, endpoint=API, path="/x", numbers=["jobs.pending", "memory_bytes"])
    return judged(test_http_json.test_http_json_fields, expected, answer)


def test_current_figures_are_ok(row: Callable[..., Any]) -> None:
    seen = figures(row, answered(FIGURES))
    assert seen.outcome is Outcome.OK
    assert {each.name: each.value for each in seen.observations}["age of the figures"] == 60


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"timestamp": "2026-11-22T06:54:00Z"}, "age of the figures is 6 min"),
        ({"timestamp": "2026-11-22T07:10:00Z"}, "future"),
        ({"timestamp": None}, "holds no time"),
        ({"timestamp": "soon"}, "holds no time: soon"),
        ({"memory_bytes": None}, "is missing"),
        ({"memory_bytes": "12"}, "no finite number: 12"),
        ({"memory_bytes": True}, "no finite number: true"),
        ({"memory_bytes": float("nan")}, "no finite number: NaN"),
        ({"memory_bytes": 10**400}, "no finite number: 1000"),
        ({"jobs": {}}, "jobs.pending"),
        ({"jobs": []}, "jobs.pending"),
    ],
)
def test_figures_that_are_old_missing_or_no_numbers_are_critical(
    row: Callable[..., Any], change: dict[str, Any], words: str
) -> None:
    seen = figures(row, answered(FIGURES | change))
    assert seen.outcome is Outcome.CRITICAL
    assert words in seen.summary


def test_figures_of_which_one_stands_twice_are_unknown(row: Callable[..., Any]) -> None:
    assert figures(row, answered(twice='"memory_bytes"')).outcome is Outcome.UNKNOWN


def test_figures_behind_an_error_are_not_judged(row: Callable[..., Any]) -> None:
    seen = figures(row, answered(FIGURES, status=500))
    assert seen.outcome is Outcome.CRITICAL
    assert "memory_bytes" not in [each.name for each in seen.observations]
