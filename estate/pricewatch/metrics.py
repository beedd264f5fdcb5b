"""What PriceWatch's scraper measures: its page, and its past in Prometheus."""

from ..prometheus import Series, growing, level

SCRAPER = {"job": "scraper", "instance": "scraper:8000"}
REQUESTS, ERRORS, ITEMS, HITS, CACHE = (
    "scraper_requests_total",
    "scraper_errors_total",
    "scraper_items_processed_total",
    "scraper_cache_hits_total",
    "scraper_cache_enabled",
)
RATES = {REQUESTS: 0.1, ITEMS: 0.08, HITS: 0.05}
"""A second."""
FAILING = {**SCRAPER, "type": "timeout"}
ERROR_RATE = 0.002
PAGE = """\
# HELP queue_size Pages that wait to be scraped.
# TYPE queue_size gauge
queue_size {waiting}
# HELP scraper_errors_total Scrapes that failed.
# TYPE scraper_errors_total counter
scraper_errors_total{{type="timeout"}} 417
# HELP scraper_build_info Which version runs.
# TYPE scraper_build_info gauge
scraper_build_info{{version="2.4.1"}} 1
"""


def healthy() -> list[Series]:
    counters = [Series(name, SCRAPER, growing(rate)) for name, rate in RATES.items()]
    return [*counters, errors(), Series(CACHE, SCRAPER, level(1))]


def errors(since: dict[float, float] | None = None) -> Series:
    """The failed scrapes; `since={3600: 0.01}` lets so many a second fail in the last hour."""
    return Series(ERRORS, FAILING, growing(ERROR_RATE, since))
