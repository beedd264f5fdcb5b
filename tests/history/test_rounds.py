"""The history as people meet it: rounds with a shared one, `rounds history`, and the drawings in report.html."""

import json
import subprocess
import sys

import pytest


def test_rounds_share_a_history_and_its_password_is_nowhere(project, shared):
    password = shared.url.split(":")[2].split("@")[0]
    project.env["SHARED"] = shared.url
    project.rows({"id": "disk", "shows": 11}, {"id": "log", "shows": 1})
    first = project.run("run", "daily", "--history", "${SHARED}")
    assert first.returncode == 1
    second = project.run("run", "daily", "--history", "${SHARED}", "--state", "elsewhere", "--", "-n2")
    assert not list(project.folder.glob("*/history.sqlite"))
    since = [record.since for record in project.told().records]
    entries = shared.new().entries("mine.area.disk", 10)
    assert [entry.outcome for entry in entries] == ["critical", "critical"]
    assert since == [entries[0].since] * 2
    told = "".join(path.read_text() for path in project.folder.rglob("reports/*/*") if path.is_file())
    assert password not in told + first.stdout + first.stderr + second.stdout + second.stderr


def test_a_shared_history_that_is_away_costs_no_report_but_is_told(project):
    project.env["SHARED"] = "postgresql://me:open-sesame@127.0.0.1:1/history"
    project.rows({"id": "log", "shows": 1})
    done = project.run("run", "daily", "--history", "${SHARED}")
    assert done.returncode == 1
    assert "the history could not be written: the shared history:" in done.stdout
    assert project.outcomes() == {"log": "ok"}
    assert "sesame" not in done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--history", "postgresql://me:open-sesame@host/x"), "a password on the command line is seen by all"),
        (("--history", "${NOT_THERE}"), "the variable NOT_THERE is not set"),
        (("--history", "mysql://host/x"), "postgresql://user:password@host/database is due"),
        (("--history", "file:/not/there"), "the secret's file /not/there cannot be read"),
        (("--keep", "5 bananas"), "--keep: '5 bananas' cannot be read"),
        (("--keep", "1h"), "less than a day"),
    ],
)
def test_mistakes_in_the_settings_are_told_before_anything_is_looked_at(project, words, said):
    project.rows({"id": "log", "shows": 1})
    done = project.run("run", "daily", *words)
    assert done.returncode == 4
    assert said in done.stdout + done.stderr
    assert "sesame" not in done.stdout + done.stderr


def test_a_round_without_a_shared_history_imports_no_psycopg(project):
    project.rows({"id": "log", "shows": 1})
    code = (
        "import sys, pytest; code = pytest.main(['--systems=systems', '--disable-plugin-autoload',"
        " '--import-mode=importlib', '-p', 'rounds.plugin', '-q']); assert code == 0;"
        " assert not {'psycopg', 'rounds.shared_store', 'sqlalchemy'} & sys.modules.keys()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=project.folder, env=project.env, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_command_shows_outcomes_and_figures_over_time(project):
    for shows in (1, 3, 11):
        project.rows({"id": "disk", "shows": shows}, {"id": "log", "shows": 1})
        project.run("run", "daily")
    done = project.run("history", "mine.area.disk")
    assert done.returncode == 0, done.stderr
    head, first, second, empty, *rounds = done.stdout.splitlines()
    assert head.startswith("mine.area.disk: critical since 20")
    assert head.endswith("UTC; 1 critical, 2 ok in the last 3 rounds")
    assert first == "  first figure   ▁▂█ 1 % to 11 %, last 11 %, allowed at most 10 % (warning at 5 %)"
    assert second == "  second figure  ▄▄▄ 1, last 1, allowed at most 10"
    assert empty == ""
    assert [line.split("UTC  ")[1] for line in rounds] == [
        "ok        first figure 1 %, second figure 1",
        "ok        first figure 3 %, second figure 1",
        "critical  first figure 11 %, second figure 1",
    ]
    assert len(project.run("history", "mine.area.disk", "--limit", "1").stdout.splitlines()) == 5
    told = json.loads(project.run("history", "mine.area.disk", "--json").stdout)
    assert told["outcome"] == "critical"
    assert [each["figures"]["first figure"] for each in told["rounds"]] == [1, 3, 11]
    assert told["figures"][0]["limit"] == {"direction": "at most", "warning": 5, "critical": 10}
    wrong = project.run("history", "mine.area.dick")
    assert wrong.returncode == 4
    assert "mine.area.disk" in wrong.stderr


def test_the_command_without_any_history_says_so(project):
    done = project.run("history", "mine.area.disk")
    assert done.returncode == 4
    assert "has no round yet" in done.stderr


def test_the_page_has_the_last_outcomes_and_the_course_only_with_a_history(project):
    project.rows({"id": "disk", "shows": 1}, {"id": "log", "shows": 1})
    project.run("run", "daily")
    page = (project.latest / "report.html").read_text()
    assert 'class=\\"strip' not in page
    assert "strip" not in page.split("</style>")[-1]
    for shows in (3, 11):
        project.rows({"id": "disk", "shows": shows}, {"id": "log", "shows": 1})
        project.run("run", "daily")
    body = (project.latest / "report.html").read_text().split("</style>")[-1]
    assert "the last 3: 1 critical" in body
    assert "the last 3: all ok" in body
    assert "11 % now, allowed at most 10 % (warning at 5 %); 2 earlier figures from 1 % to 3 %" in body
    assert "1 now, allowed" not in body, "a figure that stood still is no news"
    project.run("report")
    assert "the last 3: 1 critical" in (project.latest / "report.html").read_text()
