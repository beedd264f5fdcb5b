"""The same figures everywhere: each report of one round says the same of each expectation, field by field."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from prometheus_client.parser import text_string_to_metric_families

from rounds.outcome import Outcome
from rounds.quantities import shown
from rounds.record import Record
from rounds.reports import write_all
from rounds.reports.metrics import NUMBERS
from rounds.reports.results import read_results
from rounds.reports.text import line
from rounds.round import Round

ELEMENTS = {
    Outcome.CRITICAL: ["failure"], Outcome.UNKNOWN: ["error"], Outcome.WARNING: [],
    Outcome.WAIVED: ["skipped"], Outcome.SKIPPED: ["skipped"], Outcome.OK: [],
}  # fmt: skip


class Reports:
    """All reports of one round, read back from their files."""

    def __init__(self, folder: Path, page: Callable[[Path], Any]) -> None:
        self.results = read_results(folder / "results.json")
        self.page = page(folder / "report.html")
        suite = ET.parse(folder / "junit.xml").getroot().find("testsuite")  # noqa: S314 - we wrote it
        assert suite is not None
        self.suite = suite
        self.cases = {case.attrib["name"]: case for case in suite.iter("testcase")}
        prom = (folder / "metrics.prom").read_text(encoding="utf-8")
        self.samples = [sample for family in text_string_to_metric_families(prom) for sample in family.samples]

    def metrics(self, name: str, **labels: str) -> Iterator[Any]:
        for sample in self.samples:
            if sample.name == name and labels.items() <= sample.labels.items():
                yield sample


@pytest.fixture
def reports(told: Round, tmp_path: Path, page: Callable[[Path], Any]) -> Reports:
    assert write_all(told, tmp_path) == []
    return Reports(tmp_path, page)


def test_all_know_the_same_expectations(reports: Reports) -> None:
    ids = [record.id for record in reports.results.records]
    assert list(reports.page.tests) == ids
    assert list(reports.cases) == ids
    assert {sample.labels["id"] for sample in reports.metrics("rounds_expectation_outcome")} == set(ids)


def test_all_say_the_same_of_each_expectation(reports: Reports) -> None:
    for record in reports.results.records:
        _agree_in_junit(reports, record)
        _agree_in_html(reports, record)
        _agree_in_metrics(reports, record)


def _agree_in_junit(reports: Reports, record: Record) -> None:
    case = reports.cases[record.id]
    said = {each.attrib["name"]: each.attrib["value"] for each in case.iter("property")}
    for field in ("outcome", "severity", "check", "target", "runbook", "remedy", "since"):
        assert said[field] == line(getattr(record, field)), field
    assert said["when"] == ", ".join(record.when)
    assert [child.tag for child in case if child.tag != "properties"] == ELEMENTS[record.outcome]
    for element in ELEMENTS[record.outcome]:
        told = case.find(element)
        assert told is not None
        assert told.attrib["message"] == line(record.summary)
    for seen in record.observations:
        value = said[line(f"observation:{seen.name}")]
        assert value.startswith(line(shown(seen.value, seen.unit)))
        assert line(seen.allowed) in value
        assert seen.verdict in value


def _agree_in_html(reports: Reports, record: Record) -> None:
    said = {column: reports.page.text(record.id, column) for column in reports.page.cells(record.id)}
    everything = " ".join(said.values()) + reports.page.details(record.id)
    assert said["outcome"] == record.outcome
    assert said["severity"] == record.severity
    assert said["system"] == record.system
    assert said["target"] == line(record.target)
    assert said["since"].startswith(record.since[:10])
    for text in (record.id, record.summary, record.runbook, record.remedy, record.check, *record.when):
        if record.outcome is not Outcome.OK or text != record.summary:
            assert line(text) in everything
    for seen in record.observations:
        assert line(seen.name) in said["observed"]
        assert line(shown(seen.value, seen.unit)) in said["observed"]
        assert line(seen.allowed) in said["observed"]


def _agree_in_metrics(reports: Reports, record: Record) -> None:
    (outcome,) = reports.metrics("rounds_expectation_outcome", id=record.id)
    assert outcome.value == NUMBERS[record.outcome]
    assert outcome.labels == {
        "id": record.id, "system": record.system, "area": record.area, "severity": record.severity, "batch": "daily",
    }  # fmt: skip
    figures = {
        sample.labels["observation"]: sample for sample in reports.metrics("rounds_observation_value", id=record.id)
    }
    for seen in record.observations:
        if isinstance(seen.value, int | float):
            assert figures.pop(seen.name).value == seen.value
    assert not figures


def test_all_count_the_same(reports: Reports) -> None:
    counts = reports.results.counts
    for outcome, count in counts.items():
        (sample,) = reports.metrics("rounds_round_records", outcome=outcome)
        assert sample.value == count
        assert f">{count} {outcome}</span>" in reports.page.html
    assert int(reports.suite.attrib["failures"]) == counts[Outcome.CRITICAL]
    assert int(reports.suite.attrib["errors"]) == counts[Outcome.UNKNOWN]
    assert int(reports.suite.attrib["tests"]) == sum(counts.values())


def test_all_say_the_same_of_the_round(reports: Reports) -> None:
    told = reports.results
    (outcome,) = reports.metrics("rounds_round_outcome")
    assert outcome.value == NUMBERS[told.outcome]
    assert f'<p class="word">{told.outcome}</p>' in reports.page.html
    (seconds,) = reports.metrics("rounds_round_duration_seconds")
    assert seconds.value == float(reports.suite.attrib["time"]) == told.seconds
    assert reports.suite.attrib["timestamp"] == told.started_at
