"""Pings: a receiver that behaves as healthchecks.io does."""

import json
import re
import urllib.parse
import uuid

import pytest
from pydantic import ValidationError

from rounds.alerting.alert import Kind
from rounds.outcome import Outcome
from rounds.senders import NotDelivered, Ping

UUID = "803f680d-e89b-492b-82ef-2be7b774a92d"
KEY = "fqOOd6-F4MMNuCEnzTU01w"


class Healthchecks:
    """What the real server answers: to a uuid always 200, to a slug 200, 201, 404 or 409; rids must be uuids."""

    def __init__(self, receiver, slugs=(), limited=False):
        self.receiver, self.slugs, self.limited = receiver, list(slugs), limited
        self.events = []
        receiver.answers = [self.answer]

    def answer(self, handler):
        seen = self.receiver.seen[-1]
        path, _, query = seen.path.partition("?")
        asked = dict(urllib.parse.parse_qsl(query))
        status, words = self.judged(path.strip("/").split("/"), asked, seen.body.decode())
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(words)))
        handler.send_header("Ping-Body-Limit", "10000")
        handler.end_headers()
        handler.wfile.write(words.encode())

    def judged(self, steps, asked, body):
        if "rid" in asked:
            uuid.UUID(asked["rid"])
        by_uuid = re.fullmatch(r"[0-9a-f-]{36}", steps[0])
        signal = (steps[1:] if by_uuid else steps[2:]) or ["success"]
        if by_uuid and self.limited:
            return 200, "OK (rate limited)"
        if by_uuid and steps[0] != UUID:
            return 200, "OK (not found)"
        status = 200
        if not by_uuid and (steps[0] != KEY or self.slugs.count(steps[1]) > 1):
            return (404, "not found") if steps[0] != KEY else (409, "ambiguous slug")
        if not by_uuid and steps[1] not in self.slugs:
            if not (asked.get("create") == "1" and re.fullmatch(r"[a-z0-9_-]+", steps[1])):
                return 404, "not found"
            self.slugs.append(steps[1])
            status = 201
        self.events.append((signal[0], asked.get("rid"), body))
        return status, "Created" if status == 201 else "OK"


@pytest.fixture
def server(receiver):
    return lambda **given: Healthchecks(receiver, **given)


@pytest.fixture
def by_uuid(receiver):
    return Ping(name="heartbeat", url=f"{receiver.url}/{UUID}").sender()


def by_slug(receiver, **given):
    return Ping(
        **({"name": "heartbeat", "server": receiver.url, "key": KEY, "slug": "rounds-{batch}"} | given)
    ).sender()


def test_a_good_round_is_start_and_success_with_one_run_id(server, by_uuid, a_round):
    checks, told = server(), a_round(Outcome.OK, Outcome.SKIPPED)
    by_uuid.start(told.id, told.batch)
    by_uuid.send_round(told)
    (started, rid, _), (ended, same, body) = checks.events
    assert (started, ended) == ("start", "success")
    assert rid == same
    assert body == "ok: daily round 20261122T030000Z-daily: 1 skipped, 1 ok"


def test_rounds_have_run_ids_of_their_own(server, by_uuid):
    checks = server()
    by_uuid.start("one", "daily")
    by_uuid.start("other", "daily")
    assert checks.events[0][1] != checks.events[1][1]


@pytest.mark.parametrize("outcome", [Outcome.CRITICAL, Outcome.UNKNOWN])
def test_a_bad_round_fails_with_the_verdict_first_and_its_reasons(server, by_uuid, a_round, outcome):
    checks = server()
    by_uuid.send_round(a_round(Outcome.OK, outcome, Outcome.WARNING))
    ((signal, _, body),) = checks.events
    assert signal == "fail"
    assert body.splitlines() == [
        f"{outcome}: daily round 20261122T030000Z-daily: 1 {outcome}, 1 warning, 1 ok",
        f"{outcome}: bigshot.area.row-1: used is 91 %, allowed is at most 90 %",
        "warning: bigshot.area.row-2: used is 92 %, allowed is at most 90 %",
    ]


def test_a_round_that_judged_nothing_or_had_problems_fails(server, by_uuid, a_round):
    checks = server()
    by_uuid.send_round(a_round())
    by_uuid.send_round(a_round(Outcome.OK, problems=["no reports could be written"]))
    assert [signal for signal, _, _ in checks.events] == ["fail", "fail"]
    assert "nothing was judged" in checks.events[0][2]
    assert "problem: no reports could be written" in checks.events[1][2]


def test_warnings_are_a_success_and_an_entry_in_the_log(server, by_uuid, a_round):
    checks = server()
    by_uuid.send_round(a_round(Outcome.OK, Outcome.WARNING))
    assert [signal for signal, _, _ in checks.events] == ["success", "log"]
    assert checks.events[0][1:] == checks.events[1][1:]
    assert "warning: bigshot.area.row-1: used is 91 %" in checks.events[1][2]


def test_a_large_round_is_cut_between_lines(server, receiver, a_round):
    checks = server()
    told = a_round(*[Outcome.CRITICAL] * 2000)
    Ping(url=f"{receiver.url}/{UUID}").sender().send_round(told)
    Ping(url=f"{receiver.url}/{UUID}", body="1 kB").sender().send_round(told)
    for (_, _, body), longest in zip(checks.events, (10_000, 1_000), strict=True):
        lines = body.splitlines()
        assert longest * 0.8 < len(body.encode()) <= longest
        assert lines[0].startswith("critical: daily round")
        assert lines[-1] == f"and {2001 - (len(lines) - 1)} more"
        assert all(line.endswith("%") for line in lines[1:-1])


def test_hostile_text_reaches_nobody_as_it_is(server, by_uuid, a_round):
    checks, told = server(), a_round(Outcome.CRITICAL)
    told.records[0].summary = "\x1b[31mred\x1b[0m \udc80 é\nok: fine"
    by_uuid.send_round(told)
    assert checks.events[0][2].splitlines()[1:] == ["critical: bigshot.area.row-0: red \\xdc80 é ok: fine"]


def test_a_check_by_slug_is_one_a_batch_and_can_be_created(server, receiver, a_round):
    checks = server(slugs=["rounds-daily"])
    by_slug(receiver).send_round(a_round(Outcome.OK))
    with pytest.raises(NotDelivered, match="answered 404 Not Found") as told:
        by_slug(receiver).send_round(a_round(Outcome.OK, batch="Pre.Maintenance"))
    assert KEY not in str(told.value)
    by_slug(receiver, create=True).send_round(a_round(Outcome.OK, batch="Pre.Maintenance"))
    assert checks.slugs == ["rounds-daily", "rounds-pre-maintenance"]


def test_two_checks_of_one_slug_are_told(server, receiver, a_round):
    server(slugs=["rounds-daily", "rounds-daily"])
    with pytest.raises(NotDelivered, match="answered 409 Conflict: ambiguous slug"):
        by_slug(receiver).send_round(a_round(Outcome.OK))


def test_a_check_that_is_not_there_is_told_although_the_answer_is_200(server, receiver, a_round):
    server()
    gone = Ping(name="heartbeat", url=f"{receiver.url}/00000000-0000-4000-8000-000000000000").sender()
    with pytest.raises(NotDelivered, match=r"^heartbeat \(127\.0\.0\.1:\d+\) does not know this check$") as told:
        gone.send_round(a_round(Outcome.OK))
    assert told.value.permanent


def test_too_many_pings_are_told_although_the_answer_is_200(server, by_uuid):
    server(limited=True)
    with pytest.raises(NotDelivered, match="too many pings") as told:
        by_uuid.start("r", "daily")
    assert (told.value.permanent, told.value.retry_after) == (False, 60)


@pytest.mark.parametrize("status", [202, 204, 301, 400, 500])
def test_only_200_and_201_are_delivered(receiver, by_uuid, status):
    receiver.answers = [status]
    with pytest.raises(NotDelivered, match=f"answered {status}"):
        by_uuid.start("r", "daily")


def test_a_server_that_is_down_is_told_without_the_check(a_round):
    with pytest.raises(NotDelivered) as told:
        Ping(name="heartbeat", url=f"http://127.0.0.1:9/{UUID}").sender().send_round(a_round(Outcome.OK))
    assert str(told.value) == "heartbeat (127.0.0.1:9) gives no answer: connection refused"


def test_a_test_is_an_entry_in_the_log_and_changes_nothing(server, by_uuid, alert):
    checks = server()
    by_uuid.send(alert(kind=Kind.TEST))
    assert checks.events == [("log", None, "A test of this channel, sent by a person.")]
    with pytest.raises(NotDelivered, match="tells rounds, no alerts"):
        by_uuid.send(alert())


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "either url is due, or key and slug"),
        ({"key": KEY}, "either url is due, or key and slug"),
        ({"slug": "x"}, "either url is due, or key and slug"),
        ({"url": f"https://hc-ping.com/{UUID}", "slug": "x"}, "either url is due, or key and slug"),
        ({"url": f"https://hc-ping.com/{UUID}", "create": True}, "cannot be created"),
        ({"url": f"https://hc-ping.com/{UUID}?rid=1"}, "its url has no ?"),
        ({"key": KEY, "slug": "Upper"}, "slug"),
        ({"key": KEY, "slug": "a.b"}, "slug"),
    ],
)
def test_mistakes_of_the_configuration_are_told_without_the_key(given, words):
    with pytest.raises(ValidationError) as told:
        Ping(**given)
    assert words in str(told.value)
    assert not [secret for secret in (KEY, UUID) if secret in json.dumps(str(told.value))]
