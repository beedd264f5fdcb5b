"""The past of RENEC's logs: a day in which little went wrong."""

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path

COMPONENTS = ("api", "spider", "scheduler")
ORDINARY = re.compile(r"\S+ \S+ \[[\w.]+\] (INFO|DEBUG): ")
CALM = ("answered /v1/standards 200, 0 errors", "page stored", "ERROR pages so far: 0", "cache refreshed")


def write_past(folder: Path) -> None:
    folder.mkdir()
    now = dt.datetime.now(dt.UTC)
    for place, component in enumerate(COMPONENTS):
        records = [*calm(now, component), *noise(now, component, place)]
        (folder / f"{component}.log").write_text("".join(text + "\n" for _, text in sorted(records)))


def line(when: dt.datetime, component: str, level: str, message: str) -> str:
    return f"{when:%Y-%m-%d %H:%M:%S} [renec.{component}] {level}: {message}"


def calm(now: dt.datetime, component: str) -> Iterator[tuple[dt.datetime, str]]:
    for number in range(900):
        when = now - dt.timedelta(seconds=10 + 100 * number)
        yield when, line(when, component, "INFO", CALM[number % len(CALM)])


def noise(now: dt.datetime, component: str, place: int) -> Iterator[tuple[dt.datetime, str]]:
    """Yield one error and three warnings today, and nine errors of yesterday, which no longer count."""
    when = now - dt.timedelta(hours=6 + place)
    yield when, line(when, component, "ERROR", "type=timeout the page did not come within 30 s")
    for minutes in (12, 31, 48):
        when = now - dt.timedelta(minutes=minutes)
        yield when, line(when, component, "WARNING", "slow answer, 1804 ms")
    for number in range(9):
        when = now - dt.timedelta(hours=24, minutes=20 + number)
        yield when, line(when, component, "ERROR", "type=network the connection was reset")


def log_now(folder: Path, component: str, level: str, messages: list[str]) -> None:
    now = dt.datetime.now(dt.UTC)
    with (folder / f"{component}.log").open("a") as file:
        file.write("".join(line(now, component, level, message) + "\n" for message in messages))
