"""Damage to what is stored: bytes that are missing or wrong, whatever they mean."""

import hashlib
import json
import os
from contextlib import AbstractContextManager
from pathlib import Path

from .kept import changed, remove
from .library import KINDS, Kind, Victim, damage, largest_table

PAGE = 8192
PACKED: frozenset[Kind] = frozenset({"packed", "archive", "redis"})
"""They carry a checksum, so that one bit shows wherever it is: what is plain has none (see `checksums` of dumps.py)."""


def _body(path: Path) -> Path:
    """The file itself, or the largest of a folder: no manifest, and no WAL, whose end is unused."""
    if not path.is_dir():
        return path
    files = [each for each in path.rglob("*") if each.is_file() and each.name != "backup_manifest"]
    return max((each for each in files if each.parent.name != "pg_wal"), key=lambda each: each.stat().st_size)


def _cut(victim: Victim, *, leave: float = 1.0, drop: int = 0) -> AbstractContextManager[None]:
    def edit(path: Path) -> None:
        body = _body(path)
        os.truncate(body, max(0, int(body.stat().st_size * leave) - drop))

    return changed(victim.path, edit)


@damage("the last byte of the backup is missing", KINDS - {"plain"})
def cut_by_1_byte(victim: Victim) -> AbstractContextManager[None]:
    """Of a plain dump, that is a line end after its end marker: nothing is lost."""
    return _cut(victim, drop=1)


@damage("the last 1024 bytes of the backup are missing")
def cut_by_1_kb(victim: Victim) -> AbstractContextManager[None]:
    return _cut(victim, drop=1024)


@damage("the second half of the backup is missing")
def cut_in_half(victim: Victim) -> AbstractContextManager[None]:
    return _cut(victim, leave=0.5)


@damage("the backup is there and has no content at all", seen_by="finding")
def emptied(victim: Victim) -> AbstractContextManager[None]:
    def edit(path: Path) -> None:
        for each in path.iterdir() if path.is_dir() else ():
            remove(each)
        if not path.is_dir():
            os.truncate(path, 0)

    return changed(victim.path, edit)


def _flipped(victim: Victim, where: float) -> AbstractContextManager[None]:
    """One bit the other way, at a share of the body's length."""

    def edit(path: Path) -> None:
        body = _body(path)
        data = bytearray(body.read_bytes())
        data[min(len(data) - 1, int(where * len(data)))] ^= 0x04
        body.write_bytes(data)

    return changed(victim.path, edit)


@damage("one bit at the beginning of the backup is the other way", PACKED | {"custom", "directory", "base", "sqlite"})
def bit_flipped_in_the_header(victim: Victim) -> AbstractContextManager[None]:
    return _flipped(victim, 0)


@damage("one bit in the middle of the backup is the other way", PACKED | {"custom", "directory", "base"})
def bit_flipped_in_the_middle(victim: Victim) -> AbstractContextManager[None]:
    return _flipped(victim, 0.5)


@damage("one bit at the end of the backup is the other way", PACKED | {"directory", "base"})
def bit_flipped_at_the_end(victim: Victim) -> AbstractContextManager[None]:
    return _flipped(victim, 1)


@damage("a page of a table in the base backup was overwritten after it was made", ["base"], needs=["origin"])
def heap_page_damaged(victim: Victim) -> AbstractContextManager[None]:
    return changed(victim.path, lambda path: _damage_page(path / _heap_of(victim)))


@damage(
    "a page of a table was damaged before the base backup was made: its manifest agrees with it",
    ["base"],
    seen_by="restoring",
    needs=["origin"],
)
def heap_page_damaged_before(victim: Victim) -> AbstractContextManager[None]:
    def edit(path: Path) -> None:
        _damage_page(path / _heap_of(victim))
        _agree(path, _heap_of(victim))

    return changed(victim.path, edit)


@damage("the base backup was copied without the WAL that it needs", ["base"], seen_by="restoring")
def wal_missing(victim: Victim) -> AbstractContextManager[None]:
    """Reading cannot tell: with an archive of WAL beside it, such a backup is whole."""

    def edit(path: Path) -> None:
        for each in (path / "pg_wal").glob("0*"):
            remove(each)

    return changed(victim.path, edit)


@damage("a page in the middle of the SQLite file was overwritten", ["sqlite"])
def sqlite_page_overwritten(victim: Victim) -> AbstractContextManager[None]:
    def edit(path: Path) -> None:
        data = bytearray(path.read_bytes())
        size = int.from_bytes(data[16:18], "big") or 1
        size = 65536 if size == 1 else size
        begins = range(size, len(data), size)
        trees = [at for at in begins if data[at] in (2, 5, 10, 13)]  # what a page of a table or index begins with
        at = min(trees, key=lambda begin: abs(begin - len(data) // 2))
        data[at : at + size] = os.urandom(size)
        path.write_bytes(data)

    return changed(victim.path, edit)


def _heap_of(victim: Victim) -> str:
    return str(victim.source.query("SELECT pg_relation_filepath(%s)", largest_table(victim))[0][0])


def _damage_page(heap: Path) -> None:
    """Overwrite the rows of the page in the middle: its checksum does not fit any more."""
    pages = heap.stat().st_size // PAGE
    with heap.open("r+b") as file:
        file.seek(pages // 2 * PAGE + PAGE // 2)
        file.write(os.urandom(PAGE // 4))


def _agree(folder: Path, name: str) -> None:
    """Write a manifest that holds what is there, as if it had been so when the backup was made."""
    path = folder / "backup_manifest"
    text = path.read_text()
    entry = next(each for each in json.loads(text)["Files"] if each.get("Path") == name)
    begin = text.index(f'"{name}"')
    text = text[:begin] + text[begin:].replace(entry["Checksum"], _crc32c((folder / name).read_bytes()), 1)
    body = text[: text.index('"Manifest-Checksum"')]
    path.write_text(f'{body}"Manifest-Checksum": "{hashlib.sha256(body.encode()).hexdigest()}"}}\n')


def _crc32c(data: bytes) -> str:
    """Castagnoli's checksum as PostgreSQL writes it: in hexadecimal, the least byte first."""
    table = [_remainder(byte) for byte in range(256)]
    rest = 0xFFFFFFFF
    for byte in data:
        rest = table[(rest ^ byte) & 0xFF] ^ (rest >> 8)
    return (rest ^ 0xFFFFFFFF).to_bytes(4, "little").hex()


def _remainder(byte: int) -> int:
    for _ in range(8):
        byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
    return byte
