"""Alerts of real rounds: to a webhook that listens, one that is dead, and none at all while a window is open."""

import json
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from rounds.commands import window
from tests.machine.conftest import project

_ = project  # the fixture


@pytest.fixture
def hook():
    """A receiver on loopback: its URL, and what it got."""
    got = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            got.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/hook", got
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def alerts(project, hook):
    """Writes alerts.yaml; the channel `hook` listens."""

    def written(**more):
        channels = {"hook": {"kind": "webhook", "url": hook[0]}} | more.pop("channels", {})
        (project.folder / "systems" / "alerts.yaml").write_text(json.dumps({"channels": channels} | more))

    written()
    return written


def kinds(hook):
    return [(each["kind"], each["key"]) for each in hook[1]]


@pytest.mark.parametrize("extra", [[], ["--", "-n", "2"]], ids=["alone", "xdist"])
def test_what_changes_is_told_once_and_its_end_too(project, hook, extra):
    for shows in (1, 50, 50, 1):
        project.rows({"id": "disk", "shows": shows})
        project.run("run", "daily", *extra)
    assert kinds(hook) == [("bad", "mine.area.disk"), ("recovered", "mine.area.disk")]
    assert "first figure is 50 %, allowed is at most 10 %" in hook[1][0]["text"]


def test_a_dead_receiver_changes_no_verdict_and_is_said(project, alerts, hook):
    alerts(channels={"dead": {"kind": "webhook", "url": "http://127.0.0.1:1/", "deadline": "1s"}}, budget="2s")
    project.rows({"id": "disk", "shows": 1}, {"id": "bad", "shows": 50})
    done = project.run("run", "daily")
    assert done.returncode == 1
    assert "NOT TOLD dead" in done.stderr
    assert project.outcomes() == {"disk": "ok", "bad": "critical"}
    assert kinds(hook) == [("bad", "mine.area.bad")]


def test_sending_ends_with_the_rounds_own_deadline(project, alerts):
    with socket.create_server(("127.0.0.1", 0)) as hangs:  # it takes connections and never says a word
        url = f"http://127.0.0.1:{hangs.getsockname()[1]}/"
        alerts(channels={"hangs": {"kind": "webhook", "url": url, "deadline": "50s"}}, budget="50s")
        project.rows({"id": "bad", "shows": 50})
        begun = time.monotonic()
        done = project.run("run", "daily", "--deadline", "2s")
        assert time.monotonic() - begun < 25
    assert "NOT TOLD hangs: no answer yet" in done.stderr


def test_mistakes_in_alerts_are_told_before_anything_is_looked_at(project, alerts):
    alerts(policy={"aftr": 2}, routes=[{"channels": ["hok"]}])
    project.rows({"id": "disk", "shows": 1})
    done = project.run("run", "daily")
    assert done.returncode == 4
    assert "alerts.yaml" in done.stdout + done.stderr
    assert "there is no key 'aftr' here; did you mean 'after'?" in done.stdout + done.stderr
    assert not (project.folder / "looks").exists()


def test_nothing_is_told_while_a_window_is_open(project, hook):
    project.rows({"id": "disk", "shows": 50})
    opened = project.run("window", "open", "mine", "--for", "2h", "--by", "eve", "--reason", "new disks")
    assert opened.returncode == 0
    assert "by eve: new disks" in project.run("window", "list").stdout
    assert project.run("run", "daily").returncode == 1
    assert kinds(hook) == []
    assert "closed" in project.run("window", "close", "mine").stdout
    project.run("run", "daily")
    assert kinds(hook) == [("bad", "mine.area.disk")]


def test_a_window_needs_a_system_an_end_and_a_reason(project):
    assert "there is no system 'mne'" in project.run("window", "open", "mne", "--for", "2h", "--reason", "x").stderr
    assert project.run("window", "open", "mine", "--for", "2h").returncode == 4
    assert project.run("window", "open", "mine", "--for", "30d", "--reason", "x").returncode == 4


def test_a_window_is_of_the_person_who_typed_it_and_says_so_where_nobody_has_a_name(monkeypatch):
    monkeypatch.setenv("SUDO_USER", "eve")
    monkeypatch.setenv("LOGNAME", "rounds")
    assert window._who() == "eve"
    monkeypatch.delenv("SUDO_USER")
    assert window._who() == "rounds"
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("os.getuid", lambda: 40_999)  # an account of a container, which no file names
    with pytest.raises(ValueError, match="--by is due"):
        window._who()


def test_a_test_goes_through_each_channel_and_says_who_answered(project, alerts, hook):
    alerts(channels={"dead": {"kind": "webhook", "url": "http://127.0.0.1:1/", "deadline": "1s"}})
    done = project.run("alert", "--test")
    assert done.returncode == 1
    assert "hook took it in" in done.stdout
    assert "dead" in done.stderr
    assert kinds(hook) == [("test", "rounds.alerting.test")]


FOREIGN = """<testsuites><testsuite name="api" timestamp="2026-11-22T0{}:00:00">
<testcase classname="Cart" name="adds up"/><testcase classname="Cart" name="is fast">{}</testcase>
</testsuite></testsuites>"""


def test_a_foreign_junit_file_is_told_by_its_changes(project, hook):
    path = project.folder / "junit.xml"
    slow = '<failure message="took 9 s">trace</failure>'
    for hour, inside in ((6, slow), (7, ""), (6, slow)):
        path.write_text(FOREIGN.format(hour, inside))
        done = project.run("alert", "junit.xml", "--link", "https://ci.example/17")
    assert kinds(hook) == [("bad", "api.cart.is-fast"), ("recovered", "api.cart.is-fast")]
    assert "took 9 s" in hook[1][0]["text"]
    assert "Where: Cart::is fast" in hook[1][0]["text"]
    assert "Report: https://ci.example/17" in hook[1][0]["text"]
    assert done.returncode == 4, "a file that is older than what is known"
    assert "nothing is told: what the file says" in done.stderr


def test_our_own_junit_file_says_the_same_as_the_round(project, hook):
    project.rows({"id": "disk", "shows": 50}, {"id": "hidden", "shows": -1}, {"id": "fine", "shows": 1})
    project.run("run", "daily")
    project.run("alert", "reports/latest/junit.xml", "--state", "elsewhere")
    told = [(each["kind"], each["key"], each["level"]) for each in hook[1]]
    assert sorted(told[:2]) == sorted(told[2:])


@pytest.mark.parametrize(
    ("text", "why"),
    [("<html/>", "is no JUnit"), ("<testsuite/>", "no test case"), ("{", "is no XML"),
     ('<!DOCTYPE x [<!ENTITY a "b">]><testsuite/>', "document type")],
)  # fmt: skip
def test_what_is_no_junit_is_refused(project, text, why):
    (project.folder / "junit.xml").write_text(text)
    done = project.run("alert", "junit.xml")
    assert done.returncode == 4
    assert why in done.stderr


def test_without_alerts_yaml_nobody_is_told_and_it_is_said(project):
    (project.folder / "systems" / "alerts.yaml").unlink()
    done = project.run("alert", "--test")
    assert done.returncode == 4
    assert "nobody is told" in done.stderr


def test_a_history_that_cannot_be_named_is_told_in_a_sentence(project):
    (project.folder / "systems" / "alerts.yaml").write_text(
        "channels: {hook: {kind: webhook, url: 'http://127.0.0.1:9/x'}}"
    )
    done = project.run("alert", "--history", "${NO_SUCH_THING}")
    assert (done.returncode, done.stderr) == (4, "where the history is: the variable NO_SUCH_THING is not set\n")
