"""Records of Perera's log: `2026-11-22 08:00:00,123 - perera_lead_scraper.sources - INFO - message`."""

import datetime as dt

SOURCES = ("government_bids", "city_permits", "news_feed", "phoenix_permits")


def record(when: dt.datetime, logger: str, level: str, message: str) -> str:
    stamp = f"{when:%Y-%m-%d %H:%M:%S},{when.microsecond // 1000:03d}"
    return f"{stamp} - perera_lead_scraper.{logger} - {level} - {message}\n"


def say(logger: str, level: str, message: str) -> None:
    """Print a record to what the container shows."""
    print(record(dt.datetime.now(dt.UTC), logger, level, message), end="", flush=True)  # noqa: T201 - as it does
