"""Carrying out drills in tests, and judging what they saw."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rounds.checks import test_restore as checks
from rounds.fixtures.restored import Restored
from rounds.fixtures.scratch_folder import PREFIX, base
from rounds.judge import Earlier, Observer
from rounds.probe import PROBES
from rounds.targets import RestoreDrill

TABLES = ["customers", "orders", "events", "audit.logins"]
NEWEST = {"orders": "made_at", "events": "at"}
CONDITIONS = {"every order has a customer": "SELECT count(*) = 0 FROM orders WHERE customer IS NULL"}


def carried_out(drill: RestoreDrill) -> Restored:
    """Carry out a drill, and see that nothing of it is left."""
    before = scratches()
    seen: Restored = PROBES["restored"].look(drill, None)
    assert scratches() == before
    return seen


def scratches() -> set[Path]:
    return set(base().glob(f"{PREFIX}{os.getpid()}-*"))


def judged(row: Callable[..., Any], drill: RestoreDrill, seen: Restored, **given: Any) -> Observer:
    observer = Observer()
    expected = row(checks.FullRestore, drill=drill, acts=True, **{"tables": TABLES} | given)
    checks.test_restore_drill(expected, seen, Earlier(), observer)
    return observer
