"""The same backups in three places: a folder here, a folder of a host behind a real sshd, and a bucket."""

import datetime as dt
import getpass
import importlib
import inspect
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rounds.estate.part import free_port
from rounds.fixtures import connection
from rounds.judge import Observer
from rounds.probe import PROBES
from rounds.targets import Backups, Host
from rounds.targets.backups import Bucket

PATTERN = r"(?:shop_backup_|weekly-)(?P<time>\d{8}(?:_\d{6})?)\.tar\.gz"
PROBE_MODULES = {
    "archives_anywhere": "rounds.fixtures.backups",
    "backup_names": "rounds.fixtures.backup_strays",
    "damaged_archives": "rounds.fixtures.backup_readable",
    "backup_room": "rounds.fixtures.backup_keeping",
    "backup_accesses": "rounds.fixtures.backup_keeping",
    "backups_apart": "rounds.fixtures.backup_keeping",
}
SSHD = """\
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/key.pub
PidFile none
UsePAM no
StrictModes no
PermitRootLogin prohibit-password
PasswordAuthentication no
"""


def utc(text: str) -> float:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC).timestamp()


@pytest.fixture(scope="session")
def moments() -> Callable[[str], float]:
    return utc


@pytest.fixture(scope="session")
def far(tmp_path_factory: pytest.TempPathFactory, needed: Callable[..., str]) -> Iterator[Host]:
    """This machine, reached through ssh."""
    program, folder = needed("sshd", "openssh-server"), tmp_path_factory.mktemp("sshd")
    port = free_port()
    for name in ("host_key", "key"):
        made = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name]
        subprocess.run(made, check=True, stdin=subprocess.DEVNULL)
    (folder / "sshd_config").write_text(SSHD.format(port=port, folder=folder))
    (folder / "known_hosts").write_text(f"[127.0.0.1]:{port} {(folder / 'host_key.pub').read_text()}")
    lines = ["Host db1", "HostName 127.0.0.1", f"Port {port}", f"User {getpass.getuser()}"]
    lines += [f"IdentityFile {folder}/key", "IdentitiesOnly yes", f"UserKnownHostsFile {folder}/known_hosts"]
    (folder / "config").write_text("\n    ".join([*lines, "GlobalKnownHostsFile /dev/null"]) + "\n")
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    command = [program, "-D", "-e", "-f", str(folder / "sshd_config")]
    with (folder / "log").open("wb") as log, subprocess.Popen(command, stderr=log) as process:
        _await(port)
        yield Host(name="db1", system="shop", connection="ssh://db1", ssh_config=str(folder / "config"))
        connection.log_out()
        process.terminate()


def _await(port: int) -> None:
    for _ in range(100):
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("nobody listens")


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    """The address of a server that speaks S3."""
    from moto.server import ThreadedMotoServer  # noqa: PLC0415 - it takes half a second

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(s3: str, request: pytest.FixtureRequest) -> Bucket:
    """An empty bucket of its own for each test."""
    name = f"shop-{abs(hash(request.node.nodeid))}"
    target = Bucket(
        name="copies", system="shop", bucket=name, url=s3, access_key="AKIDSHOP", secret_key="a secret of the shop"
    )
    client(target).create_bucket(Bucket=name)
    return target


def client(bucket: Bucket) -> Any:
    from rounds.fixtures.backup_buckets import _client  # noqa: PLC0415 - as above

    return _client(bucket)


@pytest.fixture
def s3_client(bucket: Bucket) -> Any:
    return client(bucket)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "backups"
    made.mkdir()
    return made


@pytest.fixture
def put(folder: Path) -> Callable[..., Path]:
    """Put a file into the folder: `put("weekly-20261122.tar.gz", b"data", "2026-11-22 05:30")` (modified then)."""

    def made(name: str, data: bytes = b"an archive", modified: str | float = "2026-11-22 05:30") -> Path:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        moment = utc(modified) if isinstance(modified, str) else modified
        os.utime(path, (moment, moment))
        return path

    return made


@pytest.fixture
def backups(folder: Path) -> Backups:
    return Backups(name="backups", system="shop", path=str(folder), pattern=PATTERN)


@pytest.fixture
def busybox(tmp_path: Path, needed: Callable[..., str]) -> str:
    """A folder for PATH with nothing but BusyBox in it."""
    program, applets = needed("busybox", "busybox-static"), tmp_path / "busybox"
    applets.mkdir()
    for name in (
        "sh",
        "ls",
        "find",
        "stat",
        "cat",
        "date",
        "readlink",
        "printf",
        "timeout",
        "grep",
        "df",
        "test",
        "echo",
    ):
        (applets / name).symlink_to(shutil.which(program) or program)
    return str(applets)


@pytest.fixture
def judged(row: Callable[..., Any]) -> Callable[..., Observer]:
    """Look and judge as a round does: `judged(test_backup_fresh, backups=backups, age="25h")`."""

    def made(check: Callable[..., None], **given: Any) -> Observer:
        names = list(inspect.signature(check).parameters)
        expected = row(inspect.signature(check).parameters["expected"].annotation, **given)
        facts: dict[str, Any] = {"expected": expected, "observe": Observer()}
        for name in names:
            if name not in facts:
                probe = importlib.import_module(PROBE_MODULES[name]) and PROBES[name]
                facts[name] = probe.look(*(getattr(expected, argument) for argument in probe.arguments))
        check(**facts)
        observer: Observer = facts["observe"]
        return observer

    return made
