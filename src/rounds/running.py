"""Running: the round as a whole, on the process that tells it (never in an xdist worker).

It knows what the selection should have judged, keeps the journal, ends in order on SIGTERM, Ctrl-C or its own
deadline, and writes the reports.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import rounds
from rounds.history import History
from rounds.inventory.load import Row
from rounds.journal import Journal, complete, new_folder, point_latest
from rounds.judging import LOOKED
from rounds.looked import Looked
from rounds.looking import Looking
from rounds.outcome import Outcome
from rounds.probe import probes_of
from rounds.record import Record
from rounds.round import Round, now
from rounds.select import BLANK, EXPECTED, MISTAKES, Selection, blank_of_row, expectation_of
from rounds.settings import Settings
from rounds.signals import Interrupts
from rounds.waivers.notices import are_news

_PROGRESS_SECONDS = 0.2
_GRACE_SECONDS = 5.0  # after the round's deadline, for judging what was seen


class Running:
    """The pytest hooks of the round as a whole."""

    def __init__(self, settings: Settings, selection: Selection, looking: Looking, clean: Callable[[str], str]) -> None:
        self.settings = settings
        self.selection = selection
        self.looking = looking
        self.clean = clean
        self.journal: Journal | None = None
        self.expected: dict[str, Record] = {}
        self.why = "the round ended before its turn"
        self.crashes: dict[str, str] = {}
        self.mistakes = ""
        self.told = Round(id="", batch=settings.batch, started_at=now(), version=rounds.__version__)
        self.begun = time.monotonic()
        self.looked = Looked()
        self.interrupts = Interrupts()
        self._terminal: pytest.TerminalReporter | None = None
        self._next_progress = 0.0

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        self._terminal = session.config.pluginmanager.getplugin("terminalreporter")
        self.interrupts.catch(self.settings.deadline_seconds + _GRACE_SECONDS)

    def begin(self, blanks: list[Record], selection: str) -> None:
        """Start the journal: from here on, what is not judged is unknown."""
        self.expected = {blank.id: blank for blank in blanks}
        self.told.selection = selection
        try:
            folder = new_folder(self.settings.reports, self.settings.batch)
            self.told.id = folder.name
            self.journal = Journal(folder)
            self.journal.begin(self.told, blanks)
        except OSError as error:
            self.told.id = self.told.id or f"{self.told.started_at}-{self.settings.batch}"
            self._problem(f"no reports could be written to {self.settings.reports}: {error.strerror}")

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Any:
        """Without xdist: everything is selected, so look at everything at once."""
        items = [item for item in session.items if BLANK in item.stash]
        if items and not session.config.pluginmanager.hasplugin("dsession"):
            self.begin([item.stash[BLANK] for item in items], _selection(session.config))
            judged = [item for item in items if EXPECTED in item.stash]
            self.looking.start((probe, item.stash[EXPECTED]) for item in judged for probe in probes_of(item))
            import rounds.reports.html as page  # noqa: PLC0415 - while the looks wait, as they nearly always do

            page.get_ready()
        return (yield)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> Any:
        """Let workers judge in groups, unless somebody asked for a distribution of their own."""
        from rounds.sharing import SharingScheduling, groups_of  # noqa: PLC0415 - only xdist needs it

        if config.getoption("dist") != "load":
            return None
        return SharingScheduling(config, log, groups_of(self.selection.inventory.rows))

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: Any, ids: list[str]) -> None:
        """With xdist: the workers collect, and say by node id what they will judge."""
        if ids and not self.expected:
            rows = {row.id: row for row in self.selection.inventory.rows}
            self.begin([_blank_of_nodeid(nodeid, rows) for nodeid in ids], _selection(node.config))

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """A worker tells of its looks; one that met mistakes in the inventory has judged nothing and says which."""
        output = getattr(node, "workeroutput", {})
        self.mistakes = self.mistakes or output.get(MISTAKES, "")
        if LOOKED in output:
            self.looked.add(output[LOOKED])

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        data = vars(report).pop("record", None)  # pytest keeps all reports to the end: they need not hold it twice
        if data is not None:
            record = Record.from_json(data)
            self.looked.judged(record, vars(report).pop("hung", ""), vars(report).pop("waited", 0.0))
            self._add(record)
        elif report.failed and report.when not in ("setup", "call", "teardown"):
            words = [line for line in str(report.longreprtext).splitlines() if "crashed" in line] or [
                "a worker crashed"
            ]
            self.crashes[expectation_of(report.nodeid)] = self.clean(words[0])

    def progress(self) -> None:
        """On a terminal, keep one line up to date while probes look and checks judge."""
        if not self._terminal or not self._terminal.isatty or time.monotonic() < self._next_progress:
            return
        self._next_progress = time.monotonic() + _PROGRESS_SECONDS
        looked, looks = self.looking.progress
        judged = f"{len(self.told.records)} of {len(self.expected)} judged"
        self._terminal.rewrite(
            f"{looked} of {looks} looks done, {judged}, {time.monotonic() - self.begun:.0f} s", erase=True
        )

    def _add(self, record: Record) -> None:
        self.progress()
        self.told.records.append(record)
        self._keep(record)

    def _keep(self, record: Record) -> None:
        """Write a record to the journal; what is written later of the same row goes before."""
        if self.journal is not None:
            try:
                self.journal.add(record)
            except OSError as error:
                self._problem(f"the journal could not be written: {error.strerror}")

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            last = [line for line in str(report.longreprtext).splitlines() if line.strip()] or ["no reason given"]
            self._problem(self.clean(f"{report.nodeid} could not be collected: {last[-1].removeprefix('E').strip()}"))

    @pytest.hookimpl(tryfirst=True)
    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        self.why = f"the round was interrupted ({str(excinfo.value) or 'Ctrl-C'})"

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        self.interrupts.ignore()
        if self._terminal and self._next_progress:
            self._terminal.rewrite("", erase=True)
        if self.mistakes:
            session.exitstatus = pytest.ExitCode.USAGE_ERROR
        if self.expected or self.told.problems:
            self._finish()
            self._tell()
            if session.exitstatus == pytest.ExitCode.OK and self._is_failure:
                session.exitstatus = pytest.ExitCode.TESTS_FAILED
        has_news = session.exitstatus or self.told.outcome is not Outcome.OK or are_news(self.told)
        if self._terminal is None and has_news:
            for line in self._lines(session.config, session.exitstatus, colour=False, width=None):
                print(line)  # noqa: T201 - quiet: pytest's own terminal is off, and something is to be said

    def pytest_unconfigure(self) -> None:
        self.interrupts.restore()

    @property
    def _is_failure(self) -> bool:
        bad = (Outcome.CRITICAL, Outcome.UNKNOWN, *([Outcome.WARNING] if self.settings.fail_on_warning else []))
        return self.told.outcome in bad

    def _finish(self) -> None:
        """Mark what was not judged, say since when each outcome holds, and close the journal."""
        complete(self.told, list(self.expected.values()), lambda id_: self.crashes.get(id_, self.why))
        missing = len([record for record in self.told.records if record.summary.startswith("not judged")])
        self.told.ended = "all were judged" if not missing else f"{missing} were not judged: {self.why}"
        self.told.finished_at = now()
        self.told.seconds = round(time.monotonic() - self.begun, 3)
        self.looked.take_in(self.looking.looks)
        self.looking.forget()
        self.told.slowest_look, self.told.durations = self.looked.slowest, self.looked.durations
        for record in self.looked.name_causes(self.told.records):
            self._keep(record)
        self.told.problems += remember(self.told, self.history)
        if not any("could not be read" in problem for problem in self.told.problems):  # else it waits once more in vain
            self.told.notices = [*map(self.clean, self._windows()), *self.told.notices]

    def _windows(self) -> list[str]:
        from rounds.alerting.windows import notices_of_windows  # noqa: PLC0415 - not while probes look

        try:
            return notices_of_windows(self.told, self.history.store)
        except Exception as error:  # noqa: BLE001 - as in remember
            self._problem(f"the history could not be read: {error}")
            return []

    @property
    def history(self) -> History:
        return History(self.settings.state, self.settings.history, self.settings.kept_days)

    def _tell(self) -> None:
        from rounds.reports import write_all  # noqa: PLC0415 - only a round that tells needs it

        journal = self.journal
        if journal is None:
            return
        folder = journal.folder
        last_steps: dict[str, Callable[[], None]] = {
            "the journal": lambda: journal.end(self.told),
            "latest": lambda: point_latest(folder),
        }
        for name, step in last_steps.items():
            try:
                step()
            except OSError as error:
                self._problem(f"{name} could not be written: {error.strerror}")
        problems = write_all(self.told, folder)
        for problem in problems:
            self._problem(problem)
        if problems:
            write_all(self.told, folder)  # what could be written must say what could not

    def _problem(self, what: str) -> None:
        if what not in self.told.problems:
            self.told.problems.append(what)

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(
        self, terminalreporter: pytest.TerminalReporter, exitstatus: int, config: pytest.Config
    ) -> None:
        writer = config.get_terminal_writer()
        width = writer.fullwidth if terminalreporter.isatty else None
        for line in self._lines(config, exitstatus, colour=writer.hasmarkup, width=width):
            terminalreporter.write_line(line)

    def _lines(self, config: pytest.Config, exitstatus: int, *, colour: bool, width: int | None) -> list[str]:
        """What is to be said at the end."""
        from rounds.reports.terminal import lines  # noqa: PLC0415 - only a round that tells needs it

        if self.mistakes:
            return [f"ERROR: {self.mistakes}"]
        if exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
            rows = len(self.selection.inventory.rows)
            return [
                f"ERROR: nothing was selected by {_selection(config)} out of {rows} expectations: nothing was looked at"
            ]
        if not self.expected and not self.told.problems:
            return []
        report = self.journal.folder / "report.html" if self.journal else None
        return lines(self.told, colour=colour, width=width, report=report, durations=self.settings.durations)


def remember(told: Round, history: History) -> list[str]:
    """Say of each record since when it is so, and add the round to the history; returns problems in plain words."""
    problems = []
    try:
        before = history.since(told.started_at)
        told.past = history.past(told)
    except Exception as error:  # noqa: BLE001 - a broken history must not cost the round its reports
        before = {}
        problems.append(f"the history could not be read: {error}")
    for record in told.records:
        outcome, since = before.get(record.id, ("", ""))
        record.since = since if outcome == record.outcome else told.started_at
    try:
        history.add(told)
    except Exception as error:  # noqa: BLE001 - the same
        problems.append(f"the history could not be written: {error}")
    return problems


def _selection(config: pytest.Config) -> str:
    said = [(option, config.getoption(option, default=None)) for option in ("markexpr", "keyword")]
    words = [f"-{option[0]} '{value}'" for option, value in said if value]
    words += [f"--system {name}" for name in config.getoption("system")] + [
        f"--id {name}" for name in config.getoption("id")
    ]
    return " ".join(words) or "everything"


def _blank_of_nodeid(nodeid: str, rows: dict[str, Row]) -> Record:
    inner = expectation_of(nodeid)
    if inner in rows:
        blank = blank_of_row(rows[inner])
    else:
        blank = Record(
            id=nodeid, system="", area="", check=Path(nodeid).name, when=[], severity="critical", runbook="", remedy="",
            target="", outcome=Outcome.UNKNOWN, summary="not judged",
        )  # fmt: skip
    blank.nodeid = nodeid
    return blank
