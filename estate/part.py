"""One running part of the estate: a real process, tied to ours."""

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from rounds.fixtures import tied

from .ground import Servant

TIED = Path(tied.__file__)
ASSIGNED: set[int] = set()


class EstateError(RuntimeError):
    """The estate could not do what was asked of it."""


def free_port() -> int:
    """Choose below the range from which the system serves outgoing connections: those would take it from us.

    A part may bind it late or leave it for a while: on Linux no other process is given it as long as ours lives.
    """
    for _ in range(200):
        port = random.SystemRandom().randrange(20000, 32000)
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            if port not in ASSIGNED:
                _keep(port)
                ASSIGNED.add(port)
                return port
    raise EstateError("no free port between 20000 and 32000 on 127.0.0.1")


def _keep(port: int) -> None:
    """Keep a port for this process, by a name that only one process can have. Raises OSError if another has it."""
    if sys.platform != "linux":
        return
    with socket.socket(socket.AF_UNIX) as name:
        name.bind(f"\0rounds-port-{port}")
        name.detach()  # open until we end


def wait_until(true: Callable[[], bool], what: str, seconds: float = 60, pause: float = 0.02) -> None:
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise EstateError(f"waited {seconds:g} s in vain: {what}")
        time.sleep(pause)


def clean_env() -> dict[str, str]:
    """Keep settings of the person's own PostgreSQL out of ours."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "CELERY", "C_FORCE"))}
    return ours | {"LC_ALL": "C", "TZ": "UTC"}


def python_env() -> dict[str, str]:
    """Let child processes import what we can, however it became importable here."""
    return clean_env() | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path), "PYTHONUNBUFFERED": "1"}


@dataclass
class Part:
    """What is needed to start a part, and to start it again."""

    name: str
    command: Sequence[str]
    cwd: Path
    log: Path
    env: Mapping[str, str] = field(default_factory=clean_env)
    servant: Servant = field(default_factory=Servant)
    end_signal: signal.Signals = signal.SIGTERM
    death_signal: signal.Signals = signal.SIGKILL
    quick_end: signal.Signals = signal.SIGKILL
    process: subprocess.Popen[bytes] | None = None
    exit_code: int = 0
    restarts: int = 0  # by the restart policy of its container
    changed: Callable[[], None] = lambda: None

    @property
    def pid(self) -> int:
        return self.process.pid if self.process else 0

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        tie = [os.getpid(), int(self.death_signal), self.servant.uid, self.servant.gid]
        with self.log.open("ab") as log:  # appending: faults shorten this file while it is written
            self.process = subprocess.Popen(
                [sys.executable, "-I", "-S", str(TIED), *map(str, tie), *self.command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.cwd,
                env=dict(self.env),
                start_new_session=True,
            )
        self.servant.own(self.log)
        self.changed()

    def tell(self, sign: signal.Signals) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(sign)

    def stop(self, seconds: float = 10) -> None:
        if self.process is None:
            return
        children = self.descendants()
        self.tell(self.end_signal)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)
        self.tell(signal.SIGKILL)
        for child in children:  # what the part itself left behind
            with contextlib.suppress(psutil.Error):
                child.kill()
        self.exit_code = self.process.wait(30)
        self.process = None
        self.changed()

    def descendants(self) -> list[psutil.Process]:
        with contextlib.suppress(psutil.Error):
            return psutil.Process(self.pid).children(recursive=True) if self.alive else []
        return []

    def await_ready(self, ready: Callable[[], bool], seconds: float = 60) -> None:
        def checked() -> bool:
            if not self.alive:
                raise EstateError(f"{self.name} ended at once: {self.last_words()}")
            return ready()

        wait_until(checked, f"{self.name} should be ready", seconds)

    def last_words(self) -> str:
        return self.log.read_text(errors="replace")[-800:] if self.log.exists() else "(it wrote nothing)"
