import datetime as dt
from collections.abc import Iterator

from ...damage import changed
from ...fault import fault
from ..estate import PriceWatch
from ..logs import ERRORS, append, line


def log_now(estate: PriceWatch, level: str, messages: list[str]) -> None:
    now = dt.datetime.now(dt.UTC)
    append(estate.log, [line(now, level, message) for message in messages])


@fault("one error is repeated a hundred times, each with another item", "pricewatch.logs.error-patterns")
def error_repeated(estate: PriceWatch) -> Iterator[None]:
    log_now(estate, "ERROR", [ERRORS[0].format(n=number) for number in range(100)])
    yield


@fault("a new kind of exception came thirty times", "pricewatch.logs.error-pattern-new")
def new_exception(estate: PriceWatch) -> Iterator[None]:
    log_now(estate, "ERROR", [f"UnicodeDecodeError at byte {number} of the page" for number in range(30)])
    yield


@fault("debug logging was left on after an incident", "pricewatch.logs.debug-level-temporary")
def debug_left_on(estate: PriceWatch) -> Iterator[None]:
    settings = estate.home / "config" / "scraper.env"
    debug = settings.read_text().replace("LOG_LEVEL=INFO", "LOG_LEVEL=DEBUG")
    with changed(settings, lambda path: path.write_text(debug)):  # afterwards it is as old as before
        settings.touch()
        log_now(estate, "DEBUG", [f"headers of response {number}" for number in range(20)])
        yield
