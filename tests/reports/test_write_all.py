import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rounds.outcome import Outcome
from rounds.record import Observation
from rounds.reports import WRITERS, whole, write_all
from rounds.reports.results import read_results
from rounds.reports.results import write as write_results
from rounds.round import Round

NAMES = {"results.json", "metrics.prom", "junit.xml", "report.html"}


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def _run(script: str) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run([sys.executable, "-c", script], check=False, timeout=60, capture_output=True)


def test_all_reports_are_there_and_nothing_else(told: Round, tmp_path: Path) -> None:
    assert write_all(told, tmp_path / "new" / "folder") == []
    assert _names(tmp_path / "new" / "folder") == NAMES


def test_they_can_be_read_by_others_as_the_umask_allows(told: Round, tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        write_all(told, tmp_path)
    finally:
        os.umask(before)
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o644}


def test_an_empty_round_is_reported(a_round: Callable[..., Round], tmp_path: Path) -> None:
    assert write_all(a_round(), tmp_path) == []
    assert _names(tmp_path) == NAMES


def test_a_folder_that_cannot_be_written_is_four_plain_problems(told: Round, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert write_all(told, tmp_path / "file" / "folder") == [
        f"{name} could not be written: not a directory" for name in WRITERS
    ]


def test_one_that_cannot_be_written_does_not_stop_the_others(told: Round, tmp_path: Path) -> None:
    """The kernel refuses files above 30 kB, as a full disk or a quota would: only report.html is larger."""
    told.records[-1].detail = ""
    write_results(told, tmp_path / "results.json")
    (tmp_path / "told").mkdir()
    (tmp_path / "told" / "report.html").write_text("the old one")
    ran = _run(
        "import resource\n"
        "from pathlib import Path\n"
        "from rounds.reports import write_all\n"
        "from rounds.reports.results import read_results\n"
        f"folder = Path({str(tmp_path)!r})\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000))\n"
        "print(write_all(read_results(folder / 'results.json'), folder / 'told'))\n"
    )
    assert ran.stdout.decode() == "['report.html could not be written: file too large']\n"
    assert _names(tmp_path / "told") == NAMES
    assert (tmp_path / "told" / "report.html").read_text() == "the old one"
    assert read_results(tmp_path / "told" / "results.json").records == told.worst_first


def test_killed_in_the_middle_the_old_report_stays_whole(tmp_path: Path) -> None:
    (tmp_path / "metrics.prom").write_text("the old one\n")
    ran = _run(
        "import os, signal\n"
        "from pathlib import Path\n"
        "from rounds.reports import whole\n"
        f"with whole(Path({str(tmp_path)!r}) / 'metrics.prom') as unfinished:\n"
        "    unfinished.write_text('half of the new')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    assert ran.returncode == -9
    assert (tmp_path / "metrics.prom").read_text() == "the old one\n"
    (left,) = _names(tmp_path) - {"metrics.prom"}
    assert not left.endswith((".prom", ".json", ".xml", ".html")), "no collector may take half a file for a whole one"


def test_what_breaks_leaves_nothing_behind(tmp_path: Path) -> None:
    def half() -> None:
        with whole(tmp_path / "junit.xml") as unfinished:
            unfinished.write_text("half")
            raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        half()
    assert not _names(tmp_path)


def test_a_mistake_of_ours_in_one_report_is_told_in_words(
    told: Round, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_told: Round, _path: Path) -> None:
        raise KeyError("area")

    monkeypatch.setitem(WRITERS, "junit.xml", broken)
    assert write_all(told, tmp_path) == ["junit.xml could not be written: KeyError: 'area'"]
    assert _names(tmp_path) == NAMES - {"junit.xml"}


def test_a_mistake_in_the_replay_is_told_in_words(
    told: Round, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("row")

    monkeypatch.setattr("rounds.reports.page.row", broken)
    assert write_all(told, tmp_path) == ["report.html could not be written: KeyError: 'row'"]
    assert _names(tmp_path) == NAMES - {"report.html"}
    assert capfd.readouterr() == ("", "")


def test_who_writes_no_report_pays_for_none() -> None:
    script = "import sys, rounds.reports, rounds.reports.terminal; print(*sys.modules)"
    loaded = set(_run(script).stdout.decode().split())
    assert "rounds.reports.html" in loaded
    assert not loaded & {"jinja2", "pytest_html", "prometheus_client", "junitparser", "http.server"}


def test_text_that_is_not_unicode_ends_no_report(a_round, record, tmp_path):
    broken = "caf\udce9 \x1b[31m\x07"
    told = a_round(
        record("a.b", Outcome.CRITICAL, Observation(broken, broken, broken, None, broken, Outcome.CRITICAL, broken),
               summary=broken, detail=broken, remedy=broken, target=broken),
        problems=[broken], batch=broken, selection=broken, ended=broken, version=broken,
    )  # fmt: skip
    folder = tmp_path / "reports\udcff"
    assert write_all(told, folder) == []
    assert (folder / "report.html").is_file()
    assert json.loads((folder / "results.json").read_text())["round"]["problems"] == [r"caf\xdce9 \x07"]
