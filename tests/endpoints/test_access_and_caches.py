"""Who is let in, what comes from a cache, what comes in pages, and what an API says of itself."""

import itertools
import time
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from rounds.checks import test_http_access as access
from rounds.checks import test_http_caching as caching
from rounds.checks import test_http_paging as paging
from rounds.checks import test_openapi as openapi
from rounds.outcome import Outcome
from rounds.probe import CouldNotLook

Row = Callable[..., Any]
Told = Callable[..., Any]
OURS = "Bearer s3cret-token"


def guarded(anonymous: int = 401, malformed: int = 401, granted: int = 200) -> Callable[..., Any]:
    def site(asked: Any) -> tuple[int, bytes]:
        given = asked.headers.get("authorization")
        return {None: anonymous, OURS: granted}.get(given, malformed), b""

    return site


@pytest.fixture
def protected(row: Row, serving: Any, looked: Any) -> Callable[..., Any]:
    def look(**statuses: int) -> Any:
        endpoint = serving(guarded(**statuses), bearer="s3cret-token")
        return looked(access.test_http_auth_required, row(access.HttpAuthRequired, endpoint=endpoint, path="/admin"))

    return look


@pytest.mark.parametrize(
    ("statuses", "outcome", "words"),
    [
        ({}, Outcome.OK, "401"),
        ({"anonymous": 403}, Outcome.OK, "403"),
        ({"anonymous": 200}, Outcome.CRITICAL, "without credentials is 200"),
        ({"malformed": 200}, Outcome.CRITICAL, "with malformed credentials is 200"),
        ({"malformed": 500}, Outcome.CRITICAL, "with malformed credentials is 500"),
        ({"anonymous": 302}, Outcome.CRITICAL, "without credentials is 302"),
        ({"anonymous": 404, "malformed": 404, "granted": 404}, Outcome.CRITICAL, "does not exist"),
        ({"granted": 401}, Outcome.UNKNOWN, "renew them"),
        ({"granted": 500}, Outcome.CRITICAL, "with our credentials is 500"),
    ],
)
def test_a_protected_path_lets_in_who_proves_who_he_is(
    protected: Callable[..., Any], statuses: dict[str, int], outcome: Outcome, words: str
) -> None:
    seen = protected(**statuses)
    assert seen.outcome is outcome
    assert words in seen.summary


def test_without_credentials_of_our_own_nothing_is_proven(row: Row, serving: Any, looked: Any) -> None:
    seen = looked(access.test_http_auth_required, row(access.HttpAuthRequired, endpoint=serving(guarded()), path="/"))
    assert seen.outcome is Outcome.UNKNOWN


def test_the_malformed_credentials_are_of_the_same_kind_as_ours(row: Row, serving: Any, looked: Any) -> None:
    asked: list[dict[str, str]] = []

    def closed(request: Any) -> Any:
        asked.append(request.headers)
        return 401, b""

    site = serving(closed, login="jo:s3cret", headers={"X-Api-Key": "s3cret-k"})
    looked(access.test_http_auth_required, row(access.HttpAuthRequired, endpoint=site, path="/"))
    assert "authorization" not in asked[0]
    assert "x-api-key" not in asked[0]
    assert asked[1]["authorization"].startswith("Basic ")
    assert "malformed" in asked[1]["x-api-key"]
    assert asked[2]["x-api-key"] == "s3cret-k"


APP = "https://app.example.org"


def cors(told: Told, allow: Callable[[str], dict[str, str]], **given: Any) -> Any:
    base = {"path": "/v1", "origins": [APP]}
    site = lambda asked: (204, b"", allow(asked.headers["origin"]))  # noqa: E731 - a site is a function
    return told(access.test_http_cors, access.HttpCors, site, **base | given)


@pytest.mark.parametrize(
    ("allow", "given", "outcome", "words"),
    [
        (lambda origin: {"Access-Control-Allow-Origin": APP} if origin == APP else {}, {}, Outcome.OK, APP),
        (lambda _: {"Access-Control-Allow-Origin": APP}, {}, Outcome.OK, APP),
        (lambda _: {}, {}, Outcome.CRITICAL, "is missing"),
        (lambda origin: {"Access-Control-Allow-Origin": origin}, {}, Outcome.CRITICAL, "https://rounds.invalid, null"),
        (lambda _: {"Access-Control-Allow-Origin": "*"}, {}, Outcome.CRITICAL, "is *"),
        (lambda _: {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Credentials": "true"}, {},
         Outcome.CRITICAL, "with credentials"),
        (lambda _: {"Access-Control-Allow-Origin": APP}, {"method": "PUT"}, Outcome.CRITICAL, "PUT is not among"),
        (lambda _: {"Access-Control-Allow-Origin": APP, "Access-Control-Allow-Methods": "GET, PUT"}, {"method": "PUT"},
         Outcome.OK, APP),
    ],
)  # fmt: skip
def test_only_our_own_origins_are_let_in(told: Told, allow: Any, given: Any, outcome: Outcome, words: str) -> None:
    seen = cors(told, allow, **given)
    assert seen.outcome is outcome
    assert words in seen.summary


def slow(seconds: float) -> Any:
    time.sleep(seconds)
    return 200, {}


def cached(told: Told, site: Any, **given: Any) -> Any:
    base = {"path": "/v1/events", "every": "20ms"}
    return told(caching.test_http_cached_response, caching.HttpCachedResponse, site, **base | given)


def test_a_cached_answer_is_the_same_and_says_so(told: Told) -> None:
    calls = itertools.count()
    stamp = time.time() - 60

    def site(_: object) -> Any:
        state = "MISS" if next(calls) == 0 else "HIT"
        return 200, {"at": stamp}, {"X-Cache": state, "Cache-Control": "public, max-age=300"}

    seen = cached(told, site, hit={"X-Cache": "HIT"}, max_age="300s", computed="$.at", slower="5s")
    assert seen.outcome is Outcome.OK
    assert {each.name for each in seen.observations} >= {"calls not from the cache", "max-age", "age of the answer"}


@pytest.mark.parametrize(
    ("site", "given", "words"),
    [
        (lambda n: (200, {"n": n}), {}, "different answers is 2"),
        (lambda _: (200, {}, {"X-Cache": "MISS"}), {"hit": {"X-Cache": "HIT"}}, "calls not from the cache is 2"),
        (lambda _: (200, {}), {"max_age": "300s"}, "max-age is missing"),
        (lambda _: (200, {}, {"Cache-Control": "max-age=0"}), {"max_age": "300s"}, "grants no time"),
        (lambda _: (200, {}, {"Cache-Control": "max-age=86400"}), {"max_age": "300s"}, "allowed is at most 5 min"),
        (lambda _: (200, {"at": 1700000000}), {"computed": "$.at", "age": "300s"}, "age of the answer"),
        (lambda _: (200, {"at": "soon"}), {"computed": "$.at"}, "holds no time"),
        (lambda n: slow(0.3 * n), {}, "slower than the first call"),
        (lambda _: (500, {}), {}, "http status is 500"),
        (lambda n: (200 if n else 500, {}), {}, "http status is 500"),
    ],
)
def test_what_is_not_from_a_cache_or_too_old_is_critical(told: Told, site: Any, given: Any, words: str) -> None:
    calls = itertools.count()
    seen = cached(told, lambda _: site(next(calls)), **given)
    assert seen.outcome is Outcome.CRITICAL
    assert words in seen.summary


def test_each_worker_may_hold_a_copy_of_its_own(told: Told) -> None:
    calls = itertools.count()

    def site(_: object) -> Any:
        return 200, {"worker": next(calls) % 2}

    assert cached(told, site, in_a_row=6, copies=2, slower="5s").outcome is Outcome.OK
    assert cached(told, site, in_a_row=6).outcome is Outcome.CRITICAL
    with pytest.raises(ValidationError, match="more calls than copies"):
        cached(told, site, in_a_row=2, copies=2)


def listing(count: int, cut: int = 100, shift: int = 0) -> Callable[..., Any]:
    def site(asked: Any) -> Any:
        query = dict(part.split("=") for part in asked.path.partition("?")[2].split("&"))
        page, size = int(query["page"]), min(int(query["size"]), cut)
        first = max(0, (page - 1) * (size - shift))
        items = [{"id": number} for number in range(first, min(first + size, count))]
        return 200, {"items": items, "next": f"/jobs?page={page + 1}&size={size}" if first + size < count else None}

    return site


@pytest.mark.parametrize(
    "given", [{"path": "/jobs?page={page}&size={size}"}, {"path": "/jobs?page=1&size=10", "following": "$.next"}]
)
@pytest.mark.parametrize(
    ("site", "outcome", "words"),
    [
        (listing(25), Outcome.OK, "items is 25"),
        (listing(25, shift=1), Outcome.CRITICAL, "items on two pages"),
        (listing(0), Outcome.CRITICAL, "the list is empty"),
        (listing(95), Outcome.CRITICAL, "goes on after 3 pages"),
        (lambda _: (200, {"items": None}), Outcome.CRITICAL, "has no list"),
        (lambda _: (500, {}), Outcome.CRITICAL, "http status is 500"),
        (lambda _: (200, {"items": [{"id": n} for n in range(40)], "next": "/jobs?page=2&size=10"}), Outcome.CRITICAL, "largest page is 40"),
    ],
)  # fmt: skip
def test_pages_fit_together_and_end(told: Told, given: Any, site: Any, outcome: Outcome, words: str) -> None:
    seen = told(paging.test_http_pagination, paging.HttpPagination, site, size=10, ends=True, **given)
    assert seen.outcome is outcome
    assert words in seen.summary


def test_a_next_page_on_another_host_is_not_asked_for(row: Row, serving: Any, looked: Any) -> None:
    site = serving(lambda _: (200, {"items": [{"id": 1}], "next": "http://127.0.0.1:1/steal"}), bearer="s3cret-token")
    expected = row(paging.HttpPagination, endpoint=site, path="/", size=1, following="$.next")
    with pytest.raises(CouldNotLook, match="another host"):
        looked(paging.test_http_pagination, expected)


OPERATION = {"responses": {"200": {"description": "good"}}}


def described(**change: Any) -> dict[str, Any]:
    paths = {f"/v{n}/{what}": {"get": OPERATION} for n in (1, 2) for what in ("events", "assistant/chat")}
    return {"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": paths} | change


REQUIRED = ["GET /v1/events", "/v1/*", "/v2/events*", "/v2/assistant*"]


@pytest.mark.parametrize(
    ("document", "outcome", "words"),
    [
        (described(), Outcome.OK, "operations GET /v1/events is 1"),
        (described(paths={"/v1/events": {"get": OPERATION}}), Outcome.CRITICAL, "operations /v2/assistant* is 0"),
        (described(paths={"/v1/events": {"post": OPERATION}}), Outcome.CRITICAL, "operations GET /v1/events is 0"),
        (described(paths={}), Outcome.CRITICAL, "lists no paths"),
        (described(openapi="four"), Outcome.CRITICAL, "version is four"),
        (described(info={}), Outcome.CRITICAL, "info.title is missing"),
        (described(components={"schemas": {"A": {"$ref": "#/components/schemas/Gone"}}}), Outcome.CRITICAL, "leads nowhere"),
        (described() | {"paths": described()["paths"] | {"/v1/jobs/{id}": {"get": OPERATION}}}, Outcome.CRITICAL, "does not describe {id}"),
        (described() | {"paths": described()["paths"] | {"/v1/x": {"get": {}}}}, Outcome.CRITICAL, "lists no responses"),
        ([], Outcome.CRITICAL, "no JSON object"),
        ({"detail": "Not Found"}, Outcome.CRITICAL, "version is missing"),
    ],
)  # fmt: skip
def test_an_api_lists_what_is_due(told: Told, document: Any, outcome: Outcome, words: str) -> None:
    seen = told(openapi.test_openapi_contract, openapi.OpenapiContract, lambda _: (200, document), required=REQUIRED)
    assert seen.outcome is outcome
    assert words in seen.summary


def test_a_document_that_is_not_there_is_told_as_such(row: Row, serving: Any, looked: Any) -> None:
    expected = row(openapi.OpenapiContract, endpoint=serving(lambda _: (404, {})), required=REQUIRED)
    assert looked(openapi.test_openapi_contract, expected).outcome is Outcome.UNKNOWN


def test_paths_may_lie_below_one_server_address(row: Row, serving: Any, looked: Any) -> None:
    document = described(servers=[{"url": "https://example.org/api"}])
    expected = row(
        openapi.OpenapiContract, endpoint=serving(lambda _: (200, document)), required=["GET /api/v2/events"]
    )
    assert looked(openapi.test_openapi_contract, expected).outcome is Outcome.OK
