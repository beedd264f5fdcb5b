"""A folder of exports, and looks at it that are judged as a round does."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rounds.fixtures import made_files
from rounds.judge import Observer
from rounds.probe import PROBES
from rounds.targets import Folder

assert made_files
HOUR = 3600


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    (tmp_path / "exports").mkdir()
    return Folder(name="exports", system="shop", path=str(tmp_path / "exports"))


@pytest.fixture
def put(folder: Folder) -> Callable[..., Path]:
    """Put a file into the folder, written so many hours ago."""

    def made(name: str, data: bytes | str, hours: float = 1) -> Path:
        path = Path(folder.path, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        when = time.time() - hours * HOUR
        os.utime(path, (when, when))
        return path

    return made


@pytest.fixture
def judged(row: Callable[..., Any], folder: Folder) -> Callable[..., Observer]:
    """Look and judge: `judged(test_files_fresh, FilesFresh, age="24h")`."""

    def done(check: Any, model: Any, **given: Any) -> Observer:
        expected = row(model, **{"folder": folder} | given)
        name = next(each for each in check.__annotations__ if each in ("made_files", "made_contents"))
        look = PROBES[name]
        fact = look.look(**{each: getattr(expected, each) for each in look.arguments})
        observe = Observer()
        check(expected=expected, observe=observe, **{name: fact})
        return observe

    return done
