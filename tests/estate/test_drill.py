"""The rows of every system, whatever their cadence: green on a healthy estate; each fault turns what it should.

A change is tried with some faults of each system, so many that every kind of check is seen red: that takes minutes.
All faults, with the backups restored in every round, are tried at night (`tox -e nightly`).
"""

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from rounds.estate import SYSTEMS, faults_of
from rounds.stage import own_systems

pytestmark = pytest.mark.long
Steps = dict[str, dict[str, Any]]
WITH_PROMETHEUS = ("pricewatch", "renec", "trailblaze")
FEW = 3
"""A fault that turns no more rows than this shows what a check sees; one that turns many may only have hidden it all."""


@cache
def checks_of(system: str) -> dict[str, str]:
    """The kind of check of each row."""
    rows = yaml.safe_load((own_systems() / system / "expectations.yaml").read_text())
    return {row["id"]: row["check"] for row in rows}


@cache
def sample() -> dict[str, tuple[str, str]]:
    """By kind of check, the fault (system, name) with which it is seen red; the same ones every day.

    The fault comes first that adds most kinds, among those that turn few rows.
    """
    faults = [(system, fault) for system in SYSTEMS for fault in faults_of(system).values()]
    kinds = {(system, fault.name): {checks_of(system)[row] for row in fault.reddens} for system, fault in faults}
    small = {(system, fault.name) for system, fault in faults if len(fault.reddens) <= FEW}
    chosen: dict[str, tuple[str, str]] = {}
    while new := {each: kinds[each] - chosen.keys() for each in kinds if kinds[each] - chosen.keys()}:
        best = max(new, key=lambda each: (each in small, len(new[each])))
        chosen |= dict.fromkeys(new[best], best)
    return chosen


def drilled(system: str, folder: Path, more: dict[str, str], *words: str) -> Steps:
    """One drill of a system, as its user runs it."""
    done = subprocess.run(
        [sys.executable, "-m", "rounds", "drill", system, "--json", *words],
        cwd=folder, capture_output=True, text=True, timeout=3000, check=False, env=os.environ | more,
    )  # fmt: skip
    assert done.stdout, done.stderr
    steps: Steps = {step["name"]: step for step in json.loads(done.stdout)}
    assert (done.returncode == 0) == all(step["right"] for step in steps.values())
    return steps


@pytest.fixture(scope="module", params=SYSTEMS)
def system(request, needed) -> str:
    """One after the other: xdist leaves a module to one worker, and two drills at once would slow each other down."""
    if request.param in WITH_PROMETHEUS:
        needed("prometheus", "prometheus")
    return str(request.param)


@pytest.fixture(scope="module")
def names(system) -> set[str]:
    """The faults of a system that a change is tried with."""
    return {name for of, name in sample().values() if of == system}


@pytest.fixture(scope="module")
def some(system, names, memory, tmp_path_factory) -> Steps:
    words = [word for name in sorted(names) for word in ("--fault", name)]
    return drilled(system, tmp_path_factory.mktemp("drill"), memory, *words)


@pytest.fixture(scope="module")
def every(system, memory, tmp_path_factory) -> Steps:
    return drilled(system, tmp_path_factory.mktemp("drill"), memory, "--restore", "always")


def assert_right(steps: Steps) -> None:
    """A healthy and a healed estate give no false alarm, and every fault turns exactly what it should."""
    assert steps["healthy"]["turned"] == {}
    assert steps["healed"]["turned"] == {}
    wrong = {name: (step["missing"], step["too_many"], step["turned"]) for name, step in steps.items()
             if not step["right"]}  # fmt: skip
    assert wrong == {}


def test_the_faults_of_a_change_turn_exactly_what_they_should(some, names):
    assert_right(some)
    assert some.keys() == {"healthy", "healed", *names}


def test_every_kind_of_check_was_seen_red(system, some):
    red = {checks_of(system)[row] for step in some.values() for row in step["turned"] if row in step["should"]}
    assert {kind for kind, (of, _) in sample().items() if of == system} - red == set()


@pytest.mark.nightly
def test_all_faults_turn_exactly_what_they_should(system, every):
    assert_right(every)
    assert every.keys() == {"healthy", "healed", *faults_of(system)}


@pytest.mark.nightly
def test_every_row_was_seen_red(system, every):
    red = {row for step in every.values() for row in step["turned"] if row in step["should"]}
    assert red == checks_of(system).keys()


@pytest.mark.nightly
def test_every_row_was_seen_critical_and_not_only_unknown(system, every):
    critical = {row for step in every.values() for row, words in step["turned"].items()
                if words.startswith("critical")}  # fmt: skip
    assert checks_of(system).keys() - critical == set()


@pytest.mark.parametrize("name", SYSTEMS)
def test_every_row_has_a_fault_that_should_turn_it(name):
    assert {row for fault in faults_of(name).values() for row in fault.reddens} == checks_of(name).keys()


def test_the_faults_of_a_change_are_enough_for_every_kind_of_check():
    assert sample().keys() == {check for system in SYSTEMS for check in checks_of(system).values()}
