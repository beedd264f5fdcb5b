"""Rows that are suggested load, hold today, and turn red when the data is broken."""

from typing import Any

from .conftest import rows_in, told_in_a_round

BREAKS = {
    "orders-rows": "DELETE FROM orders WHERE id % 4 = 0",
    "orders-status-values": "UPDATE orders SET status = 'lost' WHERE id = 1",
    "orders-price-range": "UPDATE orders SET price = 84000, sale_price = 5 WHERE id = 2",
    "orders-sale-price-at-most-price": "UPDATE orders SET sale_price = price + 1 WHERE id = 3",
    "orders-code-unique": "UPDATE orders SET code = 'C-000005' WHERE id = 6",
    "orders-label-length": "UPDATE orders SET label = 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' WHERE id = 7",
    "orders-whole": "UPDATE orders SET price = NULL WHERE id = 9",
    "orders-note-nulls": "UPDATE orders SET note = NULL WHERE id % 3 = 0",
}
OF_EACH = {
    True: {
        "orders-created-at-at-most-updated-at": "UPDATE orders SET updated_at = created_at - interval '1 hour' WHERE id = 5",
        "orders-fresh": "UPDATE orders SET created_at = created_at - interval '3 days'",
        "orders-created-at-not-ahead": "UPDATE orders SET created_at = now() + interval '2 days' WHERE id = 1",
        "orders-customer-id-refers": "ALTER TABLE orders DROP CONSTRAINT orders_customer_id_fkey; UPDATE orders SET customer_id = 999 WHERE id = 2",
        "orders-id-unique": "ALTER TABLE orders DROP CONSTRAINT orders_pkey; UPDATE orders SET id = 2 WHERE id = 3",
    },
    False: {
        "orders-created-at-at-most-updated-at": "UPDATE orders SET updated_at = datetime(created_at, '-1 hour') WHERE id = 5",
        "orders-fresh": "UPDATE orders SET created_at = datetime(created_at, '-3 days')",
        "orders-created-at-not-ahead": "UPDATE orders SET created_at = datetime('now', '+2 days') WHERE id = 1",
        "orders-customer-id-refers": "UPDATE orders SET customer_id = 999 WHERE id = 2",
    },
}
SCHEMA = "ALTER TABLE orders RENAME COLUMN spare TO saved"


def test_they_hold_today_and_turn_red_when_the_data_is_broken(shop, suggested, tmp_path):
    text = suggested(shop.word, "orders")
    healthy = told_in_a_round(text, tmp_path, shop.env)
    assert {name: told for name, told in healthy.items() if told[0] != "ok"} == {}
    breaks = BREAKS | OF_EACH[shop.is_postgres]
    assert breaks.keys() <= healthy.keys()
    for statement in (*breaks.values(), SCHEMA):
        shop.run(statement)
    broken = told_in_a_round(text, tmp_path, shop.env)
    due = {*breaks, "orders-volume", "orders-schema"}
    assert {name: broken[name] for name in due if broken[name][0] != "critical"} == {}


def test_they_say_what_was_seen_and_no_more(shop, suggested):
    text = suggested(shop.word, "orders")
    rows: dict[str, dict[str, Any]] = rows_in(text)
    assert rows["orders-note-nulls"]["nulls"] == "15%"
    assert "15%  # today 14.3 %" in text
    assert rows["orders-price-range"]["lowest"] == 0
    assert rows["orders-price-range"]["highest"] == 1000
    assert rows["orders-status-values"]["values"] == ["open", "paid", "sent"]
    assert rows["orders-fresh"]["age"] == "3h"
    assert rows["orders-label-length"]["longest"] == 20
    assert rows["orders-customer-id-refers"]["refer_to"] == "customers(id)"
    assert rows["orders-volume"]["unit"] == "hour"
    assert rows["orders-schema"]["columns"].keys() >= {"id", "spare"}
    assert "orders-expires-at-not-ahead" not in rows, "it may well lie ahead"
    assert "Without any value: spare" in text


def test_nothing_private_is_printed(shop, suggested):
    text = suggested(shop.word, "orders")
    assert "t0ken" not in text
    assert "private: [api_token]" in text
    assert "s3cret" not in text, "the password of the database's own URL"
    customers = suggested(shop.word, "customers")
    assert "anna" not in customers
    assert "email-length" not in customers


def test_tables_are_listed_with_about_their_rows(shop, suggested):
    shop.run("CREATE VIEW open_orders AS SELECT * FROM orders WHERE status = 'open'")
    if shop.is_postgres:
        shop.run("GRANT SELECT ON open_orders TO reader")
    text = suggested(shop.word)
    assert "orders       about 5,760 rows" in text
    assert "open_orders  view" in text
    assert "Go on with" in text
    assert "s3cret" not in text


def test_a_view_has_rows_of_its_own(shop, suggested, tmp_path):
    shop.run("CREATE VIEW open_orders AS SELECT id, status, price, created_at FROM orders WHERE status = 'open'")
    if shop.is_postgres:
        shop.run("GRANT SELECT ON open_orders TO reader")
    text = suggested(shop.word, "open_orders")
    healthy = told_in_a_round(text, tmp_path, shop.env)
    assert {"open-orders-status-values", "open-orders-fresh", "open-orders-schema"} <= healthy.keys()
    assert {name: told for name, told in healthy.items() if told[0] != "ok"} == {}


def test_the_schema_alone_is_a_snapshot(shop, suggested):
    text = suggested(shop.word, "orders", "--schema")
    assert "customer_id: {type: integer, nullable: false}" in text.replace("INTEGER", "integer")
    assert "check" not in text


def test_only_the_newest_rows_are_looked_at(shop, suggested, tmp_path):
    text = suggested(shop.word, "orders", "--window", "36h")
    assert "window: 36h" in text
    rows = rows_in(text)
    assert 300 < rows["orders-rows"]["rows"] < 500
    assert all(told[0] == "ok" for told in told_in_a_round(text, tmp_path, shop.env).values())
