"""Maintenance windows as silences of a real Alertmanager."""

import json
import time
from dataclasses import replace
from typing import Any

import httpx
import pytest

from rounds.alerting.alert import Alert
from rounds.estate.part import wait_until
from rounds.senders import Alertmanager, NotDelivered, Window


@pytest.fixture
def window(later, request) -> Window:
    system = request.node.name.removeprefix("test_")[:40]
    return Window(f"w-{system}", system, later(minutes=-1), later(hours=2), "ada", "new release")


@pytest.fixture
def sender(alertmanager):
    return Alertmanager(name="pager", urls=[alertmanager.url]).sender()


def silences(alertmanager, window: Window, *states: str) -> list[dict[str, Any]]:
    found = alertmanager.get("api/v2/silences").json()
    wanted = states or ("active", "pending")
    return [
        each for each in found if each["matchers"][0]["value"] == window.system and each["status"]["state"] in wanted
    ]


def notices_of(notices, about: Alert) -> list[dict[str, Any]]:
    return [
        json.loads(seen.body)
        for seen in list(notices.seen)
        if json.loads(seen.body)["groupLabels"].get("system") == about.system
    ]


def test_a_window_is_a_silence_that_holds_until_it_is_lifted(alertmanager, sender, notices, alert, window):
    sender.silence(window)
    (held,) = silences(alertmanager, window)
    assert held["matchers"] == [{"name": "system", "value": window.system, "isRegex": False, "isEqual": True}]
    assert held["createdBy"] == "ada"
    assert held["comment"] == f"new release (window {window.id} of Rounds)"
    about = alert(system=window.system, key=f"{window.system}.a.b", rows=())
    sender.send(about)
    time.sleep(0.3)  # several of its group intervals
    assert notices_of(notices, about) == []
    (shown,) = alertmanager.get(f"api/v2/alerts?filter=system={window.system}").json()
    assert shown["status"]["silencedBy"] == [held["id"]]
    sender.lift(window)
    assert silences(alertmanager, window) == []
    wait_until(lambda: notices_of(notices, about), "what lasts is told when the window is closed")


def test_the_same_window_again_is_one_silence(alertmanager, sender, window):
    sender.silence(window)
    first = silences(alertmanager, window)
    for _ in range(2):
        sender.silence(window)
    assert silences(alertmanager, window) == first
    assert len(first) == 1


def test_two_alertmanagers_that_are_one_get_one_silence(alertmanager, window):
    Alertmanager(urls=[alertmanager.url, f"{alertmanager.url}/"]).sender().silence(window)
    Alertmanager(urls=[alertmanager.url, f"{alertmanager.url}/"]).sender().silence(window)
    assert len(silences(alertmanager, window)) in (1, 2)  # two that ask at the same moment do not see one another's
    Alertmanager(urls=[alertmanager.url]).sender().lift(window)
    assert silences(alertmanager, window) == []


def test_another_end_changes_the_silence(alertmanager, sender, window, later):
    sender.silence(window)
    longer = replace(window, ends_at=later(hours=5))
    sender.silence(longer)
    (held,) = silences(alertmanager, window)
    assert held["endsAt"] == longer.ends_at


def test_a_forgotten_window_ends_by_itself(alertmanager, sender, window, later):
    sender.silence(replace(window, ends_at=later(seconds=2)))
    assert len(silences(alertmanager, window, "active", "pending", "expired")) == 1
    wait_until(lambda: silences(alertmanager, window) == [], "the silence ends")
    sender.lift(window)


def test_silences_of_people_stay(alertmanager, sender, window, later):
    own = {
        "matchers": [{"name": "system", "value": window.system, "isRegex": False}], "startsAt": later(), "endsAt": later(hours=1),
        "createdBy": "bob", "comment": "mine",
    }  # fmt: skip
    httpx.post(f"{alertmanager.url}/api/v2/silences", json=own, trust_env=False).raise_for_status()
    sender.silence(window)
    sender.lift(window)
    assert [each["comment"] for each in silences(alertmanager, window)] == ["mine"]


def test_a_window_that_is_over_is_refused_with_the_reason(sender, window, later):
    with pytest.raises(NotDelivered, match=r"answered 400 Bad Request: .*end time") as told:
        sender.silence(replace(window, starts_at=later(hours=-2), ends_at=later(hours=-1)))
    assert told.value.permanent


def test_systems_with_quotes_are_matched_as_they_are(alertmanager, sender, window):
    odd = replace(window, system='a"b\\c\nd')
    sender.silence(odd)
    sender.silence(odd)
    assert len(silences(alertmanager, odd)) == 1
    sender.lift(odd)
    assert silences(alertmanager, odd) == []
