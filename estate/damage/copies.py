"""Damage to a set of backups: the content may be good, but it is not what its name, its date or its place says."""

import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..dumps import stamp
from .kept import added, set_aside, twin
from .library import KINDS, Kind, Victim, damage

WRITER = Path(__file__).parent.with_name("stand_ins") / "writer.py"
FILES: frozenset[Kind] = KINDS - {"directory", "base"}
FEW = 3


@damage("last night's backup was never made", seen_by="finding")
@contextmanager
def newest_missing(victim: Victim) -> Iterator[None]:
    with set_aside(victim.path):
        yield


@damage("three nights in the middle of the series have no backup", seen_by="finding", needs=["older"])
@contextmanager
def days_missing(victim: Victim) -> Iterator[None]:
    begin = max(0, (len(victim.older) - FEW) // 2)
    with set_aside(*victim.older[begin : begin + FEW]):
        yield


@damage("last night's backup is missing, and the one before was touched", seen_by="finding", needs=["older"])
@contextmanager
def old_one_touched(victim: Victim) -> Iterator[None]:
    old = victim.older[-1]
    with set_aside(victim.path, old) as (newest, kept):
        twin(kept, old)
        stamp(old, newest.stat().st_mtime)
        yield


@damage("an old backup was copied to today's name, with its date (cp -p)", seen_by="finding", needs=["older"])
@contextmanager
def copied_under_a_new_name(victim: Victim) -> Iterator[None]:
    with set_aside(victim.path):
        twin(victim.older[0], victim.path)
        yield


@damage("an old backup was copied to today's name, without its date (cp)", seen_by="restoring", needs=["older"])
@contextmanager
def copied_afresh_under_a_new_name(victim: Victim) -> Iterator[None]:
    """Nothing but its content tells: what is newest in it is old."""
    with set_aside(victim.path) as (newest,):
        twin(victim.older[0], victim.path)
        stamp(victim.path, newest.stat().st_mtime)
        yield


@damage("a folder has the name of the newest backup", FILES, seen_by="finding")
@contextmanager
def newest_is_a_folder(victim: Victim) -> Iterator[None]:
    with set_aside(victim.path) as (newest,):
        victim.path.mkdir()
        stamp(victim.path, newest.stat().st_mtime)
        yield


@damage("the newest backup is still being written", FILES, seen_by="finding")
@contextmanager
def in_progress(victim: Victim) -> Iterator[None]:
    """A process holds it and lets it grow from half its size; it ends with us."""
    with set_aside(victim.path) as (whole,):
        command = [sys.executable, "-I", "-S", str(WRITER), str(whole), str(victim.path)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as writer:
            try:
                assert writer.stdout is not None  # noqa: S101 - we asked for a pipe
                writer.stdout.readline()
                victim.path.chmod(stat.S_IMODE(whole.stat().st_mode))
                yield
            finally:
                writer.kill()


@damage("a part of a backup that failed is left over, under a name of its own", FILES, seen_by="finding")
@contextmanager
def left_over(victim: Victim) -> Iterator[None]:
    with added(victim.path.with_name(f"{victim.path.name}.part")) as path:
        path.write_bytes(victim.path.read_bytes()[: victim.path.stat().st_size // 2])
        path.chmod(stat.S_IMODE(victim.path.stat().st_mode))
        yield


@damage("everybody on the machine may read the backup", seen_by="finding")
@contextmanager
def world_readable(victim: Victim) -> Iterator[None]:
    each_of = [victim.path, *victim.path.rglob("*")] if victim.path.is_dir() else [victim.path]
    modes = {each: stat.S_IMODE(each.stat().st_mode) for each in each_of}
    try:
        for each, mode in modes.items():
            each.chmod(mode | (0o055 if each.is_dir() else 0o044))
        yield
    finally:
        for each, mode in modes.items():
            each.chmod(mode)
