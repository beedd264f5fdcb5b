"""The stand-in for docker: no container engine runs here, but the processes are real."""

import hashlib
import json
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from . import programs
from .ground import PARTS, write
from .part import Part

STAND_INS = Path(__file__).with_name("stand_ins")


def install(bin_folder: Path, root: Path, compose: Path) -> None:
    """Put a docker client in front of PATH whose containers are the parts, as the compose file names them."""
    programs.install(bin_folder, "docker", STAND_INS / "docker_client.py", root, compose)


def record(root: Path, parts: Iterable[Part]) -> None:
    """Note which process is which: for the docker stand-in, and for the next start after a crash."""
    known = json.loads((root / PARTS).read_text()) if (root / PARTS).exists() else {}
    write(root / PARTS, json.dumps({part.name: _noted(root, part, known.get(part.name, {})) for part in parts}))


def _noted(root: Path, part: Part, before: dict[str, Any]) -> dict[str, Any]:
    is_same = before.get("pid") == part.pid
    return {
        "pid": part.pid,
        "exit_code": part.exit_code,
        "restarts": part.restarts,
        "log": str(part.log),
        "id": hashlib.sha256(f"{root}{part.name}".encode()).hexdigest(),
        "changed": before["changed"] if is_same else time.time(),
    }
