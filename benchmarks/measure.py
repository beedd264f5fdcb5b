"""What the benchmarks share: children that are measured, turns that alternate, and a table with limits."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Any

PYTEST = [sys.executable, "-m", "pytest", "--disable-plugin-autoload"]
ROUND = [*PYTEST, "--import-mode=importlib", "-p", "rounds.plugin", "-p", "xdist.plugin", "--systems", "systems"]
_LONGEST_SECONDS = 120.0


@dataclass(frozen=True)
class Run:
    """One child process: wall time, CPU time, and the most memory it held."""

    seconds: float
    cpu_seconds: float
    peak_mb: float


@dataclass(frozen=True)
class Figure:
    """One measured figure and the most it may be (`at_least`: the least); without a limit it is told only."""

    name: str
    value: float
    limit: float | None = None
    at_least: bool = False

    @property
    def holds(self) -> bool:
        return self.limit is None or (self.value >= self.limit if self.at_least else self.value <= self.limit)

    def __str__(self) -> str:
        word = "at least" if self.at_least else "at most"
        allowed = f"{word} {self.limit:g}" if self.limit is not None else ""
        return f"{self.name:<58} {self.value:>9.2f}  {allowed:<14} {'' if self.holds else 'MISSED'}".rstrip()


def tell(title: str, figures: list[Figure]) -> int:
    """Print the table; the exit code is 1 when a limit was missed."""
    print(f"\n{title}  (load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores)")
    print("\n".join(str(figure) for figure in figures))
    return 0 if all(figure.holds for figure in figures) else 1


def run(command: list[str], folder: Path, env: dict[str, str] | None = None, allowed: tuple[int, ...] = (0,)) -> Run:
    """Run a child to its end and measure it; raises RuntimeError with its words when it ends otherwise than allowed."""
    with (folder / "said.txt").open("w+b") as said:
        begun = time.perf_counter()
        child = subprocess.Popen(command, cwd=folder, env=environment(folder) | (env or {}), stdout=said, stderr=said)
        usage = _end_of(child)
        seconds = time.perf_counter() - begun
        if child.returncode not in allowed:
            said.seek(0)
            raise RuntimeError(
                f"{command} ended with {child.returncode}:\n{said.read().decode(errors='replace')[-3000:]}"
            )
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def _end_of(child: subprocess.Popen[bytes]) -> Any:
    """Wait for a child by wait4, which tells what this child alone has used."""
    ends_at = time.monotonic() + _LONGEST_SECONDS
    while time.monotonic() < ends_at:
        pid, status, usage = os.wait4(child.pid, os.WNOHANG)
        if pid:
            child.returncode = os.waitstatus_to_exitcode(status)
            return usage
        time.sleep(0.005)
    child.kill()
    child.wait()
    raise RuntimeError(f"process {child.pid} did not end within {_LONGEST_SECONDS:g} s")


def environment(folder: Path) -> dict[str, str]:
    """As on a machine where Rounds is installed: compiled files are kept (here, below the benchmark's own folder)."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "PYTHON"))}
    return kept | {"PYTHONPYCACHEPREFIX": str(folder.parent / "compiled")}


def in_turn(repetitions: int, **turns: Callable[[], Run]) -> dict[str, list[Run]]:
    """Run A B A B …, so that what else the machine does meets all alike. A first turn, not counted, compiles."""
    runs: dict[str, list[Run]] = {name: [] for name in turns}
    for number in range(repetitions + 1):
        for name, turn in turns.items():
            done = turn()
            if number:
                runs[name].append(done)
    return runs


def ratio(runs: list[Run], others: list[Run]) -> float:
    """The median of the ratios of wall times, turn by turn."""
    return statistics.median(one.seconds / other.seconds for one, other in zip(runs, others, strict=True))


def seconds(runs: list[Run]) -> float:
    """The median wall time."""
    return statistics.median(each.seconds for each in runs)


def write(folder: Path, **texts: str) -> None:
    """Write files into a folder: `write(folder, test_a_py="…")` writes `test_a.py`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / ".".join(name.rsplit("_", 1))).write_text(dedent(text))


@contextmanager
def ground() -> Iterator[tuple[Path, Path]]:
    """Two empty folders, one for a round over `systems/mine` and one for plain pytest; both are gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="rounds-benchmark-") as made:
        ours, plain = Path(made) / "round", Path(made) / "plain"
        for folder in (ours, plain):
            write(folder, pytest_ini="[pytest]\n")
        yield ours, plain
