"""How soon a batch must have come again: its cadence and some slack, such as one day and two hours."""

from rounds.quantities import read

DUE_WITHIN = {"continuous": "15m", "daily": "26h", "weekly": "8d", "monthly": "32d", "quarterly": "95d"}
_OTHERWISE = "26h"


def due_within(batch: str) -> float:
    """Seconds after which a round of the batch is late; `daily-bigshot` has the cadence of daily."""
    return read(DUE_WITHIN.get(batch.partition("-")[0], _OTHERWISE), "s")
