"""The project of tests/machine, and its file of waivers."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

SPEC = spec_from_file_location("machine_conftest", Path(__file__).parent.parent / "machine" / "conftest.py")
machine = module_from_spec(SPEC)
SPEC.loader.exec_module(machine)
project = machine.project


@pytest.fixture
def file(project) -> Path:
    return project.system / "waivers.yaml"


@pytest.fixture
def at() -> Callable[..., str]:
    """A moment so many days and hours from now, as the file has it."""

    def written(days: float = 0, hours: float = 0) -> str:
        moment = datetime.now(UTC).replace(microsecond=0) + timedelta(days=days, hours=hours)
        return moment.isoformat().replace("+00:00", "Z")

    return written
