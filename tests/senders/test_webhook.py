"""Web hooks: what a receiver gets, how it knows that we sent it, and receivers that behave badly."""

import base64
import hashlib
import hmac
import json
import re
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from pydantic import ValidationError

from rounds.alerting.alert import Kind, Level
from rounds.senders import NotDelivered, Webhook
from rounds.senders.webhook import is_genuine, signature

SECRET = "a secret of the team"


@pytest.fixture
def hook(receiver):
    def made(**given):
        return Webhook(
            **({"name": "chat", "url": f"{receiver.url}/hooks/T0KEN-in-path?sig=QuerySecret99"} | given)
        ).sender()

    return made


@pytest.fixture
def refusal(hook, receiver, alert):
    def of(answer):
        receiver.answers = [answer]
        with pytest.raises(NotDelivered) as told:
            hook().send(alert())
        return told.value, len(receiver.seen)

    return of


def test_by_default_all_there_is_comes_as_json(hook, receiver, alert):
    about = alert(labels=(("team", "payments"),))
    hook().send(about)
    (seen,) = receiver.seen
    assert (seen.method, seen.path) == ("POST", "/hooks/T0KEN-in-path?sig=QuerySecret99")
    assert seen.headers["content-type"] == "application/json"
    assert seen.headers["idempotency-key"] == "flip-17"
    said = json.loads(seen.body)
    expected = {
        "format": 1, "id": "flip-17", "kind": "bad", "level": "critical", "system": "bigshot", "key": about.key, "is_over": False,
        "title": "CRITICAL: bigshot.resources.disk-usage: used is 91 %", "since": about.since, "at": about.at,
        "ends_at": about.ends_at, "batch": "daily", "round": about.round, "link": about.link, "lasted_seconds": None,
        "labels": {"team": "payments"}, "more": 0,
    }  # fmt: skip
    assert expected.items() <= said.items()
    assert said["text"].startswith("bigshot.resources.disk-usage is broken (critical) since ")
    assert said["rows"] == [
        {"id": about.key, "level": "critical", "summary": "used is 91 %, allowed is at most 90 %", "target": "app (local://)",
         "runbook": "Daily > Morning Checklist", "remedy": "find what grew; prune old exports", "severity": "critical",
         "since": "2026-11-20T03:00:00.000Z"}
    ]  # fmt: skip


def test_thousands_of_rows_are_cut_and_counted(hook, receiver, of_many):
    hook().send(of_many(5000))
    said = json.loads(receiver.seen[0].body)
    assert (len(said["rows"]), said["more"]) == (100, 4900)
    assert len(receiver.seen[0].body) < 100_000


def test_a_receiver_can_hold_the_signature_against_time_and_body(hook, receiver, alert):
    hook(secret=SECRET).send(alert())
    (seen,) = receiver.seen
    header = seen.headers["rounds-signature"]
    at, sent = re.fullmatch(r"t=(\d+),v1=([0-9a-f]{64})", header).groups()
    by_hand = hmac.new(SECRET.encode(), at.encode() + b"." + seen.body, hashlib.sha256).hexdigest()
    assert hmac.compare_digest(by_hand, sent)
    now = float(at)  # the header knows whole seconds only
    assert abs(time.time() - now) < 60
    assert is_genuine(SECRET, header, seen.body, now)
    assert not is_genuine(SECRET, header, seen.body + b" ", now)
    assert not is_genuine(SECRET + "x", header, seen.body, now)
    assert not is_genuine(SECRET, header, seen.body, now + 301), "an old request, sent again"
    assert not is_genuine(SECRET, header, seen.body, now - 301)
    assert not is_genuine(SECRET, f"t={int(at) + 1},v1={sent}", seen.body, now)
    for nonsense in ("", "t=1", "v1=" + sent, f"t={at},v1={'é' * 64}", header.upper()):
        assert not is_genuine(SECRET, nonsense, seen.body, now)


def test_the_signature_is_that_of_other_programs():
    assert signature(SECRET, 1700000000, b"{}") == (
        "t=1700000000,v1=" + hmac.new(SECRET.encode(), b"1700000000.{}", "sha256").hexdigest()
    )


def test_the_same_alert_sent_again_has_the_same_key(hook, receiver, alert):
    receiver.answers = [500, 200]
    with pytest.raises(NotDelivered):
        hook().send(alert())
    hook().send(alert())
    assert [seen.headers["idempotency-key"] for seen in receiver.seen] == ["flip-17", "flip-17"]


def test_method_headers_and_login_are_as_configured(hook, receiver, alert):
    hook(
        method="PUT",
        headers={"X-Team": "ops"},
        login="ada:pass word",
        content_type="text/plain",
        template="{{ title }}\n",
    ).send(alert())
    (seen,) = receiver.seen
    assert (seen.method, seen.headers["x-team"], seen.headers["content-type"]) == ("PUT", "ops", "text/plain")
    assert seen.headers["authorization"] == f"Basic {base64.b64encode(b'ada:pass word').decode()}"
    assert seen.body == b"CRITICAL: bigshot.resources.disk-usage: used is 91 %\n"


def test_a_login_in_the_url_is_sent_as_a_header(receiver, alert):
    Webhook(url=f"http://ada:se%2Fcret@{receiver.address}/x").sender().send(alert())
    assert receiver.seen[0].headers["authorization"] == f"Basic {base64.b64encode(b'ada:se/cret').decode()}"
    assert receiver.seen[0].path == "/x"


def test_a_template_makes_json_also_of_hostile_texts(hook, receiver, alert):
    template = '{"text": {{ (title ~ "\n" ~ text) | json }}, "n": {{ rows | length }}, "over": {{ is_over | json }}}'
    hook(template=template).send(alert(title='"}, {"admin": true} \\ <b> {{ 7 * 7 }} é \udc80 \x00'))
    said = json.loads(receiver.seen[0].body)
    assert said.keys() == {"text", "n", "over"}
    assert '"}, {"admin": true} \\ <b> {{ 7 * 7 }} é' in said["text"]


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ('{"text": "{{ title }}"}', "the template makes no JSON where a text has quotes"),
        ("{{ titel | json }}", "'titel' is undefined"),
        ('{"a": {{ title | json }', "the template cannot be read: line 1"),
        ("{{ title | shout }}", "No filter named 'shout'"),
        ("{{ ''.__class__.__mro__ }}", "the template cannot be filled"),
        ("{{ rows.append(1) }}", "the template cannot be filled"),
        ("{{ rows[0].id | json }}", "the template cannot be filled"),
        ("{% include '/etc/passwd' %}", "the template cannot be filled"),
        ("{% for i in range(999999999) %}x{% endfor %}", "Range too big"),
    ],
)
def test_mistakes_of_a_template_are_told_before_anything_is_sent(hook, template, words):
    with pytest.raises(ValidationError, match=re.escape(words)):
        hook(template=template)


def test_a_template_that_fails_with_one_alert_is_told_as_that(hook, receiver, alert):
    sender = hook(template='{{ {"bad": 1, "recovered": 2}[kind] | json }}')
    sender.send(alert())
    with pytest.raises(NotDelivered, match="the template cannot be filled") as told:
        sender.send(alert(kind=Kind.TEST, level=Level.GOOD))
    assert told.value.permanent
    assert len(receiver.seen) == 1


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_any_2xx_is_delivered(hook, receiver, alert, status):
    receiver.answers = [status]
    hook().send(alert())


@pytest.mark.parametrize(
    ("answer", "words", "again"),
    [
        (500, "answered 500 Internal Server Error", (False, None)),
        ((503, {"Retry-After": "120"}, b"down for\nrepair"), "answered 503 Service Unavailable: down for", (False, 120)),
        ((429, {"Retry-After": "3"}, b""), "answered 429 Too Many Requests", (False, 3)),
        ((429, {"Retry-After": "soon"}, b""), "answered 429 Too Many Requests", (False, None)),
        ((429, {"Retry-After": "-5"}, b""), "answered 429 Too Many Requests", (False, None)),
        ((429, {"Retry-After": "999999999"}, b""), "answered 429", (False, 3600)),
        (408, "answered 408 Request Timeout", (False, None)),
        (400, "answered 400 Bad Request", (True, None)),
        (413, "answered 413", (True, None)),
        (422, "answered 422", (True, None)),
        (401, "answered 401 Unauthorized", (False, None)),
        (404, "answered 404 Not Found", (False, None)),
        (410, "answered 410 Gone", (False, None)),
        (299 + 300, "answered 599", (False, None)),
        ((301, {"Location": "https://elsewhere.example/hook"}, b""), "301 Moved Permanently; it leads on to elsewhere.example, which is not followed", (False, None)),
        ((302, {"Location": "/login"}, b""), "302 Found; it leads on to another address", (False, None)),
    ],
)  # fmt: skip
def test_what_an_answer_means_for_trying_again(refusal, answer, words, again):
    error, requests = refusal(answer)
    assert words in str(error)
    assert (error.permanent, error.retry_after) == again
    assert requests == 1, "neither followed nor tried again"


def test_a_date_to_try_again_is_read(hook, receiver, alert):
    receiver.answers = [
        (503, {"Retry-After": format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)}, b"")
    ]
    with pytest.raises(NotDelivered) as told:
        hook().send(alert())
    assert 95 < told.value.retry_after <= 100


@pytest.mark.parametrize(
    "answer", [b"", b"220 smtp ready\r\n", b"\x00\x01\x02\n\n", b"HTTP/1.1 2", b"HTTP/1.1 200 OK\r\nContent-Le"]
)
def test_nonsense_and_half_an_answer_are_no_delivery(hook, receiver, alert, answer):
    receiver.answers = [answer]
    with pytest.raises(NotDelivered, match="gives no answer") as told:
        hook().send(alert())
    assert not told.value.permanent


def test_who_says_2xx_and_breaks_off_afterwards_has_taken_it(hook, receiver, alert):
    receiver.answers = [b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"]
    hook().send(alert())


def test_a_receiver_that_is_down_is_told(alert):
    with pytest.raises(NotDelivered, match=r"^chat \(127\.0\.0\.1:9\) gives no answer: connection refused$") as told:
        Webhook(name="chat", url="http://127.0.0.1:9/x").sender().send(alert())
    assert not told.value.permanent


def test_a_receiver_that_drips_is_left_at_the_deadline(hook, receiver, drips, alert):
    receiver.answers = [drips]
    begun = time.monotonic()
    with pytest.raises(NotDelivered, match="no complete answer within 300 ms"):
        hook(deadline="300ms").send(alert())
    assert time.monotonic() - begun < 20


def test_no_secret_is_in_an_error_also_when_the_receiver_sends_it_back(receiver, hook, alert):
    echo = (
        b"cannot POST /hooks/T0KEN-in-path?sig=QuerySecret99 with bearer TokenOfBearer and http://%s/hooks/T0KEN-in-path"
        % receiver.address.encode()
    )
    receiver.answers = [(404, {}, echo)]
    channel = hook(bearer="TokenOfBearer", secret=SECRET, headers={"X-Key": "HeaderSecret"})
    with pytest.raises(NotDelivered) as told:
        channel.send(alert())
    assert not [
        word for word in ("T0KEN", "QuerySecret", "TokenOfBearer", SECRET, "HeaderSecret") if word in str(told.value)
    ]
    assert f"chat ({receiver.address}) answered 404 Not Found: cannot POST" in str(told.value)
    assert not [word for word in ("T0KEN", "TokenOfBearer") if word in repr(channel.channel)]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"url": "hooks.example/x"}, "a URL such as https://alerts.example/hook is due"),
        ({"url": "https://hooks.example/a b"}, "a URL such as"),
        ({"url": "https://hooks.example/@team/T0KEN"}, "an @ in its path is written %40"),
        ({"bearer": "T0KEN\nx"}, "this has line breaks"),
        ({"secret": "short"}, "is too short to sign with"),
        ({"method": "GET"}, "'POST', 'PUT' or 'PATCH'"),
        ({"headers": {"Content-Length": "1"}}, "'Content-Length' is no header that can be set here"),
        ({"headers": {"X y": "1"}}, "'X y' is no header that can be set here"),
        ({"headers": {"X-Y": "1\r\nZ: 2"}}, "the header X-Y has line breaks"),
        ({"content_type": "text/plain\r\nX: y"}, "content_type"),
        ({"deadline": "0s"}, "greater than 0"),
        ({"dead_line": "1s"}, "Extra inputs are not permitted"),
    ],
)
def test_mistakes_of_the_configuration_are_told_without_secrets(hook, given, words):
    with pytest.raises(ValidationError) as told:
        hook(**given)
    assert words in str(told.value)
    assert "T0KEN" not in str(told.value)
    assert "Z: 2" not in str(told.value)
