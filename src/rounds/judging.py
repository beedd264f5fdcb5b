"""Judge: what happens to one item, from its fixtures to its record. Runs where the item runs, also in xdist workers."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from rounds.expectation import Expectation
from rounds.history import History
from rounds.judge import Earlier, Observer
from rounds.looked import Looked
from rounds.looking import Looking
from rounds.outcome import Outcome
from rounds.probe import CouldNotLook, NotNow, probes_of
from rounds.record import Attempt, Cause, Record, with_attempts
from rounds.round import now
from rounds.secret import Redactor
from rounds.select import BLANK, EXPECTED, is_worker
from rounds.text import printable
from rounds.waivers.waiver import Waiver

OBSERVER = pytest.StashKey[Observer]()
RESULT = pytest.StashKey["Result"]()
ATTEMPTS = pytest.StashKey[list[Attempt]]()
LOOKED = "rounds_looked"
BEGUN = pytest.StashKey[float]()
_LONGEST_DETAIL = 8000
_FREE_TEXT = ("target", "summary", "detail", "remedy", "runbook", "waiver")
_WARNING = Outcome.WARNING.badness


@dataclass(frozen=True)
class Result:
    """What came of an item so far: its outcome, a sentence, and what may be unfolded below it.

    `cause` is why its target could not be looked at at all, `hung` the key of the target that gave no answer in time.
    `is_broken` says that the check or its fixtures broke: no later attempt can help that.
    """

    outcome: Outcome
    summary: str
    detail: str = ""
    cause: Cause | None = None
    hung: str = ""
    is_broken: bool = False


_NEVER_CALLED = Result(Outcome.UNKNOWN, "the check was never called", is_broken=True)


class Judging:
    """The fixtures a check may ask for, and the hooks that make a record of what it did."""

    def __init__(self, looking: Looking, history: History, redactor: Redactor) -> None:
        self.looks = looking
        self.history = history
        self.redactor = redactor
        self.item: pytest.Item | None = None
        self.waited = 0.0
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
        """The figures that earlier rounds recorded for this expectation; none where it may be `usual` and is not."""
        if getattr(expected, "usual", None) is False:
            return Earlier()
        try:
            return self.history.earlier(expected.id)
        except Exception as error:
            raise CouldNotLook(f"the history cannot be read: {error}") from error

    @pytest.fixture
    def looking(self) -> "Judging":
        """Hands over what probes saw."""
        return self

    def fact(self, probe: Any, expected: Expectation) -> Any:
        begun = time.monotonic()
        attempt = 1 + len(self.item.stash.get(ATTEMPTS, ())) if self.item else 1
        try:
            return self.looks.fact(probe, expected, self.progress, attempt)
        except NotNow as why:
            pytest.skip(str(why))
        finally:
            self.waited += time.monotonic() - begun

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Any:
        self.item = item
        item.stash[BEGUN] = time.monotonic()
        self.waited = 0.0
        expected = item.stash.get(EXPECTED, None)
        if expected and expected.skip:
            pytest.skip(expected.skip)
        return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> Any:
        result = yield
        observer = pyfuncitem.stash.get(OBSERVER, None)
        if observer is not None:
            _conclude(pyfuncitem, observer)
        return result

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
        report = yield
        if BLANK not in item.stash:
            return report
        try:
            self._judge(item, report, call)
            record = self._record(item) if call.when == "teardown" else None
        except Exception as error:  # noqa: BLE001 - what one odd check leaves behind must not end the round
            item.stash[RESULT] = Result(Outcome.UNKNOWN, f"no record could be made of it: {type(error).__name__}")
            self._tell_pytest(report, item.stash[RESULT], None)
            record = replace(item.stash[BLANK], outcome=Outcome.UNKNOWN, summary=item.stash[RESULT].summary)
        report.sections = [(name, self._clean(text)) for name, text in report.sections]
        if record is not None:
            report.record, report.waited = self._told(record), self.waited
            report.hung = item.stash[RESULT].hung if RESULT in item.stash else ""
        return report

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """In a worker, whose looks begin one by one: know what is to be looked at together."""
        if is_worker(session.config):
            judged = [item for item in session.items if EXPECTED in item.stash]
            self.looks.gather((probe, item.stash[EXPECTED]) for item in judged for probe in probes_of(item))

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """In a worker: tell who answered, and where the time went."""
        if is_worker(session.config):
            vars(session.config)["workeroutput"][LOOKED] = Looked().take_in(self.looks.looks).as_json()

    def _judge(self, item: pytest.Item, report: pytest.TestReport, call: pytest.CallInfo[None]) -> None:
        """Take in what one phase of an item brought; a later phase may make a result worse, never better."""
        before = item.stash.get(RESULT, None)
        if call.excinfo is None:
            if call.when == "call" and before is None:
                item.stash[RESULT] = Result(Outcome.OK, "")
            return
        expected = item.stash.get(EXPECTED, None)
        came = _came(item, report, call.excinfo.value)
        came = replace(came, outcome=_at_worst(came.outcome, expected))
        if call.when == "teardown" and before is not None and before.outcome.badness >= came.outcome.badness:
            return
        item.stash[RESULT] = came
        self._tell_pytest(report, came, _waiver(expected))

    def _tell_pytest(self, report: pytest.TestReport, came: Result, waiver: Waiver | None) -> None:
        """Let pytest count as we do, and put a clean sentence in place of its traceback."""
        said = self._clean(came.summary if not came.detail else f"{came.summary}\n\n{came.detail}")
        if came.outcome is Outcome.SKIPPED:
            return
        if waiver and came.outcome.is_bad:
            report.outcome = "skipped"
            report.longrepr = (report.location[0], 0, self._clean(f"{_said_of(waiver)}: {came.summary}"))
            return
        report.outcome = "failed" if came.outcome.is_bad else "passed"
        report.longrepr = said if came.outcome.is_bad else None
        if came.outcome is Outcome.UNKNOWN and report.when == "call":
            report.when = "setup"  # pytest calls a failure outside the call an error: could not look, not broken

    def _record(self, item: pytest.Item) -> Record:
        result = item.stash.get(RESULT, _NEVER_CALLED)
        observer = item.stash.get(OBSERVER, None)
        if observer:
            del item.stash[OBSERVER]
        expected = item.stash.get(EXPECTED, None)
        waiver = _waiver(expected)
        attempts = item.stash.get(ATTEMPTS, [])
        outcome, summary = result.outcome, result.summary or "holds"
        if expected and expected.retry:
            summary = with_attempts(outcome, summary, attempts, expected.retry.times)
        if waiver and outcome.is_bad:
            outcome, summary = Outcome.WAIVED, f"{_said_of(waiver)}: {summary}"
        elif expected and expected.waived and outcome.is_bad:
            summary += f" (the waiver of {expected.waived.owner} ended {expected.waived.until:%Y-%m-%d %H:%M} UTC)"
        return replace(
            item.stash[BLANK],
            outcome=outcome,
            real_outcome=result.outcome,
            summary=summary,
            detail=result.detail,
            cause=result.cause,
            attempts=attempts,
            observations=observer.observations if observer else [],
            waiver=waiver.as_json() if waiver else None,
            judged_at=now(),
            seconds=round(time.monotonic() - item.stash.get(BEGUN, time.monotonic()), 6),
        )

    def _told(self, record: Record) -> dict[str, Any]:
        """The record with its free text cleaned; our own words stay, even where a secret is one of them."""
        clean = self.redactor.clean_tree
        told = record.as_json()
        told |= {name: clean(told[name]) for name in _FREE_TEXT}
        told["detail"] = told["detail"][-_LONGEST_DETAIL:]
        told["cause"] = {key: clean(words) for key, words in told["cause"].items()} if told["cause"] else None
        told["attempts"] = [attempt | {"summary": clean(attempt["summary"])} for attempt in told["attempts"]]
        told["observations"] = [
            {name: value if name == "verdict" else clean(value) for name, value in seen.items()}
            for seen in told["observations"]
        ]
        return told

    def _clean(self, text: str) -> str:
        return self.redactor.clean(printable(text))


def _conclude(item: pytest.Item, observer: Observer) -> None:
    """Turn the verdict on all observations into what pytest understands."""
    outcome = _at_worst(observer.outcome, item.stash.get(EXPECTED, None))
    detail = observer.told if outcome.badness >= _WARNING else ""
    item.stash[RESULT] = Result(outcome, observer.summary, detail)
    if outcome is Outcome.UNKNOWN:
        why = CouldNotLook(observer.summary)
        why.detail = detail
        raise why
    if outcome is Outcome.CRITICAL:
        pytest.fail("the observations are beyond their limits", pytrace=False)


def _came(item: pytest.Item, report: pytest.TestReport, error: BaseException) -> Result:
    """What an exception means for an item; observations that are bad outweigh it."""
    observer = item.stash.get(OBSERVER, None) or Observer()
    has_bad = bool(observer.observations) and observer.outcome.badness >= _WARNING
    if has_bad and isinstance(error, pytest.skip.Exception | pytest.fail.Exception):
        return Result(observer.outcome, observer.summary, observer.told)
    if isinstance(error, pytest.skip.Exception):
        return Result(Outcome.SKIPPED, str(error.msg or "no reason given"))
    if isinstance(error, CouldNotLook):
        return Result(Outcome.UNKNOWN, str(error), error.detail, error.cause, error.hung)
    if report.when == "call" and isinstance(error, pytest.fail.Exception | AssertionError):
        sentence = (_words(error) or "the assertion does not hold").split("\nassert ")[0]
        return Result(Outcome.CRITICAL, sentence, str(report.longreprtext))
    first = (_words(error) or "no further words").splitlines()[0]
    what = "cleaning up after the check failed" if report.when == "teardown" else "the check itself broke"
    sentence = f"{what}: {type(error).__name__}: {first}"
    return Result(Outcome.UNKNOWN, sentence, str(report.longreprtext), is_broken=True)


def _words(error: BaseException) -> str:
    try:
        return str(error).strip()
    except Exception:  # noqa: BLE001 - an exception that cannot even be told
        return ""


def _at_worst(outcome: Outcome, expected: Expectation | None) -> Outcome:
    """A row of severity warning is told, never paged for."""
    if outcome is Outcome.CRITICAL and expected and expected.severity == "warning":
        return Outcome.WARNING
    return outcome


def _waiver(expected: Expectation | None) -> Waiver | None:
    waiver = expected.waived if expected else None
    return waiver if waiver and waiver.holds(datetime.now(UTC)) else None


def _said_of(waiver: Waiver) -> str:
    ticket = f", {waiver.ticket}" if waiver.ticket else ""
    return f"waived until {waiver.until:%Y-%m-%d} by {waiver.owner} ({waiver.reason}{ticket})"
