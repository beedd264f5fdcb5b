"""Values at the edge of what a database says of them, and what its errors say of values."""

import pytest

from rounds.fixtures.data_other import other_readings
from rounds.fixtures.data_scan import scan
from rounds.measures import Between, Broken, Holding, Rows
from rounds.probe import PROBES, CouldNotLook
from rounds.targets import Dataset, Warehouse

assert other_readings


@pytest.mark.parametrize("value", ["1\nperson1", "p" + "erson1" * 200])
def test_a_long_value_or_one_of_many_lines_stays_in_the_database_too(pg_orders, value):
    pg_orders.add(1, **{"e-mail": value})
    answer = pg_orders.read(Broken(Holding('CAST("e-mail" AS integer) > 1')))
    assert isinstance(answer, CouldNotLook)
    assert str(answer) == "the database refuses the statement: invalid input syntax for type integer: …"


def test_a_bound_of_a_short_number_still_holds(pg_orders):
    short = pg_orders.dataset(table=None, query="SELECT CAST(0.1 AS real) AS v", private=())
    holding, broken = Broken(Between("v", 0.1, 0.1)), Broken(Between("v", 1e-50, 0.09))
    wide = Broken(Between("v", -1e300, 1e300))
    found = scan(short, [holding, broken, wide], 20)
    assert [found[each].value for each in (holding, broken, wide)] == [0, 1, 0]


def test_a_name_with_capital_letters_is_said_to_need_quotes(pg_orders, server):
    server.run('ALTER TABLE "Aufträge ""neu""" ADD COLUMN "MiXed" integer')
    pg_orders.add(1, MiXed=1)
    answer = pg_orders.read(Broken(Holding("MiXed > 0")))
    assert 'is to be written "MiXed": it has capital letters' in str(answer)


def test_another_dataset_is_asked_within_a_short_deadline(orders):
    orders.add(1)
    answers = PROBES["other_readings"].look(orders.dataset(), (Rows(),), 2.0)
    assert answers[Rows()].value == 1


@pytest.mark.parametrize("secret", ["nobody", "no\nbody"])
@pytest.mark.parametrize("place", ["warehouse", "files"])
def test_other_databases_quote_no_value_either(tmp_path, place, secret):
    import duckdb  # noqa: PLC0415 - it is asked for in this test only

    path = tmp_path / "people.duckdb"
    with duckdb.connect(path) as connection:
        connection.execute("CREATE TABLE people (id INTEGER, name TEXT)")
        connection.execute("INSERT INTO people VALUES (1, ?)", [f"{secret}@private.example"])
        connection.execute(f"COPY people TO '{tmp_path}/people.csv'")
    given = {"files": f"{tmp_path}/people.csv"}
    if place == "warehouse":
        given = {"database": Warehouse(name="w", system="shop", url=f"duckdb:///{path}"), "table": "people"}
    dataset = Dataset(name="people", system="shop", private="name", **given)
    measure = Broken(Holding("CAST(name AS integer) > 1"))
    answer = scan(dataset, [measure], 20)[measure]
    assert "Could not convert string …" in str(answer)
