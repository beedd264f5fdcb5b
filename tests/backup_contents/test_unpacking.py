"""Layers of packing and encryption, peeled as a stream: good, cut, flipped, bombs, with and without a key."""

import bz2
import gzip
import importlib
import io
import lzma
import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyrage
import pytest

from rounds.fixtures import decompressing
from rounds.fixtures.unpacking import Bound, Damaged, TooMuch, unpacked
from rounds.probe import CouldNotLook

zstd: Any = importlib.import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")
DICE = random.Random(1)  # noqa: S311 - no secret
DATA = b"".join(b"%d\thttps://shop.example/%x\t%f\n" % (n, DICE.getrandbits(64), DICE.random()) for n in range(40000))
BY_PASSPHRASE = (  # what age -p writes; to make it anew takes a gigabyte of memory
    b"age-encryption.org/v1\n-> scrypt uNuMkGhiyRyZ0Jm5CrUDOg 19\nbXp/TY9pAWfDpWWWynCLy+l+B6FYlZIdYvvm9lNb5ZQ\n"
    b"--- Yj9pr73tBOdmNsQs5xubPR7V7buhyVzk1wMdJpwfuv0\n" + bytes(64)
)
IDENTITY = pyrage.x25519.Identity.generate()


def peel(data: bytes, key: str | None = None, bound: Bound | None = None) -> tuple[bytes, tuple[str, ...]]:
    with unpacked(io.BytesIO(data), key, bound) as stream:
        return b"".join(stream.chunks()), stream.layers


def with_checksum(data: bytes) -> bytes:
    return bytes(zstd.compress(data, options={zstd.CompressionParameter.checksum_flag: 1}))


def by_age(data: bytes) -> bytes:
    return bytes(pyrage.encrypt(data, [IDENTITY.to_public()]))


PACKED: dict[str, tuple[bytes, tuple[str, ...]]] = {
    "gzip": (gzip.compress(DATA), ("gzip",)),
    "gzip of several members": (gzip.compress(DATA[:999]) + gzip.compress(DATA[999:]), ("gzip",)),
    "bzip2": (bz2.compress(DATA), ("bzip2",)),
    "xz": (lzma.compress(DATA), ("xz",)),
    "zstd": (with_checksum(DATA), ("zstd",)),
    "zstd of several frames": (with_checksum(DATA[:999]) + with_checksum(DATA[999:]), ("zstd",)),
    "age": (by_age(DATA), ("age",)),
    "gzip in age": (by_age(gzip.compress(DATA)), ("age", "gzip")),
    "gzip in zstd in age": (by_age(with_checksum(gzip.compress(DATA))), ("age", "zstd", "gzip")),
}
each = pytest.mark.parametrize("name", PACKED)


@each
def test_what_was_packed_comes_out_again(name: str) -> None:
    packed, layers = PACKED[name]
    assert peel(packed, str(IDENTITY)) == (DATA, layers)


@each
@pytest.mark.parametrize("cut", [1, 10, 1024, 0.5])
def test_what_was_cut_is_noticed(name: str, cut: float) -> None:
    packed, _ = PACKED[name]
    with pytest.raises(Damaged, match="cut short"):
        peel(packed[: -int(cut if cut >= 1 else len(packed) * cut)], str(IDENTITY))


@each
@pytest.mark.parametrize("at", [700, 0.5, -4])
def test_a_flipped_bit_is_noticed(name: str, at: float) -> None:
    data = bytearray(PACKED[name][0])
    data[int(at if abs(at) >= 1 else len(data) * at)] ^= 1
    with pytest.raises(Damaged):
        peel(bytes(data), str(IDENTITY))


@pytest.mark.parametrize("name", ["gzip", "bzip2", "xz", "zstd"])
def test_something_after_the_end_is_noticed_but_for_zeros(name: str) -> None:
    packed, _ = PACKED[name]
    assert peel(packed + bytes(512))[0] == DATA
    with pytest.raises(Damaged, match=f"something else follows after its {name} data"):
        peel(packed + b"something else")


def test_a_wrong_checksum_is_told_as_one() -> None:
    data = bytearray(gzip.compress(DATA, 0))
    data[5000] ^= 1
    with pytest.raises(Damaged, match=r"its checksum \(CRC\) is wrong"):
        peel(bytes(data))


def test_what_is_not_packed_comes_as_it_is() -> None:
    assert peel(b"") == (b"", ())
    assert peel(b"hello") == (b"hello", ())
    assert peel(DATA) == (DATA, ())


def test_a_stream_is_read_like_a_file() -> None:
    with unpacked(io.BytesIO(gzip.compress(DATA))) as stream:
        assert stream.first == DATA[:1024]
        assert (stream.read(10), stream.read(0), stream.read(700_000)) == (DATA[:10], b"", DATA[10:700_010])
        assert (stream.read(), stream.read(), stream.read(5)) == (DATA[700_010:], b"", b"")
        assert (stream.count, stream.is_at_end) == (len(DATA), True)


def test_encrypted_without_a_key_or_with_another_is_unknown() -> None:
    packed, _ = PACKED["age"]
    with pytest.raises(CouldNotLook, match="is encrypted by age and the target has no decryption_key"):
        peel(packed)
    with pytest.raises(CouldNotLook, match="does not open it: it is another's"):
        peel(packed, str(pyrage.x25519.Identity.generate()))
    for key in ("secret", "# a comment"):
        with pytest.raises(CouldNotLook, match="is no identity of age") as caught:
            peel(packed, key)
        assert key not in str(caught.value)


def test_an_identity_may_come_as_age_keygen_writes_it_and_data_in_armour() -> None:
    key = f"# created: 2026-11-22T05:30:00Z\n# public key: {IDENTITY.to_public()}\n{IDENTITY}\n"
    armoured = pyrage.encrypt(DATA, [IDENTITY.to_public()], armored=True)
    assert peel(armoured, key)[0] == DATA


def test_a_passphrase_of_age_is_told_as_what_cannot_be_read() -> None:
    with pytest.raises(CouldNotLook, match="with a passphrase"):
        peel(BY_PASSPHRASE, "secret")


def test_libraries_that_are_missing_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decompressing, "_library", lambda _: None)
    with pytest.raises(CouldNotLook, match=r"pip install backports\.zstd"):
        peel(PACKED["zstd"][0])
    monkeypatch.setitem(sys.modules, "pyrage", None)
    with pytest.raises(CouldNotLook, match="pip install pyrage"):
        peel(PACKED["age"][0], str(IDENTITY))


@pytest.mark.parametrize(("begin", "name"), [(b"\x04\x22\x4d\x18", "lz4"), (b"PK\x03\x04", "zip")])
def test_what_cannot_be_unpacked_is_named(begin: bytes, name: str) -> None:
    with pytest.raises(CouldNotLook, match=f"packed by {name}"):
        peel(begin + bytes(100))


@pytest.mark.parametrize(
    "pack",
    [gzip.compress, bz2.compress, lzma.compress, zstd.compress, by_age],
    ids=["gzip", "bzip2", "xz", "zstd", "age"],
)
def test_a_bomb_is_stopped(pack: Callable[[bytes], bytes]) -> None:
    with pytest.raises(TooMuch, match="it unpacks to more than 10 MB, so reading was stopped"):
        peel(pack(bytes(30_000_000)), str(IDENTITY), Bound(10e6))


def test_a_bomb_inside_a_bomb_is_stopped() -> None:
    data = bytes(30_000_000)
    for _ in range(3):
        data = gzip.compress(data)
    with pytest.raises(TooMuch):
        peel(data, bound=Bound(10e6))
    for _ in range(9):
        data = gzip.compress(data)
    with pytest.raises(TooMuch, match="packed more than 6 times"):
        peel(data)


def test_the_time_is_bounded_too() -> None:
    with pytest.raises(CouldNotLook, match="it was not read to its end in 10 ms"):
        peel(gzip.compress(bytes(300_000_000), 1), bound=Bound(seconds=0.01))


MEASURED = r"""
import pathlib, re, sys
from rounds.fixtures.unpacking import Bound, Damaged, unpacked
from rounds.probe import CouldNotLook
try:
    with open(sys.argv[1], "rb") as raw, unpacked(raw, None, Bound(1e10, 60)) as stream:
        print(sum(len(data) for data in stream.chunks()))
except (Damaged, CouldNotLook) as error:
    print(error)
print(int(re.search("VmHWM: *([0-9]+)", pathlib.Path("/proc/self/status").read_text().replace("\t", " "))[1]) // 1024)
"""


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["gzip", "-1"], "200000000"),
        (["zstd", "-3"], "200000000"),
        (["xz", "-9", "-T1"], "200000000"),
        (["zstd", "--ultra", "-22", "--long=31"], "more memory than Rounds allows"),
        (["xz", "-T1", "--lzma2=preset=0,dict=1024MiB"], "more memory than Rounds allows"),
    ],
)
def test_memory_is_bounded_whatever_the_size(
    needed: Callable[..., str], tmp_path: Path, command: list[str], said: str
) -> None:
    needed(command[0], "zstd xz-utils")
    zeros, path = tmp_path / "zeros", tmp_path / "big"
    zeros.touch()
    os.truncate(zeros, 200_000_000)
    with path.open("wb") as out:
        subprocess.run([*command, "-c", zeros], stdout=out, check=True, stderr=subprocess.DEVNULL)
    done = subprocess.run([sys.executable, "-c", MEASURED, path], capture_output=True, text=True, check=True, cwd="/")
    what, most = done.stdout.splitlines()
    assert said in what
    assert int(most) < 150
