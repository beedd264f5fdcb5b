"""Whatever happens to a log between rounds, what is kept of it tells what a fresh look does."""

import gzip
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rounds.fixtures.logs import LogRecords
from rounds.probe import KEPT, CouldNotLook
from rounds.targets import Log

MakeLog = Callable[..., Log]
Count = Callable[..., LogRecords]
Stamped = Callable[[float, str], str]


class Life:
    """What happens to a log, at random: it is written, cut, rotated, compressed."""

    def __init__(self, path: Path, stamped: Stamped) -> None:
        self.path = path
        self.stamped = stamped
        self.dice = random.Random(7)  # noqa: S311 - no secret
        path.write_text("")

    def go_on(self) -> None:
        self.dice.choice([self.write, self.write, self.write, self.write_half, self.cut, self.rotate, self.pack])()

    def write(self) -> None:
        number = self.dice.randint(0, 10**9)
        kinds = [f"ERROR e{number}", f"INFO i{number}", f"WARNING w{number}\n  continued\nTraceback x"]
        lines = range(self.dice.randint(0, 30))
        self.append("".join(self.stamped(self.dice.random() * 20, self.dice.choice(kinds)) for _ in lines))

    def write_half(self) -> None:
        self.append(self.stamped(1, "ERROR half")[: self.dice.randint(1, 30)])

    def append(self, text: str) -> None:
        with self.path.open("a") as live:
            live.write(text)

    def cut(self) -> None:
        lines = self.path.read_bytes().splitlines(keepends=True)
        with self.path.open("r+b") as live:
            live.write(b"".join(lines[: self.dice.randint(0, len(lines))]))
            live.truncate()

    def rotate(self) -> None:
        olds = [self.path.with_name(f"app.log.{number}{suffix}") for number in (3, 2, 1) for suffix in ("", ".gz")]
        for old in filter(Path.exists, olds):
            number, suffix = int(old.name[8]), old.name[9:]
            old.rename(old.with_name(f"app.log.{number + 1}{suffix}"))
        self.path.rename(self.path.with_suffix(".log.1"))
        self.path.write_text("")

    def pack(self) -> None:
        old = self.path.with_name("app.log.2")
        if old.exists():
            packed = old.with_name("app.log.2.gz")
            packed.write_bytes(gzip.compress(old.read_bytes()))
            os.utime(packed, (old.stat().st_atime, old.stat().st_mtime))
            old.unlink()


def test_whatever_happens_to_a_log_a_kept_state_tells_what_a_fresh_look_does(
    app_log: MakeLog, path: Path, count: Count, stamped: Stamped, state: Path
) -> None:
    life = Life(path, stamped)
    for _ in range(250):
        life.go_on()
        told = _told(count, app_log())
        KEPT.folder = None
        assert told == _told(count, app_log())
        KEPT.folder = state


def _told(count: Count, log: Log) -> Any:
    try:
        seen = count(log, levels=("ERROR", "WARNING"))
    except CouldNotLook as error:
        return str(error)
    return {kind: tally.count for kind, tally in seen.kinds.items()}, seen.records, seen.stray_lines, seen.foreign_lines
