"""Tables as they come: odd names, nothing in them, many columns, no key, too many rows; and files and warehouses."""

import json
import sqlite3
from contextlib import closing

import pytest

from rounds.cli import main
from rounds.fixtures import data_narrowing

from .conftest import rows_in, told_in_a_round


def not_ok(told):
    return {name: each for name, each in told.items() if each[0] != "ok"}


def make(shop, *statements):
    for statement in statements:
        shop.run(statement)
    if shop.is_postgres:
        shop.run("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader")


def test_names_that_must_be_quoted(shop, suggested, tmp_path):
    make(
        shop,
        """CREATE TABLE "Order ""Lines"": #1" (id INTEGER PRIMARY KEY, "select" INTEGER NOT NULL, "Min Price" INTEGER,
        "Max Price" INTEGER, "naïve: #x" TEXT, "a.b" INTEGER, "${HOME}" TEXT, "yes" TEXT)""",
        """INSERT INTO "Order ""Lines"": #1" WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 400)
        SELECT n, n, n % 50, n % 50 + 9, CASE n % 2 WHEN 0 THEN 'a: b #' ELSE 'null' END, n % 7, '${HOME}', 'on' FROM n""",
    )
    text = suggested(shop.word, 'Order "Lines": #1')
    told = told_in_a_round(text, tmp_path, shop.env)
    assert not_ok(told) == {}
    rows = rows_in(text)
    assert rows["order-lines-1-min-price-at-most-max-price"]["holds"] == '"Min Price" <= "Max Price"'
    assert rows["order-lines-1-na-ve-x-values"]["values"] == ["a: b #", "null"]
    assert rows["order-lines-1-a-b-values"]["column"] == "a.b"
    assert not any("${HOME}" in str(row) for row in rows.values()), "an inventory would take it for a variable"


def test_an_empty_table_says_so(shop, suggested, tmp_path):
    make(shop, "CREATE TABLE waiting (id INTEGER PRIMARY KEY, made_at TEXT)")
    text = suggested(shop.word, "waiting")
    assert "There are no rows" in text
    assert rows_in(text).keys() == {"waiting-schema"}
    assert not_ok(told_in_a_round(text, tmp_path, shop.env)) == {}


def test_a_table_without_a_key_and_with_duplicates(shop, suggested, tmp_path):
    make(shop, "CREATE TABLE loose (word TEXT, amount INTEGER)")
    for _ in range(3):
        shop.run("INSERT INTO loose SELECT label, id FROM orders WHERE id <= 200")
    text = suggested(shop.word, "loose")
    assert not [name for name in rows_in(text) if name.endswith("unique")]
    assert not_ok(told_in_a_round(text, tmp_path, shop.env)) == {}


def test_two_hundred_columns(shop, suggested, tmp_path):
    names = [f"figure_{n}" for n in range(200)]
    make(
        shop,
        f"CREATE TABLE wide ({', '.join(f'{name} INTEGER' for name in names)})",
        f"INSERT INTO wide SELECT {', '.join(f'id % {n + 30}' for n in range(200))} FROM orders WHERE id <= 100",  # noqa: S608 - figures
    )
    text = suggested(shop.word, "wide")
    assert "It has 200 columns: print a snapshot of them with --schema." in text
    assert max(map(len, text.splitlines())) <= 130
    assert rows_in(text)["wide-whole"]["columns"] == names
    assert not_ok(told_in_a_round(text, tmp_path, shop.env)) == {}


def test_of_a_large_table_the_newest_rows_are_looked_at(postgres, suggested, tmp_path, monkeypatch):
    monkeypatch.setattr(data_narrowing, "MOST_ROWS", 2_000)
    postgres.run("CREATE INDEX ON orders (created_at)")
    text = suggested(postgres.word, "orders")
    assert "window: 24h" not in text
    assert "sample: 35%" in text, "a day has too few rows, a week too many"
    assert not_ok(told_in_a_round(text, tmp_path, postgres.env)) == {}
    monkeypatch.setattr(data_narrowing, "MOST_ROWS", 5_000)
    text = suggested(postgres.word, "orders")
    assert "window: 7d" in text
    assert not_ok(told_in_a_round(text, tmp_path, postgres.env)) == {}
    assert "sample:" not in suggested(postgres.word, "orders", "--all")
    assert "window:" not in suggested(postgres.word, "orders", "--all")


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_files(suggested, tmp_path, kind):
    rows = [{"id": n, "shop": ["north", "south"][n % 2], "price": n % 90 + 0.5} for n in range(1, 300)]
    path = tmp_path / "shop" / f"sales.{kind}"
    path.parent.mkdir()
    lines = ["id,shop,price", *(f"{row['id']},{row['shop']},{row['price']}" for row in rows)]
    path.write_text(json.dumps(rows) if kind == "json" else "\n".join(lines) + "\n")
    text = suggested(str(path))
    assert rows_in(text)["sales-shop-values"]["values"] == ["north", "south"]
    assert not_ok(told_in_a_round(text, tmp_path, {})) == {}
    path.write_text(path.read_text().replace("north", "nowhere"))
    assert not_ok(told_in_a_round(text, tmp_path, {})).keys() >= {"sales-shop-values"}


def test_a_warehouse_is_its_url(lite, suggested, tmp_path):
    path = lite.word
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DROP TABLE customers")
    text = suggested(f"sqlite:///{path}", "orders")
    assert not_ok(told_in_a_round(text, tmp_path, {})) == {}
    duck = tmp_path / "stock.duckdb"
    import duckdb  # noqa: PLC0415 - the one test with a warehouse

    with duckdb.connect(str(duck)) as connection:
        connection.execute("CREATE TABLE stock AS SELECT n AS id, n % 5 AS shelf, n % 80 AS price FROM range(600) r(n)")
    url = f"duckdb:///{duck}"
    assert "stock" in suggested(url)
    text = suggested(url, "stock")
    assert "url: '${" in text
    assert rows_in(text)["stock-price-range"]["highest"] == 80
    assert not_ok(told_in_a_round(text, tmp_path, {"STOCK_DUCKDB_URL": url})) == {}


class TestPlaces:
    def test_a_target_of_an_inventory_keeps_its_name(self, lite, suggested, tmp_path, monkeypatch):
        folder = tmp_path / "systems" / "market"
        folder.mkdir(parents=True)
        known = f"targets:\n  database: {{kind: sqlite, path: {lite.word}}}\n  orders: {{kind: folder, path: /}}\n"
        (folder / "inventory.yaml").write_text(known)
        monkeypatch.chdir(tmp_path)
        text = suggested("market/database", "orders")
        assert "orders-2:" in text, "the name of another target"
        assert "kind: sqlite" not in text
        assert "- id: market.data-quality.orders-2-rows" in text

    def test_a_dsn_may_come_from_the_environment(self, postgres, suggested, monkeypatch):
        monkeypatch.setenv("THEIR_DSN", postgres.word)
        assert "dsn: ${THEIR_DSN}" in suggested("${THEIR_DSN}", "customers").replace("'", "")

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (["nowhere/database"], "no target such as shop/database"),
            (["exports/*.csv"], "there is no file exports/*.csv"),
            (["${NOT_SET_AT_ALL}"], "NOT_SET_AT_ALL is not set"),
            (["odd://host/db"], "odd:// is no database that is known"),
        ],
    )
    def test_what_is_not_there_is_a_mistake(self, capsys, words, said):
        assert main(["suggest", *words]) == 4
        assert said in capsys.readouterr().err

    def test_what_cannot_be_looked_at_is_told(self, lite, capsys):
        assert main(["suggest", lite.word, "ordres"]) == 1
        assert "table ordres does not exist" in capsys.readouterr().err
        assert main(["suggest", "postgresql://anna:s3cret-word@127.0.0.1:1/shop"]) == 1
        assert "s3cret" not in capsys.readouterr().err

    def test_a_folder_is_told_to_be_one(self, tmp_path, capsys):
        assert main(["suggest", str(tmp_path)]) == 4
        assert "is a folder: name files of it, such as" in capsys.readouterr().err

    def test_a_variable_is_quoted_for_the_shell(self, lite, capsys, monkeypatch):
        monkeypatch.setenv("SHOP_AT", f"sqlite:///{lite.word}")
        assert main(["suggest", "${SHOP_AT}"]) == 0
        assert "Go on with: rounds suggest '${SHOP_AT}' orders" in capsys.readouterr().out
