"""What a killed process of ours leaves behind is swept by the next start; what is not ours is never touched."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from rounds.fixtures import scratch_folder, scratch_postgres
from rounds.fixtures.scratch_folder import base, sweep

CHILD = """
import os, pathlib, pwd, sys, threading, time
from rounds.fixtures import scratch_postgres
from rounds.fixtures.postgres_programs import installed
from rounds.fixtures.scratch_postgres import scratch
import psycopg, encodings.idna, encodings.ascii, encodings.latin_1

if sys.argv[1] != "root":  # an ordinary user: from here on this process is nobody
    nobody = pwd.getpwnam("nobody")
    os.setgroups([])
    os.setgid(nobody.pw_gid)
    os.setuid(nobody.pw_uid)
    sys.executable, scratch_postgres._TIED = "/usr/bin/python3", pathlib.Path(sys.argv[3])

def look():
    with scratch(300, 4e9) as server:
        server.use(installed()[0])
        server.init()
        assert server.start() == ""
        print(server.folder, server.server.pid, flush=True)
        time.sleep(60)

if sys.argv[2] == "thread":
    threading.Thread(target=look, daemon=True).start()
    time.sleep(60)
else:
    look()
"""


@pytest.fixture(autouse=True)
def _folders_of_our_own(in_memory, monkeypatch):  # noqa: ARG001 - what it sets is set anew here
    """Whoever starts a throwaway server beside us sweeps, too."""
    folder = tempfile.mkdtemp(prefix="rl-", dir="/tmp")  # short, for the path of a socket
    Path(folder).chmod(0o1777)
    monkeypatch.setenv("TMPDIR", folder)
    monkeypatch.setattr(tempfile, "tempdir", folder)
    yield
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["root", "ordinary"])
def child(request):
    """A process of ours that has a throwaway server."""
    request.getfixturevalue("debian15")  # an ordinary user can reach its programs
    if request.param == "root" and os.geteuid() != 0:
        pytest.skip("needs root")
    started = []
    public = Path(
        tempfile.mkdtemp()
    )  # an ordinary user reads his own copy of Rounds, ours may lie behind a closed door
    public.chmod(0o755)
    tied = shutil.copy(scratch_postgres._TIED, public)

    def start(how="main"):
        user = request.param if os.geteuid() == 0 else "root"  # who is an ordinary user anyway stays that
        command = [sys.executable, "-c", CHILD, user, how, tied]
        env = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env)
        started.append(process)
        folder, _, pid = process.stdout.readline().strip().rpartition(" ")
        assert folder, process.stderr.read()
        return process, Path(folder), int(pid)

    yield start
    for process in started:
        process.kill()
        process.communicate()
    shutil.rmtree(public)


def gone(pid):
    ends_at = time.monotonic() + 20
    while time.monotonic() < ends_at:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return True
        if state == "Z":
            return True
        time.sleep(0.02)
    return False


def swept_by_its_user(folder):
    """Sweep as the one whose folder it is; a root does not touch what belongs to others."""
    owner = folder.stat().st_uid
    if owner == os.geteuid():
        return sweep()
    assert folder not in sweep()
    code = (
        "import os, sys, pathlib\nfrom rounds.fixtures import scratch_folder\n"
        f"os.setgid({owner}); os.setuid({owner})\nprint(*scratch_folder.sweep())\n"
    )
    env = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env, timeout=60, check=True)
    return [Path(path) for path in done.stdout.split()]


def test_after_a_kill_the_server_dies_at_once_and_the_folder_is_swept(child):
    process, folder, server = child()
    assert folder not in sweep()
    process.kill()
    process.wait()
    assert gone(server)
    assert folder in swept_by_its_user(folder)
    assert not folder.exists()


def test_a_server_that_survived_is_ended_by_the_sweep(child, monkeypatch):
    monkeypatch.setattr(scratch_folder, "_ENDS_IN_SECONDS", 0.3)
    process, folder, server = child()
    os.kill(server, signal.SIGSTOP)  # it cannot hear that its parent is gone
    process.kill()
    process.wait()
    assert not Path(f"/proc/{server}/stat").read_text().endswith("Z")
    assert folder in swept_by_its_user(folder)
    assert gone(server)
    assert not folder.exists()


@pytest.mark.parametrize("how", ["main", "thread"])
def test_ctrl_c_leaves_nothing(child, how):
    process, folder, server = child(how)
    process.send_signal(signal.SIGINT)
    process.wait(30)
    assert gone(server)
    assert not folder.exists()


@pytest.fixture
def named():
    """Make something with the name of a folder of ours, whose process is gone."""
    made = []

    def make(**owner):
        path = base() / f"rounds-restore-999999999-{os.getpid()}{len(made)}"
        made.append(path)
        path.mkdir()
        if owner:
            (path / "owner.json").write_text(json.dumps(owner))
        return path

    yield make
    for path in made:
        if path.is_symlink():
            path.unlink()
        else:
            scratch_folder.raze(path)


def test_what_is_not_ours_is_not_touched(named, tmp_path):
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "data").touch()
    link = named()
    link.rmdir()
    link.symlink_to(kept)
    ours = scratch_folder._identity(os.getpid())
    living, elsewhere = named(**ours), named(**(ours | {"pid": 999999999, "space": "pid:[1]"}))
    left_alone = [link, living, elsewhere]
    if os.geteuid() == 0:
        others = named(**(ours | {"started": "1"}))
        os.chown(others, 12345, 12345)
        left_alone.append(others)
    assert not set(sweep()) & set(left_alone)
    assert (kept / "data").exists()


def test_what_was_ours_is_swept(named):
    ours = scratch_folder._identity(os.getpid())
    dead = [named(), named(**(ours | {"started": "1"})), named(**(ours | {"boot": "before", "space": "pid:[1]"}))]
    (dead[0] / "owner.json").write_text("{")
    (dead[1] / "link").symlink_to("/etc")
    assert set(dead) <= set(sweep())
    assert Path("/etc").is_dir()
