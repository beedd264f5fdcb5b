import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
import psutil
import psycopg
import pytest

from rounds.estate import EstateError, faults_of, ground
from rounds.estate.bigshot import frontend
from rounds.estate.bigshot.estate import BigShot
from rounds.estate.ground import sweep
from rounds.estate.part import wait_until

OWNER = "import time; from rounds.estate.bigshot import ESTATE; e = ESTATE(); e.start(); print(e.root, flush=True); time.sleep(99)"


def processes_of(root: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if str(root) in " ".join(process.cmdline()) or str(root) in process.cwd():
                found.append(process)
        except psutil.Error:
            continue
    return found


def test_starts_and_stops_without_a_trace() -> None:
    begin = time.monotonic()
    estate = BigShot()
    estate.start()
    assert time.monotonic() - begin < 60
    try:
        assert estate.healthy()
        assert len(processes_of(estate.root)) > 5
        with pytest.raises(EstateError, match="already running"):
            estate.start()
    finally:
        estate.stop()
    estate.stop()
    assert not estate.root.exists()
    assert processes_of(estate.root) == []


def test_two_at_a_time(estate: BigShot) -> None:
    with BigShot() as other:
        assert other.root != estate.root
        assert other.healthy()
        assert estate.healthy()
    assert estate.healthy()


def test_nothing_is_left_after_a_killed_owner(estate: BigShot) -> None:
    env = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    with subprocess.Popen([sys.executable, "-c", OWNER], stdout=subprocess.PIPE, text=True, env=env) as owner:
        assert owner.stdout is not None
        root = Path(owner.stdout.readline().strip())
        assert root.is_dir()
        owner.send_signal(signal.SIGKILL)
    wait_until(lambda: processes_of(root) == [], "all should end with the owner", seconds=60)
    sweep()  # or another estate that begins beside us does
    assert not root.exists()
    assert estate.root.exists()


def test_sweep_ends_only_what_is_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    estates = tmp_path / "estates"  # others that begin beside us sweep /tmp
    estates.mkdir()
    monkeypatch.setattr(ground, "base", lambda: estates)
    root = Path(tempfile.mkdtemp(prefix="rounds-estate-999999-", dir=estates))
    program = [sys.executable, "-c", "import time; time.sleep(60)"]
    with subprocess.Popen(program, cwd=root) as ours, subprocess.Popen(program, cwd=tmp_path) as foreign:
        try:
            (root / "parts.json").write_text(json.dumps({"a": {"pid": ours.pid}, "b": {"pid": foreign.pid}}))
            (root / "owner.json").write_text(json.dumps({"pid": os.getpid(), "created": 1.0}))
            sweep()
            ours.wait(10)  # its status went to the sweep, who waited for it, too
            assert foreign.poll() is None
        finally:
            for process in (ours, foreign):
                process.kill()
            shutil.rmtree(root, ignore_errors=True)
    assert not root.exists()


def test_no_secret_in_any_command_line(estate: BigShot) -> None:
    secrets = [*estate.database.passwords.values(), estate.cache.password]
    secrets += [estate.env["BIGSHOT_TOKEN"], estate.env["BIGSHOT_SMOKE_PASSWORD"]]
    for process in processes_of(estate.root):
        line = " ".join(process.cmdline())
        assert not any(secret in line for secret in secrets)


def test_each_part_answers(estate: BigShot) -> None:
    token = estate.env["BIGSHOT_TOKEN"]
    assert estate.ask("/api/v1/health")[1]["status"] == "healthy"
    assert estate.ask("/api/v1/health/detailed")[0] == 401
    components = estate.ask("/api/v1/health/detailed", token)[1]["components"]
    assert isinstance(components, dict)
    assert {name: part["status"] for name, part in components.items()} == dict.fromkeys(
        ("database", "redis", "celery"), "healthy"
    )
    assert estate.ask("/api/v1/backup/status", token)[0] == 200
    assert estate.ask("/api/v1/metrics")[0] == 200
    assert estate.frontend.visit("/domains/5") == 200
    hits, misses = estate.cache.figures()
    assert hits / (hits + misses) > 0.9


def test_users_log_in_start_a_job_and_log_out(estate: BigShot) -> None:
    url = f"{estate.env['BIGSHOT_URL']}/api/v1"
    account = {"username": estate.env["BIGSHOT_SMOKE_USER"], "password": estate.env["BIGSHOT_SMOKE_PASSWORD"]}
    begun = estate.database.query("SELECT now()")[0][0]
    assert httpx.post(f"{url}/auth/login", json=account | {"password": "guessed"}).status_code == 401
    assert httpx.post(f"{url}/auth/login", content=b"no json").status_code == 401
    token = httpx.post(f"{url}/auth/login", json=account).json()["access_token"]
    with httpx.Client(headers={"Authorization": f"Bearer {token}"}) as user:
        assert len(user.get(f"{url}/domains").json()["domains"]) == 20
        assert user.post(f"{url}/jobs", json={"job_type": "wipe"}).status_code == 422
        job = user.post(f"{url}/jobs", json={"job_type": "noop"}).json()["id"]
        wait_until(lambda: user.get(f"{url}/jobs/{job}").json()["status"] == "completed", "the job should end")
        assert user.get(f"{url}/jobs/999999999").status_code == 404
        assert user.post(f"{url}/auth/logout").status_code == 200
        assert user.get(f"{url}/jobs/{job}").status_code == 401
    attempts = estate.database.query("SELECT success FROM login_attempts WHERE login_time > %s ORDER BY id", begun)
    assert attempts == [(False,), (False,), (True,)]


def test_reader_may_look_and_not_touch(estate: BigShot) -> None:
    with psycopg.connect(estate.env["BIGSHOT_DSN"], autocommit=True) as reader:
        for table in ("users", "domains", "jobs", "login_attempts", "audit_log", "settings"):
            assert reader.execute(f"TABLE {table} LIMIT 1".encode()).fetchone()
        reader.execute("SELECT bt_index_check('jobs_pkey'::regclass)")
        assert reader.execute("SHOW data_checksums").fetchone() == ("on",)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            reader.execute("DELETE FROM domains")
    with psycopg.connect(estate.env["BIGSHOT_APP_DSN"]) as app:
        row = app.execute("SELECT rolsuper, current_user::text FROM pg_roles WHERE rolname = current_user").fetchone()
        assert row == (False, "bigshot")


def test_past_is_healthy(estate: BigShot) -> None:
    query = estate.database.query
    assert query("SELECT count(*) >= 100 FROM jobs WHERE created_at > now() - interval '24 hours'") == [(True,)]
    assert query("SELECT max(created_at) <= now() FROM jobs") == [(True,)]
    worst = query(
        "SELECT max(n) FROM (SELECT count(*) AS n FROM login_attempts WHERE NOT success "
        "GROUP BY date_trunc('hour', login_time)) AS hours",
    )
    assert worst[0][0] <= 2
    stamps = [line.split("[")[1].split("]")[0] for line in estate.frontend.access_log.read_text().splitlines()]
    times = [time.strptime(stamp, "%d/%b/%Y:%H:%M:%S +0000") for stamp in stamps]
    assert len(times) > 4000
    assert times == sorted(times)


def test_unknown_docker_question_is_refused(estate: BigShot) -> None:
    program = f"{estate.env['BIGSHOT_PATH']}/docker"
    for question in (["run", "x"], ["inspect", "nobody"], ["compose", "up"], ["stats"]):
        done = subprocess.run([program, *question], capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert done.stderr
        assert not done.stdout


def test_without_nginx_a_stand_in_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frontend, "nginx", lambda *_: None)
    with BigShot() as estate:
        assert not estate.frontend.real
        line = '"GET /domains/8?nobody-asked-so-before HTTP/1.1" 200'
        assert line not in estate.frontend.access_log.read_text()
        assert estate.frontend.visit("/domains/8?nobody-asked-so-before") == 200
        wait_until(lambda: line in estate.frontend.access_log.read_text(), "it should note the visit")
        before = estate.frontend.served()
        with faults_of("bigshot")["certificate-expires"].put_into(estate):
            assert estate.frontend.served() != before
        assert estate.frontend.served() == before


def test_a_day_can_be_lived_at_once(estate: BigShot) -> None:
    changes, (hits, misses) = estate.database.changes("jobs"), estate.cache.figures()
    estate.live_a_day()
    new_hits, new_misses = estate.cache.figures()
    assert estate.database.changes("jobs") > changes
    assert (new_hits - hits) / (new_hits - hits + new_misses - misses) > 0.9
