"""Endpoints let in whom they should, and nobody else."""

from typing import Annotated

from pydantic import Field

from rounds.checks.answers import StatusCode
from rounds.expectation import Expectation
from rounds.fixtures.access import Access, Preflight
from rounds.fixtures.answers import Answer
from rounds.judge import Observer
from rounds.limits import at_most, exactly
from rounds.targets import Endpoint


class HttpAuthRequired(Expectation):
    """That a path is closed without credentials and with malformed ones, and open with ours.

    Each round leaves two refused requests in the target's log.
    """

    endpoint: Endpoint
    path: str
    refused: Annotated[tuple[StatusCode, ...], Field(min_length=1)] = (401, 403)
    granted: StatusCode = 200


def test_http_auth_required(expected: HttpAuthRequired, access: Access, observe: Observer) -> None:
    """Only who proves who he is gets an answer.

    Remedy: with 200, take the path out of service or close it at the proxy first, then find out since when it was open
    and who asked for it (access log); with 500, the check of tokens itself fails: look into the application's log.
    """
    _observe_refusal("without credentials", access.anonymous, expected, observe)
    _observe_refusal("with malformed credentials", access.malformed, expected, observe)
    granted = access.granted
    if granted is None:
        why = "the target has none: a path that refuses everybody cannot be told from one that is protected"
        observe.unknown("with our credentials", why)
    elif granted.failure:
        observe.critical("with our credentials", f"{granted.url}: {granted.failure}", "missing")
    elif granted.status in (401, 403):
        observe.unknown("with our credentials", "they were refused: renew them", granted.status)
    else:
        observe("with our credentials", granted.status, exactly(expected.granted))


def _observe_refusal(name: str, answer: Answer, expected: HttpAuthRequired, observe: Observer) -> None:
    if answer.failure:
        observe.critical(name, f"{answer.url}: {answer.failure}", "missing")
    elif answer.status == 404:
        observe.unknown(name, f"the runbook and the system disagree: {answer.url} does not exist", 404)
    else:
        note = f"leads on to {answer.redirects_to}" if answer.redirects_to else ""
        observe(name, answer.status, exactly(*expected.refused), note=note)


class HttpCors(Expectation):
    """Which origins' pages may read answers: those that are named, exactly, and no others."""

    endpoint: Endpoint
    path: str
    origins: Annotated[tuple[str, ...], Field(min_length=1, description="such as https://app.example.org")]
    method: str = "GET"
    foreign: Annotated[tuple[str, ...], Field(min_length=1, description="origins that must not be let in")] = (
        "https://rounds.invalid",
        "null",
    )


def test_http_cors(expected: HttpCors, preflights: tuple[Preflight, ...], observe: Observer) -> None:
    """Pages of our origins may use the API, and pages of others may not.

    Remedy: name the origins one by one in the application's or the proxy's configuration; never send back whatever
    origin was asked for, and never `*` together with credentials.
    """
    let_in = []
    for seen in preflights:
        is_any = seen.allowed_origin == "*"
        if seen.failure:
            observe.critical(f"origin {seen.origin}", seen.failure, "missing")
        elif is_any and seen.with_credentials:
            observe.critical(f"origin {seen.origin}", "every origin is let in, with credentials", "*")
        elif seen.origin in expected.origins:
            _observe_own(seen, expected.method, observe)
        elif is_any or seen.allowed_origin.lower() == seen.origin.lower():
            let_in.append(seen.origin)
    observe("foreign origins let in", len(let_in), at_most(0), note=", ".join(let_in))


def _observe_own(seen: Preflight, method: str, observe: Observer) -> None:
    name = f"origin {seen.origin}"
    methods = [word.strip().upper() for word in seen.allowed_methods.split(",")]
    if seen.status is None or not 200 <= seen.status < 300:
        observe.critical(name, "the preflight request is refused", seen.status)
    elif method.upper() not in (*methods, "GET", "HEAD", "POST") and "*" not in methods:
        observe.critical(name, f"{method} is not among the methods that are allowed", seen.allowed_methods or "missing")
    else:
        observe(name, seen.allowed_origin or "missing", exactly(seen.origin))
