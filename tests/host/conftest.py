"""A real sshd on a high port, and docker and kubectl commands that do here what they would do in a container."""

import getpass
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from rounds.estate.part import free_port
from rounds.fixtures import connection
from rounds.targets import Host

CONFIG = """\
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/key.pub
PidFile none
UsePAM no
StrictModes no
PermitRootLogin prohibit-password
PasswordAuthentication no
LogLevel VERBOSE
MaxStartups 100
"""


@dataclass(frozen=True)
class Sshd:
    """A running server, its key for us, and what it logged."""

    folder: Path
    port: int
    pid: int

    @property
    def sessions(self) -> int:
        """How many are logged in now."""
        return len(psutil.Process(self.pid).children())

    @property
    def logins(self) -> int:
        return (self.folder / "log").read_text().count("Accepted publickey for")

    def host(self, key: str = "key", known_hosts: str = "known_hosts", port: int = 0) -> Host:
        """The server as a target, with the ssh configuration that an operator would write."""
        lines = ["Host web1", "HostName 127.0.0.1", f"Port {port or self.port}", f"User {getpass.getuser()}"]
        lines += [f"IdentityFile {self.folder}/{key}", "IdentitiesOnly yes"]
        lines += [f"UserKnownHostsFile {self.folder}/{known_hosts}", "GlobalKnownHostsFile /dev/null"]
        config = self.folder / f"config-{key}-{known_hosts}-{port}"
        config.write_text("\n    ".join(lines) + "\n")
        return Host(name="web", connection="ssh://web1", ssh_config=str(config))


@pytest.fixture(scope="session")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    program = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:" + os.environ["PATH"])
    assert program, "these tests need a real sshd: apt-get install openssh-server openssh-client"
    folder, port = tmp_path_factory.mktemp("sshd"), free_port()
    for name in ("host_key", "key", "wrong_key"):
        made = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name]
        subprocess.run(made, check=True, stdin=subprocess.DEVNULL)
    (folder / "sshd_config").write_text(CONFIG.format(port=port, folder=folder))
    key = (folder / "host_key.pub").read_text()
    (folder / "known_hosts").write_text(f"[127.0.0.1]:{port} {key}")
    (folder / "empty").write_text("")
    (folder / "changed").write_text(f"[127.0.0.1]:{port} {(folder / 'wrong_key.pub').read_text()}")
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen([program, "-D", "-e", "-f", folder / "sshd_config"], stderr=log) as process,
    ):
        _await(port)
        yield Sshd(folder, port, process.pid)
        process.terminate()


def _await(port: int) -> None:
    for _ in range(100):
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("sshd does not listen")


@pytest.fixture
def logged_out() -> Iterator[None]:
    """Each test begins without a login, as each process does, and leaves none."""
    connection.log_out()
    yield
    connection.log_out()


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Path]:
    """Put a stand-in of that name first on PATH; it notes what it was asked in `asked`."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")

    def made(name: str, script: str) -> Path:
        path = folder / name
        path.write_text(f'#!/bin/sh\necho "$*" >> {folder}/asked\n{script}\n')
        path.chmod(0o755)
        return folder / "asked"

    return made
