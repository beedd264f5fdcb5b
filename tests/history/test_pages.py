"""A page per expectation: how it went as drawings, with what is allowed and what to do, for a browser without scripts."""

import re
import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest

from rounds.limits import at_most
from rounds.outcome import Outcome
from rounds.past import Course, Entry, Known
from rounds.record import Observation
from rounds.reports.history_page import Story, page, story_of_round
from rounds.reports.history_pages import file_name, pages_of_stories, story_of_course
from tests.reports.conftest import HOSTILE, text_of

from .conftest import record

T = datetime(2026, 11, 1, 6, tzinfo=UTC).timestamp()
DAY = 86400.0
USED = Known("%", "at most 90 % (warning at 80 %)", '{"direction": "at most", "warning": 80, "critical": 90}')


def days(*rounds: tuple[str, float | None]) -> list[Entry]:
    """A round a day: its outcome and the figure it saw."""
    return [
        Entry(T + number * DAY, outcome, "", f"round-{number}", {} if figure is None else {"used": figure})
        for number, (outcome, figure) in enumerate(rounds)
    ]


def shown(entries, known=USED, **more) -> str:
    return page(Story("mine.area.disk", entries, {"used": known}, entries[-1].at, **more))


def course_of(markup: str) -> list[str]:
    """The parts of the drawn line, without what is between them."""
    found = re.search(r'<path class="line[^"]*" d="M([^"]*)"', markup)
    return found[1].split("M") if found else []


class Closed(HTMLParser):
    """Refuses what is not closed in order."""

    VOID = ("meta",)

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.names: set[str] = set()
        self.feed(markup)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.names.add(tag)
        assert not [name for name, _ in attrs if name.startswith("on")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_a_page_says_what_is_so_since_when_what_is_allowed_and_what_to_do():
    entries = days(("ok", 70), ("ok", 75))
    told = record("disk", Outcome.CRITICAL, 95, since="2026-11-03T06:00:00Z")
    told.remedy, told.summary = "free some space", "used is 95 %"
    course = Course(entries, {"used": USED})
    text = text_of(
        page(story_of_round(told, course, "now", "2026-11-03T06:00:00Z", "2026-11-03T06:00:04Z")).split("</style>")[1]
    )
    assert text.startswith("critical mine.area.disk used is 95 % since 2026-11-03 06:00 UTC, for 4 s Remedy free some")
    assert "Allowed used: at most 90 % (warning at 80 %) Runbook Daily Target one" in text
    assert "1 critical, 2 ok in 3 rounds, 2026-11-01 06:00 UTC to 2026-11-03 06:00 UTC" in text
    assert "last 95 % , allowed at most 90 % (warning at 80 %) , lowest 70 %, highest 95 %" in text
    assert "critical above 90 %" in text
    assert "warning above 80 %" in text


def test_changes_are_told_with_how_long_they_lasted():
    entries = days(
        ("ok", 1), ("critical", 95), ("unknown", None), ("ok", 2), ("warning", 85), ("waived", 95), ("ok", 3)
    )
    changes = text_of(shown(entries).partition("Changes</h2>")[2].partition("</table>")[0])
    assert changes == (
        "When What For"
        " 2026-11-07 06:00 UTC ok again 1 round"
        " 2026-11-06 06:00 UTC waived 1 d, 1 round"
        " 2026-11-05 06:00 UTC warned 1 d, 1 round"
        " 2026-11-04 06:00 UTC recovered after 2 d 1 d, 1 round"
        " 2026-11-03 06:00 UTC could not look 1 d, 1 round"
        " 2026-11-02 06:00 UTC broke 1 d, 1 round"
        " 2026-11-01 06:00 UTC ok 1 d, 1 round"
    )


def test_the_line_is_broken_where_nothing_was_seen():
    figures = [1.0, 2.0, None, 4.0, 5.0, 6.0]
    whole = shown(days(*[("ok", figure or 3.0) for figure in figures]))
    broken = shown(days(*[("unknown" if figure is None else "ok", figure) for figure in figures]))
    assert [part.count("L") for part in course_of(whole)] == [5]
    assert [part.count("L") for part in course_of(broken)] == [1, 2]
    assert 'class="shade unknown"' in broken


def test_the_line_is_broken_where_no_round_looked_for_long():
    entries = days(*[("ok", 1.0 + number) for number in range(12)])
    kept = entries[:5] + entries[9:]
    assert [part.count("L") for part in course_of(shown(entries))] == [11]
    assert [part.count("L") for part in course_of(shown(kept))] == [4, 2]
    band = re.findall(r'<rect class="ok" x="([\d.]+)" width="([\d.]+)"', shown(kept))
    assert len(band) == 2, "the outcome of the time between is not known either"
    assert float(band[0][0]) + float(band[0][1]) < float(band[1][0]) - 100


def test_a_figure_that_was_seen_once_between_holes_is_a_dot():
    markup = shown(days(("ok", 1), ("ok", 2), ("unknown", None), ("ok", 5), ("unknown", None), ("ok", 7), ("ok", 8)))
    (alone,) = re.findall(r'<path class="alone" d="([^"]*)"', markup)
    assert alone.count("M") == 1


@pytest.mark.parametrize(("outcome", "figure"), [("critical", 95.0), ("unknown", None)])
def test_the_first_round_is_a_page_too(outcome, figure):
    markup = shown(days((outcome, figure)))
    Closed(markup)
    assert f"1 {outcome} in the first round" in text_of(markup)
    assert ("last 95 % , allowed" in text_of(markup)) is (figure is not None)
    assert "for 0 s" not in text_of(markup)


def test_twenty_thousand_rounds_keep_their_peaks_in_a_small_page():
    entries = [
        Entry(
            T + number * 300,
            "critical" if number == 7001 else "ok",
            "",
            "r",
            {"used": 95.0 if number == 7001 else number % 7 / 10},
        )
        for number in range(20_000)
    ]
    markup = shown(entries)
    assert len(markup) < 60_000
    heights = [float(point.split()[1]) for part in course_of(markup) for point in part.split("L")]
    limits = [float(y) for y in re.findall(r'<line class="limit critical"[^>]* y1="([\d.]+)"', markup)]
    assert min(heights) < limits[0], "the one peak is above the limit in the drawing, too"
    assert 'class="critical"' in markup.partition('class="band"')[2].partition("</svg>")[0]


def test_what_flaps_all_the_time_shows_the_worst_of_each_column():
    course = {4: "unknown", 5: "critical", 6: "warning"}
    entries = [Entry(T + number * 300, course.get(number % 17, "ok"), "", "r", {}) for number in range(9000)]
    band = shown(entries).partition('class="band"')[2].partition("</svg>")[0]
    assert band.count('class="critical"') > 400
    assert band.count("<rect") <= 501


@pytest.mark.parametrize(
    "figures",
    [[1e308, -1e308, 0.0, 1.7e308], [5e-324, 0.0, 1e-323], [5.0] * 4, [1e6, 1e6 + 1e-7, 1e6 + 2e-7], [-3.0, -2.0]],
)
@pytest.mark.parametrize(
    "limit", ["null", "nonsense", "[]", '{"direction": "at most", "critical": 1e999}', '{"wanted": ["x", 5]}']
)
def test_odd_figures_and_limits_are_drawn_inside_the_drawing(figures, limit):
    markup = shown(days(*[("ok", figure) for figure in figures]), Known("s", "whatever", limit))
    heights = [float(point.split()[1]) for part in course_of(markup) for point in part.split("L")]
    assert len(heights) == len(figures)
    assert all(0 <= height <= 100 for height in heights)
    assert not re.search(r"\b(nan|inf)\b", markup.split("</style>")[1])
    for svg in re.findall(r"<svg.*?</svg>", markup, re.DOTALL):
        ET.fromstring(svg)  # noqa: S314 - we made it


@pytest.mark.parametrize("odd", [float("nan"), float("inf")])
def test_what_is_no_number_is_a_gap_in_the_line(odd):
    markup = shown(days(("ok", 1), ("ok", 2), ("ok", odd), ("ok", 3), ("ok", 4)))
    assert [part.count("L") for part in course_of(markup)] == [1, 1]
    assert "lowest 1 %, highest 4 %" in text_of(markup)


def test_a_number_that_no_float_can_hold_leaves_the_page():
    told = record("disk", Outcome.CRITICAL, 1)
    told.observations = [Observation("used", 10**400, "%", None, "", Outcome.CRITICAL)]
    markup = page(story_of_round(told, Course(days(("ok", 1)), {"used": USED}), "now", "2026-11-03T06:00:00Z", ""))
    assert "1 critical, 1 ok in 2 rounds" in text_of(markup)


def test_a_figure_that_is_no_number_now_leaves_a_gap_and_is_told():
    told = record("disk", Outcome.UNKNOWN, 1)
    told.observations = [
        Observation(
            "used", float("nan"), "%", {"direction": "at most", "critical": 90}, "at most 90 %", Outcome.UNKNOWN
        )
    ]
    told.summary = "used is nan"
    markup = page(
        story_of_round(told, Course(days(("ok", 1), ("ok", 2)), {"used": USED}), "now", "2026-11-03T06:00:00Z", "")
    )
    assert "last 2 % , allowed" in text_of(markup)
    assert "used is nan" in text_of(markup)


def test_what_is_usual_is_a_band_and_yes_and_no_are_words():
    usual = Known("", "900 to 1300 as usual", '{"direction": "within", "lowest": 900, "highest": 1300}')
    markup = shown(days(("ok", 1000), ("ok", 1100)), usual)
    assert '<rect class="usual"' in markup
    assert "usual 900 to 1300" in text_of(markup)
    truth = text_of(
        shown(days(("ok", 1), ("critical", 0)), Known("", "yes", '{"direction": "exactly", "wanted": [true]}'))
    )
    assert "last no , allowed yes , lowest no, highest yes" in truth


def test_a_figure_without_a_limit_that_stood_still_is_not_drawn():
    assert "<h2>used" not in shown(days(("ok", 5), ("ok", 5)), Known("", "", "null"))
    assert "<h2>used" in shown(days(("ok", 5), ("ok", 6)), Known("", "", "null"))


def test_hostile_text_is_only_text():
    told = record("x", Outcome.CRITICAL, 5)
    told.id = told.summary = told.remedy = told.runbook = told.target = told.severity = HOSTILE
    told.waiver = {"owner": HOSTILE, "until": HOSTILE, "reason": HOSTILE}
    told.cause = {"target": HOSTILE, "words": HOSTILE}
    told.observations = [Observation.of(HOSTILE, 5.0, at_most(3, unit=HOSTILE), HOSTILE, HOSTILE)]
    entries = [Entry(T, "ok", HOSTILE, HOSTILE, {HOSTILE: 4.0}), Entry(T + 9, "ok", "", HOSTILE, {HOSTILE: 1.0})]
    known = {HOSTILE: Known(HOSTILE, HOSTILE, HOSTILE)}
    stories = [story_of_course(HOSTILE, Course(entries, known), (told, HOSTILE))]
    stories.append(story_of_round(told, Course(entries, known), HOSTILE, "2026-11-03T06:00:00Z", ""))
    for name, markup in pages_of_stories(stories):
        assert re.fullmatch(r"[\w.-]+\.html", name)
        parsed = Closed(markup)
        assert "script" not in parsed.names
        assert not re.search("[\x00-\x08\x1b\u202e]", markup)
        assert "&lt;script&gt;" in markup


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "", ".", "a/b", "x" * 500, "\udc80", "tests/test_x.py::test_y[a b]"]
)
def test_whatever_an_expectation_is_called_its_file_stays_in_the_folder(name, tmp_path):
    path = tmp_path / file_name(name)
    path.write_text("x")
    assert path.parent == tmp_path
    assert path.name.startswith("_")


def test_two_odd_names_have_two_files():
    assert len({file_name(name) for name in ("a/b", "a b", "a_b", "a/B")}) == 4


def test_text_that_is_long_is_cut_but_no_drawing_is():
    entries = days(*[("ok", float(number % 5)) for number in range(500)])
    (part,) = course_of(shown(entries))
    assert part.count("L") == 499
    ids = Story("x" * 5000, entries, {}, entries[-1].at)
    assert "x" * 1001 not in page(ids)
