"""Logs as applications write them, as text and as JSON, in a folder of their own."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from rounds.judge import Observer
from rounds.targets import Log

APP = r"^(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d),\d{3} (?P<level>[A-Z]+) "
JSON = {
    "time": "timestamp", "level": "level", "service": "service", "request_id": "request_id", "message": "message",
    "user": "user.id", "type": "type",
}  # fmt: skip
Write = Callable[..., None]


@pytest.fixture
def observer() -> Observer:
    return Observer()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "app.log"


@pytest.fixture
def text_log(path: Path) -> Log:
    return Log(name="app-log", path=str(path), rotated="app.log.*", pattern=APP, time_format="%Y-%m-%d %H:%M:%S")


@pytest.fixture
def json_log(path: Path) -> Log:
    return Log(name="app-log", path=str(path), rotated="app.log.*", json_fields=JSON)


def at(minutes_ago: float) -> datetime:
    return datetime.now(UTC) - timedelta(minutes=minutes_ago)


@pytest.fixture
def write(path: Path) -> Write:
    """Append a line of text, so many minutes old."""

    def written(minutes_ago: float, text: str, times: int = 1, to: Path | None = None) -> None:
        with (to or path).open("a", encoding="utf-8") as file:
            file.writelines(f"{at(minutes_ago):%Y-%m-%d %H:%M:%S},123 {text}\n" for _ in range(times))

    return written


@pytest.fixture
def write_json(path: Path) -> Write:
    """Append a JSON record, so many minutes old; keywords replace its fields."""

    def written(minutes_ago: float, times: int = 1, **fields: Any) -> None:
        usual = {"timestamp": at(minutes_ago).isoformat(), "level": "INFO", "service": "api", "request_id": "r-1"}
        with path.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps({**usual, "message": "done", **fields}) + "\n" for _ in range(times))

    return written
