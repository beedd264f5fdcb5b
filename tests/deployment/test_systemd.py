"""The units are verified by systemd's own programs, which need no systemd to run, and their commands are run."""

import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from rounds.quantities import read

BATCHES = ("continuous", "daily", "monthly", "quarterly", "weekly")
LEAST_EXPOSED = 15  # of 100, as `systemd-analyze security` counts
LEAST_EXPOSED_HERE = 30  # where it looks at its own machine


@pytest.fixture
def units(deploy):
    return deploy / "systemd"


@pytest.fixture
def machine(units, tmp_path, needed):
    """A file system with systemd's own units, ours, and the programs they start."""
    own = Path(needed("systemd-analyze", "systemd")).resolve()
    assert own.exists()
    root = tmp_path / "machine"
    shutil.copytree("/lib/systemd/system", root / "usr/lib/systemd/system", symlinks=True)
    (root / "lib").symlink_to("usr/lib")
    shutil.copytree(units, root / "etc/systemd/system", ignore=shutil.ignore_patterns("optional"))
    for program in ("srv/rounds/.venv/bin/rounds", "usr/local/sbin/rounds-failed"):
        (root / program).parent.mkdir(parents=True)
        shutil.copy("/bin/true", root / program)
    return root


def setting(path, name):
    """What a unit file says of a setting, the last time it says it."""
    return re.findall(rf"^{name}=(.*)$", path.read_text(), re.MULTILINE)[-1]


def verified(said, machine, *names, code=0):
    words = ["--man=no", "--recursive-errors=yes", f"--root={machine}", *names]
    return said("systemd-analyze", "verify", *words, code=code)


@pytest.mark.parametrize("batch", BATCHES)
def test_systemd_has_nothing_to_say_against_the_units(machine, said, batch):
    names = [f"rounds@{batch}.service", f"rounds@{batch}.timer", f"rounds-failed@{batch}.service"]
    assert verified(said, machine, *names) == ""


def test_a_misspelt_setting_would_be_found(machine, said):
    unit = machine / "etc/systemd/system/rounds@.service"
    unit.write_text(unit.read_text().replace("NoNewPrivileges", "NoNewPrivilegs"))
    assert "Unknown key 'NoNewPrivilegs'" in verified(said, machine, "rounds@daily.service", code=1)


@pytest.mark.parametrize("name", ["this-machine.conf", "told-elsewhere.conf", "textfile.conf"])
def test_systemd_has_nothing_to_say_against_what_may_be_added(machine, units, said, name):
    added = machine / "etc/systemd/system/rounds@.service.d"
    added.mkdir()
    shutil.copy(units / "optional" / name, added)
    assert verified(said, machine, "rounds@daily.service") == ""
    exposed(said, machine, LEAST_EXPOSED_HERE)


def exposed(said, machine, threshold):
    words = ["--offline=yes", "--no-pager", f"--threshold={threshold}", f"--root={machine}", "rounds@daily.service"]
    return said("systemd-analyze", "security", *words)


def test_the_round_is_shut_in_tightly(machine, said):
    assert "Overall exposure level" in exposed(said, machine, LEAST_EXPOSED)
    unit = machine / "etc/systemd/system/rounds@.service"
    unit.write_text(
        re.sub(r"^(ProtectSystem|CapabilityBoundingSet|User)=.*$", "", unit.read_text(), flags=re.MULTILINE)
    )
    said("systemd-analyze", "security", "--offline=yes", f"--threshold={LEAST_EXPOSED}", f"--root={machine}",
         "rounds@daily.service", code=1)  # fmt: skip


@pytest.mark.parametrize("batch", BATCHES)
def test_timers_name_their_zone_and_have_a_minute_of_their_own(units, said, needed, batch):
    timer = units / f"rounds@{batch}.timer"
    when = setting(timer, "OnCalendar")
    assert when.endswith(" UTC")
    assert "Next elapse" in said(needed("systemd-analyze", "systemd"), "calendar", "--iterations=3", when)
    assert setting(timer, "FixedRandomDelay") == "yes"
    assert setting(timer, "WantedBy") == "timers.target"
    assert batch == "continuous" or setting(timer, "Persistent") == "yes"


@pytest.mark.parametrize("batch", BATCHES)
def test_the_round_ends_itself_before_systemd_ends_it(units, batch):
    places = [units / "rounds@.service", *units.glob(f"rounds@{batch}.service.d/*.conf")]
    deadline = setting(places[-1], "Environment").removeprefix("ROUNDS_DEADLINE=")
    limit = setting(places[-1], "TimeoutStartSec").replace("min", "m")
    assert read(deadline, "s") + 30 <= read(limit.replace(" ", ""), "s")
    if batch == "continuous":
        assert read(limit.replace(" ", ""), "s") < 300


def test_its_command_runs_a_round_that_writes_to_its_own_folder_alone(units, home, tmp_path):
    unit = units / "rounds@.service"
    command = setting(unit, "ExecStart").replace("%i", "daily").replace("${ROUNDS_DEADLINE}", "50m")
    state = tmp_path / "state"
    command = command.replace("/srv/rounds", str(home))
    (home / "pytest.toml").write_text((units.parent / "pytest.toml").read_text().replace("/var/lib/rounds", str(state)))
    before = sorted(home.rglob("*"))
    env = {"PATH": "/usr/bin:/bin", "HOME": str(state), "PYTHONDONTWRITEBYTECODE": "1"}
    for _ in range(2):
        done = subprocess.run(
            command.split(), cwd=home, env=env, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
    assert sorted(home.rglob("*")) == before
    assert (state / "reports/latest/report.html").is_file()
    assert (state / "state/history.sqlite").is_file()
    for words, said in ((["history", "shop.resources.disk"], "2 ok"), (["status", "daily"], "ROUNDS OK"),
                        (["window", "open", "shop", "--for", "2h", "--reason", "disks"], "by eve: disks")):  # fmt: skip
        done = subprocess.run(
            [home / ".venv/bin/rounds", *words],
            cwd=home, env=env | {"SUDO_USER": "eve"}, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 0, "a person's command finds what the rounds left, without --state and --reports"
        assert said in done.stdout
        assert "was ever recorded" not in done.stdout
    assert sorted(home.rglob("*")) == before


def test_a_person_has_the_account_the_secrets_and_the_state_of_the_timers(units, tmp_path):
    program = tmp_path / "systemd-run"
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    program.chmod(0o755)
    words = ["window", "open", "shop", "--reason", "moving the disks"]
    done = subprocess.run(
        ["/bin/sh", units / "rounds-by-hand", *words],
        env={"PATH": str(tmp_path), "SUDO_USER": "eve"}, capture_output=True, text=True, timeout=30, check=True,
    )  # fmt: skip
    given = done.stdout.splitlines()
    unit = units / "rounds@.service"
    named = dict(word.removeprefix("--property=").split("=", 1) for word in given if word.startswith("--property="))
    assert set(named) >= {"User", "Group", "WorkingDirectory", "StateDirectory", "EnvironmentFile", "LoadCredential"}
    assert named == {name: setting(unit, name) for name in named}
    assert given[-6:] == [setting(unit, "ExecStart").split()[0], *words]
    assert "--setenv=SUDO_USER=eve" in given


def test_a_credential_is_read_from_where_systemd_puts_it(home, tmp_path, said):
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "rounds_shop-token").write_text("a token\n")
    inventory = home / "systems/shop/inventory.yaml"
    bearer = '"file:${CREDENTIALS_DIRECTORY}/rounds_shop-token"'
    inventory.write_text(
        f'{inventory.read_text()}  api: {{kind: endpoint, url: "http://127.0.0.1:1", bearer: {bearer}}}\n'
    )
    command = [home / ".venv/bin/rounds", "run", "daily"]
    env = {"PATH": "/usr/bin:/bin", "CREDENTIALS_DIRECTORY": str(credentials)}
    assert "is ok" in said(*command, cwd=home, env=env)
    (credentials / "rounds_shop-token").unlink()
    assert "rounds_shop-token cannot be read" in said(*command, cwd=home, env=env, code=4)


def test_the_account_is_one_that_sysusers_can_make(units, said, needed):
    assert "'rounds'" in said(needed("systemd-sysusers", "systemd"), "--dry-run", units / "rounds.sysusers.conf")


def test_old_reports_go_and_the_others_stay(units, tmp_path, said, needed):
    reports = tmp_path / "var" / "reports"
    ages = {"1-continuous": 3, "2-continuous": 1, "3-daily": 3, "4-daily": 102, "5-quarterly": 95}
    for name, days in ages.items():
        (reports / name).mkdir(parents=True)
        (reports / name / "report.html").touch()
        for path in (reports / name / "report.html", reports / name):
            os.utime(path, (time.time() - days * 86400,) * 2)
    lines = [line for line in (units / "rounds.tmpfiles.conf").read_text().splitlines() if line.startswith("e ")]
    # A file's change time counts, too, and no test can set that one: here, only the time of modification does.
    lines = [re.sub(r"(\d+d)$", r"mM:\1", line.replace("/var/lib/rounds", str(tmp_path / "var"))) for line in lines]
    conf = tmp_path / "rounds.conf"
    conf.write_text("\n".join(lines) + "\n")
    said(needed("systemd-tmpfiles", "systemd"), "--clean", conf)
    kept = sorted(path.parent.name for path in reports.glob("*/report.html"))
    assert kept == ["2-continuous", "3-daily", "5-quarterly"]


@pytest.fixture
def told(units, tmp_path):
    """Call rounds-failed with programs that write down what they are given."""
    programs = tmp_path / "bin"
    programs.mkdir()

    def call(*names, status="4"):
        for name in names:
            program = programs / name
            program.write_text(f'#!/bin/sh\necho "$@" >{tmp_path}/{name}.words\ncat >{tmp_path}/{name}.body\n')
            program.chmod(0o755)
        for name in ("sh", "hostname", "cat"):
            if not (programs / name).exists():
                (programs / name).symlink_to(shutil.which(name))
        env = {"PATH": str(programs), "MONITOR_SERVICE_RESULT": "exit-code", "MONITOR_EXIT_STATUS": status}
        subprocess.run([units / "rounds-failed", "daily"], env=env, stdin=subprocess.DEVNULL, check=True, timeout=30)
        return {path.name: path.read_text() for path in tmp_path.glob("*.*") if path.is_file()}

    return call


def test_a_failed_round_is_mailed(told):
    said = told("sendmail", "systemctl", "logger")
    assert said["sendmail.body"].startswith("To: root\nSubject: rounds: the daily round on ")
    assert "ended with exit-code, exit status 4" in said["sendmail.body"]
    assert said["systemctl.words"].split()[-1] == "rounds@daily.service"
    assert "logger.words" not in said


@pytest.mark.skipif(any(Path(p, "sendmail").exists() for p in ("/usr/sbin", "/usr/lib")), reason="there is mail here")
def test_where_there_is_no_mail_the_journal_has_it(told):
    said = told("systemctl", "logger")
    assert said["logger.words"].startswith("--priority daemon.alert --tag rounds the daily round on ")
