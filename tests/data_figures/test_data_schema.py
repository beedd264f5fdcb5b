from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from rounds.checks.test_data_schema import DataSchema, test_data_schema
from rounds.fixtures.data_scan import scan
from rounds.fixtures.data_snapshot import schema_snapshot, snapshot_of
from rounds.measures import Columns, ColumnShape, Shape
from rounds.outcome import Outcome
from rounds.probe import PROBES, CouldNotLook

test_data_schema.__test__ = False
assert schema_snapshot
Fixture = Callable[..., Any]


@pytest.fixture
def schema(judge: Fixture, row: Fixture, table: Any, tmp_path: Path) -> Fixture:
    """Judge the columns of the table; snapshots lie in the test's folder."""
    return lambda **given: judge(test_data_schema, row(DataSchema, dataset=table.dataset(), folder=tmp_path, **given))


def written(table: Any, path: Path) -> None:
    """A snapshot of the table as it is."""
    shape = scan(table.dataset(), [Shape()], 20)[Shape()]
    assert isinstance(shape, Columns)
    path.write_text(snapshot_of(shape.columns), encoding="utf-8")


def test_columns_of_their_types_hold(schema: Fixture) -> None:
    assert (
        schema(columns={"id": "int", "price": "numeric", "shop": {"type": "TEXT", "nullable": False}}).outcome
        is Outcome.OK
    )


def test_a_missing_column_is_critical_and_the_nearest_is_told(schema: Fixture) -> None:
    seen = schema(columns={"id": "integer", "prize": "numeric"})
    assert seen.outcome is Outcome.CRITICAL
    assert "prize" in seen.summary
    assert "price" in seen.summary


def test_another_type_is_critical(schema: Fixture) -> None:
    seen = schema(columns={"price": "text"})
    assert seen.outcome is Outcome.CRITICAL
    assert "type of price is " in seen.summary
    assert "allowed is text" in seen.summary


@pytest.mark.parametrize(("column", "due"), [("shop", True), ("price", False)])
def test_another_nullability_is_critical(schema: Fixture, column: str, due: bool) -> None:
    kind = "text" if column == "shop" else "numeric"
    assert schema(columns={column: {"type": kind, "nullable": due}}).outcome is Outcome.CRITICAL
    assert schema(columns={column: {"type": kind, "nullable": not due}}).outcome is Outcome.OK


def test_others_are_allowed_unless_the_row_says_so(schema: Fixture) -> None:
    assert schema(columns={"id": "integer"}).outcome is Outcome.OK
    seen = schema(columns={"id": "integer"}, others="critical")
    assert seen.outcome is Outcome.CRITICAL
    assert "made, price, shop" in seen.summary


def test_sizes_count_where_they_are_written(schema: Fixture, table: Any) -> None:
    table.run("ALTER TABLE sales ADD COLUMN note VARCHAR(20)")
    for kind in ("varchar", "character varying(20)", "VARCHAR( 20 )"):
        assert schema(columns={"note": kind}).outcome is Outcome.OK
    assert schema(columns={"note": "varchar(30)"}).outcome is Outcome.CRITICAL


def test_a_snapshot_holds_until_a_column_comes_goes_or_changes(schema: Fixture, table: Any, tmp_path: Path) -> None:
    written(table, tmp_path / "sales.yaml")
    assert schema(snapshot="sales.yaml").outcome is Outcome.OK
    table.run("ALTER TABLE sales ADD COLUMN note TEXT")
    assert "columns not expected is note" in schema(snapshot="sales.yaml").summary
    assert schema(snapshot="sales.yaml", others="allowed").outcome is Outcome.OK
    table.run("ALTER TABLE sales DROP COLUMN note")
    table.run("ALTER TABLE sales DROP COLUMN price")
    assert "columns missing is price" in schema(snapshot="sales.yaml").summary
    table.run("ALTER TABLE sales ADD COLUMN price TEXT")
    assert "type of price is text" in schema(snapshot="sales.yaml").summary.lower()


def test_a_row_goes_before_its_snapshot(schema: Fixture, table: Any, tmp_path: Path) -> None:
    written(table, tmp_path / "sales.yaml")
    assert schema(snapshot="sales.yaml", columns={"price": "text"}).outcome is Outcome.CRITICAL


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, r"the runbook and the system disagree: there is no snapshot"),
        ("", "has no columns"),
        ("- id", "has no columns"),
        ("id: [", "is no YAML"),
        ("id: 7", "id is to be a type"),
        ("id: {kind: text}", "id is to be a type"),
        ("id: {type: text, nullable: maybe}", "id is to be a type"),
        (b"\xff\xfe\xff", "cannot be read"),
    ],
)
def test_what_is_no_snapshot_is_unknown(text: str | bytes | None, words: str, tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    if text is not None:
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(CouldNotLook, match=words):
        PROBES["schema_snapshot"].look(str(path))


@pytest.mark.parametrize("name", ["order", "on", "no", "1", "ü ber", "a: b", "null", "#", 'say "x"', "~", "1e3", "-"])
def test_any_name_comes_back_from_a_snapshot(name: str, tmp_path: Path) -> None:
    columns = {
        name: ColumnShape("numeric(10,2)", nullable=False),
        "plain": ColumnShape("yes"),
        "x": ColumnShape("on", True),
    }
    (tmp_path / "x.yaml").write_text(snapshot_of(columns), encoding="utf-8")
    assert PROBES["schema_snapshot"].look(str(tmp_path / "x.yaml")) == columns


@pytest.mark.parametrize(
    "given", [{}, {"columns": {"id": "int"}, "where": "id > 1"}, {"columns": {"id": {"kind": "x"}}}]
)
def test_a_row_that_says_nothing_is_refused(given: Any, table: Any, row: Fixture) -> None:
    with pytest.raises(ValidationError):
        row(DataSchema, dataset=table.dataset(), **given)


def test_whether_a_query_gives_null_is_not_known(table: Any, judge: Fixture, row: Fixture) -> None:
    dataset = table.dataset(table=None, query="SELECT id, shop FROM sales")
    columns = {"shop": {"type": "text" if table.is_postgres else "no type", "nullable": False}}
    assert judge(test_data_schema, row(DataSchema, dataset=dataset, columns=columns)).outcome is Outcome.UNKNOWN
