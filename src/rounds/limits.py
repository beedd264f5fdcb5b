"""Limits: what a figure may be, with the unit it is measured in, and the verdict on a value."""

import math
from dataclasses import dataclass, replace
from typing import Any, Literal

from rounds.outcome import Outcome
from rounds.quantities import read, shown

Value = float | int | str | bool | None


@dataclass(frozen=True, slots=True)
class Limit:
    """A bound on one figure: beyond `warning` it warns, beyond `critical` it is critical; at the bound it still holds.

    A check gives direction and unit (`at_most(unit="%")`), a row the figures (`{warning: 80%, critical: 90%}`).
    """

    direction: Literal["at most", "at least"]
    unit: str
    warning: float | None = None
    critical: float | None = None

    def verdict(self, value: Value) -> Outcome:
        """The outcome for a value; no value, no number and NaN are unknown, never ok."""
        if isinstance(value, str) or value is None or math.isnan(value):
            return Outcome.UNKNOWN
        if self._beyond(value, self.critical):
            return Outcome.CRITICAL
        return Outcome.WARNING if self._beyond(value, self.warning) else Outcome.OK

    def _beyond(self, value: float, bound: float | None) -> bool:
        if bound is None:
            return False
        return value > bound if self.direction == "at most" else value < bound

    @property
    def is_set(self) -> bool:
        return self.warning is not None or self.critical is not None

    def written(self, given: object) -> "Limit":
        """The same limit with a row's figures: a mapping with `warning` and `critical`, or one figure for critical.

        Raises ValueError with plain words: wrong unit, unknown key, warning beyond critical.
        """
        figures: dict[Any, Any] = dict(given) if isinstance(given, dict) else {"critical": given}
        unknown = figures.keys() - {"warning", "critical"}
        if unknown or not figures:
            raise ValueError(
                f"a limit has the keys warning and critical, not {', '.join(map(str, sorted(unknown))) or 'none'}"
            )
        read_figures = {key: read(figure, self.unit) for key, figure in figures.items()}
        limit = replace(self, warning=read_figures.get("warning"), critical=read_figures.get("critical"))
        if limit.warning is not None and self._beyond(limit.warning, limit.critical):
            warning, critical = shown(limit.warning, self.unit), shown(limit.critical, self.unit)
            raise ValueError(f"warning ({warning}) lies beyond critical ({critical}), so it would never be seen")
        return limit

    def later(self, by: float) -> "Limit":
        """The same limit with its bounds moved up, in the unit of the limit."""
        warning, critical = (bound if bound is None else bound + by for bound in (self.warning, self.critical))
        return replace(self, warning=warning, critical=critical)

    def __str__(self) -> str:
        bounds = [bound for bound in (self.critical, self.warning) if bound is not None]
        said = f"{self.direction} {shown(bounds[0], self.unit)}" if bounds else "no limit"
        return f"{said} (warning at {shown(bounds[1], self.unit)})" if len(bounds) == 2 else said

    def as_json(self) -> dict[str, Any]:
        """`{"direction": "at most", "warning": 80.0, "critical": 90.0}`; bounds that are not set are left out."""
        bounds = {"warning": self.warning, "critical": self.critical}
        return {"direction": self.direction} | {key: bound for key, bound in bounds.items() if bound is not None}


@dataclass(frozen=True, slots=True)
class Exactly:
    """The one value, or one of the values, that something must have; anything else is critical."""

    wanted: tuple[Value, ...]
    unit: str = ""

    def verdict(self, value: Value) -> Outcome:
        return Outcome.OK if value in self.wanted else Outcome.CRITICAL

    def __str__(self) -> str:
        return " or ".join(shown(value, self.unit) for value in self.wanted)

    def as_json(self) -> dict[str, Any]:
        return {"direction": "exactly", "wanted": list(self.wanted)}


def at_most(critical: float | None = None, *, warning: float | None = None, unit: str = "") -> Limit:
    """An upper limit in a base unit (`s`, `B`, `%`, `1/s`, or none for counts)."""
    return Limit("at most", unit, warning, critical)


def at_least(critical: float | None = None, *, warning: float | None = None, unit: str = "") -> Limit:
    """A lower limit in a base unit."""
    return Limit("at least", unit, warning, critical)


def exactly(*wanted: Value, unit: str = "") -> Exactly:
    """The value must be (one of) these."""
    return Exactly(wanted, unit)
