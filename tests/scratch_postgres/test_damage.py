"""What a load sees of a bad backup is told in one sentence, and is never taken for a trouble of this machine."""

import gzip
import io
import shutil
import tarfile

import pytest

from rounds.probe import CouldNotLook


def changed(path, old, new, to):
    text = path.read_bytes()
    assert old in text
    to.write_bytes(text.replace(old, new, 1))
    return to


def test_a_plain_dump_that_was_cut(dumps18, said, tmp_path):
    whole = (dumps18 / "shop.sql").read_bytes()
    cut = tmp_path / "cut.sql"

    cut.write_bytes(whole[: len(whole) // 2])
    assert said(cut) == "it is cut short: it stops in the middle of the rows of public.events"

    cut.write_bytes(whole[: whole.index(b"CREATE VIEW") + 20])
    assert said(cut) == "it is cut short: it stops in the middle of a statement"

    cut.write_bytes(whole[: whole.index(b"CREATE VIEW")])
    assert said(cut) == "it is cut short: the line that ends every complete dump is missing"


def test_an_empty_file(failure, tmp_path):
    empty = tmp_path / "empty.sql"
    empty.write_bytes(b"")
    assert failure(empty) == "it is empty"
    empty.write_bytes(gzip.compress(b""))
    assert failure(empty) == "it is empty"


def test_a_dump_of_a_whole_server_that_was_cut_between_two_databases(dumps18, said, tmp_path):
    whole = (dumps18 / "all.sql").read_bytes()
    cut = tmp_path / "cut.sql"
    cut.write_bytes(whole[: whole.index(b'-- Database "shop" dump')])
    assert said(cut) == "it is cut short: the line that ends every complete dump is missing"


def test_a_packed_dump_that_was_cut(dumps18, failure, tmp_path):
    cut = tmp_path / "cut.sql.gz"
    cut.write_bytes(gzip.compress((dumps18 / "shop.sql").read_bytes())[:-1000])
    assert failure(cut) == "it is cut short: it stops in the middle of its data (gzip)"


@pytest.mark.parametrize("name", ["shop.sql", "created.sql"])
def test_a_statement_that_fails_is_told_with_its_line(dumps18, said, tmp_path, name):
    broken = changed(dumps18 / name, b"CREATE INDEX events_at", b"CREATE INDEXX events_at", tmp_path / "broken.sql")
    number = broken.read_bytes()[: broken.read_bytes().index(b"INDEXX")].count(b"\n") + 1
    assert said(broken) == f'it does not load: line {number}: syntax error at or near "INDEXX"'


def test_a_row_that_fails_is_told_with_its_line(dumps18, said, tmp_path):
    broken = changed(dumps18 / "shop.sql", b"\n17\t", b"\nx17\t", tmp_path / "broken.sql")
    assert said(broken).startswith("it does not load: line ")
    assert 'invalid input syntax for type bigint: "x17"' in said(broken)


def test_two_rows_with_one_key(dumps18, said, tmp_path):
    broken = changed(dumps18 / "shop.sql", b"\n17\t", b"\n16\t", tmp_path / "broken.sql")
    assert 'could not create unique index "events_pkey"' in said(broken)


def test_a_custom_dump_that_was_cut(dumps18, failure, tmp_path):
    whole = (dumps18 / "shop.dump").read_bytes()
    cut = tmp_path / "cut.dump"
    for size in (len(whole) - 1024, len(whole) // 2):
        cut.write_bytes(whole[:size])
        said = failure(cut)
        assert said.startswith(("it does not load: ", "it cannot be read: "))
        assert "end of file" in said or "could not find block" in said, said
    cut.write_bytes(whole[:40])
    assert failure(cut) == "it is damaged: its first bytes are those of a dump, and what follows cannot be read"


def test_a_custom_dump_with_a_flipped_bit(dumps18, failure, tmp_path):
    data = bytearray((dumps18 / "shop.dump").read_bytes())
    data[len(data) * 3 // 4] ^= 0x10
    broken = tmp_path / "broken.dump"
    broken.write_bytes(data)
    assert failure(broken).startswith("it does not load: ")


def test_a_folder_that_lost_a_file(dumps18, failure, tmp_path):
    folder = tmp_path / "shop"
    shutil.copytree(dumps18 / "shop", folder)
    max(folder.glob("*.dat.gz"), key=lambda path: path.stat().st_size).unlink()
    assert "could not open input file" in failure(folder)


def test_archives_without_a_dump(dumps18, failure, tmp_path):
    path = tmp_path / "backup.tar"
    with tarfile.open(path, "w"):
        pass
    assert failure(path).startswith("it is no dump of PostgreSQL") or "no dump" in failure(path)
    with tarfile.open(path, "w") as tar:
        tar.add(dumps18 / "shop.dump", "notes.txt")
    assert failure(path) == "it holds no dump: none of its files is named as one"
    with tarfile.open(path, "w") as tar:
        tar.addfile(tarfile.TarInfo("shop.sql"))
    assert failure(path) == "the dump in it, shop.sql, is empty"


def test_an_archive_that_was_cut_behind_its_dump(dumps18, failure, tmp_path):
    path = tmp_path / "backup.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        tar.add(dumps18 / "shop.sql", "shop.sql")
        tar.add(dumps18 / "shop.dump", "other")
    path.write_bytes(path.read_bytes()[:-4])
    assert failure(path) == "it is cut short: it stops in the middle of its data (gzip)"


def test_an_archive_that_was_cut(dumps18, failure, tmp_path):
    path = tmp_path / "backup.tar"
    with tarfile.open(path, "w") as tar:
        tar.add(dumps18 / "shop.sql", "shop.sql")
    path.write_bytes(path.read_bytes()[:100_000])
    assert failure(path) == "it is cut short: it stops in the middle of its data"


def test_what_is_no_dump_at_all(failure, tmp_path):
    path = tmp_path / "picture.sql"
    path.write_bytes(b"\x89PNG\0\0\0\0")
    assert failure(path).startswith("it is no dump of PostgreSQL: it begins with ")
    path.write_text("-- nothing\n")
    assert failure(path) == "it is cut short: the line that ends every complete dump is missing"


def test_a_base_backup_that_is_not_complete(dumps18, failure, tmp_path):
    folder = tmp_path / "base"
    shutil.copytree(dumps18 / "base", folder)
    (folder / "global" / "pg_control").rename(tmp_path / "pg_control")
    assert failure(folder) == "it is not complete: global/pg_control is missing"
    (tmp_path / "pg_control").write_bytes(b"\0" * 8192)
    (tmp_path / "pg_control").rename(folder / "global" / "pg_control")
    assert failure(folder).startswith("its server does not start: ")


def test_a_base_backup_whose_log_ends_too_early(dumps18, failure, tmp_path):
    folder = tmp_path / "base"
    shutil.copytree(dumps18 / "base", folder)
    for segment in (folder / "pg_wal").glob("0*"):
        segment.write_bytes(b"\0" * segment.stat().st_size)
    assert failure(folder).startswith("its server does not start: could not locate required checkpoint record")


def test_a_base_backup_without_its_log_could_be_good(dumps18, failure, tmp_path):
    folder = tmp_path / "base"
    shutil.copytree(dumps18 / "base", folder)
    for segment in (folder / "pg_wal").glob("0*"):
        segment.unlink()
    with pytest.raises(CouldNotLook, match="it holds no write-ahead log"):
        failure(folder)


def test_a_member_that_leads_out_of_the_archive(failure, tmp_path):
    path = tmp_path / "backup.tar"
    for name in ("../../escaped.sql", f"{tmp_path}/escaped.sql"):
        with tarfile.open(path, "w") as tar:
            member = tarfile.TarInfo(name)
            member.size = 5
            tar.addfile(member, io.BytesIO(b"hello"))
        assert failure(path) == f"it holds a file whose name leads out of the archive: {name}"
