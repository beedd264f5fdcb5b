"""Figures as a person would write them into a row: rounded outwards, so that what was seen is within."""

import math

_STEPS = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
_DURATIONS = (
    "5min", "10min", "15min", "30min", "1h", "2h", "3h", "4h", "6h", "8h", "12h", "18h", "24h", "36h", "2d", "3d", "4d",
    "5d", "7d", "10d", "14d", "21d", "30d", "45d", "60d", "90d", "180d", "365d", "730d",
)  # fmt: skip
_UNITS = {"min": 60, "h": 3600, "d": 86400}


def above(value: float) -> float | int:
    """The nearest plain figure that is not less: 847.2 is 1000, 13 is 15, -3.4 is -3."""
    if value <= 0:
        return _plain(-_down(-value)) if value else 0
    size = 10.0 ** math.floor(math.log10(value))
    return _plain(next(step * size for step in (*_STEPS, 12.0) if step * size >= value * (1 - 1e-12)))


def below(value: float) -> float | int:
    """The nearest plain figure that is not more."""
    return _plain(-above(-value)) if value <= 0 else _plain(_down(value))


def _down(value: float) -> float:
    size = 10.0 ** math.floor(math.log10(value))
    return next(step * size for step in reversed(_STEPS) if step * size <= value * (1 + 1e-12))


def _plain(value: float) -> float | int:
    rounded = float(f"{value:.6g}")
    return int(rounded) if rounded == int(rounded) and abs(rounded) < 1e15 else rounded


def two_digits_below(count: float) -> int:
    """A count with two digits that is not more: 12,345 is 12,000."""
    if count < 100:
        return int(count)
    size = int(10 ** (math.floor(math.log10(count)) - 1))
    return int(count // size) * size


def share_above(percent: float) -> str:
    """A share with a little air above it: 2.9 is `3%`, 0.12 is `0.2%`, 47 is `48%`."""
    aired = percent * 1.02
    if aired >= 10:
        return f"{min(math.ceil(aired), 100)}%"
    size = 10.0 ** math.floor(math.log10(aired))
    return f"{float(f'{math.ceil(aired / size - 1e-9) * size:.3g}'):g}%"


def duration_above(seconds: float) -> str | None:
    """The nearest plain duration that is not less; None beyond two years."""
    return next((text for text in _DURATIONS if duration(text) >= seconds), None)


def duration(text: str) -> float:
    """A plain duration in seconds."""
    digits = text.rstrip("minhd")
    return float(digits) * _UNITS[text[len(digits) :]]


def said(value: float) -> str:
    """A figure with three digits, and thousands apart."""
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"
