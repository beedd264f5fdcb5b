"""Rows that act, and how an instance behaves without what it depends on."""

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import pytest
from pydantic import SecretStr, ValidationError

from rounds.checks import test_http_degraded as degraded
from rounds.checks import test_http_flow as flows
from rounds.outcome import Outcome
from rounds.targets import Endpoint, secrets_of

Row = Callable[..., Any]
Told = Callable[..., Any]
JOB = "0b0f6f2e-6d3f-4a55-9d8e-5b1b0c0c7a11"

STEPS = [
    {"name": "log in", "method": "POST", "path": "/login", "form": {"username": "{user}", "password": "{password}"},
     "capture": {"token": "$.access_token"}},
    {"name": "list", "path": "/domains", "headers": {"Authorization": "Bearer {token}"},
     "conditions": [{"path": "$[*]", "at_least_matches": 1}]},
    {"name": "start", "method": "POST", "path": "/jobs", "headers": {"Authorization": "Bearer {token}"},
     "send": {"kind": "noop", "size": 1}, "capture": {"job_id": "$.id"}},
    {"name": "finish", "path": "/jobs/{job_id}", "headers": {"Authorization": "Bearer {token}"},
     "wait_for": {"path": "$.state", "values": ["done"], "every": "20ms", "at_most": "2s"}},
    {"name": "log out", "method": "DELETE", "path": "/session", "headers": {"Authorization": "Bearer {token}"},
     "always": True},
]  # fmt: skip


class Application:
    """An application with a login, jobs that take three looks, and a session that ends."""

    def __init__(self, **broken: Any) -> None:
        self.broken = broken
        self.asked: list[str] = []
        self.looks = 0

    def __call__(self, asked: Any) -> Any:
        key = f"{asked.method} {asked.path}"
        self.asked.append(key)
        if key in self.broken.get("replies", {}):
            return self.broken["replies"][key]
        if key == "POST /login":
            form = parse_qs(asked.body.decode())
            good = form == {"username": ["rounds"], "password": ["s3cret-word"]}
            return (200, {"access_token": "t0ken-of-today"}, {"Set-Cookie": "sid=abc; HttpOnly"}) if good else (401, {})
        if asked.headers.get("authorization") != "Bearer t0ken-of-today" or asked.headers.get("cookie") != "sid=abc":
            return 401, {}
        if key == "POST /jobs":
            return (201, {"id": JOB}) if asked.json == {"kind": "noop", "size": 1} else (422, {})
        self.looks += asked.path.startswith("/jobs/")
        states = {"GET /domains": [{"id": 1}], f"GET /jobs/{JOB}": {"state": "done" if self.looks > 2 else "running"}}
        return 200, states.get(key, {})


def walk(row: Row, serving: Any, looked: Any, site: Any) -> Any:
    endpoint = serving(site, secrets={"user": "rounds", "password": "s3cret-word"})
    expected = row(flows.HttpFlow, endpoint=endpoint, steps=STEPS, acts=True, deadline="10s")
    return looked(flows.test_http_flow, expected)


def test_the_main_functions_work_one_after_the_other(row: Row, serving: Any, looked: Any) -> None:
    site = Application()
    seen = walk(row, serving, looked, site)
    assert seen.outcome is Outcome.OK
    assert site.asked[-1] == "DELETE /session"
    assert "end of finish" in [each.name for each in seen.observations]
    assert not any(secret in str(seen.observations) for secret in ("s3cret", "t0ken", "abc"))


@pytest.mark.parametrize(
    ("replies", "words"),
    [
        ({"POST /jobs": (500, {})}, "start is 500"),
        ({"POST /login": (200, {})}, "log in: token is missing"),
        ({f"GET /jobs/{JOB}": (200, {"state": "running"})}, "waited in vain for done"),
        ({f"GET /jobs/{JOB}": (404, {})}, "finish is 404"),
        ({"GET /domains": (200, [])}, "matches of list: $[*] is 0"),
        ({"DELETE /session": (500, {})}, "log out is 500"),
    ],
)
def test_a_step_that_fails_is_told_and_the_session_is_ended(
    row: Row, serving: Any, looked: Any, replies: Any, words: str
) -> None:
    site = Application(replies=replies)
    seen = walk(row, serving, looked, site)
    assert seen.outcome is Outcome.CRITICAL
    assert words in seen.summary
    assert site.asked[-1] == "DELETE /session" or "POST /login" in replies


def test_a_step_that_takes_too_long_is_critical(row: Row, serving: Any, looked: Any) -> None:
    def slow(_: object) -> Any:
        time.sleep(0.3)
        return 200, {}

    steps = [{"name": "only", "method": "POST", "path": "/x", "within": "100ms"}]
    expected = row(flows.HttpFlow, endpoint=serving(slow), steps=steps, acts=True)
    assert "time of only" in looked(flows.test_http_flow, expected).summary


def export(row: Row, serving: Any, looked: Any, reply: Any, wait: float = 0) -> Any:
    conditions = [
        {"path": "$.job_id", "matches": r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"},
        {"path": "$.status", "equals": "processing"},
    ]
    steps = [{"name": "export", "method": "POST", "path": "/api/export", "within": "1500ms", "conditions": conditions}]

    def site(_: object) -> Any:
        time.sleep(wait)
        return reply

    return looked(flows.test_http_flow, row(flows.HttpFlow, endpoint=serving(site), steps=steps, acts=True)).outcome


def test_a_job_is_taken_at_once_and_done_later(row: Row, serving: Any, looked: Any) -> None:
    assert export(row, serving, looked, (202, {"job_id": JOB, "status": "processing"})) is Outcome.OK
    assert export(row, serving, looked, (202, {"job_id": JOB, "status": "processing"}), 2) is Outcome.CRITICAL
    assert export(row, serving, looked, (202, {"job_id": "7", "status": "processing"})) is Outcome.CRITICAL
    assert export(row, serving, looked, (200, {"job_id": JOB, "status": "done"})) is Outcome.CRITICAL


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"acts": False}, "acts: true"),
        ({}, "acts: true"),
        ({"acts": True, "retry": {"times": 3, "apart": "1s"}}, "leave out retry"),
        ({"acts": True, "steps": [{"name": "a", "path": "/{job}"}]}, "no step before it captures"),
        ({"acts": True, "steps": [{"name": "a", "path": "/"}, {"name": "a", "path": "/"}]}, "same name"),
    ],
)
def test_what_acts_must_say_so_and_know_its_words(row: Row, given: dict[str, Any], words: str) -> None:
    endpoint = Endpoint(name="a", url="http://localhost")
    with pytest.raises(ValidationError, match=words):
        row(flows.HttpFlow, endpoint=endpoint, **{"steps": [{"name": "a", "path": "/"}]} | given)


def test_what_steps_may_name_is_a_secret_of_the_target() -> None:
    endpoint = Endpoint(name="a", url="http://localhost", secrets={"password": SecretStr("s3cret-word")})
    assert "s3cret-word" in secrets_of(endpoint)
    assert "s3cret" not in repr(endpoint.model_dump())


def test_a_captured_word_cannot_lead_to_another_path(row: Row, serving: Any, looked: Any) -> None:
    asked: list[str] = []

    def site(request: Any) -> Any:
        asked.append(request.path)
        return 200, {"id": "../admin?x=1"}

    steps = [{"name": "a", "path": "/a", "capture": {"id": "$.id"}}, {"name": "b", "path": "/jobs/{id}"}]
    looked(flows.test_http_flow, row(flows.HttpFlow, endpoint=serving(site), steps=steps, acts=True))
    assert asked[1] == "/jobs/..%2Fadmin%3Fx%3D1"


ROUTES = [{"path": "/v1/events", "status": [200]}, {"path": "/v1/assistant", "within": "1500ms"}]
PROOF = {"path": "$.dependencies.model", "equals": "down"}


def without_model(told: Told, **change: Any) -> Any:
    replies = {
        "/health": (503, {"dependencies": {"model": "down"}}), "/v1/events": (200, []), "/v1/assistant": (503, {})
    } | change  # fmt: skip

    def site(asked: Any) -> Any:
        status, content, *wait = replies[asked.path]
        time.sleep(wait[0] if wait else 0)
        return status, content

    given = {"proof_path": "/health", "proof": PROOF, "routes": ROUTES, "deadline": "6s"}
    return told(degraded.test_http_degraded, degraded.HttpDegraded, site, **given)


def test_a_service_lives_on_without_its_dependency(told: Told) -> None:
    assert without_model(told).outcome is Outcome.OK


@pytest.mark.parametrize(
    ("change", "outcome", "words"),
    [
        ({"/v1/events": (503, {})}, Outcome.CRITICAL, "/v1/events is 503"),
        ({"/v1/assistant": (500, {})}, Outcome.CRITICAL, "orderly"),
        ({"/v1/assistant": (503, {}, 2)}, Outcome.CRITICAL, "time of /v1/assistant"),
        ({"/v1/assistant": (503, {}, 6)}, Outcome.CRITICAL, "/v1/assistant is missing"),
        ({"/health": (200, {"dependencies": {"model": "up"}})}, Outcome.UNKNOWN, "nothing was proven"),
        ({"/health": (200, {})}, Outcome.UNKNOWN, "nothing was proven"),
    ],
)
def test_what_breaks_without_its_dependency_is_told(told: Told, change: Any, outcome: Outcome, words: str) -> None:
    seen = without_model(told, **change)
    assert seen.outcome is outcome
    assert words in seen.summary


def test_a_route_that_is_sent_something_must_say_that_it_acts(row: Row) -> None:
    given = {"proof_path": "/health", "proof": PROOF, "routes": [{"path": "/v1/assistant", "send": {"q": "hi"}}]}
    with pytest.raises(ValidationError, match="acts: true"):
        row(degraded.HttpDegraded, endpoint=Endpoint(name="a", url="http://localhost"), **given)
