"""What of a runbook is checked is told truly: what is missing, skipped, or never run when it is due is not."""

import json

import pytest

ENTRY = {"id": "mine.area.figure", "section": "Daily > Morning", "when": ["daily"]}


def coverage(project, *entries, words=()):
    (project.system / "runbook.yaml").write_text(json.dumps(entries))
    return project.run("coverage", *words)


def test_a_row_that_runs_when_it_is_due_is_checked(project):
    project.rows({"id": "figure"})
    done = coverage(project, ENTRY)
    assert done.returncode == 0
    assert "1 of 1 expectations are checked, 0 are missing" in done.stdout


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"id": "other"}, "missing"),
        ({"check": "figur"}, "no check 'figur'"),
        ({"skip": "no time"}, "skipped: no time"),
        ({"when": ["weekly"]}, "not run daily"),
    ],
)
def test_a_row_that_does_not_do_what_the_runbook_asks_says_why(project, row, why):
    project.rows({"id": "figure"} | row)
    done = coverage(project, ENTRY)
    assert done.returncode == 1
    assert f"mine.area.figure  {why} " in done.stdout
    assert "0 of 1 expectations are checked" in done.stdout
    assert json.loads(coverage(project, ENTRY, words=["--json"]).stdout)[0]["why"] == why


def test_only_the_area_that_was_asked_for_is_told(project):
    project.rows({"id": "figure"})
    other = {"id": "mine.logs.errors", "section": "Daily > Evening", "when": ["daily"]}
    assert "1 of 2 expectations are checked, 1 are missing" in coverage(project, ENTRY, other).stdout
    done = coverage(project, ENTRY, other, words=["--area", "area"])
    assert done.returncode == 0
    assert "1 of 1 expectations are checked, 0 are missing" in done.stdout
    done = coverage(project, ENTRY, other, words=["--area", "log"])
    assert done.returncode == 4
    assert "no expectation is of area 'log'; did you mean 'logs'?" in done.stderr


def test_only_the_cadence_that_was_asked_for_matters(project):
    project.rows({"id": "figure"})
    both = ENTRY | {"when": ["daily", "weekly"]}
    assert coverage(project, both, words=["mine", "--when", "daily", "--systems", "systems"]).returncode == 0
    assert coverage(project, both, words=["mine", "--when", "weekly"]).returncode == 1
    assert coverage(project, both).returncode == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "runbook.yaml:1: is empty"),
        ("[]", "runbook.yaml:1: is empty"),
        ("a: b", "runbook.yaml:1: is not a list"),
        ("- {id: [", "is not YAML"),
        ("- 7", "runbook.yaml:1: [0]: is not a mapping"),
        ("- {id: mine.area.a, section: x}", "[0].when: when is missing"),
        ("- {id: mine.area.a, section: x, when: [dialy]}", "'dialy' is no cadence; did you mean 'daily'?"),
    ],
)
def test_a_broken_runbook_is_a_mistake(project, text, said):
    project.rows({"id": "figure"})
    (project.system / "runbook.yaml").write_text(text)
    done = project.run("coverage")
    assert done.returncode == 4
    assert said in done.stderr
    assert not done.stdout


def test_without_a_runbook_nothing_can_be_missing(project):
    project.rows({"id": "figure"})
    done = project.run("coverage")
    assert done.returncode == 0
    assert "mine has no runbook.yaml: without one nothing can be missing" in done.stdout
    assert "mine.area.figure  figure" in done.stdout


def test_a_folder_without_systems_is_a_mistake(project):
    done = project.run("coverage", "--systems", "nowhere")
    assert done.returncode == 4
    assert "no system in nowhere" in done.stderr


def test_hostile_text_is_printed_harmlessly(project):
    project.rows({"id": "figure"})
    done = coverage(project, ENTRY | {"section": "\x1b[31m\x07\u202e"})
    assert all(line.isprintable() for line in done.stdout.splitlines())
    (project.system / "runbook.yaml").write_text('- {"\\e[31m\\a\\nx": 1, "\\e[31m\\a\\nx": 2}')
    told = project.run("coverage").stderr
    assert all(line.isprintable() for line in told.splitlines())
    assert "[0].\\x07 x: this key stands twice" in told
