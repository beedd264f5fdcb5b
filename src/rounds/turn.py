"""A round's turn: of each batch one round runs at a time, over all processes that share a state folder.

The turn is a lock of the kernel (flock) on `<state>/turns/<batch>`. It goes with its process, however that ends, so
nothing has to be cleaned up after a killed round. The file only says in words who holds the lock; it is emptied when a
round ends in order, and never removed: a file that comes and goes could be locked twice.
"""

import fcntl
import json
import os
import shlex
import socket
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from rounds.quantities import shown
from rounds.round import now
from rounds.text import printable

FOLDER = "turns"
_LONGEST_COMMAND = 200
_LOOK_AGAIN_SECONDS = 0.2
_TO_BE_WRITTEN_SECONDS = 0.5  # between getting a lock and saying so


class TurnTaken(Exception):  # noqa: N818 - nothing is wrong
    """Another round of the batch runs; says who."""


@dataclass(frozen=True)
class Holder:
    """Who holds a turn, or held it when it died; `since` is RFC 3339 in UTC."""

    pid: int
    host: str
    since: str
    command: str

    def __str__(self) -> str:
        seconds = (datetime.now(UTC) - datetime.fromisoformat(self.since).astimezone(UTC)).total_seconds()
        return f"pid {self.pid} on {self.host} since {self.since} ({shown(max(seconds, 0), 's')}): {self.command}"


class Turn:
    """A turn that is held until `end`, or until the process is gone.

    `died` is who had it before and died in it, if any. `problem` says in plain words why there is no lock: a state
    folder that cannot be written costs the round its protection, not its reports.
    """

    def __init__(self, file: TextIO | None = None, died: Holder | None = None, problem: str = "") -> None:
        self.died = died
        self.problem = problem
        self._file = file

    def end(self) -> None:
        """Give the turn back; the file says no more who has it."""
        if self._file is None:
            return
        try:
            self._file.truncate(0)
        except OSError:
            pass  # the next round then says of this one that it died: better than a round that ends in a traceback
        finally:
            self._file.close()
            self._file = None


def take(state: Path, batch: str, command: Sequence[str], wait_seconds: float = 0.0) -> Turn:
    """Take the turn of a batch, waiting for it as long as given. Raises TurnTaken when another round keeps it."""
    path = state / FOLDER / batch
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("a+", encoding="utf-8", errors="replace")
    except OSError as error:
        return _no_lock(path, error)
    try:
        _lock(file, time.monotonic() + wait_seconds)
    except BlockingIOError:
        holder = _who_holds(file)
        file.close()
        words = f"by {holder}" if holder else f"by a process that has not said who it is in {path}"
        raise TurnTaken(f"nothing was looked at: a {batch} round is running, its turn is held {words}") from None
    except OSError as error:
        file.close()
        return _no_lock(path, error)
    died = _read(file)
    _say(file, command)
    return Turn(file, died)


def _no_lock(path: Path, error: OSError) -> Turn:
    return Turn(problem=f"another round of this batch may run at the same time: no lock on {path}: {error.strerror}")


def _lock(file: TextIO, until: float) -> None:
    """Raises BlockingIOError when another process still has the lock at the given time (of time.monotonic)."""
    while True:
        try:
            return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                raise
        time.sleep(_LOOK_AGAIN_SECONDS)


def _say(file: TextIO, command: Sequence[str]) -> None:
    typed = shlex.join(["pytest", *command])[:_LONGEST_COMMAND]
    holder = Holder(os.getpid(), socket.gethostname(), now(), typed)
    try:
        file.truncate(0)
        file.write(json.dumps(asdict(holder)) + "\n")
        file.flush()
    except OSError:
        pass  # a full disk: the lock holds all the same, only its holder has no name


def _who_holds(file: TextIO) -> Holder | None:
    """The holder as it says; one that has just got the lock is given a moment to say so."""
    until = time.monotonic() + _TO_BE_WRITTEN_SECONDS
    while (holder := _read(file)) is None and time.monotonic() < until:
        time.sleep(0.05)
    return holder


def _read(file: TextIO) -> Holder | None:
    try:
        file.seek(0)
        said = json.loads(file.read())
        datetime.fromisoformat(said["since"])
        return Holder(**{**said, "command": printable(said["command"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None
