"""The stand-ins for the programs docker and df: no container engine runs here, but the processes are real."""

import hashlib
import json
import shlex
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from .ground import PARTS, write
from .part import Part

STAND_INS = Path(__file__).with_name("stand_ins")
COMPOSE = """\
name: bigshot
services:
  backend:
    image: bigshot_backend:latest
    mem_limit: 1536m
    cpus: 2.0
    depends_on: [database, redis]
  worker:
    image: bigshot_backend:latest
    mem_limit: 1024m
    cpus: 1.0
    depends_on: [redis]
  database:
    image: postgres:18
    mem_limit: 1024m
    cpus: 2.0
  redis:
    image: redis:7-alpine
    mem_limit: 256m
    cpus: 1.0
  frontend:
    image: nginx:1.31-alpine
    mem_limit: 256m
    cpus: 1.0
    depends_on: [backend]
"""


def install(bin_folder: Path, root: Path) -> None:
    """Write small starters: a shebang can hold neither a path with blanks nor a second argument."""
    bin_folder.mkdir()
    for name, program in (("docker", "docker_client.py"), ("df", "df.py")):
        starter = bin_folder / name
        command = shlex.join([sys.executable, "-I", "-S", str(STAND_INS / program), str(root)])
        starter.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
        starter.chmod(0o755)


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
