"""What several rows are unknown because of is told once, with the rows behind it; and where the time went."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest

from rounds.look import Look
from rounds.probe import CouldNotLook, Probe, Unreachable
from rounds.targets import Endpoint

CHECKS = '''
import time
from rounds.expectation import Expectation
from rounds.judge import Observer
from rounds.probe import CouldNotLook, RunbookDisagrees, Unreachable, probe
from rounds.targets import Endpoint, Log

class Thing(Expectation):
    thing: Endpoint
    part: str = ""

class Line(Expectation):
    log: Log
    part: str = ""

def _look(part: str, name: str) -> str:
    if part.startswith("refused"):
        raise Unreachable("cannot be reached: connection refused")
    if part.startswith("hung"):
        time.sleep(60)
    if part.startswith("missing"):
        raise RunbookDisagrees("there is no part " + part)
    if part.startswith("hidden"):
        raise CouldNotLook("the part hides")
    return part

@probe(deadline=2)
def part_of_thing(thing: Endpoint, part: str) -> str:
    return _look(part, thing.name)

@probe(deadline=2)
def line_of_log(log: Log, part: str) -> str:
    if part == "host":
        raise Unreachable("ssh: no route to host", log.compose.host)
    return _look(part, log.name)

def test_thing(expected: Thing, part_of_thing: str, observe: Observer) -> None:
    """Holds."""
    observe("part", part_of_thing)

def test_line(expected: Line, line_of_log: str, observe: Observer) -> None:
    """Holds."""
    observe("line", line_of_log)
'''
INVENTORY = """
targets:
  one: {kind: endpoint, url: "http://127.0.0.1:1"}
  two: {kind: endpoint, url: "http://127.0.0.1:2"}
  web: {kind: host}
  project: {kind: compose, host: web, file: f}
  log: {kind: log, compose: project, service: app, pattern: '^(?P<time>x)', time_format: "%Y"}
"""
WAIVED = {"owner": "eve", "reason": "moved", "until": f"{datetime.now(UTC) + timedelta(days=30):%Y-%m-%dT%H:%M:%SZ}"}
ALONE_AND_XDIST = pytest.mark.parametrize("extra", [[], ["--", "-n", "2"]], ids=["alone", "xdist"])


@pytest.fixture
def things(project):
    project.checks(CHECKS)
    (project.system / "inventory.yaml").write_text(INVENTORY)

    def rows(*given):
        written = []
        for row in given:
            on = {"check": "line"} if "log" in row else {"check": "thing", "thing": "one"}
            base = {"when": ["daily"], "runbook": "Daily", "part": row["id"]}
            written.append(base | on | row | {"id": f"mine.area.{row['id']}"})
        (project.system / "expectations.yaml").write_text(json.dumps(written))
        return project

    return rows


def causes(project):
    return {
        record.id.removeprefix("mine.area."): record.cause["target"]
        for record in project.told().records
        if record.cause
    }


@ALONE_AND_XDIST
def test_a_target_that_cannot_be_reached_is_told_once_with_its_rows(things, extra):
    project = things(
        *({"id": f"refused-{n}"} for n in range(8)), {"id": "waived", "part": "refused", "waived": WAIVED},
        {"id": "fine", "thing": "two"}, {"id": "hidden", "thing": "two"},
    )  # fmt: skip
    done = project.run("run", "daily", *extra)
    assert done.returncode == 1
    assert done.stdout.count("refused") == 1 + 4, done.stdout
    once = "mine/one cannot be reached: connection refused: 8 rows unknown: mine.area.refused-0, mine.area.refused-1, "
    assert f"UNKNOWN  {once}mine.area.refused-2, mine.area.refused-3 and 4 more (since " in done.stdout
    assert "UNKNOWN  mine.area.hidden: two (http://127.0.0.1:2): the part hides" in done.stdout
    assert causes(project) == {f"refused-{n}": "mine/one" for n in range(8)} | {"waived": "mine/one"}
    assert project.told().records[1].cause == {"target": "mine/one", "words": "connection refused"}
    page = (project.latest / "report.html").read_text()
    assert page.count("<b>mine/one cannot be reached: connection refused</b>: 8 rows unknown: ") == 1
    assert "mine.area.refused-7" in page
    cases = {case.get("name"): case for case in ET.parse(project.latest / "junit.xml").iter("testcase")}  # noqa: S314
    (cause,) = [
        each.get("value") for each in cases["mine.area.refused-7"].iter("property") if each.get("name") == "cause"
    ]
    assert cause == "mine/one cannot be reached: connection refused"
    assert 'rounds_round_records{outcome="unknown",batch="daily"} 9' in (project.latest / "metrics.prom").read_text()
    status = project.run("status", "daily").stdout
    assert "9 of 11 not ok; mine/one cannot be reached: connection refused (8 rows); mine.area.hidden: " in status


@ALONE_AND_XDIST
def test_rows_whose_looks_hang_have_their_target_as_the_cause_only_if_it_answered_nothing(things, extra):
    project = things(
        {"id": "hung-a"}, {"id": "hung-b"}, {"id": "hidden"},
        {"id": "hung-c", "thing": "two"}, {"id": "hung-d", "thing": "two"}, {"id": "missing", "thing": "two"},
    )  # fmt: skip
    done = project.run("run", "daily", *extra)
    assert causes(project) == {"hung-a": "mine/one", "hung-b": "mine/one"}
    assert "mine/one cannot be reached: no look at it was answered in time: 2 rows unknown" in done.stdout
    assert "no answer within 2 s" in project.summary(".hung-a")
    before = (project.latest / "results.json").read_text()
    assert project.run("report").returncode == 0
    assert json.loads((project.latest / "results.json").read_text()) == json.loads(before), "the journal knows it, too"


def test_one_hung_look_may_have_its_own_reasons(things):
    project = things({"id": "hung-a"}, {"id": "fine", "thing": "two"})
    project.run("run", "daily")
    assert causes(project) == {}


def test_a_hung_look_joins_one_that_was_refused(things):
    project = things({"id": "hung-a"}, {"id": "refused"})
    done = project.run("run", "daily")
    assert causes(project) == {"hung-a": "mine/one", "refused": "mine/one"}
    assert done.stdout.count("cannot be reached") == 1


def test_a_row_on_a_log_whose_host_is_unreachable_has_the_hosts_cause(things):
    project = things({"id": "a", "log": "log", "part": "host"}, {"id": "b", "log": "log", "part": "refused"})
    project.run("run", "daily")
    assert causes(project) == {"a": "mine/web", "b": "mine/log"}
    assert "no route to host" in project.summary(".a")


@ALONE_AND_XDIST
def test_durations_say_where_the_time_of_each_system_went(things, extra):
    project = things({"id": "a"}, {"id": "b", "part": "a"}, {"id": "hung"})
    done = project.run("run", "daily", "--durations", *extra)
    head, row = [line.split() for line in done.stdout.splitlines() if line.startswith(("SYSTEM", "mine "))]
    assert head == ["SYSTEM", "ROWS", "LOOKS", "LOOKING", "JUDGING", "SLOWEST", "LOOK"]
    assert row[:3] == ["mine", "3", "2"]
    assert row[-3:] == ["part_of_thing", "at", "mine/one"]
    (took,) = project.told().durations
    assert 2 <= took["looking_seconds"] < 20
    assert 0 < took["judging_seconds"] < 2, "waiting for looks is no judging"
    assert project.told().slowest_look == took["slowest_look"]
    assert "SYSTEM" not in project.run("run", "daily").stdout


def test_pytests_own_durations_stay_its_own(things):
    project = things({"id": "a"})
    line = [sys.executable, "-m", "pytest", "--systems", "systems", "-p", "rounds.plugin", "--durations=5", "-v"]
    done = subprocess.run(line, cwd=project.folder, env=project.env, capture_output=True, text=True, check=False)
    assert "slowest 5 durations" in done.stdout, done.stdout


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("connection refused", "connection refused"),
        ("cannot be reached: connection refused", "connection refused"),
        ("db (http://db:1) gives no answer: timed out", "timed out"),
        ("db takes no connection: password wrong", "password wrong"),
        ("mine/db: no route", "no route"),
        ("dbus is not there", "dbus is not there"),
        ("db does not let us in: http status 401", "does not let us in: http status 401"),
        ("db cannot be reached", ""),
    ],
)
def test_the_words_of_a_cause_do_not_name_the_target_again(words, reason):
    target = Endpoint(name="db", system="mine", url="http://db:1")
    look = Look(Probe("x", print, ("thing",), 5), {"thing": target}, 5)
    look.settle(error=Unreachable(words))
    assert look.why_not().cause == {"target": "mine/db", "words": reason}
    assert look.why_not().hung == ""


def test_what_is_only_hidden_has_no_cause():
    look = Look(Probe("x", print, ("thing",), 5), {"thing": Endpoint(name="db", url="http://db:1")}, 5)
    look.settle(error=CouldNotLook("hidden"))
    assert look.why_not().cause is None
