"""What the probe reads of the newest archive: good ones, cut ones, damaged ones and traps."""

import bz2
import gzip
import io
import lzma
import os
import subprocess
import tarfile
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from rounds.fixtures.archives import Contents
from rounds.probe import PROBES, CouldNotLook
from rounds.targets import Backups

NAME = "shop_backup_20261122_053000.tar.gz"


# The end of what pg_dump 18.6 writes: since 17.6 a line with a key follows the end marker.
DUMP = """\
--
-- PostgreSQL database dump
--

\\restrict CGhDR7sTqTTx3Bm2hVAIAcDI2XGoh7hZTrAVG6nCmFqnMWfHtwNKqcUkFLBUO6j

SET statement_timeout = 0;
CREATE TABLE public.domains (id integer NOT NULL);
COPY public.domains (id) FROM stdin;
{rows}
\\.

--
-- PostgreSQL database dump complete
--

\\unrestrict CGhDR7sTqTTx3Bm2hVAIAcDI2XGoh7hZTrAVG6nCmFqnMWfHtwNKqcUkFLBUO6j

""".format(rows="\n".join(map(str, range(20000))))

MEMBERS = {"database.sql": DUMP, "config/settings.yaml": "a: 1\n"}


def tarred(members: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, text in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            tar.addfile(info, io.BytesIO(text.encode()))
    return buffer.getvalue()


GOOD = gzip.compress(tarred(MEMBERS))


def read(backups: Backups, *, at_most: float = 1e9, deadline: float | None = 20) -> Contents:
    marker = "PostgreSQL database dump complete"
    seen: Contents = PROBES["newest_contents"].look(backups, r"\.sql$", marker, at_most, deadline)
    return seen


def test_a_good_archive_is_read_to_its_end(backups: Backups, put: Callable[..., Path]) -> None:
    put(NAME, GOOD)
    seen = read(backups)
    assert (seen.failure, seen.is_stopped, seen.members, seen.dumps) == ("", False, 2, 1)
    assert (seen.incomplete_dumps, seen.empty_files, seen.unsafe_names) == ((), (), ())
    assert seen.smallest_dump_bytes == len(DUMP.encode())
    assert seen.unpacked_bytes == len(tarred(MEMBERS))


def test_archives_of_the_real_tar_are_good_too(backups: Backups, tmp_path: Path) -> None:
    (tmp_path / "made" / "deep").mkdir(parents=True)
    (tmp_path / "made" / "database.sql").write_text(DUMP)
    (tmp_path / "made" / ("n" * 90)).write_bytes(os.urandom(2_000_000))
    (tmp_path / "made" / "deep" / "link").symlink_to("../database.sql")
    os.link(tmp_path / "made" / ("n" * 90), tmp_path / "made" / "zz-hard-link")
    for form in ("gnu", "pax", "ustar"):
        subprocess.run(
            ["tar", f"--format={form}", "-czf", f"{backups.path}/{NAME}", "-C", str(tmp_path), "made"],
            check=True,
            env=os.environ | {"LC_ALL": "C"},
        )
        seen = read(backups)
        assert (seen.failure, seen.dumps, seen.incomplete_dumps) == ("", 1, ())
        assert seen.members == 6


@pytest.mark.parametrize("pack", [bz2.compress, lzma.compress, bytes], ids=["bz2", "xz", "plain"])
def test_other_ways_of_packing_are_read_too(
    backups: Backups, put: Callable[..., Path], pack: Callable[[bytes], bytes]
) -> None:
    put(NAME, pack(tarred(MEMBERS)))
    assert (read(backups).failure, read(backups).members) == ("", 2)


@pytest.mark.parametrize("cut", [1, 8, 9, 1024, len(GOOD) // 2, len(GOOD) - 20])
def test_an_archive_that_was_cut_is_found_out(backups: Backups, put: Callable[..., Path], cut: int) -> None:
    put(NAME, GOOD[:-cut])
    assert "cut short" in read(backups).failure


@pytest.mark.parametrize("at", [600, len(tarred(MEMBERS)) - 10240, 512])
def test_an_archive_whose_tar_ended_early_but_was_packed_well_is_found_out(
    backups: Backups, put: Callable[..., Path], at: int
) -> None:
    put(NAME, gzip.compress(tarred(MEMBERS)[:at]))
    assert read(backups).failure


def test_a_tar_that_ends_after_a_whole_member_is_found_out(backups: Backups, put: Callable[..., Path]) -> None:
    plain = tarred(MEMBERS)
    with tarfile.open(fileobj=io.BytesIO(plain)) as tar:
        second = tar.getmember("config/settings.yaml").offset
    put(NAME, gzip.compress(plain[:second]))
    assert "cut short" in read(backups).failure


def test_a_damaged_header_is_not_taken_for_the_end(backups: Backups, put: Callable[..., Path]) -> None:
    plain = bytearray(tarred(MEMBERS))
    with tarfile.open(fileobj=io.BytesIO(plain)) as tar:
        second = tar.getmember("config/settings.yaml").offset
    plain[second : second + 100] = os.urandom(100)
    put(NAME, gzip.compress(bytes(plain)))
    assert "no readable member" in read(backups).failure


def test_a_flipped_bit_is_found_by_the_checksum(backups: Backups, put: Callable[..., Path]) -> None:
    stored = bytearray(gzip.compress(tarred(MEMBERS), 0))
    stored[5000] ^= 1
    put(NAME, bytes(stored))
    assert "CRC" in read(backups).failure


@pytest.mark.parametrize("data", [b"<html>not found</html>" * 100, gzip.compress(b"hello" * 500), gzip.compress(b"")])
def test_what_is_no_archive_at_all_is_told(backups: Backups, put: Callable[..., Path], data: bytes) -> None:
    put(NAME, data)
    assert "it is damaged" in read(backups).failure


def test_an_archive_without_members_reads_well_and_holds_nothing(backups: Backups, put: Callable[..., Path]) -> None:
    put(NAME, gzip.compress(tarred({})))
    assert (read(backups).failure, read(backups).members) == ("", 0)


def test_dumps_without_their_end_are_named(backups: Backups, put: Callable[..., Path]) -> None:
    cut = DUMP[: DUMP.index("PostgreSQL database dump complete")]
    early = "-- PostgreSQL database dump complete\n" + "x" * 5000
    put(NAME, gzip.compress(tarred({"cut.sql": cut, "empty.sql": "", "early.sql": early, "good.sql": DUMP})))
    seen = read(backups)
    assert (seen.dumps, seen.incomplete_dumps) == (4, ("cut.sql", "empty.sql", "early.sql"))
    assert seen.smallest_dump_bytes == 0
    assert seen.empty_files == ("empty.sql",)


def test_members_that_would_be_unpacked_elsewhere_are_named(backups: Backups, put: Callable[..., Path]) -> None:
    put(NAME, gzip.compress(tarred({"/etc/passwd": "x", "../up.sql": DUMP, "a/../../b": "x", "a..b": "x"})))
    assert read(backups).unsafe_names == ("/etc/passwd", "../up.sql", "a/../../b")


def test_names_with_anything_in_them_can_be_printed(backups: Backups, put: Callable[..., Path]) -> None:
    put(NAME, gzip.compress(tarred({"a\x1b[31m\udcff.txt": "", "database.sql": DUMP})))
    (name,) = read(backups).empty_files
    assert name.isprintable()
    name.encode()


@pytest.mark.parametrize("member", [b"", tarfile.TarInfo("zeros").tobuf()])
def test_a_bomb_is_stopped_and_takes_no_memory(backups: Backups, put: Callable[..., Path], member: bytes) -> None:
    if member:
        info = tarfile.TarInfo("zeros")
        info.size = 100_000_000
        member = info.tobuf()
    put(NAME, gzip.compress(member + bytes(100_000_000)))
    tracemalloc.start()
    seen = read(backups, at_most=30e6)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert seen.is_stopped
    assert seen.unpacked_bytes < 31e6
    assert most < 20e6


def test_reading_ends_at_the_deadline(backups: Backups, put: Callable[..., Path]) -> None:
    put(NAME, gzip.compress(tarred({}) + bytes(100_000_000)))
    with pytest.raises(CouldNotLook, match="was not read to its end in"):
        read(backups, deadline=0.05)


def test_no_archive_is_no_contents(backups: Backups) -> None:
    assert read(backups).archive is None
