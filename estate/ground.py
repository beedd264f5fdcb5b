"""The one directory an estate lives in: made, found again after a crash, and removed without a trace."""

import contextlib
import json
import os
import pwd
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

import psutil

PREFIX = "rounds-estate-"
PARTS = "parts.json"
OWNER = "owner.json"


@dataclass(frozen=True)
class Servant:
    """The user that servers run as; -1 stands for ourselves."""

    uid: int = -1
    gid: int = -1

    def own(self, path: Path) -> None:
        if self.uid >= 0:
            os.chown(path, self.uid, self.gid)


def servant() -> Servant:
    """Give `nobody` when we are root: PostgreSQL refuses root, and the others need it as little."""
    if os.geteuid() != 0:
        return Servant()
    nobody = pwd.getpwnam("nobody")
    return Servant(nobody.pw_uid, nobody.pw_gid)


def base() -> Path:
    """Give /tmp where it exists: $TMPDIR may be too long for a socket path."""
    short = Path("/tmp")  # noqa: S108 - mkdtemp makes our folder in it
    return short if os.access(short, os.W_OK) else Path(tempfile.gettempdir())


def settle(who: Servant) -> Path:
    root = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=base()))
    me = psutil.Process()
    write(root / OWNER, json.dumps({"pid": me.pid, "created": me.create_time()}))
    who.own(root)
    return root


def write(path: Path, text: str) -> None:
    """Write whole or not at all: others read these files at any moment."""
    draft = path.with_name(f".{path.name}.new")
    draft.write_text(text)
    draft.replace(path)


def sweep() -> list[Path]:
    """Remove what estates of dead owners left behind."""
    dead = [path for path in base().glob(f"{PREFIX}*") if _is_ours(path) and not _owner_lives(path)]
    for path in dead:
        raze(path)
    return dead


def raze(root: Path) -> None:
    for process in _left_over(root):
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
            process.wait(5)
    for _ in range(3):  # a dying server may still write
        shutil.rmtree(root, ignore_errors=True)
        if not root.exists():
            return


def _is_ours(path: Path) -> bool:
    with contextlib.suppress(OSError):
        seen = path.lstat()
        return stat.S_ISDIR(seen.st_mode) and seen.st_uid in {os.geteuid(), servant().uid}
    return False


def _owner_lives(root: Path) -> bool:
    try:
        owner = json.loads((root / OWNER).read_text())
        return abs(psutil.Process(owner["pid"]).create_time() - float(owner["created"])) < 1
    except psutil.NoSuchProcess:
        return False
    except (OSError, ValueError, KeyError):  # not written yet: believe the pid in the name
        pid = root.name.removeprefix(PREFIX).partition("-")[0]
        return pid.isdigit() and psutil.pid_exists(int(pid))


def _left_over(root: Path) -> list[psutil.Process]:
    try:
        noted = json.loads((root / PARTS).read_text()).values()
        pids = [int(part["pid"]) for part in noted if part["pid"]]
    except (OSError, ValueError, KeyError):
        return []
    return [process for process in psutil.process_iter() if _belongs(process, pids) and _works_in(process, root)]


def _belongs(process: psutil.Process, pids: list[int]) -> bool:
    """Tell whether a part started it: each part leads a session, which its children share."""
    with contextlib.suppress(psutil.Error, OSError):
        return process.pid in pids or os.getsid(process.pid) in pids or process.ppid() in pids
    return False


def _works_in(process: psutil.Process, root: Path) -> bool:
    """Tell whether the process is really the estate's: its pid may have been given to another since."""
    with contextlib.suppress(psutil.Error, OSError):
        return any(str(root) in part for part in [*process.cmdline(), process.cwd()])
    return False
