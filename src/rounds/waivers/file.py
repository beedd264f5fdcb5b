"""Add a waiver to a system's `waivers.yaml`: what stands there stays byte by byte, comments too."""

import fcntl
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from rounds.inventory.document import read_document
from rounds.inventory.mistakes import shown_path
from rounds.waivers.entries import Entry
from rounds.waivers.waiver import written

_FIRST_ITEM = re.compile(rb"^( *)- ", re.MULTILINE)
_WORDS = re.compile(r"[A-Za-z][A-Za-z0-9 .,_-]*[A-Za-z0-9.]|[A-Za-z]")


class NotAdded(Exception):  # noqa: N818 - it says what a person is to do instead
    """A file that nothing can be added to; the text says why."""


def add_to_file(path: Path, entry: Entry) -> int:
    """Put an entry at the end of a file, which is made if need be; returns its line.

    The file is written whole or not at all, two at once one after the other. Raises NotAdded, also for an OSError.
    """
    try:
        path = path.resolve()  # a link stays a link
        with _alone(path.parent):
            return _add(path, entry)
    except OSError as error:
        raise NotAdded(f"{shown_path(path)} cannot be written: {error.strerror}") from None


def _add(path: Path, entry: Entry) -> int:
    from rounds.reports import whole  # noqa: PLC0415 - it brings all reports along

    before = path.read_bytes() if path.exists() else b""
    held = read_document(path).data or [] if before.strip() else []
    gap = b"\r\n" if b"\r\n" in before else b"\n"
    start = before if not before or before.endswith(b"\n") else before + gap
    first = _FIRST_ITEM.search(before)
    added = gap.join(_lines(entry, first[1] if first else b"")) + gap
    with whole(path) as unfinished:
        unfinished.write_bytes(start + added)
        if not _is_added(unfinished, held, entry):
            why = "a text with ${ is a variable there" if b"${" in added else "it is not written as rows with `- id:`"
            raise NotAdded(f"{shown_path(path)} cannot be added to: {why}. By hand it would be\n{added.decode()}")
        if before:
            shutil.copymode(path, unfinished)
    return start.count(b"\n") + 1


def _is_added(path: Path, held: object, entry: Entry) -> bool:
    """Whether the file now holds what it held, and the entry after it."""
    now = read_document(path)
    if now.mistakes or not isinstance(now.data, list) or now.data[:-1] != held:
        return False
    try:
        return Entry.model_validate(now.data[-1]) == entry
    except ValueError:
        return False


def _lines(entry: Entry, indent: bytes) -> Iterator[bytes]:
    """The entry as YAML: a text that is more than words as JSON, which is YAML whatever it holds."""
    for key, value in _plain(entry).items():
        begun = "- " if key == "id" else "  "
        is_plain = key in ("id", "from", "until") or (_WORDS.fullmatch(value) and yaml.safe_load(value) == value)
        yield indent + f"{begun}{key}: {value if is_plain else json.dumps(value, ensure_ascii=False)}".encode()


def _plain(entry: Entry) -> dict[str, str]:
    times = {"from": entry.begins, "until": entry.until}
    told = {"id": entry.id, "owner": entry.owner, "reason": entry.reason, "ticket": entry.ticket}
    told |= {key: written(moment) for key, moment in times.items() if moment}
    return {key: value for key, value in told.items() if value}


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """No other `rounds waive` writes in this folder meanwhile."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
