"""The stand-in for docker: no container engine runs here, but the processes are real."""

import hashlib
import json
import time
from collections.abc import Iterable
from pathlib import Path

from . import programs
from .ground import PARTS, write
from .part import Part

STAND_INS = Path(__file__).with_name("stand_ins")


def install(bin_folder: Path, root: Path, compose: Path) -> None:
    """Put a docker client in front of PATH whose containers are the parts, as the compose file names them."""
    programs.install(bin_folder, "docker", STAND_INS / "docker_client.py", root, compose)


def record(root: Path, parts: Iterable[Part]) -> None:
    """Note which process is which: for the docker stand-in, and for the next start after a crash."""
    noted = {
        part.name: {
            "pid": part.pid,
            "exit_code": part.exit_code,
            "log": str(part.log),
            "id": hashlib.sha256(f"{root}{part.name}".encode()).hexdigest(),
            "changed": time.time(),
        }
        for part in parts
    }
    write(root / PARTS, json.dumps(noted))
