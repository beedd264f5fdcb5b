from collections.abc import Iterator

from ...fault import fault
from ..estate import PriceWatch


@fault("half of the proxies is switched off", "pricewatch.health.proxies-healthy")
def proxies_off(estate: PriceWatch) -> Iterator[None]:
    provider = estate.providers[1]
    provider.stop()
    yield
    provider.start()
    provider.await_ready(lambda: estate.proxies_listen(1))


@fault("one shop cannot be reached", "pricewatch.health.target-sites")
def shop_unreachable(estate: PriceWatch) -> Iterator[None]:
    estate.shops["gamma"].part.stop()
    yield
    estate.shops["gamma"].start()


@fault("one shop refuses us with 403", "pricewatch.health.target-sites")
def shop_refuses(estate: PriceWatch) -> Iterator[None]:
    with estate.shops["beta"].told(route="GET /", status=403):
        yield


@fault(
    "a shop is watched at which nobody looks, neither the scraper nor we",
    "pricewatch.health.target-sites",
    "pricewatch.health.rate-limited",
)
def shop_unknown(estate: PriceWatch) -> Iterator[None]:
    url = estate.database.query(
        "INSERT INTO monitored_urls (url, domain, priority, check_interval) "
        "VALUES ('https://shop-delta.example/item/1', 'shop-delta.example', 'high', '1 hour') RETURNING id"
    )[0][0]
    yield
    estate.database.query("DELETE FROM monitored_urls WHERE id = %s", url)
