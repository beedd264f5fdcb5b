"""Whatever keeps an expectation from being judged makes it unknown, and the round not ok."""

import signal
import time
from xml.etree import ElementTree as ET

import pytest

SLOW = """
    import os, pathlib, signal, time
    from rounds.expectation import Expectation
    class Slow(Expectation): pass
    def test_slow(expected: Slow):
        pathlib.Path("begun").touch()
        time.sleep(60)
    def test_dies(expected: Slow):
        os.kill(os.getpid(), signal.SIGKILL)
    def test_after(expected: Slow): pass
"""


def all_reports_are_whole(project):
    assert ET.parse(project.latest / "junit.xml").getroot() is not None  # noqa: S314
    assert (project.latest / "report.html").read_text().rstrip().endswith("</html>")
    assert (project.latest / "metrics.prom").read_text().endswith("\n")
    return project.outcomes()


@pytest.mark.parametrize("extra", [[], ["--", "-n", "2"]], ids=["alone", "xdist"])
def test_a_check_that_cannot_be_imported_is_unknown_and_the_others_are_judged(project, extra):
    project.rows(
        {"id": "good", "shows": 1},
        {"id": "lost", "check": "lost"},
        {"id": "later", "check": "lost", "when": ["weekly"]},
    )
    project.checks("import nowhere_to_be_found\ndef test_lost(expected): pass\n", "test_lost.py")
    done = project.run("run", "daily", *extra)
    assert done.returncode == 1, done.stdout + done.stderr
    assert project.outcomes() == {"good": "ok", "lost": "unknown"}
    assert "nowhere_to_be_found" in project.summary(".lost")


def test_a_broken_file_without_rows_still_makes_the_round_not_ok(project):
    project.rows({"id": "good", "shows": 1})
    project.checks("this is no Python\n", "test_broken.py")
    done = project.run("run", "daily")
    assert done.returncode != 0
    assert "test_broken.py could not be collected" in done.stdout
    assert str(project.told().outcome) == "unknown"


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("death", ["os.kill(os.getpid(), signal.SIGKILL)", "os._exit(3)"])
def test_a_crashed_worker_leaves_its_expectation_unknown_and_no_other(project, death, workers):
    project.rows({"id": "good", "shows": 1}, {"id": "dies", "check": "dies"}, {"id": "after", "check": "after"})
    project.checks(SLOW.replace("os.kill(os.getpid(), signal.SIGKILL)", death), "test_slow.py")
    done = project.run("run", "daily", "--", "-n", workers)
    assert done.returncode == 1, done.stdout + done.stderr
    assert all_reports_are_whole(project) == {"good": "ok", "dies": "unknown", "after": "ok"}
    assert "crashed" in project.summary(".dies")


def test_the_only_check_crashes_its_worker_and_the_round_ends(project):
    project.rows({"id": "dies", "check": "dies"})
    project.checks(SLOW, "test_slow.py")
    assert project.run("run", "daily", "--", "-n", "2").returncode == 1
    assert project.outcomes() == {"dies": "unknown"}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
@pytest.mark.parametrize("extra", [[], ["--", "-n", "1"]], ids=["alone", "xdist"])
def test_an_interrupted_round_still_tells(project, number, extra):
    project.rows({"id": "good", "shows": 1}, {"id": "slow", "check": "slow"}, {"id": "after", "check": "after"})
    project.checks(SLOW, "test_slow.py")
    running = project.start("run", "daily", *extra)
    wait_for(project.folder / "begun")
    wait_until_judged(project, "good")
    running.send_signal(number)
    words, _ = running.communicate(timeout=20)
    assert running.returncode == 2, words
    assert all_reports_are_whole(project) == {"good": "ok", "slow": "unknown", "after": "unknown"}
    assert "interrupted" in project.summary(".after")


def test_the_rounds_own_deadline_ends_it(project):
    project.rows(
        {"id": "good", "shows": 1}, {"id": "hung", "shows": -2, "deadline": "50s"}, {"id": "slow", "check": "slow"}
    )
    project.checks(SLOW, "test_slow.py")
    begun = time.monotonic()
    done = project.run("run", "daily", "--deadline", "4s")
    assert done.returncode == 2, done.stdout
    assert time.monotonic() - begun < 40
    assert all_reports_are_whole(project) == {"good": "ok", "hung": "unknown", "slow": "unknown"}
    assert "deadline" in project.summary(".hung")
    assert "deadline" in project.summary(".slow")


def test_a_hung_target_does_not_keep_the_process_from_ending(project):
    project.rows({"id": "hung", "shows": -2, "deadline": "200ms"}, {"id": "good", "shows": 1, "thing": "two"})
    begun = time.monotonic()
    assert project.run("run", "daily").returncode == 1
    assert time.monotonic() - begun < 10
    assert project.outcomes() == {"hung": "unknown", "good": "ok"}


def test_after_kill_9_the_reports_are_made_from_the_journal(project):
    project.rows({"id": "good", "shows": 1}, {"id": "bad", "shows": 11}, {"id": "slow", "check": "slow"})
    project.checks(SLOW, "test_slow.py")
    running = project.start("run", "daily")
    wait_for(project.folder / "begun")
    running.kill()
    running.communicate(timeout=20)
    assert not project.latest.exists()
    assert project.run("status", "daily", "--nagios").returncode == 2
    done = project.run("report")
    assert done.returncode == 0, done.stderr
    assert all_reports_are_whole(project) == {"good": "ok", "bad": "critical", "slow": "unknown"}
    assert "killed" in project.summary(".slow")


def test_a_torn_last_line_of_the_journal_is_not_judged(project):
    project.rows({"id": "good", "shows": 1}, {"id": "other", "shows": 2})
    project.run("run", "daily")
    journal = project.latest.resolve() / "records.jsonl"
    journal.write_bytes(b"\n".join(journal.read_bytes().splitlines()[:3])[:-40])
    assert project.run("report").returncode == 0
    assert project.outcomes() == {"good": "ok", "other": "unknown"}


def test_reports_that_cannot_be_written_make_the_round_fail(project):
    project.rows({"id": "good", "shows": 1})
    (project.folder / "reports").write_text("a file, not a folder")
    done = project.run("run", "daily")
    assert done.returncode == 1
    assert "no reports could be written" in done.stdout


def test_a_history_that_cannot_be_written_is_said_and_the_round_still_reports(project):
    project.rows({"id": "good", "shows": 1})
    (project.folder / ".rounds").write_text("a file, not a folder")
    done = project.run("run", "daily")
    assert done.returncode == 1
    assert "history could not be" in done.stdout
    assert all_reports_are_whole(project) == {"good": "ok"}


def test_stopping_at_the_first_failure_leaves_the_rest_unknown(project):
    project.rows({"id": "bad", "shows": 11}, {"id": "next", "shows": 1})
    done = project.run("run", "daily", "--", "-x")
    assert done.returncode in (1, 2)
    assert project.outcomes() == {"bad": "critical", "next": "unknown"}


def test_two_rounds_in_one_second_have_two_folders(project):
    project.rows({"id": "good", "shows": 1})
    both = [
        project.start("run", "daily", "--state", state) for state in ("here", "there")
    ]  # each has a turn of its own
    words = [one.communicate(timeout=60)[0] for one in both]
    assert [one.returncode for one in both] == [0, 0], words
    assert len([folder for folder in (project.folder / "reports").iterdir() if not folder.is_symlink()]) == 2


def wait_until_judged(project, name):
    """A worker's result is on its way to the journal for a moment after its next check began."""
    journal = next((project.folder / "reports").glob("*/records.jsonl"))
    end = time.monotonic() + 20
    while not any(f'{{"record": {{"id": "mine.area.{name}"' in line for line in journal.read_text().splitlines()):
        assert time.monotonic() < end, journal.read_text()
        time.sleep(0.02)


def wait_for(path, seconds=20):
    end = time.monotonic() + seconds
    while not path.exists():
        assert time.monotonic() < end, f"{path.name} did not come"
        time.sleep(0.02)
