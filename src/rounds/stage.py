"""The stage: embedded estates with a past, on which rounds are run for demonstrations, drills and our own tests."""

import importlib.util
import os
import subprocess
import sys
import tempfile
from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rounds.estates import NoEstate
from rounds.history import History
from rounds.invocation import pytest_line
from rounds.reports.results import read_results
from rounds.round import Round

if TYPE_CHECKING:
    from rounds.estate import Estate

_A_DAY_AND_A_BIT = 26 * 3600.0


def own_systems() -> Path:
    """The folder of the systems that come with Rounds, in a clone or installed."""
    spec = importlib.util.find_spec("rounds.systems")
    return Path(next(iter(spec.submodule_search_locations or [])) if spec else "systems")


@dataclass(frozen=True)
class Stage:
    """Running estates by system, and the folder where their rounds keep reports and state."""

    estates: "dict[str, Estate]"
    folder: Path

    def command(self, batch: str, reports: Path, *extra: str) -> list[str]:
        """The command line of a round over the estates."""
        options = Namespace(
            batch=batch, systems=str(own_systems()), system=list(self.estates), id=[], deadline="2m",
            reports=str(reports), strict=False, quiet=False, state=str(self.folder / "state"), extra=list(extra),
        )  # fmt: skip
        return [sys.executable, "-m", *pytest_line(options, self.folder)]

    def round(self, batch: str, *extra: str) -> Round:
        """Run a round and read what it found; raises RuntimeError with its words when it left no results."""
        reports = self.folder / "reports"
        before = (reports / "latest").resolve()
        done = subprocess.run(
            self.command(batch, reports, *extra),
            cwd=self.folder,
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
        )
        if (reports / "latest").resolve() == before:
            raise RuntimeError(f"the round ended with {done.returncode} and no results:\n{done.stdout}{done.stderr}")
        return read_results(reports / "latest" / "results.json")

    @property
    def env(self) -> dict[str, str]:
        return os.environ | {name: value for estate in self.estates.values() for name, value in estate.env.items()}


@contextmanager
def staged(systems: Sequence[str], batch: str) -> Iterator[Stage]:
    """Start estates and give them a past: a first round, whose figures then count as a day old.

    Raises NoEstate when a server that an estate needs is not installed or does not start.
    """
    from rounds.estate import EstateError, estate_of  # noqa: PLC0415 - an extra

    with ExitStack() as running:
        folder = running.enter_context(tempfile.TemporaryDirectory(prefix="rounds-stage-"))
        try:
            estates = {system: running.enter_context(estate_of(system)()) for system in systems}
        except EstateError as error:
            raise NoEstate(str(error)) from error
        stage = Stage(estates, Path(folder))
        stage.round(batch)
        History(Path(folder) / "state").age(_A_DAY_AND_A_BIT)
        for estate in estates.values():
            estate.live_a_day()
        yield stage
