import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from rounds.outcome import Outcome

OTHER_CHECKS = """
    import pytest
    from rounds.expectation import Expectation
    class Plain(Expectation): pass
    def test_skips(expected: Plain): pytest.skip("no such part here")
    def test_asserts(expected: Plain): assert 1 == 2, "one is not two"
    def test_breaks(expected: Plain): raise TypeError("None has no len")
    def test_sees_nothing(expected: Plain, observe): pass
    @pytest.fixture
    def untidy():
        yield
        raise OSError("cannot tidy up")
    def test_untidy(expected: Plain, untidy): pass
    @pytest.mark.daily
    def test_without_a_row(): pass
"""
WAIVED = {
    "owner": "eve",
    "reason": "new disk is ordered",
    "until": f"{datetime.now(UTC) + timedelta(days=30):%Y-%m-%dT%H:%M:%SZ}",
}
ROWS = [
    {"id": "good", "shows": 1},
    {"id": "warns", "shows": 7},
    {"id": "bad", "shows": 11},
    {"id": "bad-but-only-told", "shows": 12, "severity": "warning"},
    {"id": "hidden", "shows": -1},
    {"id": "hung", "shows": -2, "deadline": "300ms"},
    {"id": "probe-breaks", "shows": -3},
    {"id": "waived", "shows": 13, "waived": WAIVED},
    {"id": "waived-too-long", "shows": 14, "waived": WAIVED | {"until": "2020-01-01T00:00:00Z"}},
    {"id": "does-not-apply", "shows": 15, "skip": "there is no such disk here"},
    {"id": "weekly", "shows": 11, "when": ["weekly"]},
    *({"id": name, "check": name} for name in ("skips", "asserts", "breaks", "sees-nothing", "untidy")),
]
EXPECTED = {
    "good": "ok", "warns": "warning", "bad": "critical", "bad-but-only-told": "warning", "hidden": "unknown",
    "hung": "unknown", "probe-breaks": "unknown", "waived": "waived", "waived-too-long": "critical",
    "does-not-apply": "skipped", "skips": "skipped", "asserts": "critical", "breaks": "unknown",
    "sees-nothing": "unknown", "untidy": "unknown", "systems/mine/test_other.py::test_without_a_row": "ok",
}  # fmt: skip


@pytest.mark.parametrize("extra", [[], ["--", "-n", "2"]], ids=["alone", "xdist"])
def test_every_outcome_is_told_alike_alone_and_under_xdist(project, extra):
    project.rows(*ROWS)
    project.checks(OTHER_CHECKS, "test_other.py")
    done = project.run("run", "daily", *extra)
    assert done.returncode == 1, done.stdout + done.stderr
    assert project.outcomes() == EXPECTED
    assert "no answer within 300 ms" in project.summary(".hung")
    assert "nothing to divide by" in project.summary(".probe-breaks")
    assert project.summary(".sees-nothing") == "the check observed nothing"
    assert "new disk is ordered" in project.summary(".waived")
    bad = next(record for record in project.told().records if record.id.endswith(".bad"))
    assert [seen.name for seen in bad.observations] == ["first figure", "second figure"]
    assert bad.remedy == "make it smaller."
    cases = {case.get("name"): case for case in ET.parse(project.latest / "junit.xml").iter("testcase")}  # noqa: S314
    assert cases["mine.area.bad"].find("failure") is not None
    assert cases["mine.area.hidden"].find("error") is not None
    assert cases["mine.area.waived"].find("skipped") is not None


def test_pytest_itself_counts_as_the_records_do(project):
    project.rows(*ROWS)
    project.checks(OTHER_CHECKS, "test_other.py")
    project.run("run", "daily", "--", "--junit-xml=theirs.xml")
    suite = next(ET.parse(project.folder / "theirs.xml").iter("testsuite"))  # noqa: S314
    counts = project.told().counts
    assert int(suite.get("failures")) == counts[Outcome.CRITICAL]
    assert int(suite.get("errors")) == counts[Outcome.UNKNOWN]
    assert int(suite.get("skipped")) == counts[Outcome.SKIPPED] + counts[Outcome.WAIVED]


def test_a_good_round_ends_with_0_and_a_warning_fails_only_when_strict(project):
    project.rows({"id": "good", "shows": 1})
    assert project.run("run", "daily").returncode == 0
    project.rows({"id": "warns", "shows": 7})
    assert project.run("run", "daily").returncode == 0
    assert project.run("run", "daily", "--strict").returncode == 1


def test_nothing_selected_is_an_error(project):
    project.rows({"id": "good", "shows": 1})
    done = project.run("run", "quarterly")
    assert done.returncode == 5
    assert "nothing was selected" in done.stdout


def test_a_round_says_the_pytest_line_that_does_the_same(project):
    project.rows({"id": "good", "shows": 1})
    done = project.run("run", "daily", "--id", "mine.area.good")
    assert done.stdout.startswith("$ pytest -m daily --systems=systems")
    assert "--id mine.area.good" in done.stdout


def test_quiet_says_nothing_of_a_good_round(project):
    project.rows({"id": "good", "shows": 1})
    done = project.run("run", "daily", "--quiet")
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "", "")
    project.rows({"id": "bad", "shows": 11})
    assert "mine.area.bad" in project.run("run", "daily", "--quiet").stdout


def test_only_what_is_selected_is_looked_at_and_each_thing_once(project):
    project.rows(
        {"id": "a", "shows": 1}, {"id": "b", "shows": 1}, {"id": "c", "shows": 2}, {"id": "d", "shows": 1, "thing": "two"},
        {"id": "later", "shows": 3, "when": ["weekly"]},
    )  # fmt: skip
    for extra in ([], ["--", "-n", "2"]):
        looks = Path(project.env["LOOKS"])
        looks.unlink(missing_ok=True)
        assert project.run("run", "daily", *extra).returncode == 0
        assert sorted(looks.read_text().splitlines()) == ["one 1.0", "one 2.0", "two 1.0"]
    looks.unlink()
    project.run("run", "--id", "mine.area.c")
    assert looks.read_text() == "one 2.0\n"


def test_since_when_goes_back_to_the_round_that_saw_it_first(project):
    project.rows({"id": "bad", "shows": 11})
    project.run("run", "daily")
    first = project.told()
    project.run("run", "daily")
    second = project.told()
    assert second.id != first.id
    assert second.records[0].since == first.started_at
    project.rows({"id": "bad", "shows": 1})
    project.run("run", "daily")
    assert project.told().records[0].since == project.told().started_at


def test_the_journal_says_what_was_expected_and_what_came(project):
    project.rows({"id": "good", "shows": 1}, {"id": "bad", "shows": 11})
    project.run("run", "daily")
    lines = [json.loads(line) for line in (project.latest / "records.jsonl").read_text().splitlines()]
    assert [next(iter(line)) for line in lines] == ["round", "record", "record", "end"]
    assert [blank["id"] for blank in lines[0]["expected"]] == ["mine.area.good", "mine.area.bad"]
