from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rounds.outcome import Outcome
from rounds.record import Observation, Record
from rounds.reports import junit
from rounds.round import Round


def _suite(told: Round, folder: Path) -> ET.Element:
    junit.write(told, folder / "junit.xml")
    suite = ET.parse(folder / "junit.xml").getroot().find("testsuite")  # noqa: S314 - we wrote it
    assert suite is not None
    return suite


def test_the_counts_of_the_suite_are_those_of_its_testcases(told: Round, tmp_path: Path) -> None:
    suite = _suite(told, tmp_path)
    assert suite.attrib == {
        "name": "rounds.daily", "timestamp": "2026-11-22T03:00:00.000Z", "time": "3.250",
        "tests": "7", "failures": "2", "errors": "1", "skipped": "2",
    }  # fmt: skip
    assert len(suite.findall("testcase")) == 7
    for name, element in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        assert len(suite.findall(f"testcase/{element}")) == int(suite.attrib[name])


def test_a_testcase_says_all_of_its_expectation(told: Round, tmp_path: Path) -> None:
    case = _suite(told, tmp_path).find("testcase[@name='bigshot.backup.dump']")
    assert case is not None
    assert case.attrib == {"name": "bigshot.backup.dump", "classname": "rounds.bigshot.backup", "time": "0.250"}
    assert {each.attrib["name"]: each.attrib["value"] for each in case.iter("property")} == {
        "outcome": "critical", "severity": "critical", "check": "dump", "target": "app (local://)",
        "runbook": "Daily > Morning", "remedy": "look at it", "since": "2026-11-20T03:00:00.000Z",
        "when": "daily, pre-maintenance",
        "observation:size": "18 kB; allowed at least 10 MB; critical; dump-3.gz",
        "observation:verified": "yes; ok", "observation:name": "dump-3.gz; ok",
    }  # fmt: skip


def test_a_warning_passes_and_says_so(told: Round, tmp_path: Path) -> None:
    case = _suite(told, tmp_path).find("testcase[@name='bigshot.resources.disk']")
    assert case is not None
    assert [child.tag for child in case] == ["properties"]
    assert case.find("properties/property[@name='outcome'][@value='warning']") is not None


def test_a_waived_expectation_is_skipped_and_says_by_whom(told: Round, tmp_path: Path) -> None:
    case = _suite(told, tmp_path).find("testcase[@name='bigshot.certificates.expiry']")
    assert case is not None
    skipped = case.find("skipped")
    assert skipped is not None
    assert skipped.attrib["message"] == "waived until 2026-12-01"
    assert case.find("properties/property[@name='waiver:owner'][@value='ops']") is not None


def test_the_traceback_is_the_body_and_has_an_end(told: Round, tmp_path: Path) -> None:
    suite = _suite(told, tmp_path)
    error = suite.find("testcase[@name='bigshot.security.logins']/error")
    assert error is not None
    assert error.attrib["message"] == "relation <x> does not exist"
    assert error.text == "Traceback\nE   KeyError"
    hostile = suite.find("testcase[@name='bigshot.security.hostile']/failure")
    assert hostile is not None
    assert hostile.text is not None
    assert len(hostile.text) < 12_000
    assert hostile.text.endswith("more characters)")


def test_a_problem_of_the_round_turns_a_ci_server_red(told: Round, tmp_path: Path) -> None:
    told.problems.append("checks/test_mine.py could not be collected")
    suite = _suite(told, tmp_path)
    error = suite.find("testcase[@classname='rounds.round']/error")
    assert error is not None
    assert error.attrib["message"] == "checks/test_mine.py could not be collected"
    assert (suite.attrib["tests"], suite.attrib["errors"]) == ("8", "2")


def test_a_round_that_judged_nothing_is_not_green(a_round: Callable[..., Round], tmp_path: Path) -> None:
    suite = _suite(a_round(), tmp_path)
    assert (suite.attrib["tests"], suite.attrib["errors"]) == ("1", "1")


@settings(deadline=None)
@given(text=st.text(st.characters(), max_size=40))
def test_any_text_is_well_formed_xml(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    seen = Observation(text, text, text, None, text, Outcome.CRITICAL, text)
    one = Record(text, text, text, text, [text], text, text, text, text, Outcome.CRITICAL, text, [seen], text)
    folder = tmp_path_factory.getbasetemp()
    case = _suite(Round(text, text, text, records=[one], problems=[text]), folder).find("testcase")
    assert case is not None
    assert "\x1b" not in ET.tostring(case, encoding="unicode")
