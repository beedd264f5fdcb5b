"""Units, processes, sockets, mounts and interfaces, from recorded and real files of the kernel and of systemd."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rounds.fixtures import host
from rounds.fixtures.network import interfaces, sockets
from rounds.fixtures.processes import processes, tree
from rounds.fixtures.units import units
from rounds.fixtures.volumes import mounts
from rounds.probe import PROBES
from rounds.targets import Host

RECORDED = Path(__file__).with_name(
    "recorded"
)  # of systemd 252 as process 1 of a namespace; ssh.service is from its manual
SHOWN, FILES = ((RECORDED / f"systemctl-{name}.txt").read_text() for name in ("show", "list-unit-files"))
NETDEV = """\
Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:     100      10    0    0    0     0          0         0      100      10    0    0    0     0       0          0
  eth0:3359247805   93928    1    2    0     0          0         0  6352016   48813    3    4    0     0       0          0
"""
TCP = """\
tcp:   0: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 555 1
tcp:   1: 0100007F:1538 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 556 1
tcp6:   0: 00000000000000000000000001000000:1538 00000000000000000000000000000000:0000 0A 00000000:00000000
tcp6:   1: 0000000000000000FFFF00000100007F:18EB 00000000000000000000000000000000:0000 0A 00000000:00000000
udp:   8: 3500007F:0035 00000000:0000 07 00000000:00000000
"""


def look(target: Host) -> Any:
    return PROBES["machine"].look(target)


def test_units_are_told_whether_loaded_or_not() -> None:
    found = {unit.name: unit for unit in units(SHOWN, FILES, 13431.0)}
    api, loop = found["shop-api.service"], found["shop-loop.service"]
    assert (api.active, api.sub, api.file, api.main_pid) == ("active", "running", "enabled-runtime", 29)
    assert api.up_seconds == pytest.approx(45.1, abs=0.1)
    assert (loop.active, loop.sub, loop.restarts, loop.up_seconds) == ("activating", "auto-restart", 36, None)
    assert (found["shop-broken.service"].active, found["shop-broken.service"].result) == ("failed", "exit-code")
    assert (found["shop-stopped.service"].active, found["shop-stopped.service"].file) == ("inactive", "enabled-runtime")
    assert found["shop-masked.service"].load == "masked"
    assert found["sshd.service"].active == "active"


def test_files_of_units_alone_tell_nothing() -> None:
    assert units("Failed to connect to bus: Host is down\n", FILES, 100.0) == ()


def test_a_systemctl_that_hangs_hides_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "systemctl").write_text('#!/bin/sh\ntest "$1" != show || exec sleep 20\n')
    (tmp_path / "systemctl").chmod(0o755)
    seen = look(Host(name="here", path=str(tmp_path)))
    assert "systemctl gave no answer within 4 s" in seen.complaints["units"]
    assert seen.processes
    assert seen.volumes


def test_interfaces_are_counted_in_both_directions() -> None:
    lo, eth0 = interfaces(NETDEV)
    assert (lo.is_physical, eth0.is_physical) == (False, True)
    assert (eth0.bytes, eth0.packets, eth0.errors_and_drops) == (3365599821, 142741, 10)


def test_sockets_that_only_the_machine_can_reach_are_told_apart() -> None:
    found = {(each.protocol, each.port, each.is_local) for each in sockets(TCP)}
    assert found == {("tcp", 8080, False), ("tcp", 5432, True), ("tcp", 6379, True), ("udp", 53, True)}


def test_this_machine_s_sockets_are_seen() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed, socket.create_server(("0.0.0.0", 0)) as opened:  # noqa: S104 - to be seen as open
        seen = {(each.port, each.is_local) for each in look(Host(name="here")).sockets}
        assert (closed.getsockname()[1], True) in seen
        assert (opened.getsockname()[1], False) in seen


def test_mounts_tell_how_they_are_mounted() -> None:
    table = "/dev/vda1 / ext4 rw,relatime 0 0\nnas:/my\\040files /srv/my\\040files nfs4 ro,hard 0 0\nnonsense\n"
    root, nas = mounts(table)
    assert (root.path, root.filesystem, root.writable) == ("/", "ext4", True)
    assert (nas.path, nas.device, nas.writable) == ("/srv/my files", "nas:/my files", False)


@pytest.fixture
def started() -> Any:
    """Start a Python process that runs some statements and then waits."""
    running = []

    def start(statements: str, *arguments: str) -> subprocess.Popen[bytes]:
        script = f"{statements}; print(flush=True); import time; time.sleep(60)"
        process = subprocess.Popen(
            [sys.executable, "-c", script, *arguments], stdout=subprocess.PIPE, start_new_session=True
        )
        running.append(process)
        assert process.stdout
        process.stdout.readline()
        return process

    yield start
    for process in running:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def test_a_process_s_memory_now_and_at_its_peak_is_seen(started: Callable[..., Any]) -> None:
    process = started("held = bytearray(200_000_000); held[::4096] = b'x' * len(held[::4096]); del held", "shop-batch")
    seen = next(each for each in look(Host(name="here")).processes if each.pid == process.pid)
    assert seen.peak_bytes > 200_000_000 > seen.resident_bytes > 1_000_000
    assert seen.arguments.endswith("shop-batch")
    assert 0 <= seen.age_seconds < 30


def test_a_tree_of_processes_is_whole(started: Callable[..., Any]) -> None:
    process = started("import subprocess; child = subprocess.Popen(['sleep', '61'])")
    seen = look(Host(name="here")).processes
    assert sorted(each.name for each in tree(seen, {process.pid}) if each.pid != process.pid) == ["sleep"]


def test_pid_files_are_read_where_the_host_says(tmp_path: Path) -> None:
    (tmp_path / "shop.pid").write_text(" 4242\n")
    target = Host(name="here", pid_files=(f"{tmp_path}/shop.pid", f"{tmp_path}/missing.pid"))
    assert look(target).pid_files[f"{tmp_path}/shop.pid"] == 4242


def test_the_look_itself_is_no_process_of_the_host() -> None:
    seen = look(Host(name="here")).processes
    assert not [each for each in seen if "cmdline" in each.arguments and "unit-files" in each.arguments]


def hostile(arguments: str, name: str = "evil") -> dict[str, str]:
    status = f"/proc/7/status:Name:\t{name}\n/proc/7/status:State:\tS\n/proc/7/status:PPid:\t1\n/proc/7/status:VmRSS:\t 9 kB\n"
    return {"status": status + status.replace("/7/", "/9/").replace(name, "api"), "arguments": arguments}


def test_arguments_that_look_like_another_process_s_tell_nothing() -> None:
    heads = "==> /proc/7/cmdline <==\nevil \n==> /proc/9/cmdline <==\nforged \n==> /proc/9/cmdline <==\napi --serve "
    seen, complaint = processes(hostile(heads), 100.0, "word")
    assert complaint == ""
    assert {each.pid: each.arguments for each in seen} == {7: "evil", 9: "api"}


def test_a_name_with_brackets_and_lines_does_not_hide_the_start() -> None:
    rest = " S 1 7 7 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 5000 0 0"
    said = hostile("") | {"starts": f"/proc/7/stat:7 (a) S 1\n/proc/7/stat:/proc/9/stat:9 (x) b){rest}\n"}
    seen, _ = processes(said, 100.0, "word")
    assert [each.age_seconds for each in seen] == [50.0, None]


def test_a_proc_that_hides_others_is_a_complaint() -> None:
    said = hostile("") | {"mounts": "proc /proc proc rw,hidepid=invisible 0 0\n"}
    assert "hidepid" in processes(said, 100.0, "word")[1]


def test_no_process_at_all_is_a_complaint(tmp_path: Path) -> None:
    for name in ("meminfo", "loadavg", "stat"):
        shutil.copy(f"/proc/{name}", tmp_path / name)
    seen = look(Host(name="here", procfs=str(tmp_path)))
    assert seen.memory is not None
    assert seen.complaints["processes"] == "no process can be seen"
    assert {"uptime", "mounts", "interfaces", "sockets"} <= seen.complaints.keys()


def test_more_than_a_section_may_tell_is_a_complaint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rounds.fixtures.host.MOST_BYTES", 1000)
    seen = look(Host(name="here"))
    assert "more is told of it" in seen.complaints["processes"]


def a_proc(folder: Path, *found: tuple[int, int, str]) -> Host:
    """A /proc with these processes: pid, parent and command line."""
    for pid, parent, arguments in found:
        place = folder / str(pid)
        place.mkdir(parents=True)
        name = arguments.partition("\0")[0][:15]
        (place / "status").write_text(f"Name:\t{name}\nState:\tS\nPPid:\t{parent}\nVmHWM:\t 9 kB\nVmRSS:\t 9 kB\n")
        (place / "cmdline").write_text(arguments)
    (folder / "1" / "mounts").write_text("proc /proc proc rw 0 0\n")
    return Host(name="here", procfs=str(folder), pid_files=(str(folder / "shop.pid"),))


def test_the_last_process_and_its_children_are_no_part_of_the_look(tmp_path: Path) -> None:
    target = a_proc(tmp_path / "proc", (1, 0, "init\0"), (97, 98, "sshd\0"), (98, 1, "supervisor\0-n\0"))
    (tmp_path / "proc" / "shop.pid").write_text("98\n")
    seen = look(target)
    assert {each.pid: each.arguments for each in seen.processes} == {1: "init", 97: "sshd", 98: "supervisor -n"}
    assert seen.pid_files[f"{tmp_path}/proc/shop.pid"] == 98


def test_a_section_that_is_cut_short_takes_no_other_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "MOST_BYTES", 100)
    seen = look(a_proc(tmp_path, *((pid, 0, f"worker {pid}\0") for pid in range(1, 9))))
    assert "more is told of it" in seen.complaints["processes"]
    assert seen.mounts
    assert not [words for words in seen.complaints.values() if "@" in words]


def test_a_process_whose_memory_is_swapped_out_is_there_and_a_kernel_thread_is_not() -> None:
    swapped, kernel = ("Name:\tsshd", "PPid:\t1", "VmHWM:\t 9 kB", "VmRSS:\t 0 kB"), ("Name:\tkthreadd", "PPid:\t0")
    lines = [f"/proc/{pid}/status:{line}" for pid, told in ((7, swapped), (2, kernel)) for line in told]
    seen, _ = processes({"status": "\n".join(lines)}, 100.0, "word")
    assert [each.name for each in seen] == ["sshd"]
