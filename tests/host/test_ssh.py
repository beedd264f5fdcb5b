"""Hosts reached by ssh: one login, and plain words for whoever cannot log in."""

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from rounds.estate.part import free_port, wait_until
from rounds.fixtures import connection, host
from rounds.probe import PROBES, CouldNotLook, Unreachable

from .conftest import Sshd

pytestmark = pytest.mark.usefixtures("logged_out")
ROWS = {
    "disk-usage": "used: 100%, inodes: 100%",
    "memory-usage": "used: 100%",
    "swap-usage": "used: 100%",
    "load-average": "per_core: 1000",
    "cpu-usage": "over: 500ms, used: 100%",
    "process-count": "pattern: sshd",
    "largest-process": "share: 100%",
    "network-traffic": "interfaces: [lo], times_mean: 1000000, lost: 100%",
}


def test_the_same_look_works_over_ssh(sshd: Sshd) -> None:
    seen = PROBES["machine"].look(sshd.host())
    assert seen.memory.total_bytes > 0
    assert seen.load.cores > 0
    assert any(volume.holds_data for volume in seen.volumes)
    assert any(each.name == "sshd" for each in seen.processes)
    assert any(each.port == sshd.port and each.is_local for each in seen.sockets)


def test_looks_at_once_and_later_share_one_login(sshd: Sshd) -> None:
    before = sshd.logins
    target = sshd.host()
    with ThreadPoolExecutor(4) as pool:
        said = list(pool.map(lambda number: host.run(target, f"echo {number}"), range(12)))
    assert [text.strip() for text in said] == [str(number) for number in range(12)]
    assert sshd.logins - before == 1


def test_a_round_with_several_rows_of_a_host_logs_in_once_and_leaves_nothing(sshd: Sshd, tmp_path: Path) -> None:
    before = sshd.logins
    folder = tmp_path / "systems" / "shop"
    folder.mkdir(parents=True)
    target = f"{{kind: host, connection: 'ssh://web1', ssh_config: {sshd.host().ssh_config}}}"
    (folder / "inventory.yaml").write_text(f"targets:\n  web: {target}\n")
    rows = [
        f"- {{id: shop.resources.{check}, check: {check}, host: web, {more}, when: [daily], runbook: Daily}}\n"
        for check, more in ROWS.items()
    ]
    (folder / "expectations.yaml").write_text("".join(rows))
    wait_until(lambda: not sshd.sessions, "those of other tests should have ended")
    command = [sys.executable, "-m", "rounds", "run", "daily"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    records = json.loads((tmp_path / "reports" / "latest" / "results.json").read_text())
    assert str(records).count("'outcome': 'ok'") >= len(ROWS)
    assert sshd.logins - before == 1
    wait_until(lambda: not sshd.sessions, "the login should have ended")


@pytest.mark.parametrize(
    ("key", "known_hosts", "words"),
    [
        ("wrong_key", "known_hosts", "refuses the login"),
        ("key", "empty", "host key is not known"),
        ("key", "changed", "host key has changed"),
    ],
)
def test_who_cannot_log_in_is_told_why(sshd: Sshd, key: str, known_hosts: str, words: str) -> None:
    with pytest.raises(Unreachable, match=f"web cannot be reached: .*{words}"):
        PROBES["machine"].look(sshd.host(key, known_hosts))


def test_a_port_where_nobody_listens_is_told(sshd: Sshd) -> None:
    with pytest.raises(Unreachable, match="Connection refused"):
        PROBES["machine"].look(sshd.host(port=free_port()))


@pytest.fixture
def silent() -> Iterator[int]:
    """A server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_server_that_hangs_is_given_up_and_asked_once(
    sshd: Sshd, silent: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "LOGIN_SECONDS", 1)
    target, told = sshd.host(port=silent), []

    def look() -> None:
        try:
            host.run(target, "true")
        except Unreachable as error:
            told.append(str(error))

    looks = [threading.Thread(target=look) for _ in range(3)]
    for each in looks:
        each.start()
    for each in looks:
        each.join(10)
    assert len(told) == 3
    assert len(set(told)) == 1
    assert "timed out" in told[0]


def test_after_a_failure_the_next_look_tries_anew(sshd: Sshd) -> None:
    target = sshd.host(known_hosts="later")
    (sshd.folder / "later").write_text("")
    with pytest.raises(Unreachable):
        host.run(target, "true")
    (sshd.folder / "later").write_text((sshd.folder / "known_hosts").read_text())
    assert host.run(target, "echo in") == "in\n"


def test_a_command_that_hangs_over_ssh_is_ended_there(sshd: Sshd) -> None:
    with pytest.raises(CouldNotLook, match=r"longer than 0\.5 s on web"):
        host.run(sshd.host(), "sleep 4321", seconds=0.5)
    assert "sleep 4321" not in [each.arguments for each in PROBES["machine"].look(sshd.host()).processes]


def test_a_login_that_somebody_shares_already_is_used(sshd: Sshd, tmp_path: Path) -> None:
    target = sshd.host(known_hosts="known_hosts", port=sshd.port)
    config = Path(str(target.ssh_config))
    config.write_text(
        config.read_text() + f"    ControlMaster auto\n    ControlPath {tmp_path}/own\n    ControlPersist 30\n"
    )
    opened = ["ssh", "-F", config, "-o", "BatchMode=yes", "web1", "true"]
    subprocess.run(opened, check=True, timeout=20, stdin=subprocess.DEVNULL, capture_output=True)
    before = sshd.logins
    assert host.run(target, "echo in") == "in\n"
    assert sshd.logins == before
    subprocess.run(["ssh", "-F", config, "-O", "exit", "web1"], check=True, timeout=20, capture_output=True)
