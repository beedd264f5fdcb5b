"""report.html: one self-contained page for people, made by pytest-html.

pytest-html reports tests, so the records are replayed to it as ready-made test reports, in a pytest session of its own
that collects and runs nothing. Its hooks put our words and columns in the place of its own.
"""

import os
import platform
from pathlib import Path
from typing import Any

import pytest

from rounds.outcome import Outcome
from rounds.reports import page
from rounds.reports.markup import Html, html
from rounds.reports.text import line
from rounds.round import Round

_CSS = [Path(__file__).with_name(name) for name in ("colours.css", "report.css")]
# All of pytest that the replay does not need: what is not there cannot disturb the session around it, nor cost time.
_OFF = (
    "python", "terminal", "debugging", "unittest", "capture", "skipping", "legacypath", "tmpdir", "monkeypatch",
    "recwarn", "pastebin", "assertion", "junitxml", "doctest", "cacheprovider", "setuponly", "setupplan", "stepwise",
    "unraisableexception", "threadexception", "warnings", "logging", "reports", "faulthandler", "subtests",
)  # fmt: skip
# What makes pytest-html see the result that page.RESULTS gives an outcome: "wasxfail" turns skipped and passed into
# xfailed and xpassed, a failure outside the call is an error.
_TOLD: dict[Outcome, dict[str, Any]] = {
    Outcome.CRITICAL: {"outcome": "failed", "when": "call"},
    Outcome.UNKNOWN: {"outcome": "failed", "when": "setup"},
    Outcome.WARNING: {"outcome": "passed", "when": "call", "wasxfail": ""},
    Outcome.WAIVED: {"outcome": "skipped", "when": "call", "wasxfail": ""},
    Outcome.SKIPPED: {"outcome": "skipped", "when": "call"},
    Outcome.OK: {"outcome": "passed", "when": "call"},
}
_FINE = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED)


def get_ready() -> None:
    """Import what `write` needs: it takes a tenth of a second, which the round has while it waits for its looks."""
    import pytest_html.plugin  # noqa: F401, PLC0415 - see above


def write(told: Round, path: Path) -> None:
    from pytest_html import plugin as pytest_html  # noqa: PLC0415 - 30 ms, only for a round that tells

    options = [f"--html={path.absolute()}", "--self-contained-html", *(f"--css={each}" for each in _CSS)]
    options += ["-o", "render_collapsed=all", "-o", "initial_sort=original"]
    options += ["--disable-plugin-autoload", "--noconftest", f"--rootdir={path.parent}", "-c", os.devnull]
    options += [word for name in _OFF for word in ("-p", f"no:{name}")]
    replay = _Replay(told)
    with pytest.MonkeyPatch.context() as environment:
        for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS"):
            environment.delenv(name, raising=False)
        code = pytest.main(options, plugins=[pytest_html, replay])
    if replay.error:
        raise replay.error
    if code not in _FINE:
        raise RuntimeError(f"the pytest session for pytest-html ended with {code}")


class _Replay:
    """The pytest plugin that feeds the records of a round to pytest-html."""

    def __init__(self, told: Round) -> None:
        self.told = told
        self.error: BaseException | None = None

    def pytest_configure(self, config: pytest.Config) -> None:
        """Say what the environment table holds: nothing of the machine, and no environment variables."""
        from pytest_metadata.plugin import metadata_key  # noqa: PLC0415 - comes with pytest-html

        environment = {
            "Rounds": self.told.version,
            "Python": platform.python_version(),
            "Batch": self.told.batch,
            "Selection": self.told.selection or "everything",
        }
        config.stash[metadata_key] = {name: html(text) for name, text in environment.items()}

    def pytest_collection(self) -> bool:
        return True

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        reports: list[pytest.TestReport] = []
        for record in self.told.worst_first:
            for phase in (_TOLD[record.outcome], {"outcome": "passed", "when": "teardown"}):
                place = ("", None, record.id)
                report = pytest.TestReport(record.id, place, {}, longrepr=None, record=record, **phase)
                session.config.hook.pytest_runtest_logreport(report=report)
                reports.append(report)
            while reports:
                vars(reports.pop()).clear()  # pytest-html keeps each to the end and asks none again
        return True

    def pytest_internalerror(self, excinfo: pytest.ExceptionInfo[BaseException]) -> bool:
        self.error = excinfo.value
        return True

    def pytest_html_report_title(self, report: Any) -> None:
        """Also the moment to put our words and order on the filters; the span keeps a comma from being seen."""
        report.title = line(f"{self.told.outcome}: {self.told.batch} round")
        filters = dict(report.outcomes)
        report.outcomes.clear()
        for outcome, result in page.RESULTS.items():
            report.outcomes[result] = filters[result] | {"label": _Label(f"{outcome}</span><span hidden>")}
        report.outcomes["rerun"] = filters["rerun"]  # its script wants the box; our style hides it

    def pytest_html_results_summary(self, prefix: list[str]) -> None:
        prefix.append(page.summary(self.told))

    def pytest_html_results_table_header(self, cells: list[str]) -> None:
        cells[:] = page.head()

    def pytest_html_results_table_row(self, report: Any, cells: list[str]) -> None:
        """The teardown, which pytest-html waits for, gets no row."""
        cells[:] = [] if report.when == "teardown" else page.row(report.record, self.told.finished_at, self.told.past)

    def pytest_html_results_table_html(self, report: Any, data: list[str]) -> None:
        data[:] = [page.details(report.record)]


class _Label(Html):
    """HTML that the template of pytest-html takes as it is."""

    __slots__ = ()

    def __html__(self) -> str:
        return str(self)
