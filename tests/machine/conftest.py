"""A user's own folder: systems/mine with targets, rows and checks, on which real rounds are run as processes."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from rounds.reports.results import read_results
from rounds.round import Round

INVENTORY = """
targets:
  one: {kind: endpoint, url: "http://127.0.0.1:1"}
  two: {kind: endpoint, url: "http://127.0.0.1:2"}
"""

CHECKS = '''
import os, pathlib, time
from rounds.expectation import Expectation
from rounds.judge import Observer
from rounds.limits import Limit, at_most
from rounds.probe import CouldNotLook, probe
from rounds.targets import Endpoint

class Figure(Expectation):
    thing: Endpoint
    shows: float = 0
    allowed: Limit = at_most(10, warning=5, unit="%")

@probe(deadline=2)
def figure(thing: Endpoint, shows: float) -> float:
    with open(os.environ.get("LOOKS", os.devnull), "a") as looks:
        looks.write(f"{thing.name} {shows}\\n")
    if shows == -1:
        raise CouldNotLook("the thing hides")
    if shows == -2:
        time.sleep(60)
    if shows == -3:
        raise ZeroDivisionError("nothing to divide by")
    return shows

def test_figure(expected: Figure, figure: float, observe: Observer) -> None:
    """A figure is small.

    Remedy: make it smaller.
    """
    observe("first figure", figure, expected.allowed)
    observe("second figure", 1, at_most(10))
'''


@dataclass
class Project:
    """A folder with one system, `mine`, and the rounds that are run in it."""

    folder: Path
    env: dict[str, str]

    @property
    def system(self) -> Path:
        return self.folder / "systems" / "mine"

    def rows(self, *rows: dict[str, Any]) -> None:
        base = {"check": "figure", "when": ["daily"], "runbook": "Daily > Morning", "thing": "one"}
        written = [base | row | {"id": f"mine.area.{row['id']}"} for row in rows]
        for row in written:
            if row["check"] != "figure":
                row.pop("thing")
        (self.system / "expectations.yaml").write_text(json.dumps(written))  # JSON is YAML

    def checks(self, text: str, name: str = "test_mine.py") -> None:
        (self.system / name).write_text(dedent(text))

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "rounds", *words],
            cwd=self.folder, env=self.env, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "rounds", *words],
            cwd=self.folder, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    @property
    def latest(self) -> Path:
        return self.folder / "reports" / "latest"

    def told(self) -> Round:
        return read_results(self.latest / "results.json")

    def outcomes(self) -> dict[str, str]:
        return {record.id.removeprefix("mine.area."): str(record.outcome) for record in self.told().records}

    def summary(self, name: str) -> str:
        return next(record.summary for record in self.told().records if record.id.endswith(name))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project with two targets, one check and no rows yet."""
    made = Project(tmp_path, os.environ | {"LOOKS": str(tmp_path / "looks")})
    made.system.mkdir(parents=True)
    (made.system / "inventory.yaml").write_text(INVENTORY)
    made.checks(CHECKS)
    return made
