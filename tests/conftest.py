"""Rows for tests of checks, and the embedded estate for those that need it."""

import ctypes
import os
import platform
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from rounds.expectation import Expectation
from rounds.targets import Target

ROOM = 4e9
"""What throwaway servers may take of memory, several times over."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes minutes: no worker is then left with it at the end while the others are idle."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


@pytest.fixture
def row() -> Callable[..., Any]:
    """Make a row of a check's model: `row(MemoryUsage, host=Host(name="app"), used="80%")`; targets may be objects."""

    def made(model: type[Expectation], **given: Any) -> Any:
        targets = {value.name: value for value in given.values() if isinstance(value, Target)}
        written = {key: value.name if isinstance(value, Target) else value for key, value in given.items()}
        base = {"id": "bigshot.area.name", "check": "x", "when": ["daily"], "runbook": "Section"}
        return model.model_validate(base | written, context={"targets": targets})

    return made


@pytest.fixture(scope="session")
def memory() -> dict[str, str]:
    """Variables that put throwaway servers in memory where there is room: on a disk they take longer to make than to use."""
    shm = Path("/dev/shm")  # noqa: S108 - they make folders of their own in it
    if not os.access(shm, os.W_OK | os.X_OK) or os.statvfs(shm).f_flag & os.ST_NOEXEC:
        return {}
    return {"TMPDIR": str(shm)} if shutil.disk_usage(shm).free > ROOM else {}


@pytest.fixture
def in_memory(memory: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the throwaway servers of a test there; all else stays where it is."""
    for name, folder in memory.items():
        monkeypatch.setenv(name, folder)
        monkeypatch.setattr(tempfile, "tempdir", folder)


@pytest.fixture(scope="session")
def needed() -> Callable[..., str]:
    """Find a program that a Debian package brings: `needed("logrotate", "logrotate")`; missing in CI is a failure."""

    def found(program: str, package: str) -> str:
        path = shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
        if path is None and os.environ.get("CI") == "true":
            pytest.fail(f"CI is to install {package}")
        if path is None:
            pytest.skip(f"needs {program}: apt-get install {package}")
        return path

    return found


@pytest.fixture(scope="session")
def as_nobody() -> Callable[[], AbstractContextManager[None]]:
    """Be an account that may little, in this thread alone: os.seteuid changes all, and an estate may run in others."""
    setresuid = {"x86_64": 117, "aarch64": 147}.get(platform.machine(), -1)

    @contextmanager
    def being() -> Iterator[None]:
        call = ctypes.CDLL(None).syscall
        assert os.geteuid() != 0 or call(setresuid, -1, 65534, -1) == 0
        try:
            yield
        finally:
            assert os.getuid() != 0 or call(setresuid, -1, 0, -1) == 0

    return being
