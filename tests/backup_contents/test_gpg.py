"""Backups encrypted by gpg: with a passphrase or for a key, and nothing of either is left behind."""

import gzip
import io
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from rounds.fixtures.unpacking import Damaged, unpacked
from rounds.probe import CouldNotLook

DATA = b"".join(b"%d\tsome text\n" % number for number in range(30000))
PASSPHRASE = "correct horse battery staple"


@contextmanager
def a_home() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="gpg-", dir="/tmp", ignore_cleanup_errors=True) as home:
        yield home
        subprocess.run(["gpgconf", "--homedir", home, "--kill", "gpg-agent"], check=False)


def gpg(home: str, *arguments: str, given: bytes = b"") -> bytes:
    command = ["gpg", "--batch", "--quiet", "--homedir", home, "--pinentry-mode", "loopback", *arguments]
    return subprocess.run(command, input=given, capture_output=True, check=True).stdout


@pytest.fixture(scope="module")
def encrypted(needed: Callable[..., str]) -> dict[str, tuple[bytes, str]]:
    """Encrypted bytes and what opens them, by the way of encrypting."""
    needed("gpg", "gnupg")
    packed = gzip.compress(DATA)
    with a_home() as home:
        gpg(home, "--passphrase", "", "--quick-gen-key", "backup@shop.example")
        key = gpg(home, "--export-secret-keys", "--armor").decode()
        to = ["--trust-model", "always", "-r", "backup@shop.example"]
        return {
            "passphrase": (gpg(home, "--passphrase", PASSPHRASE, "-c", given=packed), PASSPHRASE),
            "key": (gpg(home, *to, "-e", given=packed), key),
            "key, in armour": (gpg(home, *to, "--armor", "-e", given=packed), key),
        }


ways = pytest.mark.parametrize("way", ["passphrase", "key", "key, in armour"])


def peel(data: bytes, key: str | None) -> bytes:
    with unpacked(io.BytesIO(data), key) as stream:
        assert stream.layers == ("gpg", "gzip")
        return b"".join(stream.chunks())


def left() -> tuple[set[str], set[str]]:
    """Folders and processes of our own GnuPG homes."""
    folders = {path.name for path in Path(tempfile.gettempdir()).glob("rounds-gpg-*")}
    commands = set()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            commands.add(path.read_bytes().decode(errors="replace"))
    return folders, {command for command in commands if "rounds-gpg-" in command}


def is_all_gone(before: tuple[set[str], set[str]]) -> bool:
    """Whether nothing new is left: an agent that was told to end takes a moment."""
    ends_at = time.monotonic() + 10
    while any(now - then for now, then in zip(left(), before, strict=True)):
        if time.monotonic() > ends_at:
            return False
        time.sleep(0.02)
    return True


@ways
def test_it_is_opened_and_nothing_is_left(encrypted, way: str) -> None:
    data, key = encrypted[way]
    before = left()
    assert peel(data, key) == DATA
    assert is_all_gone(before)


@ways
@pytest.mark.parametrize("cut", [100, 1024, 0.5])
def test_what_was_cut_is_damaged(encrypted, way: str, cut: float) -> None:
    data, key = encrypted[way]
    with pytest.raises(Damaged):
        peel(data[: -int(cut if cut >= 1 else len(data) * cut)], key)


@ways
def test_a_flipped_bit_is_damage(encrypted, way: str) -> None:
    data, key = bytearray(encrypted[way][0]), encrypted[way][1]
    data[len(data) // 2] ^= 1
    with pytest.raises(Damaged):
        peel(bytes(data), key)


@ways
def test_without_the_key_it_is_unknown(encrypted, way: str) -> None:
    data, _ = encrypted[way]
    with pytest.raises(CouldNotLook, match="is encrypted by gpg and the target has no decryption_key"):
        peel(data, None)
    with pytest.raises(CouldNotLook, match="does not open it: it is another's"):
        peel(data, "another passphrase")


def test_a_key_that_is_none_is_told_without_it(encrypted) -> None:
    data, key = encrypted["key"]
    broken = key[:200] + "-----END PGP PRIVATE KEY BLOCK-----"
    with pytest.raises(CouldNotLook, match="does not take the target's decryption_key") as caught:
        peel(data, broken)
    assert key[60:100] not in str(caught.value)


def test_a_machine_without_gpg_cannot_look(encrypted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(CouldNotLook, match="there is no program gpg"):
        peel(*encrypted["key"])


def test_a_reader_that_stops_early_leaves_nothing(encrypted) -> None:
    before = left()
    with unpacked(io.BytesIO(encrypted["key"][0]), encrypted["key"][1]) as stream:
        assert stream.read(10) == DATA[:10]
    assert is_all_gone(before)
