"""CSV files as datasets: what their types are, and what is told of one that is not whole."""

import gzip
import os

import pytest

from rounds.fixtures.data_scan import scan
from rounds.measures import Between, Broken, LengthBetween, Nulls, OneOf, Rows, Shape, Statistic
from rounds.probe import CouldNotLook, RunbookDisagrees


def types(answer):
    return {name: column.type for name, column in answer.columns.items()}


def test_columns_have_the_types_of_all_their_values(ask, tmp_path):
    late = "".join(f"{n},{n}.5,2026-01-01 10:00:00,north\n" for n in range(30_000))
    (tmp_path / "sales.csv").write_text(f"id,price,made,shop\n{late}x1,1,2026-01-02 10:00:00,\n")
    shape, rows = ask("sales.csv", Shape(), Rows())
    assert types(shape) == {"id": "VARCHAR", "price": "DOUBLE", "made": "TIMESTAMP", "shop": "VARCHAR"}
    assert rows.value == 30_001


def test_postal_codes_keep_their_zeros_even_where_another_file_has_none(ask, tmp_path):
    (tmp_path / "a.csv").write_text("zip\n01234\n")
    (tmp_path / "b.csv").write_text("zip\n99999\n")
    shape, short = ask("*.csv", Shape(), Broken(LengthBetween("zip", 5, 5)))
    assert types(shape) == {"zip": "VARCHAR"}
    assert (short.value, short.examined) == (0, 2)


def test_columns_of_files_are_united_by_name(ask, tmp_path):
    (tmp_path / "a.csv").write_text("id,price\n1,2\n2,3\n")
    (tmp_path / "b.csv").write_text("price;id;shop\n1.5;7;north\n")
    shape, mean, no_shop = ask("*.csv", Shape(), Statistic("mean", "price"), Nulls("shop"))
    assert types(shape) == {"id": "BIGINT", "price": "DOUBLE", "shop": "VARCHAR"}
    assert mean.value == pytest.approx(6.5 / 3)
    assert (no_shop.value, no_shop.rows) == (2, 3)


def test_a_column_that_is_empty_in_one_file_keeps_its_type(ask, tmp_path):
    (tmp_path / "a.csv").write_text("id,price\n1,\n2,\n")
    (tmp_path / "b.csv").write_text("id,price\n3,4.5\n")
    assert ask("*.csv", Statistic("mean", "price")).value == 4.5


@pytest.mark.parametrize("text", ["id,price,t\n", "id,price,t\n1,,\n2,,\n"])
def test_a_column_without_a_value_is_empty_and_not_of_the_wrong_type(ask, tmp_path, text):
    (tmp_path / "sales.csv").write_text(text)
    for measure in (Statistic("mean", "price"), Broken(Between("price", 0)), Broken(OneOf("t", ("x",)))):
        assert ask("sales.csv", measure).is_empty


def test_a_header_alone_is_no_rows(ask, tmp_path):
    (tmp_path / "sales.csv").write_text("id,price,t\n")
    rows, nulls = ask("sales.csv", Rows(), Nulls("price"))
    assert rows.is_empty
    assert nulls.is_empty


@pytest.mark.parametrize("text", ["", "\n \n", "\ufeff"])
def test_an_empty_file_has_no_rows_and_no_columns(ask, tmp_path, text):
    (tmp_path / "sales.csv").write_text(text.replace("\ufeff", ""))
    assert ask("sales.csv", Rows()).is_empty
    with pytest.raises(RunbookDisagrees, match="column price of dataset does not exist"):
        ask("sales.csv", Nulls("price"))


def test_an_empty_file_among_others_is_not_passed_over(ask, tmp_path):
    (tmp_path / "a.csv").write_text("id\n1\n")
    (tmp_path / "b.csv").write_text("")
    with pytest.raises(CouldNotLook, match=r"b\.csv is empty, and others .* are not"):
        ask("*.csv", Rows())


@pytest.mark.parametrize("line", ["1,2", "1,2,3,4", "1,2,3,4,5,6"])
@pytest.mark.parametrize("before", [3, 60_000])
def test_a_row_of_another_width_is_told_with_its_line(ask, tmp_path, line, before):
    (tmp_path / "sales.csv").write_text("a,b,secret\n" + "1,2,hidden\n" * before + f"{line}\n1,2,hidden\n")
    with pytest.raises(CouldNotLook) as told:
        ask("sales.csv", Rows())
    assert f"line {before + 2} has" in str(told.value)
    assert "the header has 3" in str(told.value)
    assert "hidden" not in str(told.value)


def test_a_quote_that_never_ends_is_told(ask, tmp_path):
    (tmp_path / "sales.csv").write_text('id,name\n1,"a\nb"\n2,"c""d"\n3,"unclosed\n4,x\n')
    with pytest.raises(CouldNotLook, match=r"sales\.csv cannot be read: line"):
        ask("sales.csv", Rows())


def test_quoted_commas_and_line_ends_are_part_of_values(ask, tmp_path):
    (tmp_path / "sales.csv").write_text('id,name\n1,"a, b\nc"\n2,"d ""e"""\n')
    assert ask("sales.csv", Rows()).value == 2


@pytest.mark.parametrize("name", ["sales.csv.gz", "sales.json.gz"])
def test_a_half_written_gzip_file_is_told(ask, tmp_path, name):
    text = "".join(f'{{"id":{n}}}\n' if "json" in name else f"{n}\n" for n in range(100_000))
    whole = gzip.compress(f"{'' if 'json' in name else 'id'}{chr(10)}{text}".encode())
    (tmp_path / name).write_bytes(whole)
    assert ask(name, Rows()).value == 100_000
    (tmp_path / name).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CouldNotLook, match=r"cannot be read|Unexpected end"):
        ask(name, Rows())
    (tmp_path / name).write_bytes(b"no gzip")
    with pytest.raises(CouldNotLook, match="no whole gzip file"):
        ask(name, Rows())


def test_a_file_in_another_encoding_is_told(ask, tmp_path):
    (tmp_path / "sales.csv").write_bytes("id,name\n1,José\n".encode("latin-1"))
    with pytest.raises(CouldNotLook, match=r"(?i)utf-8"):
        ask("sales.csv", Rows())


@pytest.mark.parametrize(
    ("header", "words"), [("id,Id,x", "names column Id twice"), ("\nid,x", "the first line of .* is empty")]
)
def test_a_header_that_does_not_name_columns_is_told(ask, tmp_path, header, words):
    (tmp_path / "sales.csv").write_text(f"{header}\n1,2,3\n")
    with pytest.raises(CouldNotLook, match=words):
        ask("sales.csv", Rows())


def test_names_with_quotes_and_reserved_words_are_names(ask, tmp_path):
    (tmp_path / "it's [1]*.csv").write_text('"a ""b""",select,"x\'); DROP TABLE y;--"\n1,,3\n')
    names = ['a "b"', "select", "x'); DROP TABLE y;--"]
    found = ask("it's [[]1]*.csv", *(Nulls(name) for name in names))
    assert [each.value for each in found] == [0, 1, 0]


def test_only_the_newest_file_is_read(ask, tmp_path):
    for name, rows, age in (("b.csv", 3, 100), ("a.csv", 1, 10)):
        (tmp_path / name).write_text("id\n" + "1\n" * rows)
        os.utime(tmp_path / name, (1e9 - age, 1e9 - age))
    assert ask("*.csv", Rows()).value == 4
    assert ask("*.csv", Rows(), newest_file=True).value == 1


def test_without_a_file_the_runbook_disagrees(dataset):
    with pytest.raises(RunbookDisagrees, match=r"there is no file .*sales\*\.csv"):
        scan(dataset("sales*.csv"), [Rows()], 10)


@pytest.mark.parametrize("names", [("a.csv", "b.json"), ("a.csv", "b.txt"), ("a.parquet.gz",)])
def test_a_mix_of_formats_or_a_strange_one_is_refused(ask, tmp_path, names):
    for name in names:
        (tmp_path / name).write_text("id\n1\n")
    with pytest.raises(CouldNotLook, match=r"of several formats, and one is due|told by the name's end"):
        ask("*", Rows())


def test_a_folder_and_a_dangling_link_are_no_files(ask, tmp_path):
    (tmp_path / "x.csv").mkdir()
    with pytest.raises(CouldNotLook, match="is no file but a folder"):
        ask("x.csv", Rows())
    (tmp_path / "y.csv").symlink_to(tmp_path / "gone")
    with pytest.raises(CouldNotLook, match="no file"):
        ask("y.csv", Rows())
