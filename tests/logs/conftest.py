"""A log as an application writes it, in a folder of its own."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from rounds.fixtures import logs
from rounds.probe import KEPT, PROBES
from rounds.targets import Log

APP = r"^(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d),\d{3} (?P<level>[A-Z]+) "
DAY = 86_400.0


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


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    """A state folder, as a round has one; without it, nothing is kept."""
    before, KEPT.folder = KEPT.folder, tmp_path / "state"
    yield tmp_path / "state"
    KEPT.folder = before


@pytest.fixture
def count() -> Callable[..., logs.LogRecords]:
    """Look as a row does that counts errors; keywords replace what it asks for."""

    def looked(log: Log, **other: Any) -> logs.LogRecords:
        usual: dict[str, Any] = {"also": (), "within": DAY, "levels": ("ERROR",), "severe_levels": (), "matching": {}}
        usual |= {"acknowledged_by": None, "expected": (), "continued": False, "by": None}
        seen: logs.LogRecords = PROBES["log_counts"].look(log, **{**usual, **other})
        return seen

    return looked


@pytest.fixture
def stamped() -> Callable[[float, str], str]:
    """A line of the log, written some hours ago."""
    return lambda hours, text: f"{datetime.now(UTC) - timedelta(hours=hours):%Y-%m-%d %H:%M:%S},123 {text}\n"
