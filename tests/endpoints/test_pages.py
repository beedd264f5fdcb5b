"""Statuses, headers, redirects, several instances, latency: real servers, looked at and judged."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from rounds.checks import test_http as pages
from rounds.checks import test_http_instances as several
from rounds.fixtures.answers import Answer
from rounds.judge import Observer
from rounds.outcome import Outcome
from rounds.targets import Endpoint

Row = Callable[..., Any]
Told = Callable[..., Any]


@pytest.mark.parametrize(
    ("given", "reply", "outcome", "words"),
    [
        ({"body": "list"}, (200, []), Outcome.OK, "list"),
        ({"body": "list"}, (200, {"events": []}), Outcome.CRITICAL, "body is object"),
        ({"body": "list"}, (200, b"<html>"), Outcome.CRITICAL, "is not JSON"),
        ({"body": "json"}, (200, b'{"a":1,"a":2}'), Outcome.UNKNOWN, "twice"),
        ({"headers": {"X-Cache": "(?i)cloudfront"}}, (200, b"", {"x-cache": "Hit from cloudfront"}), Outcome.OK, "Hit"),
        ({"headers": {"X-Cache": "(?i)cloudfront"}}, (200, b"", {"x-cache": "nginx"}), Outcome.CRITICAL, "does not match"),
        ({"headers": {"X-Amz-Cf-Id": ""}}, (200, b""), Outcome.CRITICAL, "header X-Amz-Cf-Id is missing"),
        ({"content_type": "application/json"}, (200, {}, {"Content-Type": "Application/JSON; charset=utf-8"}), Outcome.OK, "json"),
        ({"content_type": "application/json"}, (200, {}, {"Content-Type": "text/html"}), Outcome.CRITICAL, "text/html"),
        ({"below": 500}, (404, b""), Outcome.OK, "404"),
        ({"below": 500}, (500, b""), Outcome.CRITICAL, "at most 499"),
        ({"below": 500, "never": [403, 429]}, (429, b""), Outcome.CRITICAL, "refuses us"),
        ({"status": 401}, (200, b""), Outcome.CRITICAL, "allowed is 401"),
    ],
)  # fmt: skip
def test_a_page_is_judged_by_what_its_row_asks_for(
    told: Told, given: Any, reply: Any, outcome: Outcome, words: str
) -> None:
    seen = told(pages.test_http_status, pages.HttpStatus, lambda _: reply, **given)
    assert seen.outcome is outcome
    assert words in seen.summary


@pytest.mark.parametrize(
    "given", [{"status": 200, "below": 500}, {"never": [403]}, {"follow": 11}, {"headers": {"X": "("}}]
)
def test_a_row_that_contradicts_itself_is_refused(row: Row, given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        row(pages.HttpStatus, endpoint=Endpoint(name="a", url="http://localhost"), **given)


def test_redirects_are_followed_by_choice_and_must_end_where_they_should(row: Row, serving: Any, looked: Any) -> None:
    steps = {"/": "/a?token=s3cret", "/a?token=s3cret": "/b", "/b": "/login"}
    site = serving(lambda asked: (302, b"", {"Location": steps[asked.path]}) if asked.path in steps else (200, b""))
    assert looked(pages.test_http_status, row(pages.HttpStatus, endpoint=site)).outcome is Outcome.CRITICAL
    assert looked(pages.test_http_status, row(pages.HttpStatus, endpoint=site, follow=2)).outcome is Outcome.CRITICAL
    assert (
        looked(pages.test_http_status, row(pages.HttpStatus, endpoint=site, follow=3, ends_at="/login$")).outcome
        is Outcome.OK
    )
    seen = looked(pages.test_http_status, row(pages.HttpStatus, endpoint=site, follow=3, ends_at="/home$"))
    assert seen.outcome is Outcome.CRITICAL
    assert "s3cret" not in str(seen.observations)


def test_a_loop_of_redirects_ends(row: Row, serving: Any, looked: Any) -> None:
    site = serving(lambda _: (301, b"", {"Location": "/again"}))
    seen = looked(pages.test_http_status, row(pages.HttpStatus, endpoint=site, follow=5))
    assert "http status is 301" in seen.summary


def test_what_proves_who_asks_is_not_sent_to_another_host(row: Row, serving: Any, looked: Any) -> None:
    asked: list[dict[str, str]] = []

    def steal(request: Any) -> Any:
        asked.append(request.headers)
        return 200, b""

    other = serving(steal)

    def lead_on(request: Any) -> Any:
        asked.append(request.headers)
        return 302, b"", {"Location": f"{other.url}/steal"}

    site = serving(lead_on, bearer="s3cret-token", headers={"X-Api-Key": "s3cret-key"})
    assert looked(pages.test_http_status, row(pages.HttpStatus, endpoint=site, follow=1)).outcome is Outcome.OK
    assert asked[0]["authorization"] == "Bearer s3cret-token"
    assert "s3cret" not in str(asked[1])


def nobody() -> Endpoint:
    return Endpoint(name="gone", system="shop", url="http://127.0.0.1:1")


def hung(_: object) -> tuple[int, bytes]:
    time.sleep(6)
    return 200, b""


def test_every_instance_must_answer_and_the_one_that_hangs_is_named(row: Row, serving: Any, looked: Any) -> None:
    good = [serving(lambda _: (200, {"status": "ok"}), name) for name in ("one", "two")]
    expected = row(several.HttpInstances, instances=tuple(good), path="/health", healthy=["ok"], within="2s")
    assert looked(several.test_http_instances, expected).outcome is Outcome.OK
    ill = serving(hung, "three")
    seen = looked(
        several.test_http_instances, row(several.HttpInstances, instances=(*good, ill), within="2s", deadline="2s")
    )
    assert [each.name for each in seen.observations if each.verdict is Outcome.CRITICAL] == ["status of three"]


@pytest.mark.parametrize(
    ("ill", "outcome"), [(0, Outcome.OK), (1, Outcome.WARNING), (2, Outcome.CRITICAL), (3, Outcome.CRITICAL)]
)
def test_of_three_instances_two_must_be_good(row: Row, serving: Any, looked: Any, ill: int, outcome: Outcome) -> None:
    instances = tuple(
        serving(lambda _, number=number: (500 if number < ill else 200, {"status": "ok"}), f"i{number}")
        for number in range(3)
    )
    expected = row(several.HttpInstances, instances=instances, healthy=["ok"], good=2)
    assert looked(several.test_http_instances, expected).outcome is outcome


def test_an_instance_that_says_starting_is_not_good(row: Row, serving: Any, looked: Any) -> None:
    site = serving(lambda _: (200, {"status": "starting"}))
    seen = looked(several.test_http_instances, row(several.HttpInstances, instances=(site,), healthy=["healthy"]))
    assert "status is starting" in seen.summary
    assert seen.outcome is Outcome.CRITICAL


def test_foreign_sites_are_reachable_each_for_itself(row: Row, serving: Any, looked: Any) -> None:
    fine, refusing = serving(lambda _: (404, b""), "fine"), serving(lambda _: (403, b""), "refusing")
    vanished = Endpoint(name="vanished", system="shop", url="http://nowhere.invalid")
    rule = {"below": 500, "never": [403, 429], "within": "15s", "follow": 5}
    assert (
        looked(several.test_http_instances, row(several.HttpInstances, instances=(fine,), **rule)).outcome is Outcome.OK
    )
    seen = looked(
        several.test_http_instances, row(several.HttpInstances, instances=(fine, refusing, vanished, nobody()), **rule)
    )
    bad = {each.name: each.note for each in seen.observations if each.verdict is Outcome.CRITICAL}
    assert bad.keys() == {"status of refusing", "status of vanished", "status of gone"}
    assert "cannot be resolved" in bad["status of vanished"]


@pytest.mark.parametrize(
    ("listed", "outcome"),
    [(("fine",), Outcome.OK), (("fine", "forgotten"), Outcome.CRITICAL), ((), Outcome.CRITICAL), (None, Outcome.OK)],
)
def test_a_site_that_the_database_lists_must_be_looked_at(
    row: Row, listed: tuple[str, ...] | None, outcome: Outcome
) -> None:
    fine = Endpoint(name="fine", system="shop", url="http://fine.invalid")
    seen, observer = Answer(fine.url, 200, 0.1, "", None, "", "", False, 0.0, target="fine"), Observer()
    several.test_http_instances(row(several.HttpInstances, instances=(fine,)), (seen,), listed, observer)
    assert observer.outcome is outcome


def test_a_list_needs_its_database(row: Row) -> None:
    with pytest.raises(ValidationError, match="both, or none"):
        row(several.HttpInstances, instances=(nobody(),), listed_by="SELECT name FROM sites")


def test_latency_is_that_of_nearly_all_requests(row: Row, serving: Any, looked: Any) -> None:
    asked = []

    def site(_: object) -> tuple[int, bytes]:
        asked.append(1)
        time.sleep(0.3 if len(asked) % 10 == 0 else 0)
        return 200, b""

    endpoint = serving(site)
    seen = looked(
        pages.test_http_probe_latency,
        row(pages.HttpProbeLatency, endpoint=endpoint, requests=20, p50="200ms", p95="250ms"),
    )
    assert [each.name for each in seen.observations if each.verdict is not Outcome.OK] == ["p95"]
    assert len(asked) == 20


def test_failed_requests_are_no_fast_ones(row: Row, serving: Any, looked: Any) -> None:
    seen = looked(
        pages.test_http_probe_latency, row(pages.HttpProbeLatency, endpoint=serving(lambda _: (503, b"")), requests=5)
    )
    assert seen.outcome is Outcome.CRITICAL
    seen = looked(
        pages.test_http_probe_latency,
        row(pages.HttpProbeLatency, endpoint=serving(hung), requests=5, deadline="1s", failed=5),
    )
    assert seen.outcome is Outcome.UNKNOWN
