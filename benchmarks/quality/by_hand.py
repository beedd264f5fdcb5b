"""The 25 expectations in SQL by hand: `naive` one statement each, `fused` as few as a person would write them.

`fused` reads a constraint where it proves a row, an index where it answers, and all else in one pass; `fused-2` puts
what cannot be fused on a second connection. Prints the verdicts as JSON.
"""

import json
import sys
import threading
from typing import Any

import psycopg

Connection = Any  # psycopg takes queries that are literals only, and these are put together

RULES = {
    "price-positive": "price < 0",
    "price-plausible": "price < 0.5 OR price > 20000",
    "pix-price": "pix_price > price",
    "old-price": "old_price < price",
    "confidence-range": "extraction_confidence < 0 OR extraction_confidence > 1",
    "availability": "availability NOT IN ('in stock', 'sold out', 'preorder', 'unknown')",
    "currency": "currency NOT IN ('BRL', 'USD')",
    "future": "checked_at > now() + interval '5 minutes'",
    "seller-length": "length(seller) < 3 OR length(seller) > 120",
}
NEVER_NULL = ("url_id", "availability", "seller", "checked_at", "currency")
TYPES = {
    "id": "uuid", "url_id": "bigint", "price": "numeric(10,2)", "old_price": "numeric(10,2)",
    "pix_price": "numeric(10,2)", "availability": "text", "seller": "text",
    "checked_at": "timestamp with time zone", "extraction_confidence": "double precision", "currency": "text",
}  # fmt: skip
PER_DOMAIN = """
    SELECT min(mean) >= 0.8 FROM (
        SELECT avg(extraction_confidence) AS mean FROM price_history JOIN monitored_urls ON monitored_urls.id = url_id
        WHERE checked_at >= now() - interval '1 day' GROUP BY domain) AS means"""
LAST_HOUR = """
    SELECT count(*) FILTER (WHERE checked_at >= date_trunc('hour', now()) - interval '1 hour')
           >= 0.5 * count(*) FILTER (WHERE checked_at < date_trunc('hour', now()) - interval '1 hour') / 168.0
           AND count(*) FILTER (WHERE checked_at >= date_trunc('hour', now()) - interval '1 hour') > 0
    FROM price_history WHERE checked_at >= date_trunc('hour', now()) - interval '7 days 1 hour'
                         AND checked_at < date_trunc('hour', now())"""
URL_FORM = "SELECT count(*) = 0 FROM monitored_urls WHERE url !~ '^https?://[^/]+/'"
URL_KEY = "regexp_replace(lower(trim(url)), '^[a-z][a-z0-9+.-]*://(www\\.)?|/*(#.*)?$', '', 'g')"
URL_DUPLICATES = f"SELECT count(*) = count(DISTINCT {URL_KEY}) FROM monitored_urls"
FRESH = """
    SELECT max(checked_at) >= now() - interval '24 hours' FROM price_history
    WHERE checked_at <= now() + interval '5 minutes'"""
DISTINCT = """
    SELECT count(*) BETWEEN 100 AND 1000
    FROM (SELECT FROM price_history WHERE seller IS NOT NULL GROUP BY seller) AS sellers"""
SHAPE = """
    SELECT attname::text, format_type(atttypid, atttypmod) FROM pg_attribute
    WHERE attrelid = 'price_history'::regclass AND attnum > 0 AND NOT attisdropped"""
WALK = """
    WITH RECURSIVE known(id) AS (
        (SELECT url_id FROM price_history ORDER BY url_id LIMIT 1)
        UNION ALL SELECT (SELECT url_id FROM price_history WHERE url_id > known.id ORDER BY url_id LIMIT 1)
        FROM known WHERE known.id IS NOT NULL)
    SELECT count(*) = 0 FROM known
    WHERE known.id IS NOT NULL AND NOT EXISTS (SELECT FROM monitored_urls AS u WHERE u.id = known.id)"""
UNIQUE = """
    SELECT count(*) > 0 FROM pg_index WHERE indrelid = 'price_history'::regclass AND indisunique AND indisvalid
    AND indpred IS NULL AND indexprs IS NULL
    AND (SELECT array_agg(attname::text) FROM pg_attribute
         WHERE attrelid = indrelid AND attnum = ANY(indkey)) <@ %s::text[]"""
REQUIRED = """
    SELECT array_agg(attname::text) FROM pg_attribute WHERE attrelid = 'price_history'::regclass AND attnotnull"""


def naive(one: Connection) -> dict[str, bool]:
    def value(query: str, *values: Any) -> Any:
        return one.execute(query, values or None).fetchone()[0]

    rows = value("SELECT count(*) FROM price_history")
    verdicts = {"row-count": 1000 <= rows <= 10_000_000, "fresh": bool(value(FRESH))}
    verdicts["price-null"] = value("SELECT count(*) FROM price_history WHERE price IS NULL") <= 0.05 * rows
    nulls = [value(f"SELECT count(*) FROM price_history WHERE {name} IS NULL") for name in NEVER_NULL]
    verdicts["others-null"] = not any(nulls)
    for name, keys in (("id-unique", "id"), ("url-time-unique", "url_id, checked_at")):
        repeated = f"SELECT count(*) FROM (SELECT FROM price_history GROUP BY {keys} HAVING count(*) > 1) AS r"
        verdicts[name] = not value(repeated)
    verdicts["url-known"] = not value(
        "SELECT count(*) FROM price_history AS p LEFT JOIN monitored_urls AS u ON u.id = p.url_id"
        " WHERE p.url_id IS NOT NULL AND u.id IS NULL"
    )
    for name, broken in RULES.items():
        verdicts[name] = not value(f"SELECT count(*) FROM price_history WHERE {broken}")
    verdicts["confidence-mean"] = value("SELECT avg(extraction_confidence) FROM price_history") >= 0.8
    verdicts["confidence-per-domain"] = bool(value(PER_DOMAIN))
    verdicts["url-form"] = value(URL_FORM)
    verdicts["sellers"] = 100 <= value("SELECT count(DISTINCT seller) FROM price_history") <= 1000
    verdicts["last-hour"] = bool(value(LAST_HOUR))
    p95 = value("SELECT percentile_disc(0.95) WITHIN GROUP (ORDER BY price) FROM price_history")
    verdicts["price-p95"] = 2000 <= p95 <= 3000
    verdicts["url-duplicates"] = value(URL_DUPLICATES)
    verdicts["price-spread"] = 500 <= value("SELECT stddev(price) FROM price_history") <= 1200
    verdicts["types"] = dict(one.execute(SHAPE).fetchall()) == TYPES
    return verdicts


def fused(one: Connection, two: Connection) -> dict[str, bool]:
    verdicts: dict[str, bool] = {}

    def value(connection: Connection, query: str, *values: Any) -> Any:
        return connection.execute(query, values or None).fetchone()[0]

    def beside() -> None:
        verdicts["sellers"] = value(two, DISTINCT)
        verdicts["confidence-per-domain"] = bool(value(two, PER_DOMAIN))
        verdicts["last-hour"] = bool(value(two, LAST_HOUR))
        verdicts["url-form"] = value(two, URL_FORM)
        verdicts["url-duplicates"] = value(two, URL_DUPLICATES)
        verdicts["url-known"] = value(two, WALK)

    def main() -> None:
        required = value(one, REQUIRED)
        verdicts["fresh"] = bool(value(one, FRESH))
        verdicts["types"] = dict(one.execute(SHAPE).fetchall()) == TYPES
        for name, keys in (("id-unique", ["id"]), ("url-time-unique", ["url_id", "checked_at"])):
            verdicts[name] = value(one, UNIQUE, keys)  # without a proof it would have to be counted: not needed here
        counted = [name for name in NEVER_NULL if name not in required]
        figures = [
            "count(*)", "count(price)", "avg(extraction_confidence)", "stddev(price)",
            "count(*) FILTER (WHERE price < 2000)", "count(*) FILTER (WHERE price <= 3000)",
            *(f"count({name})" for name in counted),
            *(f"count(*) FILTER (WHERE {broken})" for broken in RULES.values()),
        ]  # fmt: skip
        rows, prices, mean, spread, below, up_to, *rest = one.execute(
            f"SELECT {', '.join(figures)} FROM price_history"
        ).fetchone()
        verdicts["row-count"] = 1000 <= rows <= 10_000_000
        verdicts["price-null"] = rows - prices <= 0.05 * rows
        verdicts["others-null"] = all(each == rows for each in rest[: len(counted)])
        verdicts["confidence-mean"] = mean >= 0.8
        verdicts["price-spread"] = 500 <= spread <= 1200
        verdicts["price-p95"] = below < 0.95 * prices <= up_to
        verdicts.update({name: not each for name, each in zip(RULES, rest[len(counted) :], strict=True)})

    other = threading.Thread(target=beside)
    if two is not one:
        other.start()
        main()
        other.join()
    else:
        main()
        beside()
    return verdicts


if __name__ == "__main__":
    how, dsn = sys.argv[1:]
    with psycopg.connect(dsn, autocommit=True) as first, psycopg.connect(dsn, autocommit=True) as second:
        told = naive(first) if how == "naive" else fused(first, second if how == "fused-2" else first)
    print(json.dumps(told, sort_keys=True))
