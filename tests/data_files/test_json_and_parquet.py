"""JSON and Parquet files as datasets."""

import json

import duckdb
import pytest

from rounds.measures import Broken, Matching, Newest, Nulls, Rows, Shape, Statistic
from rounds.probe import CouldNotLook


def types(answer):
    return {name: column.type for name, column in answer.columns.items()}


@pytest.mark.parametrize("name", ["cache.json", "cache.ndjson"])
def test_objects_are_rows(ask, tmp_path, name):
    rows = [{"id": n, "price": n / 2, "shop": {"name": "x"}, "zip": "01234"} for n in range(10)] + [{"id": 10}]
    lines = [json.dumps(row) for row in rows]
    (tmp_path / name).write_text("\n".join(lines) if "nd" in name else f"[{', '.join(lines)}]")
    shape, count, nulls, mean = ask(name, Shape(), Rows(), Nulls("price"), Statistic("mean", "price"))
    assert types(shape) == {"id": "BIGINT", "price": "DOUBLE", "shop": 'STRUCT("name" VARCHAR)', "zip": "VARCHAR"}
    assert (count.value, nulls.value, mean.value) == (11, 1, 2.25)


def test_a_single_object_is_one_row(ask, tmp_path):
    (tmp_path / "state.json").write_text('{"when": "2026-01-01T10:00:00Z", "items": 7}')
    assert ask("state.json", Statistic("min", "items")).value == 7


def test_values_of_several_kinds_are_text(ask, tmp_path):
    (tmp_path / "x.json").write_text('[{"a": 1}, {"a": "x"}, {"a": null}]')
    shape, wrong = ask("x.json", Shape(), Broken(Matching("a", "^[0-9]+$")))
    assert types(shape) == {"a": "VARCHAR"}
    assert (wrong.value, wrong.examined) == (1, 2)


def test_moments_with_a_zone_are_told_by_it_and_others_by_the_dataset_s(ask, tmp_path):
    (tmp_path / "a.json").write_text('[{"t": "2026-01-01T10:00:00Z"}, {"t": "2026-01-01T12:00:00+01:00"}]')
    (tmp_path / "b.csv").write_text("t\n2026-01-01 12:00:00\n")
    zoned = ask("a.json", Newest("t"), timezone="America/New_York")
    plain = ask("b.csv", Newest("t"), timezone="Europe/Berlin")
    assert zoned.value == pytest.approx(plain.value, abs=30)


@pytest.mark.parametrize("text", ["[]", ""])
def test_an_empty_list_is_no_rows(ask, tmp_path, text):
    (tmp_path / "x.json").write_text(text)
    assert ask("x.json", Rows()).is_empty


def test_a_column_that_is_always_null_is_empty(ask, tmp_path):
    (tmp_path / "x.json").write_text('[{"a": null, "b": 1}]')
    assert ask("x.json", Statistic("mean", "a")).is_empty
    assert ask("x.json", Nulls("a")).value == 1


@pytest.mark.parametrize("text", ["null", "[1, 2]", '[{"a": 1}, 2]', '"x"', "{}"])
def test_what_are_no_objects_is_told(ask, tmp_path, text):
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(CouldNotLook, match=r"x\.json holds no rows: objects"):
        ask("x.json", Rows())


@pytest.mark.parametrize("name", ["x.json", "x.ndjson"])
def test_half_written_json_is_told(ask, tmp_path, name):
    (tmp_path / name).write_text('{"id": 1, "a": 2}\n{"id": 2, "a"' if "nd" in name else '[{"id": 1}, {"id": 2, "a"')
    with pytest.raises(CouldNotLook, match="Malformed JSON"):
        ask(name, Rows())


def write_parquet(path, query):
    with duckdb.connect() as connection:
        connection.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")


def test_parquet_brings_its_own_types(ask, tmp_path):
    write_parquet(tmp_path / "a.parquet", "SELECT 1 AS id, DATE '2026-01-01' AS day, 'NaN'::DOUBLE AS price")
    write_parquet(tmp_path / "b.parquet", "SELECT 2 AS id, 1.5::DOUBLE AS price, TIMESTAMPTZ '2026-01-01 10:00Z' AS t")
    shape, rows, newest = ask("*.parquet", Shape(), Rows(), Newest("t"))
    assert types(shape) == {"id": "INTEGER", "day": "DATE", "price": "DOUBLE", "t": "TIMESTAMP WITH TIME ZONE"}
    assert rows.value == 2
    assert newest.value > 0


def test_half_written_parquet_is_told(ask, tmp_path):
    write_parquet(tmp_path / "a.parquet", "SELECT range AS id FROM range(10000)")
    whole = (tmp_path / "a.parquet").read_bytes()
    assert ask("a.parquet", Rows()).value == 10_000
    for cut in (whole[: len(whole) // 2], whole[:3], b"no parquet at all"):
        (tmp_path / "a.parquet").write_bytes(cut)
        with pytest.raises(CouldNotLook, match="a file cannot be read"):
            ask("a.parquet", Rows())
