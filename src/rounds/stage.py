"""The stage: the embedded estate with a past, on which rounds are run for demonstrations, drills and our own tests."""

import importlib.util
import os
import subprocess
import sys
import tempfile
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rounds.history import History
from rounds.invocation import pytest_line
from rounds.reports.results import read_results
from rounds.round import Round

if TYPE_CHECKING:
    from rounds.estate import Estate

_A_DAY_AND_A_BIT = 26 * 3600.0


class NoEstate(Exception):  # noqa: N818 - it names what is not there
    """The parts of the estate are not installed."""


def own_systems() -> Path:
    """The folder of the systems that come with Rounds, in a clone or installed."""
    spec = importlib.util.find_spec("rounds.systems")
    return Path(next(iter(spec.submodule_search_locations or [])) if spec else "systems")


@dataclass(frozen=True)
class Stage:
    """A running estate, and the folder where its rounds keep reports and state."""

    estate: "Estate"
    folder: Path
    system: str

    def command(self, batch: str, reports: Path, *extra: str) -> list[str]:
        """The command line of a round over the estate."""
        options = Namespace(
            batch=batch, systems=str(own_systems()), system=[self.system], id=[], deadline="2m", reports=str(reports),
            strict=False, quiet=False, state=str(self.folder / "state"), extra=list(extra),
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
        return os.environ | self.estate.env


@contextmanager
def staged(system: str, batch: str) -> Iterator[Stage]:
    """Start the estate and give it a past: a first round, whose figures then count as a day old.

    Raises NoEstate when the extra `demo` is not installed.
    """
    try:
        from rounds.estate import Estate  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise NoEstate(
            f"the embedded estate needs the extra: from the clone: pip install '.[demo]' ({error})"
        ) from None
    with Estate() as estate, tempfile.TemporaryDirectory(prefix="rounds-stage-") as folder:
        stage = Stage(estate, Path(folder), system)
        stage.round(batch)
        History(Path(folder) / "state").age(_A_DAY_AND_A_BIT)
        estate.live_a_day()
        yield stage
