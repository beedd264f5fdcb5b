"""Archives read to their end: good ones, cut ones, damaged ones, and those that would do harm."""

import bz2
import gzip
import hashlib
import io
import lzma
import os
import subprocess
import tarfile
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from rounds.fixtures import content_facts, content_tar
from rounds.fixtures.content_facts import Contents
from rounds.probe import CouldNotLook

Put = Callable[..., Path]
Read = Callable[..., Contents]

DUMP = """\
--
-- PostgreSQL database dump
--

CREATE TABLE public.domains (id integer NOT NULL);
--
-- Data for Name: domains; Type: TABLE DATA; Schema: public; Owner: shop
--

COPY public.domains (id) FROM stdin;
{rows}
\\.


--
-- PostgreSQL database dump complete
--

""".format(rows="\n".join(map(str, range(20000))))
MEMBERS = {"database.sql": DUMP, "config/settings.yaml": "a: 1\n"}


def tarred(members: dict[str, str | bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, text in members.items():
            data = text.encode() if isinstance(text, str) else text
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


PLAIN = tarred(MEMBERS)
GOOD = gzip.compress(PLAIN)


def begin_of(name: str) -> int:
    with tarfile.open(fileobj=io.BytesIO(PLAIN)) as tar:
        return tar.getmember(name).offset


def test_a_good_archive_is_read_to_its_end(put: Put, read: Read) -> None:
    put(GOOD, ".tar.gz")
    seen = read()
    assert (seen.fault, seen.kind, seen.layers, seen.members) == ("", "tar", ("gzip",), 2)
    assert (seen.dumps[0].size_bytes, seen.dumps[0].rows) == (len(DUMP.encode()), {"public.domains": 20000})
    assert seen.unpacked_bytes == len(PLAIN)


@pytest.mark.parametrize("form", ["gnu", "pax", "ustar"])
def test_archives_of_the_real_tar_are_good_too(put: Put, read: Read, tmp_path: Path, form: str) -> None:
    made = tmp_path / "made"
    (made / "deep").mkdir(parents=True)
    (made / "database.sql").write_text(DUMP)
    (made / ("n" * 90)).write_bytes(os.urandom(2_000_000))
    (made / "deep" / "link").symlink_to("../database.sql")
    os.link(made / ("n" * 90), made / "zz-hard-link")
    packed = tmp_path / "made.tar.gz"
    subprocess.run(["tar", f"--format={form}", "-czf", packed, "-C", tmp_path, "made"], check=True)
    put(packed, ".tar.gz")
    seen = read()
    assert (seen.fault, len(seen.dumps), seen.members, seen.links_outside) == ("", 1, 6, ())


@pytest.mark.parametrize(
    ("pack", "suffix"),
    [(bz2.compress, ".tar.bz2"), (lzma.compress, ".tar.xz"), (bytes, ".tar"), (gzip.compress, ".tgz")],
)
def test_other_ways_of_packing_are_read_too(put: Put, read: Read, pack: Callable[[bytes], bytes], suffix: str) -> None:
    put(pack(PLAIN), suffix)
    assert (read().fault, read().members) == ("", 2)


def test_an_archive_that_is_packed_otherwise_than_its_name_says_is_told(put: Put, read: Read) -> None:
    put(bz2.compress(PLAIN), ".tar.gz")
    assert "it should be packed by gzip, and is by bzip2" in read().fault


@pytest.mark.parametrize("cut", [1, 8, 9, 1024, len(GOOD) // 2, len(GOOD) - 20])
def test_an_archive_that_was_cut_is_found_out(put: Put, read: Read, cut: int) -> None:
    put(GOOD[:-cut], ".tar.gz")
    assert "cut short" in read().fault


@pytest.mark.parametrize("at", [600, len(PLAIN) - 10240, 512, len(PLAIN) - 1, begin_of("config/settings.yaml")])
def test_an_archive_whose_tar_ended_early_but_was_packed_well_is_found_out(put: Put, read: Read, at: int) -> None:
    put(gzip.compress(PLAIN[:at]), ".tar.gz")
    assert "cut short" in read().fault


def test_a_damaged_header_is_not_taken_for_the_end(put: Put, read: Read) -> None:
    plain, second = bytearray(PLAIN), begin_of("config/settings.yaml")
    plain[second : second + 100] = os.urandom(100)
    put(gzip.compress(bytes(plain)), ".tar.gz")
    assert "no readable member" in read().fault
    assert "in or after its member database.sql" in read().fault


def test_damage_of_the_archive_is_not_told_of_the_member_alone(put: Put, read: Read) -> None:
    stored = bytearray(gzip.compress(PLAIN, 0))
    stored[5000] ^= 1
    put(bytes(stored), ".tar.gz")
    assert "its checksum (CRC) is wrong" in read().failure


@pytest.mark.parametrize(
    "data",
    [b"<html>not found</html>" * 100, gzip.compress(b"hello" * 500), gzip.compress(b""), gzip.compress(b"\x00")],
    ids=["a page", "text", "nothing", "a byte"],
)
def test_what_is_no_archive_at_all_is_told(put: Put, read: Read, data: bytes) -> None:
    put(data, ".tar.gz")
    assert read().fault


def test_an_archive_without_members_reads_well_and_holds_nothing(put: Put, read: Read) -> None:
    put(gzip.compress(tarred({})), ".tar.gz")
    assert (read().failure, read().members, read().fault) == ("", 0, "it holds nothing")


def test_dumps_in_it_are_examined_each(put: Put, read: Read) -> None:
    cut, early = DUMP[:-60], "-- PostgreSQL database dump complete\n" + "x" * 5000
    members = {"cut.sql": cut, "empty.sql": "", "early.sql": early, "good.sql": DUMP, "packed.sql.gz": gzip.compress(DUMP.encode()),
               "torn.sql.gz": gzip.compress(DUMP.encode())[:-1], "named_otherwise": DUMP, "no-dump.txt": "x"}  # fmt: skip
    put(gzip.compress(tarred(members)), ".tar.gz")
    failures = {dump.name: dump.failure for dump in read().dumps}
    assert [name for name, failure in failures.items() if not failure] == [
        "good.sql",
        "packed.sql.gz",
        "named_otherwise",
    ]
    assert failures["empty.sql"] == "it is empty"
    assert "cut short" in failures["torn.sql.gz"]
    assert read().failure == ""
    assert read().fault.startswith("cut.sql in it: it is cut short")


def test_dumps_of_all_formats_in_one_archive(real: Callable[[int], Path], put: Put, read: Read, tmp_path: Path) -> None:
    packed = tmp_path / "all.tar.gz"
    with tarfile.open(packed, "w:gz") as tar:
        for name in ("plain.sql", "custom.dump", "directory"):
            tar.add(real(18) / name, f"backup/{name}")
    put(packed, ".tar.gz")
    seen = read()
    assert seen.fault == ""
    assert [dump.kind for dump in seen.dumps] == ["plain dump", "custom dump", "directory dump"]
    assert len({tuple(dump.rows.items()) for dump in seen.dumps}) == 1


def test_members_that_would_be_unpacked_elsewhere_are_named(put: Put, read: Read) -> None:
    put(gzip.compress(tarred({"/etc/passwd": "x", "../up.sql": DUMP, "a/../../b": "x", "a..b": "x"})), ".tar.gz")
    assert read().unsafe_names == ("/etc/passwd", "../up.sql", "a/../../b")


def test_links_that_lead_outside_are_named(put: Put, read: Read) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, leads_to in (("a/in", "../b"), ("a/out", "../../b"), ("c", "/etc/passwd"), ("d/e/f", "./../g/../h")):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, leads_to
            tar.addfile(info)
    put(buffer.getvalue(), ".tar")
    assert read().links_outside == ("a/out -> ../../b", "c -> /etc/passwd")


def test_names_with_anything_in_them_can_be_printed(put: Put, read: Read) -> None:
    put(gzip.compress(tarred({"a\x1b[31m\udcff.txt": "", "database.sql": DUMP})), ".tar.gz")
    name = read().files[0].name
    assert name.isprintable()
    name.encode()


def test_checksums_in_it_are_compared(put: Put, read: Read) -> None:
    sums = "".join(f"{hashlib.sha256(text.encode()).hexdigest()}  {name}\n" for name, text in MEMBERS.items())
    put(gzip.compress(tarred({**MEMBERS, "checksums.sha256": sums})), ".tar.gz")
    assert read().fault == ""
    put(gzip.compress(tarred({**MEMBERS, "config/settings.yaml": "a: 2\n", "checksums.sha256": sums})), ".tar.gz", 23)
    assert "1 of 2 files differ from checksums.sha256 in it, such as config/settings.yaml" in read().fault
    put(gzip.compress(tarred({"database.sql": DUMP, "checksums.sha256": sums})), ".tar.gz", 24)
    assert "1 of 2 files that checksums.sha256 in it names are missing, such as config/settings.yaml" in read().fault


@pytest.mark.parametrize("member", [b"", tarfile.TarInfo("zeros").tobuf()])
def test_a_bomb_is_stopped_and_takes_no_memory(put: Put, read: Read, member: bytes) -> None:
    if member:
        info = tarfile.TarInfo("zeros")
        info.size = 100_000_000
        member = info.tobuf()
    put(gzip.compress(member + bytes(100_000_000)), ".tar.gz")
    tracemalloc.start()
    seen = read(at_most=30e6)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "it unpacks to more than 30 MB, so reading was stopped" in seen.fault
    assert seen.unpacked_bytes < 31e6
    assert most < 20e6


def test_a_name_of_a_gigabyte_is_not_kept_in_memory(put: Put, read: Read) -> None:
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 1 << 30
    put(gzip.compress(info.tobuf() + bytes(20_000_000)), ".tar.gz")
    assert "longer than 1 MB" in read().fault


def test_reading_ends_at_the_deadline(put: Put, read: Read) -> None:
    put(gzip.compress(tarred({}) + bytes(200_000_000)), ".tar.gz")
    with pytest.raises(CouldNotLook, match="was not read to its end in"):
        read(deadline=0.02)


def test_no_archive_is_no_contents(read: Read) -> None:
    assert read().archive is None


def test_a_backup_that_did_not_change_is_read_once(put: Put, read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(GOOD, ".tar.gz")
    first = read()
    monkeypatch.setattr(content_tar.TarReading, "read", lambda _: pytest.fail("it was read again"))
    assert read().dumps == first.dumps
    monkeypatch.undo()
    seen = path.stat()
    data = bytearray(GOOD)
    data[5000] ^= 1
    path.write_bytes(bytes(data))
    os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    assert "damaged" in read().fault


def test_a_backup_that_changes_while_it_is_read_is_not_called_damaged(
    put: Put, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(GOOD[:-100], ".tar.gz")
    whole = content_tar.TarReading.read

    def grows(self: content_tar.TarReading) -> None:
        path.unlink()
        path.write_bytes(GOOD)
        whole(self)

    monkeypatch.setattr(content_tar.TarReading, "read", grows)
    with pytest.raises(CouldNotLook, match="changed while it was read"):
        read()


def test_of_very_many_members_only_the_first_are_kept(put: Put, read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rounds.fixtures.content_examine.MOST_FILES", 10)
    put(tarred({f"file-{number}": "x" for number in range(50)}), ".tar")
    seen = read()
    assert (seen.members, len(seen.files), seen.is_all_listed) == (50, 10, False)
    assert content_facts.MOST_FILES == 100_000
