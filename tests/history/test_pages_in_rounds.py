"""Pages of histories as people meet them: linked from a round's report, and written by `rounds history --html`."""

import html
import json
import re

from rounds.outcome import Outcome
from rounds.past import MOST_PAGES
from rounds.reports import write_all
from rounds.running import remember

from .conftest import record

LINK = re.compile(r'href="(history/[^"]+)"')


def links(report):
    blob = re.search(r'data-jsonblob="([^"]*)"', report.read_text())
    tests = json.loads(html.unescape(blob[1]))["tests"]
    return {name: LINK.findall(" ".join(rows[0]["resultsTableRow"])) for name, rows in tests.items()}


def test_what_is_wrong_or_lately_was_links_to_its_page(project):
    for broken, mended in ((1, 50), (50, 1), (50, 1)):
        project.rows({"id": "broken", "shows": broken}, {"id": "mended", "shows": mended}, {"id": "fine", "shows": 1})
        project.run("run", "daily")
    found = links(project.latest / "report.html")
    assert found == {
        "mine.area.broken": ["history/mine.area.broken.html"],
        "mine.area.mended": ["history/mine.area.mended.html"],
        "mine.area.fine": [],
    }
    assert {path.name for path in (project.latest / "history").iterdir()} == {
        f"{name}.html" for name in found if found[name]
    }
    page = (project.latest / found["mine.area.broken"][0]).read_text()
    assert "1 ok" in re.sub(r"<[^>]*>", "", page)
    assert "in 3 rounds" in page
    for back in re.findall(r'href="([^"]+)"', page):
        assert (project.latest / "history" / back).resolve().is_file()
    assert len(re.findall(r'href="\.\./\.\./', page)) == 3, "each of the last rounds links to its report"


def test_the_first_round_has_no_history_and_no_link(project):
    project.rows({"id": "broken", "shows": 50})
    project.run("run", "daily")
    assert links(project.latest / "report.html") == {"mine.area.broken": []}
    assert not (project.latest / "history").exists()


def test_a_round_with_everything_broken_writes_a_few_pages_only(place, round_of, tmp_path):
    names = [f"row{number:03d}" for number in range(MOST_PAGES + 5)]
    place.new().add(round_of(1, *[record(name) for name in names]))
    told = round_of(0, *[record(name, Outcome.CRITICAL) for name in names])
    assert remember(told, place.new()) == []
    assert write_all(told, tmp_path / "reports" / "now") == []
    assert len(list((tmp_path / "reports" / "now" / "history").iterdir())) == MOST_PAGES


def test_pages_that_cannot_be_written_are_told_and_stop_no_report(place, round_of, tmp_path):
    place.new().add(round_of(1, record("disk")))
    told = round_of(0, record("disk", Outcome.CRITICAL))
    assert remember(told, place.new()) == []
    (tmp_path / "history").write_text("in the way")
    assert write_all(told, tmp_path) == ["history/mine.area.disk.html could not be written: file exists"]
    assert (tmp_path / "report.html").is_file()


def test_the_course_of_a_round_is_that_of_the_rounds_before_it(place, round_of):
    for days in (3, 2, 1):
        place.new().add(round_of(days, record("disk", Outcome.CRITICAL, figure=days)))
    told = round_of(1.5, record("disk", Outcome.CRITICAL, figure=9))
    course = place.new().past(told).courses["mine.area.disk"]
    assert [entry.figures for entry in course.entries] == [{"used": 3.0}, {"used": 2.0}]
    assert course.known["used"].unit == "%"


def test_the_command_writes_pages_of_all_or_of_some(project):
    for shows in (1, 50):
        project.rows({"id": "disk", "shows": shows}, {"id": "log", "shows": 1}, {"id": "queue", "shows": 1})
        project.run("run", "daily")
    done = project.run("history", "--html", "pages")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "pages/index.html: 3 pages\n"
    index = (project.folder / "pages" / "index.html").read_text()
    linked = re.findall(r'href="([^"]+)"', index)
    assert linked == ["mine.area.disk.html", "mine.area.log.html", "mine.area.queue.html"]
    page = (project.folder / "pages" / linked[0]).read_text()
    assert "make it smaller" in page, "the words of the row come from the newest report"
    assert "first figure is 50 %" in page
    project.run("history", "mine.area.log", "mine.area.q*", "--html", "some")
    names = {path.name for path in (project.folder / "some").iterdir()}
    assert names == {"mine.area.log.html", "mine.area.queue.html", "index.html"}


def test_the_command_without_reports_draws_what_the_history_knows(project):
    project.rows({"id": "disk", "shows": 50})
    project.run("run", "daily")
    done = project.run("history", "--html", "pages", "--reports", "elsewhere")
    assert done.returncode == 0, done.stderr
    page = (project.folder / "pages" / "mine.area.disk.html").read_text()
    assert "No report with this row" in page
    assert "critical above 10 %" in page


def test_an_older_report_lends_its_remedy_but_not_its_sentence(project):
    project.rows({"id": "disk", "shows": 50})
    project.run("run", "daily")
    project.rows({"id": "disk", "shows": 7})
    project.run("run", "daily", "--reports", "elsewhere")
    project.run("history", "--html", "pages")
    page = (project.folder / "pages" / "mine.area.disk.html").read_text()
    assert "make it smaller" in page
    assert "first figure is" not in page
    assert '<p class="word">warning</p>' in page


def test_mistakes_of_the_command_are_told(project):
    project.rows({"id": "disk", "shows": 1})
    assert "has no round yet" in project.run("history", "--html", "pages").stderr
    project.run("run", "daily")
    assert "one ID is due" in project.run("history").stderr
    wrong = project.run("history", "mine.area.disk", "mine.area.dick", "--html", "pages")
    assert wrong.returncode == 4
    assert "'mine.area.dick' was never judged" in wrong.stderr
    assert not (project.folder / "pages").exists()
    (project.folder / "file").write_text("in the way")
    blocked = project.run("history", "--html", "file/pages")
    assert blocked.returncode == 1
    assert "the pages cannot be written to file/pages: not a directory" in blocked.stderr.lower()


def test_secrets_are_on_no_page(project):
    project.env["TOKEN"] = "open-sesame"
    inventory = project.system / "inventory.yaml"
    inventory.write_text(
        inventory.read_text() + '  three: {kind: endpoint, url: "http://127.0.0.1:3", bearer: "${TOKEN}"}\n'
    )
    project.checks(
        '''
        from rounds.expectation import Expectation
        from rounds.limits import at_most
        from rounds.targets import Endpoint

        class Leaky(Expectation):
            thing: Endpoint

        def test_leaky(expected: Leaky, observe) -> None:
            """It leaks.

            Remedy: open-sesame, mend the leak.
            """
            observe("open-sesame", 5, at_most(3, unit="open-sesame"), note="open-sesame")
        ''',
        "test_leaky.py",
    )
    row = {"id": "mine.area.leak", "check": "leaky", "thing": "three", "when": ["daily"], "runbook": "open-sesame"}
    (project.system / "expectations.yaml").write_text(json.dumps([row]))
    for _ in range(2):
        assert project.run("run", "daily").returncode == 1
    project.run("history", "--html", "pages")
    page = (project.latest / "history" / "mine.area.leak.html").read_text()
    assert "•••" in page
    assert "sesame" not in page + (project.folder / "pages" / "mine.area.leak.html").read_text()
