"""Real dumps of three versions of PostgreSQL: good ones are good, and each damage that reading can see is told."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from rounds.fixtures import content_dumps, postgres_programs
from rounds.fixtures.content_facts import Contents
from rounds.probe import CouldNotLook

ROWS = {"Odd one.Ta ble": 1, "public.nothing": 0, "public.sales": 5000, "public.shops": 20}
MAJORS = (15, 17, 18)
Real = Callable[[int], Path]
Put = Callable[..., Path]
Read = Callable[..., Contents]


def flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("major", MAJORS)
@pytest.mark.parametrize(
    ("form", "kind"),
    [("plain.sql", "plain dump"), ("custom.dump", "custom dump"), ("stored.dump", "custom dump"),
     ("all.sql", "cluster dump")],
)  # fmt: skip
def test_a_good_dump_is_good_and_its_rows_are_counted(lay: Put, read: Read, major: int, form: str, kind: str) -> None:
    path = lay(major, form)
    for _ in range(2):
        seen = read()
        assert (seen.fault, seen.kind, seen.dumps[0].rows) == ("", kind, ROWS)
        assert seen.dumps[0].made_by.startswith(str(major))
        packed = gzip.compress(path.read_bytes())
        path.unlink()
        path = path.with_name(f"{path.name}.gz")
        path.write_bytes(packed)


@pytest.mark.parametrize("major", MAJORS)
def test_a_directory_dump_is_read_file_by_file(real: Real, put: Put, read: Read, major: int) -> None:
    put(real(major) / "directory")
    seen = read(each="folder")
    assert (seen.fault, seen.kind, seen.dumps[0].rows) == ("", "directory dump", ROWS)
    assert seen.dumps[0].made_by.startswith(str(major))


@pytest.mark.parametrize("major", MAJORS)
def test_the_tar_format_is_a_directory_dump_in_a_tar(real: Real, put: Put, read: Read, major: int) -> None:
    put(real(major) / "dump.tar", ".tar")
    seen = read()
    assert (seen.fault, [(dump.kind, dump.rows) for dump in seen.dumps]) == ("", [("directory dump", ROWS)])


def test_rows_of_a_dump_with_inserts_are_seen(real: Real, put: Put, read: Read) -> None:
    put(real(18) / "inserts.sql", ".sql")
    assert read().dumps[0].rows == {name: rows for name, rows in ROWS.items() if rows}


def test_a_dump_of_the_schema_alone_has_no_rows(real: Real, put: Put, read: Read) -> None:
    put(real(18) / "schema.sql", ".sql")
    assert (read().fault, read().dumps[0].rows) == ("", {})


@pytest.mark.parametrize("form", ["plain.sql", "inserts.sql", "custom.dump", "stored.dump", "all.sql", "dump.tar"])
@pytest.mark.parametrize("cut", [1, 1024, 0.5])
def test_a_cut_dump_is_told_whether_it_was_packed_before_or_after(
    real: Real, put: Put, read: Read, form: str, cut: float
) -> None:
    def shorter(data: bytes) -> bytes:
        return data[: -int(cut if cut >= 1 else len(data) * cut)]

    data, suffix = (real(18) / form).read_bytes(), Path(form).suffix
    for number, damaged in enumerate((shorter(data), gzip.compress(shorter(data)), shorter(gzip.compress(data)))):
        path = put(damaged, suffix + (".gz" if number else ""))
        assert "cut short" in read().fault
        path.unlink()


@pytest.mark.parametrize("form", ["plain.sql", "custom.dump"])
def test_a_dump_that_stops_inside_a_table_says_in_which(real: Real, put: Put, read: Read, form: str) -> None:
    data = (real(18) / form).read_bytes()
    put(data[: len(data) // 2], Path(form).suffix)
    assert "it stops inside the rows of public.sales" in read().fault


@pytest.mark.parametrize("form", ["plain.sql", "custom.dump", "stored.dump"])
@pytest.mark.parametrize("at", [2, 0.5, -3])
def test_a_flipped_bit_of_a_packed_dump_is_told(real: Real, put: Put, read: Read, form: str, at: float) -> None:
    path = put(gzip.compress((real(18) / form).read_bytes()), f"{Path(form).suffix}.gz")
    flip(path, int(at if abs(at) >= 1 else path.stat().st_size * at))
    assert "damaged" in read().fault


@pytest.mark.parametrize(
    ("form", "at", "words"),
    [
        ("plain.sql", 4, "does not begin as one"),
        ("custom.dump", 2, "first bytes are damaged"),
        ("custom.dump", 60, "header cannot be read"),
        ("custom.dump", 60000, "inside the rows of public.sales"),
        ("custom.dump", -3, "cut short"),
        ("stored.dump", -3, "cut short"),
    ],
)
def test_a_flipped_bit_of_an_unpacked_dump_is_told_where_its_own_structure_breaks(
    lay: Put, read: Read, form: str, at: int, words: str
) -> None:
    flip(lay(18, form), at)
    assert words in read().fault


def test_what_only_a_restore_or_a_checksum_can_see(lay: Put, read: Read) -> None:
    flip(lay(18, "plain.sql"), 100_000)
    assert read().fault == ""


@pytest.mark.parametrize(
    ("data", "suffix", "words"),
    [
        (gzip.compress(b""), ".sql.gz", "it is empty"),
        (gzip.compress(b"pg_dump: error: connection failed\n"), ".sql.gz", "lacks the end marker"),
        (b"<html>not found</html>", ".sql.gz", "should be packed by gzip"),
        (b"\0\1\2\3" * 300, ".dump", "first bytes are damaged"),
        (gzip.compress(b"x" * 5000), ".tar.gz", "it is no tar archive"),
    ],
    ids=["nothing", "an error", "a page", "bytes", "text"],
)
def test_what_is_no_dump_at_all_is_told(put: Put, read: Read, data: bytes, suffix: str, words: str) -> None:
    put(data, suffix)
    assert words in read().fault


def test_something_after_the_end_of_a_dump_is_told(real: Real, put: Put, read: Read) -> None:
    put((real(18) / "plain.sql").read_bytes() + b"x" * 2000, ".sql")
    assert "lacks the end marker" in read().fault


def test_another_tool_has_its_own_end_marker(put: Put, read: Read) -> None:
    path = put(b"-- MySQL dump 10.13\n" + b"INSERT INTO `a` VALUES (1);\n" * 100 + b"-- Dump completed\n", ".sql")
    assert read(marker="-- Dump completed").fault == ""
    path.write_bytes(path.read_bytes()[:-20])
    assert 'lacks the end marker "-- Dump completed"' in read(marker="-- Dump completed").fault


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda folder: next(folder.glob("*.dat.gz")).unlink(), "1 of its 5 files are missing"),
        (lambda folder: (folder / "toc.dat").write_bytes((folder / "toc.dat").read_bytes()[:-9]), "table of contents"),
        (lambda folder: [path.write_bytes(path.read_bytes()[:-1]) for path in folder.glob("*.dat.gz")], "cut short"),
        (
            lambda folder: [path.write_bytes(gzip.compress(b"1\tx\n")) for path in folder.glob("2*.dat.gz")],
            "have no end",
        ),
    ],
)
def test_a_damaged_directory_dump_is_told(
    real: Real, put: Put, read: Read, damage: Callable[[Path], object], words: str
) -> None:
    damage(put(real(18) / "directory"))
    assert words in read(each="folder").fault


def test_a_directory_without_its_table_of_contents_is_no_dump(real: Real, put: Put, read: Read) -> None:
    (put(real(18) / "directory") / "toc.dat").unlink()
    assert "no database dump is in it" in read(each="folder").fault_as_backup("x")


def test_without_programs_new_enough_a_custom_dump_is_unknown(
    real: Real, put: Put, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(real(18) / "custom.dump", ".dump")
    old = [each for each in postgres_programs.installed() if each.major < 18]
    monkeypatch.setattr(postgres_programs, "installed", lambda: old)
    with pytest.raises(CouldNotLook, match="the dump comes from PostgreSQL 18, and this machine has programs of"):
        read()


def test_the_reader_of_a_kind_can_be_found(real: Real) -> None:
    assert content_dumps.kind_of(b"SQLite format 3\0") == "sqlite"
    assert content_dumps.kind_of(b"REDIS0011\xfa") == "rdb"
    assert content_dumps.kind_of(b"*2\r\n$6\r\nSELECT\r\n") == "aof"
    assert content_dumps.kind_of((real(18) / "all.sql").read_bytes()[:600]) == "plain dump"
