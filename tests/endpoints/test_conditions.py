"""Conditions on JSON: what stands at a path, and what is not there."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from rounds.checks import test_http_health as health
from rounds.checks import test_http_json as checks
from rounds.outcome import Outcome
from rounds.targets import Endpoint

Row = Callable[..., Any]
Told = Callable[..., Any]
DOCUMENT: dict[str, Any] = {
    "status": "operational",
    "version": "2.4.1",
    "count": 7,
    "text": "7",
    "flag": True,
    "nothing": None,
    "none": [],
    "jobs": [{"id": 1, "state": "done"}, {"id": 2, "state": "failed"}],
}


def document() -> dict[str, Any]:
    """Young when it is asked for: all tests together take longer than its rows allow."""
    jobs = [job | {"at": time.time() - age} for job, age in zip(DOCUMENT["jobs"], (30, 9000), strict=True)]
    return DOCUMENT | {"jobs": jobs}


@pytest.mark.parametrize(
    ("condition", "outcome", "words"),
    [
        ({"path": "$.status", "equals": "operational"}, Outcome.OK, "operational"),
        ({"path": "status", "equals": ["ok", "operational"]}, Outcome.OK, "operational"),
        ({"path": "$.status", "equals": "ok"}, Outcome.CRITICAL, "allowed is ok"),
        ({"path": "$.gone", "equals": "ok"}, Outcome.CRITICAL, "does not have it"),
        ({"path": "$.gone"}, Outcome.CRITICAL, "does not have it"),
        ({"path": "$.nothing"}, Outcome.CRITICAL, "does not have it"),
        ({"path": "$.none[*]", "at_most": 5}, Outcome.CRITICAL, "does not have it"),
        ({"path": "$.count"}, Outcome.OK, "7"),
        ({"path": "$.count", "at_most": 7, "at_least": 7}, Outcome.OK, "7"),
        ({"path": "$.count", "at_most": {"warning": 5, "critical": 10}}, Outcome.WARNING, "at most 10"),
        ({"path": "$.count", "at_least": 8}, Outcome.CRITICAL, "at least 8"),
        ({"path": "$.text", "at_most": 9}, Outcome.CRITICAL, "no finite number"),
        ({"path": "$.flag", "at_most": 9}, Outcome.CRITICAL, "no finite number"),
        ({"path": "$.text", "equals": 7}, Outcome.CRITICAL, "is str, not int"),
        ({"path": "$.flag", "equals": 1}, Outcome.CRITICAL, "true"),
        ({"path": "$.flag", "equals": True}, Outcome.OK, "true"),
        ({"path": "$.version", "matches": r"^2\."}, Outcome.OK, "2.4.1"),
        ({"path": "$.version", "matches": r"^3\."}, Outcome.CRITICAL, "does not match"),
        ({"path": "$.jobs[*].state", "equals": "done"}, Outcome.CRITICAL, "failed"),
        ({"path": "$.jobs[*]", "at_least_matches": 2}, Outcome.OK, "2"),
        ({"path": "$.jobs[*]", "at_least_matches": 3}, Outcome.CRITICAL, "at least 3"),
        ({"path": "$.jobs[?@.state=='failed']", "at_most_matches": 0, "among": "$.jobs"}, Outcome.CRITICAL, "is 1"),
        ({"path": "$.jobs[?@.state=='lost']", "at_most_matches": 0, "among": "$.jobs"}, Outcome.OK, "is 0"),
        ({"path": "$.work[?@.state=='lost']", "at_most_matches": 0, "among": "$.work"}, Outcome.CRITICAL, "$.work"),
        ({"path": "$.jobs[*].at", "age": "5min"}, Outcome.OK, "at most 5 min"),
        ({"path": "$.jobs[1].at", "age": "5min"}, Outcome.CRITICAL, "at most 5 min"),
        ({"path": "$.status", "age": "5min"}, Outcome.CRITICAL, "holds no time"),
    ],
)
def test_a_condition_holds_for_everything_at_its_path(told: Told, condition: Any, outcome: Outcome, words: str) -> None:
    seen = told(checks.test_http_json, checks.HttpJson, lambda _: (200, document()), path="/x", conditions=[condition])
    assert seen.outcome is outcome
    assert words in seen.summary


@pytest.mark.parametrize(
    ("conditions", "words"),
    [
        ([{"path": "$.a["}], "is no JSONPath"),
        ([{"path": "$.a", "at_most_matches": 0}], "needs among"),
        ([{"path": "$.a"}, {"path": "$.a"}], "two conditions are called"),
        ([{"path": "$.a", "matches": "("}], "no regular expression"),
        ([{"path": "$.a", "at_most": "10 MB"}], "plain number"),
        ([], "at least 1"),
    ],
)
def test_a_condition_that_cannot_be_judged_is_refused(row: Row, conditions: Any, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        row(checks.HttpJson, endpoint=Endpoint(name="a", url="http://localhost"), path="/", conditions=conditions)


def test_an_error_with_a_good_body_is_not_good(row: Row, serving: Any, looked: Any) -> None:
    site = serving(lambda _: (500, {"status": "operational"}))
    expected = row(checks.HttpJson, endpoint=site, path="/", conditions=[{"path": "$.status", "equals": "operational"}])
    assert looked(checks.test_http_json, expected).outcome is Outcome.CRITICAL
    expected = row(health.HttpHealthJson, endpoint=site, path="/", status="$.status", healthy=["operational"])
    assert looked(health.test_http_health_json, expected).outcome is Outcome.CRITICAL


def test_a_document_too_deep_for_a_path_has_nothing_there(row: Row, serving: Any, looked: Any) -> None:
    site = serving(lambda _: (200, b"[" * 500 + b"]" * 500))
    expected = row(checks.HttpJson, endpoint=site, path="/", conditions=[{"path": "$..status", "equals": "ok"}])
    assert looked(checks.test_http_json, expected).outcome is Outcome.CRITICAL


def in_a_row(row: Row, serving: Any, looked: Any, states: list[str]) -> Any:
    left = iter(states)
    site = serving(lambda _: (200, {"status": next(left)}))
    given = {"healthy": ["healthy"], "in_a_row": 3, "every": "50ms"}
    return looked(health.test_http_health_json, row(health.HttpHealthJson, endpoint=site, path="/health", **given))


def test_healthy_three_times_in_a_row_is_ok(row: Row, serving: Any, looked: Any) -> None:
    seen = in_a_row(row, serving, looked, ["healthy"] * 3)
    assert seen.outcome is Outcome.OK
    assert "healthy in a row is 3" in seen.summary


@pytest.mark.parametrize(
    "states", [["healthy", "healthy", "starting"], ["starting", "healthy", "healthy"], ["healthy", "down", "healthy"]]
)
def test_once_not_healthy_breaks_the_row(row: Row, serving: Any, looked: Any, states: list[str]) -> None:
    seen = in_a_row(row, serving, looked, states)
    assert seen.outcome is Outcome.CRITICAL
    assert "healthy in a row is 2" in seen.summary


def test_pauses_that_leave_no_time_to_look_are_refused(row: Row) -> None:
    with pytest.raises(ValidationError, match="half of the deadline"):
        row(
            health.HttpHealthJson,
            endpoint=Endpoint(name="a", url="http://localhost"),
            path="/",
            in_a_row=5,
            every="10s",
        )


def test_components_may_be_named_by_a_jsonpath(row: Row, serving: Any, looked: Any) -> None:
    given = {"components": "$.checks.parts", "required": ["storage"], "healthy": ["healthy"], "path": "/health"}
    for state, outcome in (("healthy", Outcome.OK), ("degraded", Outcome.CRITICAL)):
        document = {"status": "healthy", "checks": {"parts": {"storage": state}}}
        site = serving(lambda _, document=document: (200, document))
        assert (
            looked(health.test_http_health_json, row(health.HttpHealthJson, endpoint=site, **given)).outcome is outcome
        )
