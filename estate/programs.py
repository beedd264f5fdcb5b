"""Programs that stand first in the PATH of an estate's machine."""

import py_compile
import shlex
import sys
from pathlib import Path


def install(bin_folder: Path, name: str, program: Path, *arguments: object) -> None:
    """Write a small starter for a Python program: a shebang can hold neither a blank nor a second argument.

    The program is compiled once: a round asks it many times, and to compile it anew is a third of each answer.
    """
    bin_folder.mkdir(exist_ok=True)
    compiled = py_compile.compile(str(program), str(bin_folder / f".{name}.pyc"), doraise=True)
    command = shlex.join([sys.executable, "-I", "-S", str(compiled), *map(str, arguments)])
    script(bin_folder, name, f'exec {command} "$@"')


def script(bin_folder: Path, name: str, text: str) -> Path:
    """Write a shell script that can be run."""
    bin_folder.mkdir(exist_ok=True)
    starter = bin_folder / name
    starter.write_text(f"#!/bin/sh\n{text}\n")
    starter.chmod(0o755)
    return starter
