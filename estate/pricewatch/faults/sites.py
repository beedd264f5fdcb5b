from collections.abc import Iterator

from ...damage import changed
from ...fault import fault
from ..estate import PriceWatch
from ..extraction import REBUILT
from ..stand_ins.extraction import EXPECTED


@fault("half of the proxies is switched off", "pricewatch.health.proxies-healthy")
def proxies_off(estate: PriceWatch) -> Iterator[None]:
    provider = estate.providers[1]
    provider.stop()
    yield
    provider.start()
    provider.await_ready(lambda: estate.proxies_listen(1))


@fault("one shop cannot be reached", "pricewatch.health.target-sites", "pricewatch.data-quality.site-changes")
def shop_unreachable(estate: PriceWatch) -> Iterator[None]:
    estate.shops["gamma"].part.stop()
    yield
    estate.shops["gamma"].start()


@fault("one shop refuses us with 403", "pricewatch.health.target-sites", "pricewatch.data-quality.site-changes")
def shop_refuses(estate: PriceWatch) -> Iterator[None]:
    with estate.shops["beta"].told(route="GET /", status=403):
        yield


@fault(
    "a shop is watched at which nobody looks, neither the scraper nor we",
    "pricewatch.health.target-sites",
    "pricewatch.health.rate-limited",
    "pricewatch.data-quality.every-url-checked",
    "pricewatch.data-quality.confidence-per-domain",
    "pricewatch.data-quality.missing-price-per-domain",
)
def shop_unknown(estate: PriceWatch) -> Iterator[None]:
    url = estate.database.query(
        "INSERT INTO monitored_urls (url, domain, priority, check_interval) "
        "VALUES ('https://shop-delta.example/item/1', 'shop-delta.example', 'high', '1 hour') RETURNING id"
    )[0][0]
    yield
    estate.database.query("DELETE FROM monitored_urls WHERE id = %s", url)


@fault("one known page is expected to have another price", "pricewatch.data-quality.extractors-verified")
def reference_price_changed(estate: PriceWatch) -> Iterator[None]:
    with changed(estate.home / EXPECTED, lambda path: path.write_text(path.read_text().replace("20.50", "20.49"))):
        yield


@fault("one shop rebuilt its pages", "pricewatch.data-quality.site-changes")
def shop_rebuilt(estate: PriceWatch) -> Iterator[None]:
    with estate.shops["beta"].told(route="GET /", text=REBUILT):
        yield
