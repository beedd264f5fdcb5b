"""Judge: what happens to one item, from its fixtures to its record. Runs where the item runs, also in xdist workers."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from rounds.expectation import Expectation, Waiver
from rounds.history import History
from rounds.judge import Earlier, Observer
from rounds.look import Looking
from rounds.outcome import Outcome
from rounds.probe import CouldNotLook
from rounds.record import Observation, Record
from rounds.round import now
from rounds.secret import Redactor
from rounds.select import BLANK, EXPECTED
from rounds.text import printable

OBSERVER = pytest.StashKey[Observer]()
RESULT = pytest.StashKey[tuple[Outcome, str, str]]()
BEGUN = pytest.StashKey[float]()
_LONGEST_DETAIL = 8000


class Judging:
    """The fixtures a check may ask for, and the hooks that make a record of what it did."""

    def __init__(self, looking: Looking, history: History, redactor: Redactor) -> None:
        self.looks = looking
        self.history = history
        self.redactor = redactor
        self.item: pytest.Item | None = None
        self.progress: Callable[[], None] = lambda: None

    @pytest.fixture
    def observe(self) -> Observer:
        """Records the figures of this expectation."""
        observer = Observer()
        if self.item is not None:  # `request` would tell it, too, but pytest makes each one anew: a tenth of an item
            self.item.stash[OBSERVER] = observer
        return observer

    @pytest.fixture
    def earlier(self, expected: Expectation) -> Earlier:
        """The figures that earlier rounds recorded for this expectation."""
        try:
            return self.history.earlier(expected.id)
        except Exception as error:
            raise CouldNotLook(f"the history cannot be read: {error}") from error

    @pytest.fixture
    def looking(self) -> "Judging":
        """Hands over what probes saw."""
        return self

    def fact(self, probe: Any, expected: Expectation) -> Any:
        return self.looks.fact(probe, expected, self.progress)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Any:
        self.item = item
        item.stash[BEGUN] = time.monotonic()
        expected = item.stash.get(EXPECTED, None)
        if expected and expected.skip:
            pytest.skip(expected.skip)
        return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> Any:
        result = yield
        observer = pyfuncitem.stash.get(OBSERVER, None)
        if observer is not None:
            self._end(pyfuncitem, observer)
        return result

    def _end(self, item: pytest.Item, observer: Observer) -> None:
        """Turn the verdict on the observations into what pytest understands."""
        expected = item.stash.get(EXPECTED, None)
        outcome = _at_worst(observer.outcome, expected)
        item.stash[RESULT] = (outcome, observer.summary, "")
        if outcome is Outcome.UNKNOWN:
            raise CouldNotLook(observer.summary)
        if outcome is Outcome.CRITICAL:
            pytest.fail(self._clean(observer.summary), pytrace=False)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
        report = yield
        if BLANK not in item.stash:
            return report
        if call.excinfo is not None:
            self._note(item, report, call.excinfo)
        report.sections = [(name, self._clean(text)) for name, text in report.sections]
        if report.when == "teardown" or call.when == "teardown":
            report.record = self._record(item, report).as_json()
        return report

    def _note(self, item: pytest.Item, report: pytest.TestReport, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Decide the outcome from what was raised, and put a clean sentence in place of the traceback."""
        error = excinfo.value
        if isinstance(error, pytest.skip.Exception):
            item.stash[RESULT] = (Outcome.SKIPPED, str(error.msg or "no reason given"), "")
            return
        detail = getattr(error, "detail", "") or "" if isinstance(error, CouldNotLook) else str(report.longreprtext)
        if isinstance(error, CouldNotLook):
            outcome, sentence = Outcome.UNKNOWN, str(error)
        elif report.when == "call" and isinstance(error, pytest.fail.Exception | AssertionError):
            outcome, sentence = (
                Outcome.CRITICAL,
                (str(error).strip() or "the assertion does not hold").split("\nassert ")[0],
            )
            detail = "" if RESULT in item.stash else detail
        else:
            first = (str(error).strip() or "no further words").splitlines()[0]
            outcome, sentence = Outcome.UNKNOWN, f"the check itself broke: {type(error).__name__}: {first}"
        outcome = _at_worst(outcome, item.stash.get(EXPECTED, None))
        item.stash[RESULT] = (outcome, sentence, detail)
        report.longrepr = self._clean(sentence if not detail else f"{sentence}\n\n{detail}")
        if outcome is Outcome.UNKNOWN and report.when == "call":
            report.when = "setup"  # pytest calls a failure outside the call an error: could not look, not broken
        self._waive(item, report, outcome)

    def _waive(self, item: pytest.Item, report: pytest.TestReport, outcome: Outcome) -> None:
        waiver = _waiver(item.stash.get(EXPECTED, None))
        if waiver and outcome.is_bad:
            report.outcome = "skipped"
            reason = f"waived until {waiver.until:%Y-%m-%d} by {waiver.owner}: {waiver.reason}"
            report.longrepr = (str(item.path), 0, self._clean(reason))
        elif outcome is Outcome.WARNING:
            report.outcome = "passed"

    def _record(self, item: pytest.Item, report: pytest.TestReport) -> Record:
        outcome, summary, detail = item.stash.get(RESULT, (Outcome.OK, "", ""))
        observer = item.stash.get(OBSERVER, None)
        if observer:
            del item.stash[OBSERVER]
        expected = item.stash.get(EXPECTED, None)
        if report.failed and report.when == "teardown" and not outcome.is_bad:
            outcome, summary = Outcome.UNKNOWN, f"cleaning up after the check failed: {summary}"
        waiver = _waiver(expected)
        real = outcome
        if waiver and outcome.is_bad:
            outcome = Outcome.WAIVED
            summary = f"waived until {waiver.until:%Y-%m-%d} by {waiver.owner} ({waiver.reason}): {summary}"
        return replace(
            item.stash[BLANK],
            outcome=outcome,
            real_outcome=real,
            summary=self._clean(summary) or "holds",
            detail=self._clean(detail)[-_LONGEST_DETAIL:],
            observations=[self._clean_observation(each) for each in observer.observations] if observer else [],
            waiver={"owner": waiver.owner, "reason": waiver.reason, "until": waiver.until.isoformat()}
            if waiver
            else None,
            judged_at=now(),
            seconds=round(time.monotonic() - item.stash[BEGUN], 6),
        )

    def _clean_observation(self, seen: Observation) -> Observation:
        value = self._clean(seen.value) if isinstance(seen.value, str) else seen.value
        return replace(
            seen,
            name=self._clean(seen.name),
            value=value,
            note=self._clean(seen.note),
            allowed=self._clean(seen.allowed),
        )

    def _clean(self, text: str) -> str:
        return printable(self.redactor.clean(text))


def _at_worst(outcome: Outcome, expected: Expectation | None) -> Outcome:
    """A row of severity warning is told, never paged for."""
    if outcome is Outcome.CRITICAL and expected and expected.severity == "warning":
        return Outcome.WARNING
    return outcome


def _waiver(expected: Expectation | None) -> Waiver | None:
    waiver = expected.waived if expected else None
    return waiver if waiver and waiver.holds(datetime.now(UTC)) else None
