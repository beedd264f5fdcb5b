"""BigShot's rows of all cadences: green on a healthy estate; each fault turns what it should, and nothing else."""

import json
import subprocess
import sys

import pytest
import yaml

from rounds.stage import own_systems

ROWS = yaml.safe_load((own_systems() / "bigshot" / "expectations.yaml").read_text())


@pytest.fixture(scope="module")
def drilled(tmp_path_factory):
    """One whole drill, as its user runs it."""
    done = subprocess.run(
        [sys.executable, "-m", "rounds", "drill", "bigshot", "--json"],
        cwd=tmp_path_factory.mktemp("drill"), capture_output=True, text=True, timeout=900, check=False,
    )  # fmt: skip
    assert done.stdout, done.stderr
    return done.returncode, {step["name"]: step for step in json.loads(done.stdout)}


def test_a_healthy_and_a_healed_estate_give_no_false_alarm(drilled):
    _, steps = drilled
    assert steps["healthy"]["turned"] == {}
    assert steps["healed"]["turned"] == {}


def test_every_fault_turns_exactly_what_it_should(drilled):
    code, steps = drilled
    wrong = {
        name: (step["missing"], step["too_many"], step["turned"]) for name, step in steps.items() if not step["right"]
    }
    assert wrong == {}
    assert code == 0


def test_every_row_was_seen_red(drilled):
    _, steps = drilled
    seen = {name for step in steps.values() for name in step["turned"] if name in step["should"]}
    assert seen == {row["id"] for row in ROWS}


def test_every_row_was_seen_critical_and_not_only_unknown(drilled):
    _, steps = drilled
    critical = {
        name for step in steps.values() for name, words in step["turned"].items() if words.startswith("critical")
    }
    assert {row["id"] for row in ROWS} - critical == set()
