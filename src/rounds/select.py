"""Select: every row of the inventory becomes one pytest item, or the round says why it could not."""

import fnmatch
import importlib.util
import inspect
import typing
from pathlib import Path
from typing import Any

import pytest

from rounds.expectation import CADENCES, Expectation
from rounds.inventory.found import FoundCheck, check_name, find_checks
from rounds.inventory.load import Inventory, Row, load
from rounds.outcome import Outcome
from rounds.probe import CouldNotLook
from rounds.record import Record
from rounds.refusals import expected_of, refusals
from rounds.settings import Settings

BLANK = pytest.StashKey[Record]()
EXPECTED = pytest.StashKey[Expectation]()
MISTAKES = "rounds_mistakes"


def own_checks() -> Path:
    """The folder of the checks that come with Rounds, in a clone or installed."""
    spec = importlib.util.find_spec("rounds.checks")
    return Path(next(iter(spec.submodule_search_locations or [])) if spec else "")


def is_worker(config: pytest.Config) -> bool:
    """Whether this process is an xdist worker: it judges, but it tells nothing."""
    return hasattr(config, "workerinput")


class Selection:
    """The pytest hooks that turn rows into items."""

    def __init__(self, settings: Settings, config: pytest.Config) -> None:
        self.settings = settings
        self.checks: dict[str, FoundCheck] = find_checks([own_checks(), settings.systems])
        self.inventory: Inventory = load(
            settings.systems, self.checks, settings.only_systems, settings.longest_waiver_seconds
        )
        self.by_check: dict[str, list[Row]] = {}
        for row in self.inventory.rows:
            self.by_check.setdefault(row.check, []).append(row)
        self.needed = {self.checks[name].path for name in self.by_check}
        self.made: set[str] = set()
        self.failures: dict[Path, str] = {}
        self._register_markers(config)
        self._aim(config)

    def _register_markers(self, config: pytest.Config) -> None:
        areas = {row.id.split(".")[1].replace("-", "_") for row in self.inventory.rows}
        systems = {row.id.partition(".")[0] for row in self.inventory.rows}
        for word in sorted({*CADENCES, "critical", "warning", *areas, *systems}):
            config.addinivalue_line("markers", f"{word}: rows of this cadence, severity, area or system")

    def _aim(self, config: pytest.Config) -> None:
        """Collect our checks and those beside the inventory, unless somebody named files on the command line."""
        source = pytest.Config.ArgsSource
        self.aimed_by_hand = config.args_source is source.ARGS
        if not self.aimed_by_hand:
            asked = list(config.args) if config.args_source is source.TESTPATHS else []
            config.args[:] = list(dict.fromkeys([*asked, str(own_checks()), str(self.settings.systems)]))

    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        is_ours = collection_path.parent == own_checks() and collection_path.name.startswith("test_")
        return True if is_ours and collection_path not in self.needed else None

    def pytest_pycollect_makeitem(self, name: str, obj: object) -> list[pytest.Item] | None:
        is_unused_check = (
            name.startswith("test_")
            and inspect.isfunction(obj)
            and "expected" in inspect.signature(obj).parameters
            and check_name(name) not in self.by_check
        )
        return [] if is_unused_check else None

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        if "expected" not in metafunc.fixturenames:
            return
        model = typing.get_type_hints(metafunc.function).get("expected")
        rows = self.by_check.get(check_name(metafunc.function.__name__), [])
        if not (isinstance(model, type) and issubclass(model, Expectation)):
            for row in rows:
                what = f"{metafunc.function.__name__} must say its model: expected: <a subclass of Expectation>"
                row.document.mistake((*row.place, "check"), what)
            return
        values = [(row, row.read(model)) for row in rows]
        parameters = [
            pytest.param(value, id=row.id, marks=[getattr(pytest.mark, word) for word in words(row)])
            for row, value in values
            if value is not None
        ]
        self.made |= {row.id for row in rows}
        metafunc.parametrize("expected", parameters)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            path = getattr(report, "path", None) or Path(str(report.nodeid))
            self.failures[Path(path).resolve()] = str(report.longreprtext)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(self, session: pytest.Session, items: list[pytest.Item]) -> Any:
        """Add what could not be collected before pytest selects by -m and -k, then select by id."""
        mistakes = refusals(items, self.inventory, self.settings, session.config)
        if mistakes and is_worker(session.config):
            vars(session.config)["workeroutput"][MISTAKES] = mistakes
            items.clear()
            return (yield)
        if mistakes:
            raise pytest.UsageError(mistakes)
        for document in self.inventory.documents:
            document.lines.clear()  # only mistakes need them, and there are none
        items += [Unjudged.of(session, row, self._why(row)) for row in self.inventory.rows if self._is_lost(row)]
        for item in items:
            item.stash[BLANK] = _blank(item)
        _keep_only(session.config, items, self.settings.only_ids)
        return (yield)

    def _is_lost(self, row: Row) -> bool:
        return row.id not in self.made and (not self.aimed_by_hand or self.checks[row.check].path in self.failures)

    def _why(self, row: Row) -> str:
        path = self.checks[row.check].path
        reason = self.failures.get(path, "pytest did not collect it")
        last = [line for line in reason.splitlines() if line.strip()][-1].removeprefix("E").strip()
        return f"the check {row.check} could not be collected from {path.name}: {last}"


class Unjudged(pytest.Item):
    """Stands for a row whose check could not be collected, so that it is counted, and unknown."""

    row: Row
    why: str

    @classmethod
    def of(cls, session: pytest.Session, row: Row, why: str) -> "Unjudged":
        item: Unjudged = cls.from_parent(session, name=f"test_{row.check.replace('-', '_')}[{row.id}]")
        item.row, item.why = row, why
        for word in words(row):
            item.add_marker(word)
        return item

    def setup(self) -> None:
        raise CouldNotLook(self.why)

    def runtest(self) -> None:
        raise AssertionError("setup raises")

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return self.path, None, self.row.id


def words(row: Row) -> list[str]:
    """The markers of a row: its cadences, severity, area and system."""
    when = [str(cadence) for cadence in row.data.get("when", [])]
    system, area, _ = row.id.split(".")
    return [word.replace("-", "_") for word in (*when, str(row.data.get("severity", "critical")), area, system)]


def expectation_of(nodeid: str) -> str:
    """The id of the row in a node id: `test_disk.py::test_disk_usage[bigshot.resources.disk]`."""
    return nodeid.rpartition("[")[2].removesuffix("]")


def blank_of_row(row: Row) -> Record:
    """A record of nothing yet, from a row as written (a worker that crashed has told no more)."""
    data = row.data
    return Record(
        id=row.id, system=row.id.split(".")[0], area=row.id.split(".")[1], check=row.check,
        when=[str(cadence) for cadence in data.get("when", [])], severity=str(data.get("severity", "critical")),
        runbook=str(data.get("runbook", "")), remedy=str(data.get("remedy", "")), target="",
        outcome=Outcome.UNKNOWN, summary="not judged",
    )  # fmt: skip


def _blank(item: pytest.Item) -> Record:
    if isinstance(item, Unjudged):
        blank = blank_of_row(item.row)
    elif isinstance(expected := expected_of(item), Expectation):
        item.stash[EXPECTED] = expected
        blank = Record(
            id=expected.id, system=expected.system, area=expected.area, check=expected.check,
            when=list(expected.when), severity=expected.severity, runbook=expected.runbook,
            remedy=expected.remedy or _remedy(item), target=expected.place,
            outcome=Outcome.UNKNOWN, summary="not judged",
        )  # fmt: skip
    else:
        blank = Record(
            id=item.nodeid, system="", area="", check=item.name, when=[mark.name for mark in item.iter_markers()],
            severity="critical", runbook="", remedy=_remedy(item), target="", outcome=Outcome.UNKNOWN,
            summary="not judged",
        )  # fmt: skip
    blank.nodeid = item.nodeid
    return blank


def _remedy(item: pytest.Item) -> str:
    text = inspect.getdoc(getattr(item, "obj", None)) or ""
    return " ".join(text.partition("Remedy:")[2].split())


def _keep_only(config: pytest.Config, items: list[pytest.Item], ids: tuple[str, ...]) -> None:
    if not ids:
        return
    kept: list[pytest.Item] = []
    others: list[pytest.Item] = []
    for item in items:
        is_named = any(fnmatch.fnmatchcase(item.stash[BLANK].id, pattern) for pattern in ids)
        (kept if is_named else others).append(item)
    config.hook.pytest_deselected(items=others)
    items[:] = kept
