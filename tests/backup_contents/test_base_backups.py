"""Base backups held against their manifest: plain and tar, with pg_verifybackup and without."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from rounds.fixtures import base_backups
from rounds.fixtures.content_facts import Contents
from rounds.probe import CouldNotLook

MAJORS = (15, 17, 18)
Real = Callable[[int], Path]
Put = Callable[..., Path]


@pytest.fixture
def look(read: Callable[..., Contents]) -> Callable[[], Contents]:
    return lambda: read(each="folder")


@pytest.mark.parametrize("major", MAJORS)
@pytest.mark.parametrize("form", ["base", "sha", "tars", "sha-tars"])
def test_a_good_one_is_good(real: Real, put: Put, look: Callable[[], Contents], major: int, form: str) -> None:
    put(real(major) / form)
    seen = look()
    assert (seen.fault, seen.kind) == ("", "base backup")
    assert bool(seen.notes) == (form == "tars" and major == 17), "15 has a manifest that 18 reads, 17 has not"


def test_without_wal_it_is_good_and_that_is_noted(real: Real, put: Put, look: Callable[[], Contents]) -> None:
    put(real(18) / "lone")
    assert look().fault == ""
    assert "it holds no WAL" in look().notes[0]


@pytest.fixture(params=[True, False], ids=["with programs", "without"])
def programs(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What this machine has, and then none at all."""
    if not request.param:
        monkeypatch.setattr(base_backups, "installed", list)


def largest(folder: Path, glob: str) -> Path:
    return max(folder.rglob(glob), key=lambda path: path.stat().st_size)


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("form", "damage"),
    [
        ("sha", lambda folder: flip(largest(folder / "base", "*"))),
        ("sha", lambda folder: largest(folder / "base", "*").unlink()),
        ("sha", lambda folder: largest(folder / "base", "*").write_bytes(b"x" * 8192)),
        ("base", lambda folder: largest(folder / "base", "*").write_bytes(b"x" * 8192)),
        ("sha-tars", lambda folder: flip(folder / "base.tar.gz")),
        ("sha-tars", lambda folder: (folder / "base.tar.gz").write_bytes((folder / "base.tar.gz").read_bytes()[:-1])),
        ("tars", lambda folder: (folder / "base.tar.gz").unlink()),
        ("base", lambda folder: (folder / "backup_manifest").unlink()),
        ("base", lambda folder: (folder / "backup_manifest").write_bytes(b'{"PostgreSQL-Backup')),
    ],
    ids=["flipped", "missing", "shorter", "shorter, CRC", "tar flipped", "tar cut", "tar missing", "no manifest",
         "manifest cut"],
)  # fmt: skip
@pytest.mark.usefixtures("programs")
def test_a_damaged_one_is_told(
    lay: Put, look: Callable[[], Contents], form: str, damage: Callable[[Path], object]
) -> None:
    damage(lay(18, form))
    assert look().failure


def test_a_tar_that_was_damaged_before_it_was_packed_is_held_against_the_manifest(
    real: Real, put: Put, look: Callable[[], Contents], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base_backups, "installed", list)
    packed = put(real(17) / "sha-tars") / "base.tar.gz"
    plain = bytearray(gzip.decompress(packed.read_bytes()))
    at = plain.index(b"max_connections = ")
    plain[at] ^= 1
    packed.write_bytes(gzip.compress(bytes(plain), 1))
    assert "the checksum of postgresql.conf is not that of its manifest" in look().failure


def test_a_damaged_crc_needs_the_program(real: Real, put: Put, look: Callable[[], Contents], monkeypatch) -> None:
    flip(largest(put(real(18) / "base") / "base", "*"))
    assert "pg_verifybackup says: checksum mismatch" in look().failure
    monkeypatch.setattr(base_backups, "installed", list)
    with pytest.raises(CouldNotLook, match="CRC32C, which only pg_verifybackup"):
        look()
