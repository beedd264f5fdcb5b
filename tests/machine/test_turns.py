"""Of each batch one round runs at a time: a second one says who is at it and looks at nothing."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

# Says that it runs, starts a program that outlives it, and judges when it is let.
HELD = """
    import os, pathlib, subprocess, time
    from rounds.expectation import Expectation
    class Held(Expectation): pass
    def test_held(expected: Held):
        left = subprocess.Popen(["sleep", "60"])
        pathlib.Path("begun").write_text(str(left.pid))
        while not pathlib.Path("go").exists():
            time.sleep(0.02)
        left.kill()
"""


@pytest.fixture
def held(project):
    """A daily round that runs until the file `go` is there."""
    project.rows({"id": "held", "check": "held"}, {"id": "good", "shows": 1, "when": ["weekly"]})
    project.checks(HELD, "test_held.py")
    running = project.start("run", "daily")
    wait_for(project.folder / "begun")
    yield running
    (project.folder / "go").touch()
    running.communicate(timeout=60)


def wait_for(path):
    ends = time.monotonic() + 60
    while not path.exists() or not path.read_text():
        assert time.monotonic() < ends, f"{path.name} never came"
        time.sleep(0.02)


def rounds_of(project):
    return sorted(path.name for path in (project.folder / "reports").iterdir() if not path.is_symlink())


def let_go(project, running):
    (project.folder / "go").touch()
    words, _ = running.communicate(timeout=60)
    return running.returncode, words


@pytest.mark.parametrize("extra", [[], ["--quiet"], ["--", "-n", "2"]], ids=["alone", "quiet", "xdist"])
def test_a_second_round_of_the_batch_says_who_is_at_it_and_looks_at_nothing(project, held, extra):
    before = rounds_of(project)
    done = project.run("run", "daily", *extra)
    assert (done.returncode, rounds_of(project)) == (1, before)
    assert f"nothing was looked at: a daily round is running, its turn is held by pid {held.pid} on " in done.stderr
    assert "since 20" in done.stderr
    assert "pytest -m daily --systems=systems" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert not (project.folder / "looks").exists()
    assert let_go(project, held)[0] == 0
    assert project.outcomes() == {"held": "ok"}


def test_pytest_itself_keeps_to_turns_as_well(project, held):
    (project.folder / "pytest.toml").write_text(
        '[pytest]\nrounds_systems = "systems"\naddopts = ["--import-mode=importlib"]\n'
    )
    for extra in ([], ["-n", "2"]):
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-m", "daily", "--junit-xml=out.xml", *extra],
            cwd=project.folder, env=project.env, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert (done.returncode, f"held by pid {held.pid}" in done.stderr) == (1, True)
        assert not (project.folder / "out.xml").exists()


def test_the_earlier_rounds_word_stays_while_another_runs(project):
    project.rows({"id": "held", "check": "held"})
    project.checks(HELD, "test_held.py")
    (project.folder / "go").touch()
    assert project.run("run", "daily").returncode == 0
    (project.folder / "go").unlink()
    (project.folder / "begun").unlink()
    running = project.start("run", "daily")
    wait_for(project.folder / "begun")
    assert project.run("run", "daily").returncode == 1
    assert project.run("status", "daily", "--nagios").returncode == 0
    assert let_go(project, running)[0] == 0


def test_another_batch_has_a_turn_of_its_own(project, held):
    assert project.run("run", "weekly").returncode == 0
    assert project.outcomes() == {"good": "ok"}
    assert held.poll() is None
    assert let_go(project, held)[0] == 0
    assert {name.partition("-")[2] for name in rounds_of(project)} == {"daily", "weekly"}


def test_a_round_that_was_killed_leaves_its_turn_and_the_next_says_so(project, held):
    left = int((project.folder / "begun").read_text())
    held.kill()
    held.communicate(timeout=60)
    os.kill(left, 0)  # what it started still runs, and does not keep the turn
    (project.folder / "go").touch()
    done = project.run("run", "daily", "--quiet")
    assert done.returncode == 0
    assert f"the daily round before this one died before its end: pid {held.pid} on " in done.stderr
    assert project.run("run", "daily", "--quiet").stderr == "", "it is said once"
    os.kill(left, 9)


def test_workers_do_not_keep_the_turn_of_a_round_that_was_killed(project):
    project.rows({"id": "held", "check": "held"}, {"id": "good", "shows": 1})
    project.checks(HELD, "test_held.py")
    running = project.start("run", "daily", "--", "-n", "2")
    wait_for(project.folder / "begun")
    running.kill()
    (project.folder / "go").touch()
    done = project.run("run", "daily", "--", "-n", "2")
    running.communicate(timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"died before its end: pid {running.pid} on " in done.stderr


@pytest.mark.parametrize("ending", ["SIGTERM", "SIGINT"])
def test_a_round_that_ends_in_order_is_not_called_dead(project, held, ending):
    held.send_signal(getattr(signal, ending))
    held.communicate(timeout=60)
    (project.folder / "go").touch()
    done = project.run("run", "daily")
    assert (done.returncode, "died" in done.stderr) == (0, False)


def test_mistakes_in_the_files_give_the_turn_back(project):
    project.rows({"id": "good", "shows": 1, "thing": "onne"})
    assert project.run("run", "daily").returncode == 4
    project.rows({"id": "good", "shows": 1})
    done = project.run("run", "daily")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_round_can_wait_for_its_turn(project, held):
    waits = project.start("run", "daily", "--wait", "30s")
    begun = time.monotonic()
    assert project.run("run", "daily", "--wait", "500ms").returncode == 1
    assert time.monotonic() - begun >= 0.5
    assert waits.poll() is None
    assert let_go(project, held)[0] == 0
    waits.communicate(timeout=60)
    assert waits.returncode == 0
    assert len(rounds_of(project)) == 2


def test_a_time_to_wait_that_cannot_be_read_is_a_mistake(project):
    project.rows({"id": "good", "shows": 1})
    done = project.run("run", "daily", "--wait", "soon")
    assert (done.returncode, "--round-wait" in done.stderr) == (4, True)


@pytest.mark.parametrize(
    "said", ["", "nonsense", '{"pid": 1}', "[]", '{"pid": 1, "host": "x", "since": "never", "command": ""}']
)
def test_a_turn_whose_file_says_nothing_is_taken_all_the_same(project, said):
    project.rows({"id": "good", "shows": 1})
    turns = project.folder / ".rounds" / "turns"
    turns.mkdir(parents=True)
    (turns / "daily").write_text(said)
    done = project.run("run", "daily", "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (turns / "daily").read_text() == ""


@pytest.mark.usefixtures("held")
def test_a_holder_that_cannot_be_named_holds_all_the_same(project):
    (project.folder / ".rounds" / "turns" / "daily").write_text("")
    done = project.run("run", "daily")
    assert done.returncode == 1
    assert "by a process that has not said who it is in " in done.stderr


@pytest.mark.usefixtures("held")
def test_what_stands_in_the_file_cannot_paint_the_terminal(project):
    holder = {"pid": 7, "host": "app", "since": "2026-11-22T06:00:00Z", "command": "pytest \x1b[2J\x07"}
    (project.folder / ".rounds" / "turns" / "daily").write_text(json.dumps(holder))
    done = project.run("run", "daily")
    assert "held by pid 7 on app since 2026-11-22T06:00:00Z (" in done.stderr
    assert "\x1b" not in done.stderr
    assert "\x07" not in done.stderr


def test_without_a_place_for_the_turn_the_round_goes_on_and_says_it(project):
    project.rows({"id": "good", "shows": 1})
    (project.folder / ".rounds").mkdir()
    (project.folder / ".rounds" / "turns").write_text("not a folder")
    done = project.run("run", "daily")
    assert done.returncode == 1
    assert project.outcomes() == {"good": "ok"}
    assert "another round of this batch may run at the same time: no lock on " in done.stdout
    assert [problem.rpartition(": ")[2] for problem in project.told().problems] == ["File exists"]


def test_ten_rounds_at_once_are_one_round(project):
    project.rows({"id": "held", "check": "held"})
    project.checks(HELD, "test_held.py")
    running = [project.start("run", "daily", "--quiet") for _ in range(10)]
    wait_for(project.folder / "begun")
    ends = time.monotonic() + 60
    while sum(each.poll() is not None for each in running) < 9:
        assert time.monotonic() < ends
        time.sleep(0.05)
    (project.folder / "go").touch()
    said = [each.communicate(timeout=60)[0] for each in running]
    assert sorted(each.returncode for each in running) == [0, *[1] * 9], said
    assert len(rounds_of(project)) == 1
    assert sum("its turn is held by" in words for words in said) == 9
