"""A real Alertmanager: what it holds, what it sends on, and what amtool shows of it."""

import json
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from rounds.alerting.alert import Alert, Kind, Level
from rounds.estate.part import wait_until
from rounds.senders import Alertmanager, AlertmanagerSender, NotDelivered

UNREACHABLE = "http://127.0.0.1:9"


@pytest.fixture
def sender(alertmanager) -> AlertmanagerSender:
    return Alertmanager(name="pager", urls=[alertmanager.url]).sender()


@pytest.fixture
def named(alert, request) -> Callable[..., Alert]:
    """An alert of this test alone: the Alertmanager is there for all."""
    name = request.node.name.partition("[")[0].removeprefix("test_").replace("_", "-")[:60]

    def made(**given: Any) -> Alert:
        key = f"bigshot.resources.{name}"
        return alert(**({"key": key, "rows": (replace(alert().rows[0], id=key),), "title": key} | given))

    return made


def amtool(alertmanager, *words: str) -> list[dict[str, Any]]:
    command = ["amtool", f"--alertmanager.url={alertmanager.url}", "-o", "json", *words]
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, env={"HOME": "/nonexistent", "PATH": "/usr/bin:/bin"}
    )
    return json.loads(done.stdout or "[]") or []


def held(alertmanager, about: Alert) -> list[dict[str, Any]]:
    return amtool(alertmanager, "alert", "query", f'{"cause" if "/" in about.key else "expectation"}="{about.key}"')


def sent_on(notices, about: Alert) -> list[dict[str, Any]]:
    """The notices that Alertmanager sent of it, in order."""
    return [
        notice for seen in list(notices.seen) if about.key in (notice := json.loads(seen.body))["groupLabels"].values()
    ]


def test_amtool_sees_an_alert_with_stable_labels_and_the_values_in_annotations(alertmanager, sender, named, later):
    about = named(since=later(hours=-2))
    sender.send(about)
    (shown,) = held(alertmanager, about)
    assert shown["labels"] == {
        "alertname": "RoundsExpectation", "system": "bigshot", "area": "resources", "expectation": about.key,
        "severity": "critical", "instance": "app (local://)",
    }  # fmt: skip
    assert shown["annotations"]["summary"] == f"CRITICAL: {about.key}"
    assert "used is 91 %, allowed is at most 90 %" in shown["annotations"]["description"]
    assert shown["annotations"]["runbook"] == "Daily > Morning Checklist"
    assert shown["annotations"]["remedy"].startswith("find what grew")
    assert shown["annotations"]["round"] == about.round
    assert shown["startsAt"] == about.since
    assert shown["endsAt"] == about.ends_at
    assert shown["generatorURL"] == about.link


def test_sending_again_in_each_round_is_one_alert_and_one_notice(alertmanager, sender, notices, named, later):
    about = named()
    sender.send(about)
    wait_until(lambda: sent_on(notices, about), "a notice is sent on")
    for number in range(3):
        row = replace(about.rows[0], summary=f"used is 9{number + 2} %")
        sender.firing(
            [replace(about, id=f"again-{number}", rows=(row,), at=later(), ends_at=later(days=2), round=f"r{number}")]
        )
    (shown,) = held(alertmanager, about)
    assert shown["annotations"]["round"] == "r2"
    assert "used is 94 %" in shown["annotations"]["description"]
    time.sleep(0.3)  # several of its group intervals
    assert len(sent_on(notices, about)) == 1


def test_a_recovery_ends_the_alert_and_is_sent_on(alertmanager, sender, notices, named):
    about = named()
    sender.send(about)
    wait_until(lambda: sent_on(notices, about), "a notice is sent on")
    sender.send(replace(about, id="r", kind=Kind.RECOVERED, level=Level.GOOD, lasted_seconds=7800.0))
    assert held(alertmanager, about) == []
    wait_until(lambda: len(sent_on(notices, about)) == 2, "the recovery is sent on")
    said = sent_on(notices, about)[1]
    assert said["status"] == "resolved"
    assert "not good for 2 h 10 min" in said["alerts"][0]["annotations"]["description"]
    sender.send(replace(about, id="r", kind=Kind.RECOVERED, level=Level.GOOD))  # once more changes nothing


def test_another_level_is_another_severity_and_ends_the_one_before(alertmanager, sender, named):
    about = named(level=Level.WARNING)
    sender.send(about)
    assert [each["labels"]["severity"] for each in held(alertmanager, about)] == ["warning"]
    sender.send(replace(about, level=Level.CRITICAL))
    assert [each["labels"]["severity"] for each in held(alertmanager, about)] == ["critical"]
    sender.send(replace(about, level=Level.UNKNOWN))
    assert [each["labels"]["severity"] for each in held(alertmanager, about)] == ["unknown"]
    elsewhere = replace(about.rows[0], target="another host")
    sender.send(replace(about, kind=Kind.RECOVERED, level=Level.GOOD, rows=(elsewhere,)))
    assert held(alertmanager, about) == []


def test_what_lasts_at_another_level_is_one_alert(alertmanager, sender, named):
    about = named(level=Level.UNKNOWN)
    sender.send(about)
    for level in (Level.CRITICAL, Level.UNKNOWN):
        sender.firing([replace(about, level=level)])
        assert [each["labels"]["severity"] for each in held(alertmanager, about)] == [str(level)]


def test_what_another_installation_tells_of_the_same_stays(alertmanager, sender, named):
    staging = Alertmanager(urls=[alertmanager.url], labels={"environment": "staging"}).sender()
    about = named()
    staging.send(about)
    sender.send(about)
    sender.send(replace(about, level=Level.WARNING))
    sender.send(replace(about, kind=Kind.RECOVERED, level=Level.GOOD))
    assert [each["labels"]["environment"] for each in held(alertmanager, about)] == ["staging"]
    staging.send(replace(about, kind=Kind.ENDED, level=Level.GOOD))
    assert held(alertmanager, about) == []


def test_many_rows_of_one_cause_are_one_alert(alertmanager, sender, of_many):
    about = of_many(15)
    sender.send(about)
    (shown,) = held(alertmanager, about)
    assert shown["labels"] == {
        "alertname": "RoundsTarget", "system": "bigshot", "cause": "bigshot/database", "severity": "unknown",
        "instance": "bigshot/database",
    }  # fmt: skip
    assert shown["annotations"]["rows"] == "15"
    assert "and 5 more" in shown["annotations"]["description"]
    sender.send(replace(about, kind=Kind.RECOVERED, level=Level.GOOD, rows=()))
    assert held(alertmanager, about) == []


def test_what_waited_longer_than_it_lasts_is_told_as_lasting(alertmanager, sender, named, later):
    about = named(since=later(days=-3), at=later(days=-2), ends_at=later(days=-1))
    sender.send(about)
    (shown,) = held(alertmanager, about)
    assert later(hours=23) < shown["endsAt"] < later(hours=25)


def test_clocks_that_jumped_are_no_reason_to_lose_an_alert(alertmanager, sender, named, later):
    about = named(since=later(days=3), at=later(days=3), ends_at=later(days=1))
    sender.send(about)
    assert len(held(alertmanager, about)) == 1
    sender.send(replace(about, kind=Kind.RECOVERED, level=Level.GOOD))
    assert held(alertmanager, about) == []


@pytest.mark.parametrize(
    "link", ["", "not a url", "reports/daily/report.html", "http://[::1", "https://x/a b", "http://x/%zz", "ftp://x/y"]
)
def test_a_link_that_is_no_url_does_not_lose_the_alert(alertmanager, sender, named, link):
    about = named(link=link, title=f"link {link}")
    sender.send(about)
    (shown,) = held(alertmanager, about)
    assert "generatorURL" not in shown
    assert shown["annotations"].get("link", "") == link


def test_names_and_values_that_it_refuses_are_made_valid(alertmanager, sender, named):
    hostile = 'é "quoted" \\ \x00\n\udc80 \u202e {}'
    row = replace(named().rows[0], target=hostile, summary=hostile, remedy=hostile)
    key = f"tests/test_x.py::test_x[{hostile}]{'x' * 500}"
    about = named(
        key=key,
        system="",
        rows=(replace(row, id=key),),
        labels=(("a-b.c", "1"), ("7", "2"), ("severity", "x"), ("empty", "")),
    )
    sender.send(about)
    shown = amtool(alertmanager, "alert", "query", "a_b_c=1")
    assert len(shown) == 1
    assert {"a_b_c": "1", "_7": "2", "severity": "critical"}.items() <= shown[0]["labels"].items()
    assert not {"empty", "system", "area"} & shown[0]["labels"].keys()
    sender.send(replace(about, kind=Kind.RECOVERED, level=Level.GOOD))
    assert amtool(alertmanager, "alert", "query", "a_b_c=1") == []


def test_a_test_is_marked_and_ends_by_itself(alertmanager, sender, alert, later):
    sender.send(alert(kind=Kind.TEST, level=Level.GOOD, key="test", system="", rows=(), ends_at=later(minutes=5)))
    (shown,) = amtool(alertmanager, "alert", "query", "alertname=RoundsTest")
    assert shown["labels"] == {"alertname": "RoundsTest", "expectation": "test", "severity": "none"}
    assert shown["annotations"]["summary"].startswith("TEST: ")


def test_a_thousand_that_last_are_sent_in_parts(alertmanager, sender, alert):
    many = [alert(key=f"crowd.area.row-{number}", system="crowd", rows=()) for number in range(1000)]
    sender.firing([*many, alert(key="crowd.area.over", system="crowd", kind=Kind.RECOVERED, rows=())])
    assert len(amtool(alertmanager, "alert", "query", "system=crowd")) == 1000


def test_one_alert_that_is_refused_does_not_lose_the_others(receiver, alert):
    def judged(handler: Any) -> None:
        keys = [each["labels"]["expectation"] for each in json.loads(receiver.seen[-1].body)]
        status = 400 if "bad.area.row" in keys else 200
        handler.send_response(status)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    receiver.answers = [judged]
    sender = Alertmanager(urls=[receiver.url]).sender()
    with pytest.raises(NotDelivered, match=r"answered 400 Bad Request \(1 of 3 alerts are refused\)") as told:
        sender.firing([alert(key=f"{name}.area.row", system="") for name in ("good", "bad", "fine")])
    assert told.value.permanent
    sent = [[each["labels"]["expectation"] for each in json.loads(seen.body)] for seen in receiver.seen]
    assert sent[1:] == [["good.area.row"], ["bad.area.row"], ["fine.area.row"]]


def test_one_alertmanager_that_is_gone_is_told_and_does_not_lose_the_others(alertmanager, named):
    sender = Alertmanager(name="pager", urls=[UNREACHABLE, alertmanager.url]).sender()
    about = named()
    sender.send(about)
    assert len(held(alertmanager, about)) == 1
    assert sender.troubles == ("pager (127.0.0.1:9) gives no answer: connection refused",)
    Alertmanager(urls=[alertmanager.url]).sender().firing([about])
    assert len(held(alertmanager, about)) == 1


def test_when_none_takes_it_all_are_named(receiver):
    receiver.answers = [(503, {"Retry-After": "7"}, b"")]
    sender = Alertmanager(name="pager", urls=[UNREACHABLE, receiver.url]).sender()
    with pytest.raises(
        NotDelivered, match=r"127\.0\.0\.1:9\) gives no answer.*; .* answered 503 Service Unavailable"
    ) as told:
        sender.firing([Alert("1", "a.b.c", Kind.BAD, Level.CRITICAL, "a", "t", (), "", "", "")])
    assert not told.value.permanent
    assert told.value.retry_after == 7


def test_a_hung_one_takes_no_longer_than_the_deadline_and_delays_no_other(receivers, drips, alertmanager, named):
    hung = receivers()
    hung.answers = [drips]
    sender = Alertmanager(name="pager", urls=[hung.url, alertmanager.url], deadline="3s").sender()
    begun = time.monotonic()
    about = named()
    sender.send(about)
    assert time.monotonic() - begun < 20
    assert len(held(alertmanager, about)) == 1
    assert "no complete answer within 3 s" in sender.troubles[0]


@pytest.mark.parametrize("body", [b"<html>login please</html>", b"{}", b"", b"[1, 2]"])
def test_something_else_that_answers_is_no_alertmanager(receiver, named, body):
    receiver.answers = [(200, {}, body), 404]
    with pytest.raises(NotDelivered, match=r"something else than was asked for|404"):
        Alertmanager(urls=[receiver.url]).sender().send(named())
