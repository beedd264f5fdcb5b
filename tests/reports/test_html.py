import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rounds.outcome import Outcome
from rounds.record import Observation, Record
from rounds.reports import html
from rounds.reports.results import read_results
from rounds.reports.results import write as write_results
from rounds.round import Round


@pytest.fixture
def written(told: Round, tmp_path: Path, page: Callable[[Path], Any]) -> Any:
    """The page of the round with all outcomes."""
    html.write(told, tmp_path / "report.html")
    return page(tmp_path / "report.html")


def test_rows_stand_worst_first_and_the_browser_leaves_them_so(written: Any, told: Round) -> None:
    assert list(written.tests) == [record.id for record in told.worst_first]
    assert written.data["initialSort"] == "original"


def test_details_are_folded_away(written: Any) -> None:
    assert written.data["renderCollapsed"] == ["all"]


def test_a_row_tells_what_an_operator_needs(written: Any) -> None:
    told = {column: written.text("bigshot.backup.dump", column) for column in written.cells("bigshot.backup.dump")}
    assert told == {
        "result": "failed",
        "testId": "bigshot.backup.dump",
        "outcome": "critical",
        "severity": "critical",
        "system": "bigshot",
        "expectation": "bigshot.backup.dump size is 18 kB, allowed is at least 10 MB (dump-3.gz); verified is yes; "
        "name is dump-3.gz",
        "observed": "size: 18 kB , allowed at least 10 MB critical verified: yes name: dump-3.gz",
        "since": "2026-11-20 03:00 UTC 48 h",
        "target": "app (local://)",
        "runbook": "Daily > Morning look at it",
    }


def test_each_observation_stands_on_its_own_line(written: Any) -> None:
    assert written.cells("bigshot.backup.dump")["observed"].count("<li") == 3


@pytest.mark.parametrize(
    ("name", "outcome", "result"),
    [
        ("backup.dump", "critical", "failed"),
        ("security.logins", "unknown", "error"),
        ("resources.disk", "warning", "xpassed"),
        ("certificates.expiry", "waived", "xfailed"),
        ("replication.lag", "skipped", "skipped"),
        ("resources.memory-usage", "ok", "passed"),
    ],
)
def test_each_outcome_has_its_own_filter_with_our_word(name: str, outcome: str, result: str, written: Any) -> None:
    assert written.tests[f"bigshot.{name}"]["result"] == result
    assert written.text(f"bigshot.{name}", "outcome") == outcome
    count = 2 if outcome == "critical" else 1
    box = rf'data-test-result="{result}"[^>]*>\s*<span class="{result}">{count} {outcome}</span><span hidden>,</span>'
    assert re.search(box, written.html)


def test_outcomes_sort_by_how_bad_they_are(written: Any, told: Round) -> None:
    by_column = sorted(written.tests, key=lambda name: written.tests[name]["outcome"])
    assert [written.text(name, "outcome") for name in by_column] == [record.outcome for record in told.worst_first]


def test_a_traceback_lies_in_the_details(written: Any) -> None:
    assert "<pre>Traceback\nE   KeyError\n</pre>" in written.tests["bigshot.security.logins"]["log"]
    assert (
        "by ops until 2026-12-01 00:00 UTC: new CA (in truth critical)"
        in written.tests["bigshot.certificates.expiry"]["log"]
    )


def test_hostile_text_stays_text(written: Any) -> None:
    row = written.tests["bigshot.security.hostile"]
    for part in (*row["resultsTableRow"], row["log"], *written.data["environment"].values()):
        assert not re.search(r"<(script|img|slow)", part)
        assert not re.search("[\x00-\x08\x0b-\x1f\u202e]", part)
    assert written.html.count("<script") == 2, "pytest-html's own and our small one"
    assert "(" in row["log"]
    assert len(row["log"]) < 20_000


def test_the_summary_says_how_it_stands(told: Round, tmp_path: Path, page: Callable[[Path], Any]) -> None:
    told.problems.append("results.json could not be <written>")
    told.ended = "2 were not judged: SIGTERM"
    html.write(told, tmp_path / "report.html")
    said = re.sub(r"\s+", " ", page(tmp_path / "report.html").html)
    assert '<p class="word">critical</p>' in said
    assert (
        "<b>2</b> critical, <b>1</b> unknown, <b>1</b> warning, <b>1</b> waived, <b>1</b> skipped, <b>1</b> ok" in said
    )
    assert "<dt>Batch</dt><dd>daily</dd>" in said
    assert "<dt>Started</dt><dd>2026-11-22 03:00 UTC</dd>" in said
    assert "<dt>Took</dt><dd>3.25 s</dd>" in said
    assert "<dt>Ended</dt><dd>2 were not judged: SIGTERM</dd>" in said
    assert "<li>results.json could not be &lt;written&gt;</li>" in said
    assert '<title id="head-title">critical: daily round</title>' in said


def test_the_environment_holds_nothing_of_the_machine(
    told: Round, tmp_path: Path, page: Callable[[Path], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("BUILD_TAG", "CI_JOB_URL", "GITHUB_SHA", "JENKINS_URL"):
        monkeypatch.setenv(name, "hunter2")
    html.write(told, tmp_path / "report.html")
    written = page(tmp_path / "report.html")
    assert list(written.data["environment"]) == ["Rounds", "Python", "Batch", "Selection"]
    assert written.data["environment"]["Selection"] == "-m &#x27;daily and not &lt;slow&gt;&#x27;"
    assert "hunter2" not in written.html


def test_it_needs_nothing_from_elsewhere(written: Any) -> None:
    assert not re.search(r'<(script|img|link|iframe)[^>]*\b(src|href)="?(https?:|//|\.)', written.html)
    assert not re.search(r"@import|url\(", written.html)


def test_hundreds_of_observations_do_not_drown_the_row(
    record: Callable[..., Record], a_round: Callable[..., Round], tmp_path: Path, page: Callable[[Path], Any]
) -> None:
    seen = [Observation(f"component {number}", number, "", None, "", Outcome.OK) for number in range(500)]
    seen.append(Observation("the one", 1, "", None, "", Outcome.CRITICAL))
    html.write(a_round(record("a.b", Outcome.CRITICAL, *seen)), tmp_path / "report.html")
    observed = page(tmp_path / "report.html").text("bigshot.a.b", "observed")
    assert observed.startswith("the one: 1 critical component 0: 0")
    assert observed.endswith("component 18: 18 and 481 more, in results.json")


def test_a_round_without_records_is_told_too(a_round: Callable[..., Round], tmp_path: Path) -> None:
    html.write(a_round(), tmp_path / "report.html")
    said = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert '<p class="word">unknown</p>' in said
    assert "nothing was judged" in said


def test_settings_of_the_user_do_not_reach_the_replay(
    told: Round, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", "--no-such-option")
    monkeypatch.setenv("PYTEST_PLUGINS", "no_such_plugin")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n")
    (tmp_path / "conftest.py").write_text("raise RuntimeError('nobody may read me')\n")
    html.write(told, tmp_path / "report.html")
    assert os.environ["PYTEST_ADDOPTS"] == "--no-such-option"


def test_it_can_be_written_with_stdout_and_stderr_closed(told: Round, tmp_path: Path) -> None:
    write_results(told, tmp_path / "results.json")
    script = (
        "import os, sys; os.close(1); os.close(2); sys.stdout = sys.stderr = None\n"
        "from pathlib import Path\n"
        "from rounds.reports import html, results\n"
        f"folder = Path({str(tmp_path)!r})\n"
        "html.write(results.read_results(folder / 'results.json'), folder / 'report.html')\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
    assert (tmp_path / "report.html").stat().st_size > 50_000


def test_the_session_around_it_goes_on_undisturbed(told: Round, pytester: pytest.Pytester) -> None:
    write_results(told, pytester.path / "results.json")
    pytester.makeconftest("""
        import faulthandler, json, os, sys
        from pathlib import Path

        def state():
            hooks = sys.unraisablehook, sys.excepthook, sys.stdout, sys.stderr, sys.meta_path[:], sys.path[:]
            return [os.getcwd(), os.environ.get("PYTEST_VERSION"), faulthandler.is_enabled(), *map(repr, hooks)]

        def pytest_sessionfinish(session):
            from rounds.reports import write_all
            from rounds.reports.results import read_results
            before = state()
            problems = write_all(read_results(Path("results.json")), Path("told"))
            assert not problems, problems
            assert state() == before
    """)
    pytester.makepyfile("""
        import pytest

        def test_good(): pass
        def test_bad(): print("heard"); assert 1 == 2
        def test_not(): pytest.skip("no")
    """)
    plugins = ("-p", "pytest_html.plugin", "-p", "pytest_metadata.plugin")
    outer = ("--html=outer.html", "--self-contained-html", "--junitxml=outer.xml")
    ran = pytester.runpytest_subprocess("--disable-plugin-autoload", *plugins, *outer, "-rA")
    ran.assert_outcomes(passed=1, failed=1, skipped=1)
    ran.stdout.fnmatch_lines(["*assert 1 == 2", "*Captured stdout call*", "heard"])
    assert sorted(path.name for path in (pytester.path / "told").iterdir()) == [
        "junit.xml", "metrics.prom", "report.html", "results.json",
    ]  # fmt: skip
    assert read_results(pytester.path / "told" / "results.json").records == told.worst_first
    assert "test_bad" in (pytester.path / "outer.html").read_text(encoding="utf-8")
    assert 'tests="3"' in (pytester.path / "outer.xml").read_text(encoding="utf-8")
    assert json.loads((pytester.path / "results.json").read_text(encoding="utf-8"))["format"] == 1
