"""CI keeps the reports of a round that failed, and runs commands that there are."""

import re
import shlex

import pytest
import yaml

from rounds.cli import parser


@pytest.fixture(params=["github-actions.yaml", "gitlab-ci.yaml"])
def text(deploy, request):
    return (deploy / "ci" / request.param).read_text()


def lines(text):
    return re.findall(r"(?:run: |- )(rounds run [^\n#]+)", text)


def test_the_round_is_one_that_can_be_run_and_a_warning_counts(text):
    (command,) = lines(text)
    options = parser().parse_args(shlex.split(command)[1:])
    assert (options.batch, options.strict, bool(options.deadline)) == ("post-maintenance", True, True)
    assert options.system == ["shop"], "a clone has the systems of our demos, too"


def test_github_keeps_the_reports_also_when_the_round_failed(deploy):
    workflow = yaml.safe_load((deploy / "ci" / "github-actions.yaml").read_text())
    job = workflow["jobs"]["gate"]
    kept = next(step for step in job["steps"] if "upload-artifact" in step.get("uses", ""))
    assert kept["if"] == "${{ !cancelled() }}"
    assert "reports/latest/junit.xml" in kept["with"]["path"].splitlines()
    assert kept["with"]["if-no-files-found"] == "error"
    assert workflow["concurrency"]["cancel-in-progress"] is False
    assert not [step for step in job["steps"] if "continue-on-error" in step]


def test_gitlab_keeps_the_reports_also_when_the_round_failed(deploy):
    job = yaml.safe_load((deploy / "ci" / "gitlab-ci.yaml").read_text())["rounds"]
    assert job["artifacts"]["when"] == "always"
    assert job["artifacts"]["reports"]["junit"] == "reports/*/junit.xml"
    assert not job.get("allow_failure")


def test_the_job_outlasts_the_round(text):
    minutes = int(re.findall(r"timeout(?:-minutes)?: (\d+)", text)[0])
    assert minutes > int(re.findall(r"--deadline (\d+)m", text)[0])


def test_no_secret_stands_in_a_command(text):
    assert not [line for line in lines(text) if "TOKEN" in line or "DSN" in line]


def test_the_command_leaves_what_is_kept(text, home, said):
    (command,) = lines(text)
    said(home / ".venv/bin/rounds", *shlex.split(command)[1:], cwd=home)
    for name in ("junit.xml", "report.html", "results.json"):
        assert (home / "reports" / "latest" / name).is_file()
    assert list(home.glob("reports/*/junit.xml"))
