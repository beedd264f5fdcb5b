"""JUnit files as rounds: foreign ones lose nothing, and those that are none say so."""

import pytest

from rounds.alerting.junit import NoJUnit, read_junit
from rounds.outcome import Outcome

JUNIT = """<testsuite name="t">{}</testsuite>"""


@pytest.mark.parametrize(
    "cases",
    [
        '<testcase name="x"><failure/></testcase><testcase name="x"/>',
        '<testcase name="x[a&lt;b]"><failure/></testcase><testcase name="x[a&gt;b]"/>',
        '<testcase name="ログイン"><failure/></testcase><testcase name="ログアウト"/>',
        '<testcase name="x"/><testsuite name="inner"><testcase name="y"><failure/></testcase></testsuite>',
    ],
)
def test_no_failure_of_a_foreign_file_is_lost_behind_a_neighbour(tmp_path, cases):
    path = tmp_path / "junit.xml"
    path.write_text(JUNIT.format(cases))
    told = read_junit(path, system="shop")
    assert told.outcome is Outcome.CRITICAL
    assert {record.system for record in told.records} == {"shop"}


@pytest.mark.parametrize(
    "text",
    [
        b'<?xml version="1.0" encoding="shift_jis"?><testsuite/>', b'<?xml version="1.0" encoding="foo"?><testsuite/>',
        '<testsuite name="t"><testcase name="x"/></testsuite>'.encode("utf-16"), b"<testsuite>", b"<other/>", b"",
    ],
)  # fmt: skip
def test_what_cannot_be_read_as_junit_says_why(tmp_path, text):
    path = tmp_path / "junit.xml"
    path.write_bytes(text)
    with pytest.raises(NoJUnit, match=r"junit\.xml"):
        read_junit(path)


@pytest.mark.parametrize("stamp", ["0001-01-01T00:00:00", "9999-12-31T23:59:59-12:00", "soon", ""])
def test_a_time_that_is_none_is_now(tmp_path, stamp):
    path = tmp_path / "junit.xml"
    path.write_text(f'<testsuite name="t" timestamp="{stamp}"><testcase name="x"/></testsuite>')
    assert read_junit(path).finished_at >= "2026"
