from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from ...fault import fault
from ..estate import PriceWatch

LAST_HOUR = "started_at > now() - interval '1 hour'"


@contextmanager
def changed(estate: PriceWatch, table: str, column: str, to: str, where: str) -> Iterator[None]:
    """Let a column have another value in some rows, and each its former one afterwards."""
    with psycopg.connect(estate.database.superuser, autocommit=True) as server:
        before = server.execute(f"SELECT {column}, id FROM {table} WHERE {where}".encode()).fetchall()  # noqa: S608 - our own words
        ids = [row[1] for row in before]
        server.execute(f"UPDATE {table} SET {column} = {to} WHERE id = ANY(%s)".encode(), [ids])  # noqa: S608 - the same
        yield
        server.cursor().executemany(f"UPDATE {table} SET {column} = %s WHERE id = %s".encode(), before)  # noqa: S608 - the same


@contextmanager
def removed(estate: PriceWatch, table: str, where: str) -> Iterator[None]:
    """Let some rows be gone, and each be back as it was afterwards."""
    with psycopg.connect(estate.database.superuser, autocommit=True) as server:
        rows = server.execute(f"DELETE FROM {table} WHERE {where} RETURNING *".encode()).fetchall()  # noqa: S608 - our own words
        yield
        holes = ", ".join(["%s"] * len(rows[0]))
        server.cursor().executemany(f"INSERT INTO {table} VALUES ({holes})".encode(), rows)  # noqa: S608 - the same


@fault("a new proxy times out each time", "pricewatch.health.proxy-performance")
def proxy_times_out(estate: PriceWatch) -> Iterator[None]:
    proxy = estate.database.query(
        "INSERT INTO proxies (address, country, status, last_checked, last_check_passed) "
        "VALUES ('127.0.0.1:1', 'FR', 'active', now(), true) RETURNING id"
    )[0][0]
    estate.database.query(
        "INSERT INTO scrape_logs (url_id, domain, proxy_id, scheduled_at, started_at, response_ms, success) "
        "SELECT 2, 'shop-beta.example', %s, made, made, 30000, false "
        "FROM generate_series(now() - interval '5 hours', now() - interval '2 hours', interval '6 minutes') made",
        proxy,
    )
    yield
    estate.database.query("DELETE FROM scrape_logs WHERE proxy_id = %s", proxy)
    estate.database.query("DELETE FROM proxies WHERE id = %s", proxy)


@fault("a third of the proxies was tested a month ago", "pricewatch.health.proxies-tested")
def proxies_untested(estate: PriceWatch) -> Iterator[None]:
    with changed(estate, "proxies", "last_checked", "now() - interval '30 days'", "id % 3 = 0"):
        yield


@fault("a quarter of the proxies failed their test", "pricewatch.health.proxies-tested")
def proxies_fail_their_test(estate: PriceWatch) -> Iterator[None]:
    with changed(estate, "proxies", "last_check_passed", "false", "id % 4 = 0"):
        yield


@fault("all proxies are in one country", "pricewatch.health.proxy-geography")
def proxies_in_one_country(estate: PriceWatch) -> Iterator[None]:
    with changed(estate, "proxies", "country", "'FR'", "true"):
        yield


@fault("one proxy carries half of the requests", "pricewatch.health.proxy-rotation")
def one_proxy_for_many(estate: PriceWatch) -> Iterator[None]:
    with changed(estate, "scrape_logs", "proxy_id", "1", f"id % 2 = 0 AND {LAST_HOUR}"):
        yield


@fault("a proxy that is marked as failed is in use", "pricewatch.health.proxy-rotation")
def failed_proxy_in_use(estate: PriceWatch) -> Iterator[None]:
    with changed(estate, "scrape_logs", "proxy_id", "13", f"id % 20 = 0 AND {LAST_HOUR}"):
        yield


@fault(
    "a shop answers a twentieth of the requests with 429, and is scraped on",
    "pricewatch.health.rate-limited",
    "pricewatch.queue.cooldown-respected",
)
def shop_throttles(estate: PriceWatch) -> Iterator[None]:
    where = f"domain = 'shop-beta.example' AND response_ms % 20 = 0 AND {LAST_HOUR}"
    with changed(estate, "scrape_logs", "status_code", "429", where):
        yield


@fault("a throttled shop is scraped on", "pricewatch.queue.cooldown-respected")
def cooldown_ignored(estate: PriceWatch) -> Iterator[None]:
    lately = "domain = 'shop-gamma.example' AND started_at < now() - interval '3 hours'"
    one = f"id = (SELECT max(id) FROM scrape_logs WHERE {lately})"  # noqa: S608 - our own words
    with changed(estate, "scrape_logs", "status_code", "429", one):
        yield


@fault("URLs of low priority are scraped although they are paused", "pricewatch.queue.low-priority-paused")
def paused_and_scraped(estate: PriceWatch) -> Iterator[None]:
    with changed(estate, "monitored_urls", "paused_at", "now() - interval '50 minutes'", "priority = 'low'"):
        yield


@fault(
    "a URL of low priority was left paused for a week",
    "pricewatch.queue.low-priority-paused",
    "pricewatch.data-quality.every-url-checked",
)
def pause_forgotten(estate: PriceWatch) -> Iterator[None]:
    url = estate.database.query(
        "INSERT INTO monitored_urls (url, domain, priority, check_interval, paused_at) VALUES "
        "('https://shop-beta.example/item/9', 'shop-beta.example', 'low', '1 hour', now() - interval '7 days') "
        "RETURNING id"
    )[0][0]
    yield
    estate.database.query("DELETE FROM monitored_urls WHERE id = %s", url)


@fault("only the prices of the last days were restored", "pricewatch.health.restoration-verified")
def restored_in_part(estate: PriceWatch) -> Iterator[None]:
    with removed(estate, "price_history", "checked_at < now() - interval '12 days'"):
        yield


@fault(
    "the operators' programs have a wrong address of the database",
    "pricewatch.health.after-start",
    "pricewatch.health.system-check",
    "pricewatch.health.restoration-verified",
    "pricewatch.health.proxies-healthy",
)
def database_url_broken(estate: PriceWatch) -> Iterator[None]:
    file = estate.home / ".env"
    before = file.read_text()
    file.write_text(before.replace(f":{estate.database.port}/", ":1/"))
    yield
    file.write_text(before)
