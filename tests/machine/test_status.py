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


def changed(project, **round_):
    """Run a round and change what its results say of it."""
    project.rows({"id": "figure", "shows": 1})
    project.run("run", "daily")
    path = project.latest / "results.json"
    told = json.loads(path.read_text())
    path.write_text(json.dumps(told | {"round": told["round"] | round_}))
    return path


def test_a_round_from_the_future_is_unknown(project):
    changed(project, finished_at="2999-01-01T00:00:00.000Z")
    done = project.run("status", "daily", "--nagios")
    assert done.returncode == 3
    assert "in the future: the clock here or the clock there is wrong" in done.stdout


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000, "[]", "null", "7", "", "\0", '{"format": 1}', '{"format": 1, "round": [], "records": 7}',
        "1" * 10_000, '{"format": 1, "round": {"id": 7}, "records": [[]]}',
    ],
    ids=range(10),
)  # fmt: skip
def test_a_foreign_file_is_unknown_and_no_traceback(project, text):
    path = changed(project)
    for file in ("results.json", "records.jsonl"):
        path.unlink(missing_ok=True)
        path.with_name(file).write_text(text)
        done = project.run("status", "daily", "--nagios")
        assert (done.returncode, done.stderr) == (3, "")
        assert done.stdout.startswith("ROUNDS UNKNOWN: ")


@pytest.mark.parametrize(
    "head",
    [{"seconds": float("inf")}, {"seconds": 10**400}, {"seconds": "1"}, {"batch": ["daily"]}, {"problems": 7},
     {"finished_at": 7}, {"finished_at": "0001-01-01T00:00:00+23:59"}],
    ids=range(7),
)  # fmt: skip
def test_figures_that_are_none_are_unknown(project, head):
    changed(project, **head)
    done = project.run("status", "--nagios")
    assert (done.returncode, done.stderr) == (3, "")
    assert done.stdout.startswith("ROUNDS UNKNOWN: ")


def test_a_round_in_which_nothing_was_held_against_the_system_says_so(project):
    project.rows({"id": "a", "skip": "not here"}, {"id": "b", "skip": "nor here"})
    project.run("run", "daily")
    assert "no expectation was held against the system, 2 skipped" in project.run("status", "daily").stdout


def test_hostile_text_is_printed_harmlessly_and_also_where_there_is_only_ascii(project):
    hostile = "\x1b[31m\x07\x9b2J\u202e\0…"
    changed(project, problems=[hostile])
    project.env |= {"PYTHONIOENCODING": "ascii"}
    done = project.run("status", "daily")
    assert (done.returncode, done.stderr) == (3, "")
    assert done.stdout.strip().isprintable()
    assert r"problem: \x07" in done.stdout
