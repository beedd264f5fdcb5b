"""Containers and pods: the same look through docker and kubectl, and also where there is only BusyBox."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from rounds.fixtures import host
from rounds.probe import PROBES, CouldNotLook, Unreachable
from rounds.targets import Host

Program = Callable[[str, str], Path]
DOCKER = 'test "$1 $2 $3 $4" = "exec shop-api-1 /bin/sh -c" && shift 2 && exec {inside} "$@"'
KUBECTL = 'test "$1 $2 $3 $4 $5 $6" = "-n shop -c api exec api-7d9" || exit 3; shift 7; exec {inside} "$@"'
CONTAINER = Host(name="api", connection="docker://shop-api-1")
POD = Host(name="api", connection="kubectl://api-7d9?namespace=shop&container=api")


@pytest.fixture
def minimal(tmp_path: Path) -> str:
    """What runs a command as in a container of Alpine: nothing on PATH but BusyBox."""
    busybox = shutil.which("busybox")
    assert busybox, "these tests need a minimal container's programs: apt-get install busybox"
    folder = tmp_path / "minimal"
    folder.mkdir()
    subprocess.run([busybox, "--install", "-s", folder], check=True)
    for name in ("ss", "systemctl", "docker"):
        assert not (folder / name).exists()
    return f"env -i PATH={folder} {busybox} env"


@pytest.mark.parametrize(("target", "name", "script"), [(CONTAINER, "docker", DOCKER), (POD, "kubectl", KUBECTL)])
def test_one_command_in_a_container_or_pod_shows_the_same_machine(
    program: Program, target: Host, name: str, script: str
) -> None:
    asked = program(name, script.format(inside=""))
    seen, here = PROBES["machine"].look(target), PROBES["machine"].look(Host(name="here"))
    assert seen.memory.total_bytes == here.memory.total_bytes
    assert {volume.mount for volume in seen.volumes} == {volume.mount for volume in here.volumes}
    assert seen.complaints.keys() == here.complaints.keys()
    assert asked.read_text().count("exec ") == 1


@pytest.mark.parametrize(("target", "name", "script"), [(CONTAINER, "docker", DOCKER), (POD, "kubectl", KUBECTL)])
def test_busybox_is_enough_and_what_is_missing_is_said(
    program: Program, minimal: str, target: Host, name: str, script: str
) -> None:
    program(name, script.format(inside=minimal))
    seen, here = PROBES["machine"].look(target), PROBES["machine"].look(Host(name="here"))
    assert seen.memory.total_bytes == here.memory.total_bytes
    assert seen.load.cores == here.load.cores
    root = {volume.mount: volume for volume in seen.volumes}["/"]
    assert root.used_bytes > 0
    assert root.inodes_used
    first = next(each for each in seen.processes if each.pid == 1)
    assert first.resident_bytes
    assert first.arguments
    assert first.age_seconds
    assert seen.interfaces
    assert seen.mounts
    assert seen.complaints == {"units": "systemctl does not say it: there is no systemctl"}


def test_a_hanging_command_is_ended_by_busybox_too(program: Program, minimal: str) -> None:
    program("docker", DOCKER.format(inside=minimal))
    with pytest.raises(CouldNotLook, match=r"longer than 0\.3 s on api"):
        host.run(CONTAINER, "sleep 5", seconds=0.3)


def test_a_container_without_timeout_says_so(program: Program, minimal: str, tmp_path: Path) -> None:
    (tmp_path / "minimal" / "timeout").unlink()
    program("docker", DOCKER.format(inside=minimal))
    with pytest.raises(CouldNotLook, match="no command `timeout`"):
        PROBES["machine"].look(CONTAINER)


@pytest.mark.parametrize(
    ("said", "status", "words"),
    [
        ("Error response from daemon: No such container: shop-api-1", 1, "No such container"),
        ("Error response from daemon: container 9c1f is not running", 1, "is not running"),
        ("Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is it running?", 1, "Docker daemon"),
        ('OCI runtime exec failed: exec failed: "/bin/sh": stat /bin/sh: no such file or directory', 126, "/bin/sh"),
    ],
)
def test_a_container_that_lets_nobody_in_is_unreachable(program: Program, said: str, status: int, words: str) -> None:
    program("docker", f"echo '{said}' >&2; exit {status}")
    with pytest.raises(Unreachable, match=f"api cannot be reached: .*{words}"):
        PROBES["machine"].look(CONTAINER)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ('Error from server (NotFound): pods "api-7d9" not found', "not found"),
        ('error: unable to upgrade connection: container not found ("api")', "container not found"),
        ("The connection to the server 10.0.0.1:6443 was refused - did you specify the right host or port?", "refused"),
    ],
)
def test_a_pod_that_lets_nobody_in_is_unreachable(program: Program, said: str, words: str) -> None:
    program("kubectl", f"echo '{said}' >&2; exit 1")
    with pytest.raises(Unreachable, match=words):
        PROBES["machine"].look(POD)


def test_an_exec_that_never_answers_is_ended_with_all_it_started(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host, "GRACE_SECONDS", 0.2)
    program("docker", "sleep 4322 & wait")
    with pytest.raises(CouldNotLook, match="no answer within"):
        host.run(CONTAINER, "true", seconds=0.3)
    assert "sleep 4322" not in [each.arguments for each in PROBES["machine"].look(Host(name="here")).processes]


def test_what_is_printed_before_the_command_begins_is_no_output(program: Program) -> None:
    program("docker", f"echo Welcome to the machine; {DOCKER.format(inside='')}")
    assert host.run(CONTAINER, "echo this") == "this\n"
