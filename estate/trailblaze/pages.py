"""The pages of TrailBlaze's sources, as they are cached, and the events that the scrapers make of them."""

import datetime as dt
from typing import Any

THIS_MONTH = "2026-11"
CLASSES = {"aerc_calendar": "ride", "trail_conditions": "notice"}
"""By which class the scraper of each source knows a row."""


def size(source: str, month: str) -> int:
    """How many rows the page of a month has."""
    return (9 if source == "aerc_calendar" else 5) + int(month[-2:]) % 4


def events(source: str, month: str) -> list[dict[str, Any]]:
    return [_event(source, month, number) for number in range(1, size(source, month) + 1)]


def _event(source: str, month: str, number: int) -> dict[str, Any]:
    begin = dt.date(int(month[:4]), int(month[-2:]), number)
    return {
        "id": int(month[-2:]) * 100 + number, "name": f"{source} {number}", "location": f"Camp {number % 17}",
        "date_start": begin.isoformat(), "date_end": (begin + dt.timedelta(days=number % 3)).isoformat(),
        "source": source, "website": f"https://ride{number}.example" if number % 2 else None,
    }  # fmt: skip


def page(source: str, month: str, css_class: str = "") -> str:
    """A page with a head that is no row and a row that is commented out, which are easily counted, too."""
    css_class = css_class or CLASSES[source]
    rows = "".join(
        f'<tr class="{css_class} {"even" if number % 2 else "odd"}"><td>{each["date_start"]}<td>{each["name"]}</tr>\n'
        for number, each in enumerate(events(source, month))
    )
    hidden = f'<!-- <tr class="{css_class}"><td>cancelled</tr> -->'
    return f"<h1>{month}</h1><table id=events><thead><tr><th>Date<th>Name<tbody>{rows}{hidden}</table>\n"
