"""Datasets that are only a part of their table: the newest partition, or a sample."""

import pytest

from rounds.fixtures.data_scan import scan

from rounds.measures import (  # isort: skip
    Between, Broken, Distinct, Newest, Nulls, Orphans, Percentile, Repeated, Rows, Scope, Statistic,
)  # fmt: skip
from rounds.probe import CouldNotLook


def test_only_the_newest_partition_is_looked_at(orders):
    for number, (shop, size) in enumerate([(1, -1), (1, 1), (3, 1), (3, -1), (3, 5)]):
        orders.add(number, shop=shop, größe=size)
    found = scan(orders.dataset(partition="shop"), [Rows(), Broken(Between("größe", 0)), Distinct("größe")], 20)
    assert [each.value for each in found.values()] == [3, 1, 3]
    bad = found[Broken(Between("größe", 0))]
    assert [row[0] for row in orders.rows(bad.sql)] == [3]
    assert [each["id"] for each in bad.samples] == [3]


def test_the_newest_partition_is_the_newest_of_what_the_filter_leaves(orders):
    for number, shop in enumerate([1, 1, 3]):
        orders.add(number, shop=shop, select="a" if shop == 1 else "b")
    assert orders.read(Rows(), partition="shop", filter="\"select\" = 'a'").value == 2


def test_a_table_without_any_partition_is_empty(orders):
    orders.add(1, shop=None)
    found = scan(orders.dataset(partition="shop"), [Rows(), Nulls("select"), Repeated(("select",))], 20)
    assert all(each.is_empty for each in found.values())


def test_the_newest_partition_of_a_partitioned_table(pg_orders, server):
    server.run("CREATE TABLE days (day date, n int) PARTITION BY RANGE (day);"
               "CREATE TABLE d1 PARTITION OF days FOR VALUES FROM ('2026-01-01') TO ('2026-01-02');"
               "CREATE TABLE d2 PARTITION OF days FOR VALUES FROM ('2026-01-02') TO ('2026-01-03');"
               "INSERT INTO days VALUES ('2026-01-01', 1), ('2026-01-01', 2), ('2026-01-02', 3);"
               "GRANT SELECT ON days TO reader")  # fmt: skip
    assert pg_orders.read(Rows(), table="days", private=(), partition="day").value == 1
    server.run("DROP TABLE days")


def _large(server):
    server.run("CREATE TABLE large AS SELECT n, n % 10 AS tenth, now() AS made FROM generate_series(1, 50000) n;"
               "CREATE VIEW of_large AS SELECT * FROM large; GRANT SELECT ON large, of_large TO reader")  # fmt: skip


@pytest.fixture
def large(server):
    _large(server)
    yield {"table": "large", "private": ()}
    server.run("DROP TABLE large CASCADE")


def test_of_a_sample_figures_and_shares_are_told(pg_orders, large):
    broken = Broken(Between("tenth", 0, 8))
    measures = [Statistic("mean", "tenth"), broken, Nulls("n"), Percentile(0.5, "tenth", (3,), (6,))]
    mean, bad, nulls, median = scan(pg_orders.dataset(**large, sample="20%"), measures, 20).values()
    assert 3 < mean.value < 6
    assert 100 < bad.examined < 25_000
    assert bad.value == pytest.approx(bad.examined / 10, rel=0.3)
    assert nulls.rows == bad.rows
    assert median.value == "within"
    assert len(pg_orders.rows(bad.sql)) == bad.value
    assert len(bad.samples) == 5


@pytest.mark.parametrize(
    "measure", [Rows(), Distinct("n"), Repeated(("n",)), Orphans(("n",), "shops", ("id",)), Newest("made")],
    ids=lambda measure: type(measure).__name__,
)  # fmt: skip
def test_what_needs_all_rows_is_not_told_of_a_sample(pg_orders, large, measure):
    answer = pg_orders.read(measure, **large, sample="20%")
    assert isinstance(answer, CouldNotLook)
    assert "is a sample of 20 %: this needs all rows" in str(answer)


def test_a_sample_without_a_row_is_unknown_and_not_empty(pg_orders):
    pg_orders.add(1)
    answer = pg_orders.read(Nulls("select"), sample="0.001%")
    assert isinstance(answer, CouldNotLook)
    assert "has no such row" in str(answer)


def test_of_a_view_and_in_sqlite_there_is_no_sample(pg_orders, orders, large):
    with pytest.raises(CouldNotLook, match="is a view"):
        pg_orders.read(Nulls("n"), **large | {"table": "of_large"}, sample="20%")
    if not orders.is_postgres:
        with pytest.raises(CouldNotLook, match="SQLite takes no sample"):
            orders.read(Nulls("select"), sample="20%")


def test_a_scope_that_cannot_be_had_is_the_fault_of_its_own_rows_only(orders):
    orders.add(1)
    wrong = [Rows(scope=Scope(per="city")), Rows(scope=Scope(window=60)), Rows(scope=Scope(where="city = 'x'"))]
    found = scan(orders.dataset(), [*wrong, Rows()], 20)
    assert found[Rows()].value == 1
    assert all(isinstance(found[each], CouldNotLook) for each in wrong)
