"""A round with every outcome and some hostile text, and readers for what the reports made of it."""

import html
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rounds.limits import at_least, at_most
from rounds.outcome import Outcome
from rounds.record import Observation, Record
from rounds.round import Round

HOSTILE = "<script>alert('x')</script> & \"q\" ]]> \x1b[31mred\x1b[0m \x00\x08 \u202egnp \udc80 a\\b\r\nE next | `line`"


def _record(name: str, outcome: Outcome, *observations: Observation, **given: Any) -> Record:
    area, check = name.split(".")
    fields: dict[str, Any] = {
        "id": f"bigshot.{name}", "system": "bigshot", "area": area, "check": check, "severity": "critical",
        "when": ["daily", "pre-maintenance"], "runbook": "Daily > Morning", "remedy": "look at it",
        "target": "app (local://)", "outcome": outcome, "real_outcome": outcome, "observations": list(observations),
        "summary": "; ".join(each.sentence for each in observations), "judged_at": "2026-11-22T03:00:01.500Z",
        "seconds": 0.25, "since": "2026-11-20T03:00:00.000Z", "nodeid": f"checks/test_x.py::test_x[{name}]",
    }  # fmt: skip
    return Record(**(fields | given))


@pytest.fixture
def record() -> Callable[..., Record]:
    """Make a record: `record("area.name", Outcome.OK, observation, …, summary=…)`."""
    return _record


@pytest.fixture
def a_round() -> Callable[..., Round]:
    """Make a round of some records."""

    def made(*records: Record, **given: Any) -> Round:
        fields: dict[str, Any] = {
            "id": "20261122T030000Z-daily", "batch": "daily", "started_at": "2026-11-22T03:00:00.000Z", "seconds": 3.25,
            "finished_at": "2026-11-22T03:00:03.250Z", "ended": "all were judged", "version": "0.1.0",
            "selection": "-m 'daily and not <slow>'",
        }  # fmt: skip
        return Round(**(fields | given), records=list(records))

    return made


@pytest.fixture
def told(a_round: Callable[..., Round]) -> Round:
    """A round with one record of each outcome, one of them hostile."""
    used = at_most(90, warning=80, unit="%")
    size = at_least(10e6, unit="B")
    hostile = Observation(HOSTILE, HOSTILE, HOSTILE, None, HOSTILE, Outcome.CRITICAL, HOSTILE)
    waiver = {"owner": "ops", "reason": "new CA", "until": "2026-12-01T00:00:00+00:00"}
    return a_round(
        _record("resources.memory-usage", Outcome.OK, Observation.of("memory used", 41.5, used, "%", "")),
        _record("backup.dump", Outcome.CRITICAL, Observation.of("size", 18_000.0, size, "B", "dump-3.gz"),
                Observation.of("verified", True, None, "", ""), Observation.of("name", "dump-3.gz", None, "", "")),
        _record("security.logins", Outcome.UNKNOWN, summary="relation <x> does not exist",
                detail="Traceback\nE   KeyError"),
        _record("resources.disk", Outcome.WARNING, Observation.of("used", 85.0, used, "%", ""), severity="warning"),
        _record("certificates.expiry", Outcome.WAIVED, summary="waived until 2026-12-01", waiver=waiver,
                real_outcome=Outcome.CRITICAL),
        _record("replication.lag", Outcome.SKIPPED, summary="no replica here"),
        _record("security.hostile", Outcome.CRITICAL, hostile, summary=HOSTILE,
                detail=HOSTILE * 1000, remedy=HOSTILE, runbook=HOSTILE, target=HOSTILE),
    )  # fmt: skip


class Page:
    """What is in a report.html: the text a browser would show of each cell, by expectation."""

    def __init__(self, path: Path) -> None:
        self.html = path.read_text(encoding="utf-8")
        blob = re.search(r'data-jsonblob="([^"]*)"', self.html)
        assert blob
        self.data = json.loads(html.unescape(blob[1]))
        self.tests: dict[str, dict[str, Any]] = {name: rows[0] for name, rows in self.data["tests"].items()}

    def cells(self, name: str) -> dict[str, str]:
        """The cells of one expectation as HTML, by column."""
        found = [
            re.fullmatch(r'<td class="col-(\w+)"[^>]*>(.*)</td>', cell) for cell in self.tests[name]["resultsTableRow"]
        ]
        return {match[1]: match[2] for match in found if match}

    def text(self, name: str, column: str) -> str:
        """The text of one cell, with one space between its parts."""
        return text_of(self.cells(name)[column])

    def details(self, name: str) -> str:
        """The text of what is folded away below its row."""
        return text_of(self.tests[name]["log"])


def text_of(markup: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", markup)).split())


@pytest.fixture
def page() -> Callable[[Path], Page]:
    """Read a report.html."""
    return Page
