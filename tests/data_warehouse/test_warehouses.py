"""Databases reached by a URL of SQLAlchemy."""

import time

import pytest

from rounds.fixtures.data_scan import scan
from rounds.fixtures.data_warehouse import warehouse

from rounds.measures import (  # isort: skip
    Aggregate, Between, Broken, Columns, Distinct, Grouped, Holding, LengthBetween, Matching, Newest, NotInFuture,
    Nulls, OneOf, Orphans, Percentile, Repeated, Rows, Scope, Shape, Statistic,
)  # fmt: skip
from rounds.probe import CouldNotLook, RunbookDisagrees
from rounds.targets import Dataset

STRANGE = 'it\'s %s "x"'
ODD = 'it\'s \\ "x" %s ?'
FIGURES = {
    Rows(): 4,
    Rows(scope=Scope(where="price > 2 AND shop <> 'a%s?:x'")): 1,
    Nulls(STRANGE): 1,
    Nulls("select"): 0,
    Statistic("mean", "price"): pytest.approx(13 / 3),
    Statistic("stddev", "price"): pytest.approx(4.0722640056),
    Statistic("max", "price"): 9,
    Percentile(0.5, "price"): 2.5,
    Percentile(0.5, "price", at_most=(2.0,)): 2.5,
    Aggregate("sum(price) / count(*)"): 3.25,
    Distinct("shop"): 2,
    Repeated(("shop",)): 1,
    Repeated(("shop",), ("trim", "lower", "url")): 1,
    Orphans(("shop_id",), "shops", ("id",)): 1,
    Broken(OneOf("shop", ("north", ODD))): 0,
    Broken(OneOf("shop", ("north", "'; DROP TABLE sales; --", "\\"))): 1,
    Broken(Between("price", 2, 8)): 2,
    Broken(Matching("shop", r"^n\w+$")): 1,
    Broken(LengthBetween("shop", 1, 5)): 1,
    Broken(NotInFuture("made")): 0,
    Broken(Holding("price < id")): 3,
}


@pytest.fixture
def sales(url, warehouse_of):
    return Dataset(name="sales", system="shop", database=warehouse_of(url), table="sales", time="made",
                   joins=("sales(shop_id) -> shops(id)",))  # fmt: skip


def test_all_measures_together_have_the_same_figures(sales):
    answers = scan(sales, [*FIGURES, Shape()], 20)
    assert {measure: answers[measure].value for measure in FIGURES} == FIGURES
    assert all(answers[measure].samples for measure in FIGURES if isinstance(measure, Broken) and FIGURES[measure])
    assert isinstance(answers[Shape()], Columns)
    assert list(answers[Shape()].columns) == ["id", STRANGE, "price", "shop", "made", "shop_id", "select"]


def test_groups_are_those_of_a_joined_table_and_of_hours(sales):
    cities, hours = Rows(scope=Scope(per="shops.city")), Rows(scope=Scope(per="hour", where="made IS NOT NULL"))
    answers = scan(sales, [cities, hours], 20)
    assert isinstance(answers[cities], Grouped)
    assert {name: each.value for name, each in answers[cities].groups.items()} == {"Berlin": 1, "Lima": 1, None: 2}
    at_ten = 1767261600
    assert {name: each.value for name, each in answers[hours].groups.items() if name} == {at_ten: 1, at_ten + 3600: 2}


@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
def test_times_without_a_zone_are_those_of_the_warehouse(url, warehouse_of, zone):
    if url.startswith("sqlite"):
        pytest.skip("SQLite's times are UTC")
    made = Dataset(name="s", system="shop", database=warehouse_of(url, timezone=zone), table="sales", time="made")
    age = scan(made, [Newest("made")], 20)[Newest("made")].value
    behind = {"UTC": 0, "America/New_York": 5 * 3600}[zone]
    assert time.time() - age == pytest.approx(1767267000 + behind, abs=5)
    window = Rows(scope=Scope(window=time.time() - 1767265200 - behind + 60))
    assert scan(made, [window], 20)[window].value == 2


def test_a_missing_table_or_column_is_told_with_the_nearest_one(sales):
    with pytest.raises(RunbookDisagrees, match="table sale does not exist"):
        scan(sales.model_copy(update={"table": "sale"}), [Rows()], 10)
    assert "column prise of sales does not exist" in str(scan(sales, [Nulls("prise")], 10)[Nulls("prise")])


def test_a_refused_measure_leaves_the_others(sales):
    odd, rows = Rows(scope=Scope(where="no_such_function(price) > 1")), Rows()
    answers = scan(sales, [odd, rows], 20)
    assert answers[rows].value == 4
    assert isinstance(answers[odd], CouldNotLook)


@pytest.mark.parametrize(
    "statement", ["DELETE FROM sales", "CREATE TABLE made (id INTEGER)", "UPDATE sales SET price = 1"]
)
def test_the_session_only_reads(sales, statement):
    with pytest.raises(CouldNotLook, match=r"(?i)read.?only"), warehouse(sales.database, 10) as database:
        database.rows(statement)
    assert scan(sales, [Rows(), Statistic("max", "price")], 10)[Rows()].value == 4


def test_a_query_is_a_dataset_too(sales):
    query = sales.model_copy(
        update={
            "table": None,
            "query": "SELECT shop, count(*) AS n FROM sales GROUP BY shop",
            "joins": (),
            "time": None,
        }
    )
    answers = scan(query, [Rows(), Nulls("shop")], 10)
    assert (answers[Rows()].value, answers[Nulls("shop")].value) == (3, 1)
