"""The project of tests/machine, and its file of waivers."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from rounds.inventory.found import FoundCheck
from rounds.inventory.load import Inventory, load

ROW = "- {id: shop.health.disk, check: disk-usage, host: web, when: [daily], runbook: Daily}\n"
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


@pytest.fixture
def shop(tmp_path, monkeypatch) -> Callable[..., Inventory]:
    """Load a system with such texts of its files, in a folder of its own that we are in."""
    folder = tmp_path / "systems" / "shop"
    folder.mkdir(parents=True)
    monkeypatch.chdir(tmp_path)

    def loaded(**files: str) -> Inventory:
        given = {"inventory": "targets:\n  web: {kind: host}\n", "expectations": ROW} | files
        for name, text in given.items():
            (folder / f"{name}.yaml").write_text(text)
        return load(tmp_path / "systems", {"disk-usage": FoundCheck("disk-usage", tmp_path)})

    return loaded
