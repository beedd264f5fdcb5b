"""The log of PriceWatch's scraper: JSON lines, with two weeks of past."""

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path

DAYS = 15
CALM = ("fetched page in {n} ms", "price of item {n} unchanged", "queue has {n} pages", "price of item {n} changed")
ERRORS = (
    "timeout after 10 s: https://shop-alpha.example/item/{n}",
    "selector '.price' matched nothing on https://shop-gamma.example/item/{n}",
    "proxy 127.0.0.1:{n} reset the connection",
)


def line(when: dt.datetime, level: str, message: str) -> str:
    stamp = when.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    record = {"timestamp": stamp, "level": level, "logger": "scraper.fetch", "message": message}
    return json.dumps(record) + "\n"


def write_past(folder: Path) -> None:
    now = dt.datetime.now(dt.UTC)
    lines = list(past(now))
    folder.mkdir()
    (folder / "scraper.log.1").write_text("".join(text for when, text in lines if now - when > dt.timedelta(days=2)))
    (folder / "scraper.log").write_text("".join(text for when, text in lines if now - when <= dt.timedelta(days=2)))


def past(now: dt.datetime) -> Iterator[tuple[dt.datetime, str]]:
    """Yield a record every ten minutes, every 25th an error, and more of the last hour."""
    for number in range(DAYS * 144, 0, -1):
        when = now - dt.timedelta(minutes=10 * number)
        is_error = number % 25 == 3
        message = ERRORS[number // 25 % len(ERRORS)] if is_error else CALM[number % len(CALM)]
        yield when, line(when, "ERROR" if is_error else "INFO", message.format(n=100 + number % 700))
    for number in range(120, 0, -1):
        when = now - dt.timedelta(seconds=4 * number)
        yield when, line(when, "INFO", CALM[number % len(CALM)].format(n=number))


def append(path: Path, lines: list[str]) -> None:
    with path.open("a") as file:
        file.write("".join(lines))
