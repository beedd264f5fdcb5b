"""While a maintenance window is open, a round says so wherever it tells: the terminal, HTML, JUnit and JSON."""

import html
import json
import re
import sqlite3
import xml.etree.ElementTree as ET

import pytest

from rounds.alerting.windows import close_windows, keep_window, new_window, notices_of_windows
from rounds.outcome import Outcome
from tests.machine.conftest import project

from .conftest import BEGUN, a_record, a_round, stamp

_ = project  # the fixture
SENTENCE = re.compile(
    r"Maintenance of mine until (\d{4}-\d\d-\d\d )?\d\d:\d\d UTC, by eve: moving the disks\. Nothing is told of it\."
)


@pytest.fixture
def opened(project):
    project.rows({"id": "disk", "shows": 50})
    done = project.run("window", "open", "mine", "--for", "2h", "--by", "eve", "--reason", "moving the disks")
    assert done.returncode == 0, done.stderr
    return project


def notices(project):
    return json.loads((project.latest / "results.json").read_text())["round"]["notices"]


def test_all_reports_say_it_and_the_outcome_stays(opened):
    done = opened.run("run", "daily")
    assert done.returncode == 1
    (notice,) = notices(opened)
    assert SENTENCE.fullmatch(notice)
    assert f"NOTICE   {notice}" in done.stdout
    suite = ET.parse(opened.latest / "junit.xml").getroot().find("testsuite")  # noqa: S314 - we wrote it
    assert [(each.get("name"), each.get("value")) for each in suite.findall("properties/property")] == [
        ("notice:1", notice)
    ]
    page = html.unescape((opened.latest / "report.html").read_text())
    assert f"<li>{notice}</li>" in page
    assert opened.outcomes() == {"disk": "critical"}


def test_reports_that_are_made_again_say_it_once(opened):
    opened.run("run", "daily")
    opened.run("window", "close", "mine")
    opened.run("report")
    assert len(notices(opened)) == 1


def test_what_is_closed_or_of_another_system_is_not_said(opened):
    opened.run("window", "close", "mine")
    other = opened.folder / "systems" / "other"
    other.mkdir()
    (other / "inventory.yaml").write_text("targets: {}")
    (other / "expectations.yaml").write_text("[]")
    opened.run("window", "open", "other", "--for", "2h", "--reason", "x")
    done = opened.run("run", "daily")
    assert notices(opened) == []
    assert "Maintenance" not in done.stdout


def test_a_window_that_was_closed_while_the_round_ran_is_said_of_what_was_judged_in_it(store):
    with store.transaction() as statements:
        keep_window(statements, new_window("mine", BEGUN - 60, 7200, "eve", "new disks."))
        close_windows(statements, "mine", BEGUN + 60)
    rows = [a_record(f"mine.area.{name}", Outcome.OK, at) for name, at in (("a", BEGUN), ("b", BEGUN + 120))]
    told = a_round(BEGUN + 180, *rows)
    told.started_at = stamp(BEGUN - 10)
    said = "Maintenance of mine until 06:01 UTC, by eve: new disks. "
    assert notices_of_windows(told, store) == [f"{said}What was judged meanwhile is not told."]
    told.records = rows[:1]
    assert notices_of_windows(told, store) == [f"{said}Nothing is told of it."]
    told.records = rows[1:]
    assert notices_of_windows(told, store) == []


def test_a_secret_in_its_reason_is_not_said(project):
    project.env["TOKEN"] = "open-sesame"
    inventory = project.system / "inventory.yaml"
    inventory.write_text(
        inventory.read_text() + '  three: {kind: endpoint, url: "http://127.0.0.1:3", bearer: "${TOKEN}"}\n'
    )
    project.rows({"id": "disk", "shows": 1})
    project.run("window", "open", "mine", "--for", "2h", "--by", "eve", "--reason", "new token open-sesame!")
    done = project.run("run", "daily")
    told = "".join(path.read_text() for path in project.latest.iterdir() if path.is_file())
    assert "sesame" not in told + done.stdout
    assert "new token •••! Nothing is told of it." in done.stdout


def test_a_history_that_cannot_be_read_costs_the_sentence_but_not_the_round(opened):
    with sqlite3.connect(opened.folder / ".rounds" / "history.sqlite") as connection:
        connection.execute("DROP TABLE windows")
    connection.close()
    done = opened.run("run", "daily")
    assert opened.outcomes() == {"disk": "critical"}
    assert "the history could not be read: " in done.stdout
    assert "windows" in done.stdout
    assert notices(opened) == []


def test_a_round_without_any_history_says_nothing_of_windows(project):
    project.rows({"id": "disk", "shows": 1})
    done = project.run("run", "daily", "--quiet")
    assert (done.returncode, done.stdout) == (0, "")
