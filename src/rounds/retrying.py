"""Retrying: a row with `retry` that is not good is looked at and judged again, while all others go on.

Its next look begins in a thread of its own as soon as its time has come; the row is judged again when all others were
judged, so that many rows may wait at once. Only the last attempt is reported, and says what the ones before brought.
"""

import time
from dataclasses import dataclass, field
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

from rounds.expectation import Expectation
from rounds.judging import ATTEMPTS, OBSERVER, RESULT, Judging
from rounds.look import Look
from rounds.looking import Looking
from rounds.outcome import Outcome
from rounds.probe import probes_of
from rounds.record import Attempt
from rounds.round import now
from rounds.select import BLANK, EXPECTED, is_worker

_FINE = (Outcome.OK, Outcome.SKIPPED)
_BETWEEN_GLANCES = 0.02


@dataclass
class _Waiting:
    """A row that will be judged again: not before `due`, and when its new looks are done."""

    item: pytest.Item
    due: float
    looks: list[Look] = field(default_factory=list)

    @property
    def is_ready(self) -> bool:
        return time.monotonic() >= self.due and all(look.done for look in self.looks)


class Retrying:
    """The pytest hooks that judge rows with `retry`; also in xdist workers."""

    def __init__(self, looking: Looking, judging: Judging) -> None:
        self.looking = looking
        self.judging = judging
        self.waiting: list[_Waiting] = []

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Any:
        """Take rows with retry first, so that their waiting falls into the looking of the others, and again last."""
        if not is_worker(session.config):
            session.items.sort(key=lambda item: _retry_of(item) is None)
        result = yield
        while self.waiting:
            item = self._next().item
            for plugin in session.config.pluginmanager.get_plugins():
                if type(plugin).__name__ == "WorkerInteractor":  # it tells the controller of which item a report is
                    vars(plugin)["item_index"] = session.items.index(item)
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
            if session.shouldfail:
                raise session.Failed(session.shouldfail)
            if session.shouldstop:
                raise session.Interrupted(session.shouldstop)
        return result

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
        """Judge a row with retry, and report it unless it is to be judged again."""
        if _retry_of(item) is None:
            return None
        if RESULT in item.stash:
            del item.stash[RESULT]
        if OBSERVER in item.stash:
            del item.stash[OBSERVER]
        reports = runtestprotocol(item, log=False, nextitem=nextitem)
        if not self._is_planned_again(item, reports[-1]):
            hook = item.ihook
            hook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
            for report in reports:
                hook.pytest_runtest_logreport(report=report)
            hook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        return True

    def _next(self) -> _Waiting:
        """The first row that may be judged again; waits for it."""
        while True:
            for waiting in self.waiting:
                if waiting.is_ready:
                    self.waiting.remove(waiting)
                    return waiting
            self.judging.progress()
            time.sleep(_BETWEEN_GLANCES)

    def _is_planned_again(self, item: pytest.Item, report: pytest.TestReport) -> bool:
        result, expected = item.stash.get(RESULT, None), item.stash[EXPECTED]
        attempts = item.stash.setdefault(ATTEMPTS, [])
        retry = expected.retry
        if result is None or retry is None or result.is_broken or result.outcome in _FINE:
            return False
        if len(attempts) + 1 >= retry.times:
            return False
        due = time.monotonic() + retry.apart
        if due >= self.looking.ends_at:
            record = getattr(report, "record", {"summary": ""})
            record["summary"] += "; the round's deadline left no time for another attempt"
            return False
        # A new list: the record of this attempt has the one before.
        this = Attempt(outcome=str(result.outcome), summary=result.summary, judged_at=now())
        item.stash[ATTEMPTS] = [*attempts, this]
        # Should the round end before the next one, this is what is known of the row.
        item.stash[BLANK].attempts = self.judging.redactor.clean_tree(item.stash[ATTEMPTS])
        self.waiting.append(self._planned(item, expected, due))
        return True

    def _planned(self, item: pytest.Item, expected: Expectation, due: float) -> _Waiting:
        attempt = len(item.stash[ATTEMPTS]) + 1
        looks = [self.looking.again(probe, expected, attempt) for probe in probes_of(item)]
        return _Waiting(item, 0.0 if looks else due, looks)


def _retry_of(item: pytest.Item) -> object:
    expected = item.stash.get(EXPECTED, None)
    return expected.retry if expected else None
