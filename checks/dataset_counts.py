"""Rows that break something: judged by their number, or by their share of those that were examined."""

from collections.abc import Sequence

from rounds.checks.dataset_groups import Figure, observe_worst, short
from rounds.checks.failing_rows import show_bad_rows
from rounds.judge import Observer
from rounds.limits import Limit
from rounds.measures import Reading
from rounds.outcome import Outcome

Readings = Sequence[tuple[str, Reading]]


def observe_count(name: str, found: Readings, count: Limit, share: Limit | None, observe: Observer) -> None:
    """Judge how many rows break something; with a limit for their share that is judged, and the number only told."""
    told = [Figure(reading.value, _of_how_many(reading), group) for group, reading in found]
    bad = observe_worst(name, told, count if share is None else None, observe)
    if share is not None:
        shares = [Figure(_share(reading), _of_how_many(reading), group) for group, reading in found]
        bad = observe_worst(f"share of {name}", shares, share, observe)
    show_rows(name, found, bad, observe)


def show_rows(name: str, found: Readings, bad: Sequence[str], observe: Observer) -> None:
    """Tell the rows that the bad readings count, the worst group first."""
    readings = dict(found)
    for group in bad:
        show_bad_rows(observe, Outcome.CRITICAL, f"{name} in {short(group)}" if group else name, readings[group])


def refuse_both(given: set[str], count: str, share: str) -> None:
    """Raise ValueError where a row has limits for both, of which only one would be judged."""
    if {count, share} <= given:
        raise ValueError(f"one of {count} and {share} is judged: leave the other out")


def _share(reading: Reading) -> float | None:
    """None where nobody counted of how many."""
    if not reading.value:
        return 0.0
    among = reading.rows if reading.examined is None else reading.examined
    return 100 * float(reading.value) / among if among else None


def _of_how_many(reading: Reading) -> str:
    if reading.proof:
        return f"proved by {reading.proof}"
    if reading.examined is None:
        return f"of {reading.rows} rows, those with NULL included" if reading.rows else ""
    without = (reading.rows or 0) - reading.examined
    not_examined = f"; {without} more have NULL there and are not examined" if without > 0 else ""
    return f"of {reading.examined} rows{not_examined}"
