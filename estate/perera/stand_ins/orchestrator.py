"""Perera's orchestrator: it writes the application's log, reopens it on SIGUSR1, and leaves its number in app.pid."""

import datetime as dt
import json
import os
import signal
import time
from pathlib import Path
from typing import Any

from ...ground import write
from ...stand_ins.ballast import Hog
from .records import SOURCES, record, say

PAUSE = 0.05
WRITES_EVERY = 0.5


class Orchestrator:
    """What it does is told by control.json: `quiet`, `deaf` (no handler for SIGUSR1), `batch_mib`, `says`.

    What it obeys stands in heard.json.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self.hog = Hog()
        self.written = 0.0
        self.rounds = 0
        self.said = ""
        self.log = self.open()
        self.is_told = False
        self.heard: dict[str, Any] | None = None
        signal.signal(signal.SIGUSR1, self.hear)

    def open(self) -> int:
        return os.open(self.home / "logs" / "app.log", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)

    def hear(self, *_: object) -> None:
        """Note only that the signal came: a record may be half on its way."""
        self.is_told = True

    def reopen(self) -> None:
        before, self.log, self.is_told = self.log, self.open(), False
        os.close(before)

    def orders(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.home / "control.json").read_text())
        return found

    def work(self, orders: dict[str, Any]) -> None:
        signal.signal(signal.SIGUSR1, signal.SIG_DFL if orders.get("deaf") else self.hear)
        if self.is_told:
            self.reopen()
        self.hog.hold(int(orders.get("batch_mib", 0)))
        text = str(orders.get("says", ""))
        if text != self.said and text:
            say("orchestrator", "ERROR", text)
        self.said = text
        if not orders.get("quiet") and time.monotonic() - self.written > WRITES_EVERY:
            self.written, self.rounds = time.monotonic(), self.rounds + 1
            message = f"data_source:{SOURCES[self.rounds % len(SOURCES)]} has {self.rounds % 7} new leads, 0 errors"
            os.write(self.log, record(dt.datetime.now(dt.UTC), "sources", "INFO", message).encode())
        if orders != self.heard:
            self.heard = orders
            write(self.home / "heard.json", json.dumps(orders))


def main() -> None:
    home = Path(os.environ["PERERA_HOME"])
    orchestrator = Orchestrator(home)
    write(home / "app.pid", f"{os.getpid()}\n")
    say("orchestrator", "INFO", "started")
    while True:
        orchestrator.work(orchestrator.orders())
        time.sleep(PAUSE)


if __name__ == "__main__":
    main()
