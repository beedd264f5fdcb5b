"""Prices that are not there, not true, or not of their time."""

from collections.abc import Iterator
from contextlib import AbstractContextManager

from ...fault import fault
from ..estate import PriceWatch
from .database import changed

THIS_HOUR = "date_trunc('hour', now())"
A_FULL_HOUR = f"checked_at >= {THIS_HOUR} - interval '5 hours' AND checked_at < {THIS_HOUR} - interval '4 hours'"
LAST_HOUR = "checked_at > now() - interval '1 hour'"
LATELY = {
    "pricewatch.data-quality.price-completeness": "a part of the last hour is in the last full one",
    "pricewatch.data-quality.confidence-hourly": "a part of the last hour is in the last full one",
}


def of(shop: str) -> str:
    return f"url_id IN (SELECT id FROM monitored_urls WHERE domain = 'shop-{shop}.example')"  # noqa: S608 - our own words


def not_made(
    estate: PriceWatch, where: str, table: str = "price_history", made: str = "checked_at"
) -> AbstractContextManager[None]:
    """Date rows back to a time that no row looks at: the table keeps its number of rows, at which others look."""
    return changed(estate, table, made, f"{made} - interval '10 days'", where)


@fault(
    "the scraper stood still for an hour",
    "pricewatch.data-quality.hourly-volume",
    "pricewatch.data-quality.price-completeness",  # of nothing, nothing is complete
    "pricewatch.data-quality.confidence-hourly",
)
def hour_lost(estate: PriceWatch) -> Iterator[None]:
    with not_made(estate, A_FULL_HOUR):
        yield


@fault("one hour has a third of its usual rows", "pricewatch.data-quality.hourly-volume")
def hour_thin(estate: PriceWatch) -> Iterator[None]:
    with not_made(estate, f"{A_FULL_HOUR} AND id % 3 > 0"):
        yield


@fault("a tenth of the day's extractions found no price", "pricewatch.data-quality.price-completeness")
def prices_missing(estate: PriceWatch) -> Iterator[None]:
    where = "id % 10 = 0 AND checked_at BETWEEN now() - interval '1 day' AND now() - interval '2 hours'"
    with changed(estate, "price_history", "price", "NULL", where):
        yield


@fault("a price of 0 was extracted", "pricewatch.data-quality.price-plausible")
def price_of_zero(estate: PriceWatch) -> Iterator[None]:
    with changed(estate, "price_history", "price", "0", one_of_today()):
        yield


@fault("a decimal point was overlooked: a price is a hundredfold", "pricewatch.data-quality.price-plausible")
def price_hundredfold(estate: PriceWatch) -> Iterator[None]:
    with changed(estate, "price_history", "price", "price * 100", one_of_today()):
        yield


def one_of_today() -> str:
    return "id = (SELECT min(id) FROM price_history WHERE checked_at > now() - interval '12 hours')"


@fault("the extractor was unsure for an hour", "pricewatch.data-quality.confidence-hourly")
def hour_unsure(estate: PriceWatch) -> Iterator[None]:
    with changed(estate, "price_history", "extraction_confidence", "0.6", A_FULL_HOUR):
        yield


@fault("for an hour only one extraction tells its confidence", "pricewatch.data-quality.confidence-hourly")
def hour_without_confidence(estate: PriceWatch) -> Iterator[None]:
    with changed(estate, "price_history", "extraction_confidence", "NULL", f"{A_FULL_HOUR} AND url_id > 1"):
        yield


@fault(
    "a shop was left out of the schedule yesterday",
    "pricewatch.data-quality.every-url-checked",
    "pricewatch.data-quality.confidence-per-domain",
    "pricewatch.data-quality.missing-price-per-domain",
)
def shop_not_scheduled(estate: PriceWatch) -> Iterator[None]:
    with (
        changed(estate, "monitored_urls", "paused_at", "now()", "domain = 'shop-beta.example'"),
        not_made(estate, f"checked_at > now() - interval '25 hours' AND {of('beta')}"),
    ):
        yield


@fault("one page was left out of the schedule yesterday", "pricewatch.data-quality.every-url-checked")
def page_not_scheduled(estate: PriceWatch) -> Iterator[None]:
    with (
        changed(estate, "monitored_urls", "paused_at", "now()", "id = 5"),
        not_made(estate, "checked_at > now() - interval '25 hours' AND url_id = 5"),
    ):
        yield


@fault("a price is dated tomorrow", "pricewatch.data-quality.no-future-checks")
def dated_tomorrow(estate: PriceWatch) -> Iterator[None]:
    (row,) = estate.database.query(
        "INSERT INTO price_history (url_id, price, extraction_confidence, checked_at) "
        "SELECT url_id, price, 0.95, now() + interval '1 day' FROM price_history ORDER BY id DESC LIMIT 1 RETURNING id"
    )
    yield
    estate.database.query("DELETE FROM price_history WHERE id = %s", *row)


@fault(
    "a strategy was deployed that finds no price",
    "pricewatch.data-quality.strategies-effective",
    "pricewatch.data-quality.missing-price-per-domain",
    may_redden=LATELY,
)
def strategy_blind(estate: PriceWatch) -> Iterator[None]:
    (row,) = estate.database.query(
        "INSERT INTO strategy_deployments (domain, version, deployed_at) "
        "VALUES ('shop-alpha.example', 3, now() - interval '50 minutes') RETURNING id"
    )
    since = f"checked_at > now() - interval '50 minutes' AND {of('alpha')}"
    with changed(estate, "price_history", "price", "NULL", since):
        yield
    estate.database.query("DELETE FROM strategy_deployments WHERE id = %s", *row)


@fault(
    "the extractor is unsure about one shop",
    "pricewatch.data-quality.confidence-per-domain",
    may_redden=LATELY,
)
def shop_unsure(estate: PriceWatch) -> Iterator[None]:
    with changed(estate, "price_history", "extraction_confidence", "0.5", f"{LAST_HOUR} AND {of('beta')}"):
        yield


@fault(
    "nothing tells how sure the extractor is about one shop",
    "pricewatch.data-quality.confidence-per-domain",
    may_redden=LATELY,
)
def shop_without_confidence(estate: PriceWatch) -> Iterator[None]:
    with changed(estate, "price_history", "extraction_confidence", "NULL", f"{LAST_HOUR} AND {of('beta')}"):
        yield


@fault(
    "the price selector of one shop was lost",
    "pricewatch.data-quality.missing-price-per-domain",
    may_redden=LATELY,
)
def selector_lost(estate: PriceWatch) -> Iterator[None]:
    with changed(estate, "price_history", "price", "NULL", f"{LAST_HOUR} AND {of('gamma')}"):
        yield


@fault(
    "ten pages have no domain",
    "pricewatch.data-quality.domain-known",
    "pricewatch.health.target-sites",  # nobody knows which shop they are of
    "pricewatch.health.rate-limited",
)
def domains_forgotten(estate: PriceWatch) -> Iterator[None]:
    with changed(estate, "monitored_urls", "domain", "NULL", "id <= 10"):
        yield


@fault("a page is filed under another shop's domain", "pricewatch.data-quality.domain-known")
def domain_of_another(estate: PriceWatch) -> Iterator[None]:
    with changed(estate, "monitored_urls", "domain", "'shop-alpha.example'", "id = 6"):
        yield


@fault("the scraper was started without the right to write", "pricewatch.data-quality.data-flow")
def scraper_without_rights(estate: PriceWatch) -> Iterator[None]:
    query, tables = estate.database.query, "price_history, scrape_logs"
    query(f"REVOKE INSERT ON {tables} FROM pricewatch")
    with (
        not_made(estate, "checked_at > now() - interval '15 minutes'"),
        not_made(estate, "started_at > now() - interval '15 minutes'", "scrape_logs", "started_at"),
    ):
        yield
    query(f"GRANT INSERT ON {tables} TO pricewatch")
