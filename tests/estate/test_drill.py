"""The rows of every system, whatever their cadence: green on a healthy estate; each fault turns what it should."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, ClassVar

import pytest
import yaml

from rounds.estate import SYSTEMS
from rounds.stage import own_systems

Steps = dict[str, dict[str, Any]]


@pytest.fixture(scope="class")
def steps(request, tmp_path_factory, needed) -> Steps:
    """One whole drill of the class's system, as its user runs it."""
    for program in request.cls.needs:
        needed(program, program)
    done = subprocess.run(
        [sys.executable, "-m", "rounds", "drill", request.cls.system, "--json"],
        cwd=tmp_path_factory.mktemp("drill"), capture_output=True, text=True, timeout=1500, check=False,
        env=os.environ | in_memory(),
    )  # fmt: skip
    assert done.stdout, done.stderr
    steps: Steps = {step["name"]: step for step in json.loads(done.stdout)}
    assert (done.returncode == 0) == all(step["right"] for step in steps.values())
    return steps


@pytest.fixture(scope="class")
def rows(request) -> set[str]:
    rows = yaml.safe_load((own_systems() / request.cls.system / "expectations.yaml").read_text())
    return {row["id"] for row in rows}


def in_memory() -> dict[str, str]:
    """Hundreds of throwaway servers are made in memory where there is room: on a disk that takes longer than to load."""
    memory = Path("/dev/shm")  # noqa: S108 - drills make folders of their own in it
    return {"TMPDIR": str(memory)} if memory.is_dir() and shutil.disk_usage(memory).free > 4e9 else {}


class Drilled:
    """What a whole drill of a system must show. One class a system: xdist shares them out."""

    system: ClassVar[str]
    needs: ClassVar[tuple[str, ...]] = ()

    def test_a_healthy_and_a_healed_estate_give_no_false_alarm(self, steps):
        assert steps["healthy"]["turned"] == {}
        assert steps["healed"]["turned"] == {}

    def test_every_fault_turns_exactly_what_it_should(self, steps):
        wrong = {name: (step["missing"], step["too_many"], step["turned"]) for name, step in steps.items()
                 if not step["right"]}  # fmt: skip
        assert wrong == {}

    def test_every_row_was_seen_red(self, steps, rows):
        assert {name for step in steps.values() for name in step["turned"] if name in step["should"]} == rows

    def test_every_row_was_seen_critical_and_not_only_unknown(self, steps, rows):
        critical = {name for step in steps.values() for name, words in step["turned"].items()
                    if words.startswith("critical")}  # fmt: skip
        assert rows - critical == set()


class TestBigShot(Drilled):
    system = "bigshot"


class TestPerera(Drilled):
    system = "perera"


class TestPriceWatch(Drilled):
    system, needs = "pricewatch", ("prometheus",)


class TestRenec(Drilled):
    system, needs = "renec", ("prometheus",)


class TestTrailBlaze(Drilled):
    system, needs = "trailblaze", ("prometheus",)


def test_every_system_with_an_estate_is_drilled():
    assert {kind.system for kind in Drilled.__subclasses__()} == set(SYSTEMS)
