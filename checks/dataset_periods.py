"""Full hours and days of a window."""

import math
from datetime import datetime
from zoneinfo import ZoneInfo

SECONDS = {"hour": 3600, "day": 86400}
MOST = 9_000  # a scan tells apart 10,000 groups


def full_periods(per: str, window: float, now: float, zone: ZoneInfo) -> list[int]:
    """When each full hour or day of the window began, in seconds since 1970; the oldest first.

    The one that is not over is none, nor is the one that the window cuts. Days are those of the zone as it is now:
    where its offset changed within the window, they begin an hour off.
    """
    size, ahead = SECONDS[per], 0
    if per == "day":
        offset = datetime.fromtimestamp(now, zone).utcoffset()
        ahead = int(offset.total_seconds()) if offset else 0
    first, last = math.ceil((now - window + ahead) / size), math.floor((now + ahead) / size)
    return [number * size - ahead for number in range(first, last)]


def said_of_period(begun: int, per: str, zone: ZoneInfo) -> str:
    """`2026-03-10 14:00 UTC`, or `2026-03-10`: a day by its middle, so that a changed offset moves none."""
    if per == "hour":
        return f"{datetime.fromtimestamp(begun, zone):%Y-%m-%d %H:%M %Z}"
    return f"{datetime.fromtimestamp(begun + SECONDS[per] / 2, zone):%Y-%m-%d}"
