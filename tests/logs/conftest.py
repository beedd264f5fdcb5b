"""A log as an application writes it, in a folder of its own."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rounds.targets import Log

APP = r"^(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d),\d{3} (?P<level>[A-Z]+) "


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "app.log"


@pytest.fixture
def app_log(path: Path) -> Callable[..., Log]:
    """A log target on `path`; keywords replace what it has."""

    def made(**other: Any) -> Log:
        usual = {"name": "app-log", "path": str(path), "rotated": "app.log.*", "pattern": APP}
        return Log.model_validate({**usual, "time_format": "%Y-%m-%d %H:%M:%S", **other})

    return made
