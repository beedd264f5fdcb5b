"""The crontab is one that cron takes, and each of its lines runs a round."""

import os
import re
import subprocess
import time

import pytest

from rounds.expectation import CADENCES

FIELDS = r"(?:\S+\s+){5}"


@pytest.fixture
def table(deploy):
    return deploy / "cron" / "rounds.crontab"


@pytest.fixture
def jobs(table):
    lines = [line for line in table.read_text().splitlines() if re.match(r"[\d*]", line)]
    return [re.sub(f"^{FIELDS}", "", line) for line in lines]


def sh(command, home):
    """Run a line as cron does: by sh, with next to no environment."""
    env = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(home), "SHELL": "/bin/sh"}
    return subprocess.run(
        ["/bin/sh", "-c", command.replace("/srv/rounds", str(home))],
        env=env, cwd="/", capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_cron_takes_it(table, needed, said, tmp_path):
    crontab = needed("crontab", "cron")
    assert "successfully checked" in said(crontab, "-n", table)
    wrong = tmp_path / "wrong"
    wrong.write_text(table.read_text().replace("10 5 * * *", "10 25 * * *"))
    said(crontab, "-n", wrong, code=1)


def test_no_line_has_a_percent_sign_that_cron_takes_for_a_line_end(jobs):
    assert [job for job in jobs if re.search(r"(?<!\\)%", job)] == []


def test_every_regular_cadence_has_a_line(jobs):
    batches = [batch for job in jobs for batch in re.findall(r"rounds run (\S+)", job)]
    by_hand = {"pre_maintenance", "post_maintenance", "emergency"}
    assert sorted(batches) == sorted(set(CADENCES) - by_hand)


def test_each_line_runs_its_round_and_says_nothing_of_a_good_one(jobs, home):
    ran = [job for job in jobs if "rounds run" in job]
    assert len(ran) == 5
    for job in ran:
        done = sh(job, home)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), job
    reports = {path.name.partition("-")[2] for path in (home / "reports").iterdir() if not path.is_symlink()}
    assert reports == {"continuous", "daily", "weekly", "monthly", "quarterly"}


def test_the_variables_are_there_and_nothing_in_them_is_changed(jobs, home):
    daily = next(job for job in jobs if "run daily" in job)
    shown = re.sub(r"\.venv/bin/rounds .*", "printenv SHOP_TOKEN", daily)
    assert sh(shown, home).stdout == "a $token with %\n"


def test_without_the_variables_nothing_is_run_and_cron_mails_why(jobs, home):
    (home / "environment").unlink()
    done = sh(next(job for job in jobs if "run daily" in job), home)
    assert done.returncode != 0
    assert "environment" in done.stderr
    assert not (home / "reports").exists()


def test_old_reports_go_and_the_others_stay(jobs, home):
    ages = {
        "20261101T000000Z-continuous": 3, "20261122T000000Z-continuous": 1, "20261101T000000Z-daily": 3,
        "20260801T000000Z-daily": 102, "20260830T000000Z-quarterly": 95,
    }  # fmt: skip
    for name, days in ages.items():
        folder = home / "reports" / name
        folder.mkdir(parents=True)
        (folder / "report.html").touch()
        os.utime(folder, (time.time() - days * 86400,) * 2)
    (home / "reports" / "latest").symlink_to("20261122T000000Z-continuous")
    for job in jobs:
        if job.startswith("find"):
            done = sh(job, home)
            assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert sorted(path.name for path in (home / "reports").iterdir()) == [
        "20260830T000000Z-quarterly", "20261101T000000Z-daily", "20261122T000000Z-continuous", "latest",
    ]  # fmt: skip
