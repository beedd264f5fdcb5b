import json
import re

import pytest


def test_without_a_round_the_status_is_unknown(project):
    done = project.run("status", "daily", "--nagios")
    assert done.returncode == 3
    assert done.stdout.startswith("ROUNDS UNKNOWN: no round of batch daily")


@pytest.mark.parametrize(
    ("shows", "code", "word"), [(1, 0, "OK"), (7, 1, "WARNING"), (11, 2, "CRITICAL"), (-1, 3, "UNKNOWN")]
)
def test_the_status_is_the_outcome_of_the_last_round_with_perfdata(project, shows, code, word):
    project.rows({"id": "figure", "shows": shows})
    project.run("run", "daily")
    done = project.run("status", "daily", "--nagios")
    assert done.returncode == code
    assert done.stdout.startswith(f"ROUNDS {word}: ")
    assert done.stdout.count("\n") == 1
    text, _, perfdata = done.stdout.partition(" | ")
    assert "|" not in text
    assert all(re.fullmatch(r"'[a-z]+'=[\d.]+s?(;[\d.]*){0,4}", each) for each in perfdata.split())
    assert json.loads(project.run("status", "daily", "--json").stdout)["status"] == word


def test_a_round_older_than_its_batch_allows_is_unknown(project):
    project.rows({"id": "figure", "shows": 1})
    project.run("run", "daily")
    done = project.run("status", "daily", "--nagios", "--max-age", "1ms")
    assert done.returncode == 3
    assert "old, allowed is" in done.stdout


def test_the_status_of_one_batch_is_not_that_of_another(project):
    project.rows({"id": "figure", "shows": 1}, {"id": "other", "shows": 11, "when": ["weekly"]})
    project.run("run", "daily")
    project.run("run", "weekly")
    assert project.run("status", "daily").returncode == 0
    assert project.run("status", "weekly").returncode == 2
    assert project.run("status").returncode == 2


def test_a_line_that_nagios_could_misread_is_made_harmless(project):
    project.rows({"id": "figure", "check": "shouts"})
    project.checks(
        """
        from rounds.expectation import Expectation
        class Shouts(Expectation): pass
        def test_shouts(expected: Shouts): assert False, "a | pipe\\nand a line" + "x" * 1000
        """,
        "test_shouts.py",
    )
    project.run("run", "daily")
    line = project.run("status", "--nagios").stdout
    assert line.count("|") == 1
    assert line.count("\n") == 1
    assert len(line) < 600
