"""A shop on real servers of several versions, and folders for its backups."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rounds.probe import KEPT
from rounds.targets import RestoreDrill
from tests.scratch_postgres.conftest import _quick_init, clusters

from .servers import Put, Server, backups_in, put_into, server_of

__all__ = ["_quick_init", "clusters"]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with server_of(18) as started:
        yield started


@pytest.fixture(autouse=True)
def _state_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(KEPT, "folder", tmp_path / "state")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "backups").mkdir()
    return tmp_path / "backups"


@pytest.fixture
def put(folder: Path) -> Put:
    return put_into(folder)


@pytest.fixture
def drill(folder: Path, server: Server) -> Any:
    """Make a drill over the folder: `drill(alone=["orders"])`; `each="folder"` is of the backups."""

    def made(**given: Any) -> RestoreDrill:
        of_backups = {key: given.pop(key) for key in ("each",) if key in given}
        base = {"name": "drill", "system": "shop", "live": server.target(), "deadline": "60s"}
        return RestoreDrill(backups=backups_in(folder, **of_backups), **(base | given))

    return made
