"""Alerts of a round: the pytest hooks that tell when it begins and, when all is on disk, what changed.

Nothing here changes a verdict: what could not be told is said on the terminal, and sent with a later round.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rounds.alerting.after_round import begin, tell
from rounds.alerting.configuration import Alerting, read_alerting
from rounds.alerting.keys import Rows
from rounds.alerting.sending import Begun, awaited
from rounds.inventory.dependencies import needs_of
from rounds.inventory.load import Inventory
from rounds.inventory.mistakes import Mistake
from rounds.reports.text import line
from rounds.round import Round
from rounds.secret import Redactor
from rounds.store import Store
from rounds.text import say

_FOR_THE_BEGINNING = 5.0  # to be heard, besides all the time that the round took
_LEAST_SECONDS = 1.0  # of the grace that a round has after its deadline


class Alerts:
    """Registered beside the round that it tells of, on the process that tells it."""

    def __init__(
        self,
        alerting: Alerting,
        told: Callable[[], Round],
        store: Store,
        clean: Callable[[str], str],
        rows: Callable[[], Rows],
    ) -> None:
        self.alerting = alerting
        self.told = told
        self.store = store
        self.clean = clean
        self.rows = rows
        self.untold: list[str] = []
        self.begun: Begun | None = None
        self.ends_at = float("inf")  # of the round itself, by time.monotonic

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self) -> Any:
        self.told().notices += self.alerting.notices(self.rows().needs)
        self._begin()
        return (yield)

    @pytest.hookimpl(optionalhook=True, trylast=True)
    def pytest_xdist_node_collection_finished(self) -> None:
        """With xdist: the round has begun now."""
        self._begin()

    def _begin(self) -> None:
        """To a dead man's switch: a round that hangs is seen by its missing end."""
        if self.told().id and self.begun is None:
            self.begun = begin(self.told().id, self.told().batch, self.alerting)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        """Last of all: the reports are written, and whatever happens here, the round stands."""
        told = self.told()
        if not told.finished_at:
            return
        try:
            seconds = min(self.alerting.telling.budget, max(self.ends_at - time.monotonic(), _LEAST_SECONDS))
            ends_at = time.monotonic() + seconds
            if self.begun:  # whose end must not come before it
                self.untold += awaited(self.begun, time.monotonic() + min(seconds / 2, _FOR_THE_BEGINNING))
            left = max(ends_at - time.monotonic(), 0.0)
            self.untold += tell(told, self.alerting, self.store, left, self.rows()).problems
        except Exception as error:  # noqa: BLE001 - alerting may fail in ways nobody has thought of
            self.untold.append(f"alerting broke: {type(error).__name__}: {error}")
        for problem in dict.fromkeys(self.untold):
            say(f"NOT TOLD {line(self.clean(problem))}", sys.stderr)


def rows_of(inventory: Inventory) -> Rows:
    """All rows there are, whether a round judges them or not."""
    needs = {row.id: needs_of(row.data, row.targets.built) for row in inventory.rows}
    return Rows(needs, are_all=not inventory.mistakes)


def alerting_of(systems: Path, mistakes: list[Mistake], redactor: Redactor) -> Alerting | None:
    """Who is to be told; mistakes in alerts.yaml are told with those of the inventory, before anything is looked at."""
    alerting, found = read_alerting(systems)
    mistakes += found
    for channel in alerting.channels.values() if alerting else ():
        for secret in channel.secrets:
            redactor.learn(secret)
    return alerting
