"""Services in a cloud, through apprise: what they would get, held against their own limits. Nothing leaves this machine."""

import json
import logging
import threading
import time
from dataclasses import replace

import pytest
import requests
import requests_mock as mocking
from pydantic import ValidationError

from rounds.alerting.alert import Kind, Level
from rounds.senders import Apprise, NotDelivered

SLACK = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#general"
TEAMS = "workflows://prod-03.westeurope.logic.azure.com:443/643e69f83c8944/4bXM1lWkqGFrT0sT3fakeSig/"
PAGERDUTY = "pagerduty://IntegrationKey0123456789abcdef01@ApiKey0123"
OPSGENIE = "opsgenie://a1b2c3d4-e5f6-7890-abcd-ef0123456789"
NTFY = "ntfys://topic-that-nobody-guesses"
DISCORD = "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js"
TELEGRAM = "tgram://123456789:AAFabcdefghijklmnopqrstuvwxyz12345/12315544/"
SECRETS = (
    "T1JJ3T3L2", "A1BRTD4JD", "TIiajkdnlazkcOXrIdevi7FQ", "643e69f83c8944", "4bXM1lWkqGFrT0sT3fakeSig",
    "IntegrationKey0123456789abcdef01", "ApiKey0123", "a1b2c3d4-e5f6-7890-abcd-ef0123456789", "topic-that-nobody-guesses",
    "JHMHI8qBe7bk2ZwO5U711o3dV_js", "AAFabcdefghijklmnopqrstuvwxyz12345",
)  # fmt: skip
REQUEST = "43a29c5c-3dbf-4fa4-9c26-f4f71023e120"


def slack(said):
    return said["attachments"][0]["text"], said["attachments"][0]["title"]


def teams(said):
    title, body = said["attachments"][0]["content"]["body"]
    return body["text"], title["text"]


SERVICES = {
    # the URL, where text and title stand, and the most that the service takes of each
    "slack": (SLACK, slack, (40_000, 250)),
    "teams": (TEAMS, teams, (1_000, 250)),
    "pagerduty": (PAGERDUTY, lambda said: (said["payload"]["summary"], ""), (1_024, 0)),
    "opsgenie": (OPSGENIE, lambda said: (said["description"], said["message"]), (15_000, 130)),
    "ntfy": (NTFY, lambda said: (said["message"], said["title"]), (4_096, 250)),
    "discord": (DISCORD, lambda said: (said["content"], ""), (2_000, 0)),
    "telegram": (TELEGRAM, lambda said: (said["text"], ""), (4_096, 0)),
}


@pytest.fixture
def cloud():
    with mocking.Mocker() as mock:
        yield mock


@pytest.fixture
def channel(tmp_path):
    def made(name, **given):
        storage = {"storage": str(tmp_path / "apprise")} if name == "opsgenie" else {}
        return Apprise(**({"name": name, "url": SERVICES[name][0]} | storage | given))

    return made


def accepting(cloud):
    cloud.post(mocking.ANY, json={"ok": True, "requestId": REQUEST})
    cloud.post("https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ", text="ok")


@pytest.mark.parametrize("name", SERVICES)
def test_each_service_gets_what_where_and_since_when(cloud, channel, alert, name):
    accepting(cloud)
    channel(name).sender().send(alert())
    assert len(cloud.request_history) == 1
    text, title = SERVICES[name][1](cloud.last_request.json())
    both = f"{title}\n{text}".replace("\\", "")
    for words in ("CRITICAL: bigshot.resources.disk-usage", "used is 91 %, allowed is at most 90 %", "app (local://)",
                  "Daily", "find what grew", "https://reports.example/daily/report.html"):  # fmt: skip
        assert words in both
    assert "Apprise" not in cloud.last_request.text


@pytest.mark.parametrize("name", SERVICES)
@pytest.mark.parametrize("filler", ["x ", "ü€ ", "<&> ", "*_[]()~. "], ids=["plain", "wide", "markup", "markdown"])
def test_long_texts_are_cut_to_what_each_service_takes(cloud, channel, of_many, name, filler):
    accepting(cloud)
    rows = [replace(row, summary=f"used is 91 %{filler * 300}", remedy=filler * 999) for row in of_many(60).rows]
    channel(name).sender().send(of_many(60, rows=tuple(rows), title=filler * 400))
    assert len(cloud.request_history) == 1, "one alert is one message"
    text, title = SERVICES[name][1](cloud.last_request.json())
    longest, longest_title = SERVICES[name][2]
    assert len(text.encode()) <= longest
    assert len(title) <= longest_title
    plain = text.replace("\\", "")
    assert "Rounds could not look at bigshot/database, since " in plain
    assert " more\n" in plain.replace("\r\n", "\n")
    assert plain.endswith("https://reports.example/daily/report.html")


@pytest.mark.parametrize("name", SERVICES)
def test_nobody_is_called_by_what_a_target_says(cloud, channel, alert, name):
    accepting(cloud)
    hostile = "@everyone @here <!channel> <@U123> <#C1> ada@example.com"
    channel(name).sender().send(alert(title=hostile, rows=(replace(alert().rows[0], summary=hostile),)))
    said = "\n".join(SERVICES[name][1](cloud.last_request.json()))
    assert not [each for each in ("@everyone", "@here", "<!", "<@", "&lt;!", "&lt;@", "@U123") if each in said]
    assert "ada@example" in said


@pytest.mark.parametrize("name", ["pagerduty", "opsgenie"])
def test_one_thing_is_one_incident_which_its_recovery_closes(cloud, channel, alert, name):
    accepting(cloud)
    over = {"kind": Kind.RECOVERED, "level": Level.GOOD, "title": "all is well"}
    for given in ({}, {"kind": Kind.REMINDER}, over):  # each from a process of its own
        channel(name).sender().send(alert(**given))
    opened, reminded, closed = cloud.request_history
    key = {"pagerduty": "dedup_key", "opsgenie": "alias"}[name]
    assert opened.json()[key] == reminded.json()[key] == "bigshot.resources.disk-usage"
    if name == "pagerduty":
        assert [each.json()["event_action"] for each in cloud.request_history] == ["trigger", "trigger", "resolve"]
        assert closed.json()["dedup_key"] == "bigshot.resources.disk-usage"
        assert opened.json()["payload"]["source"] == "bigshot"
    else:
        assert closed.path == f"/v2/alerts/{REQUEST}/close"


def test_what_the_url_says_of_incidents_holds(cloud, channel, alert):
    accepting(cloud)
    channel("pagerduty", url=f"{PAGERDUTY}?dedup=ours&action=trigger").sender().send(alert(kind=Kind.RECOVERED))
    said = cloud.last_request.json()
    assert (said["dedup_key"], said["event_action"]) == ("ours", "trigger")


@pytest.mark.parametrize(
    ("level", "severity"), [(Level.CRITICAL, "critical"), (Level.UNKNOWN, "critical"), (Level.WARNING, "warning")]
)
def test_levels_are_severities(cloud, channel, alert, level, severity):
    accepting(cloud)
    channel("pagerduty").sender().send(alert(level=level))
    assert cloud.last_request.json()["payload"]["severity"] == severity


@pytest.mark.parametrize("name", SERVICES)
def test_a_test_arrives_as_a_test(cloud, channel, alert, name):
    accepting(cloud)
    channel(name).sender().send(alert(kind=Kind.TEST, level=Level.GOOD, rows=(), key="test", title="a test"))
    text, title = SERVICES[name][1](cloud.last_request.json())
    assert "TEST: " in f"{title}{text}"


@pytest.mark.parametrize("name", SERVICES)
@pytest.mark.parametrize("status", [400, 403, 404, 429, 500, 503])
def test_a_refusal_says_why_and_holds_no_token(cloud, channel, alert, name, status):
    cloud.post(mocking.ANY, status_code=status, text=f"no_service {' '.join(SECRETS)}")
    with pytest.raises(NotDelivered) as told:
        channel(name).sender().send(alert())
    assert str(told.value).startswith(f"{name} ({SERVICES[name][0].partition(':')[0]}://): ")
    assert f"(status {status})" in str(told.value)
    own = [secret for secret in SECRETS if secret in SERVICES[name][0]]
    assert own
    assert not [secret for secret in own if secret in str(told.value)]
    assert told.value.permanent == (status == 400)


@pytest.mark.parametrize("name", SERVICES)
def test_no_answer_is_told_and_tried_again(cloud, channel, alert, name):
    url = "https://x.example/services/" + "/".join(SECRETS)
    cloud.post(mocking.ANY, exc=requests.exceptions.ConnectTimeout(f"HTTPSConnectionPool: timed out at {url}"))
    with pytest.raises(NotDelivered, match="timed out") as told:
        channel(name).sender().send(alert())
    assert not told.value.permanent
    assert not [secret for secret in SECRETS if secret in SERVICES[name][0] and secret in str(told.value)]


def test_what_breaks_inside_apprise_stays_inside(cloud, channel, alert):
    cloud.post(mocking.ANY, exc=ZeroDivisionError("TIiajkdnlazkcOXrIdevi7FQ"))
    with pytest.raises(NotDelivered) as told:
        channel("slack").sender().send(alert())
    assert "TIiajk" not in str(told.value)


def test_no_redirect_is_followed(cloud, channel, alert):
    cloud.post(mocking.ANY, status_code=307, headers={"Location": "https://elsewhere.example/x"})
    with pytest.raises(NotDelivered):
        channel("pagerduty").sender().send(alert())
    assert [each.hostname for each in cloud.request_history] == ["events.pagerduty.com"]


def test_several_threads_send_and_each_hears_its_own_reason(cloud, channel, alert):
    cloud.post("https://events.pagerduty.com/v2/enqueue", status_code=403)
    cloud.post("https://ntfy.sh/", status_code=500)
    said = {}

    def sent(name):
        try:
            channel(name).sender().send(alert())
        except NotDelivered as error:
            said[name] = str(error)

    threads = [threading.Thread(target=sent, args=(name,)) for name in ("pagerduty", "ntfy")]
    [each.start() for each in threads]
    [each.join() for each in threads]
    assert "(status 403)" in said["pagerduty"]
    assert "(status 500)" in said["ntfy"]


def test_nothing_is_logged_anywhere(cloud, channel, alert, caplog, capfd):
    accepting(cloud)
    with caplog.at_level(1), caplog.at_level(1, logger="apprise"), caplog.at_level(1, logger="urllib3"):
        channel("slack").sender().send(alert())
        with pytest.raises(ValidationError):
            channel("slack", url="slack://T1JJ3T3L2")
    assert [each.getMessage() for each in caplog.records if not each.name.startswith("requests_mock")] == []
    assert logging.getLogger("urllib3").level == logging.WARNING
    written = capfd.readouterr()
    assert not [secret for secret in SECRETS if secret in written.out + written.err]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            {"url": "slak://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"},
            "apprise knows no service slak://; did you mean 'slack'?",
        ),
        ({"url": "slack://T1JJ3T3L2"}, "apprise cannot read this URL for slack://: An invalid Slack (second) Token"),
        ({"url": "TIiajkdnlazkcOXrIdevi7FQ and what not"}, "apprise knows no service …://"),
        ({"url": ""}, "apprise knows no service"),
        ({"url": OPSGENIE}, "opsgenie:// needs storage"),
        ({"url": NTFY, "storage": "relative"}, "storage"),
    ],
)
def test_mistakes_of_the_configuration_are_told_without_tokens(given, words):
    with pytest.raises(ValidationError) as told:
        Apprise(**given)
    assert words in str(told.value)
    assert not [secret for secret in SECRETS if secret in str(told.value)]


def test_what_is_shown_of_a_channel_holds_no_token(channel):
    for name in SERVICES:
        shown = f"{channel(name)!r} {channel(name).place} {json.dumps(channel(name).model_dump(mode='json'))}"
        assert not [secret for secret in SECRETS if secret in shown]
        assert channel(name).place.endswith("://)")


def test_without_the_library_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "apprise", None)
    with pytest.raises(ValidationError, match=r"pip install '\.\[notify\]'"):
        Apprise(url=NTFY)


def test_sending_after_the_first_time_is_quick(cloud, channel, alert):
    accepting(cloud)
    senders = [channel(name).sender() for name in ("ntfy", "pagerduty", "discord")]
    begun = time.monotonic()
    for _ in range(5):
        for sender in senders:
            sender.send(alert())
    assert time.monotonic() - begun < 5
