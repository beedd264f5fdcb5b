"""Pages of histories as files: beside a round's report those of what is wrong in it, and in a folder any others."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from rounds.journal import newest_folders
from rounds.past import MOST_OUTCOMES, Course
from rounds.record import Record
from rounds.reports.course import strip
from rounds.reports.history_page import Story, document, page, story_of_round, with_back
from rounds.reports.history_times import changes, lasted, moment
from rounds.reports.markup import Html, tag
from rounds.reports.results import read_results
from rounds.round import Round

FOLDER = "history"
_MOST_REPORTS = 30  # the newest, in which words of rows are looked for
_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,149}")


def file_name(expectation: str) -> str:
    """A name that every file system takes, of an id or whatever stands in the place of one."""
    if _PLAIN.fullmatch(expectation):
        return f"{expectation}.html"
    plain = re.sub(r"[^A-Za-z0-9.-]+", "_", expectation)[:80]
    return f"_{plain}-{sha256(expectation.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}.html"


def link_to(expectation: str) -> str:
    """From a round's report."""
    return f"{FOLDER}/{file_name(expectation)}"


def pages_of_round(told: Round, reports: Path) -> Iterator[tuple[str, Html]]:
    """The pages of what is wrong or lately was: names below the round's folder, and what they hold."""
    there: dict[str, bool] = {}
    for record in told.worst_first:
        course = told.past.courses.get(record.id)
        if course is None:
            continue
        story = story_of_round(record, course, told.id, told.started_at, told.finished_at)
        links = _links(story, reports, there)
        yield link_to(record.id), page(with_back(story, "../report.html", f"Report of {told.id}", links))


def _links(story: Story, reports: Path, there: dict[str, bool]) -> dict[str, str]:
    """The reports of the last rounds that are still where rounds leave them."""
    found = {}
    for entry in story.entries[-30:]:
        if entry.round not in there:
            plain = _PLAIN.fullmatch(entry.round)
            there[entry.round] = bool(plain) and (reports / entry.round / "report.html").is_file()
        if there[entry.round]:
            found[entry.round] = f"../../{entry.round}/report.html"
    return found


def index(stories: Sequence[Story]) -> Html:
    """One page that links to all of a folder, the worst first; of each story the end is due."""
    rows = []
    for story in sorted(stories, key=lambda each: (-each.outcome.badness, each.id)):
        last = changes(story.entries, story.record.since if story.record else "", story.until)[0]
        earlier = [entry.outcome for entry in story.entries[:-1]]
        rows.append(tag(
            "tr",
            tag("td", tag("b", story.outcome, class_=story.outcome)),
            tag("td", tag("a", story.id, href=file_name(story.id))),
            tag("td", f"since {moment(last.at)}, for {lasted(last.seconds)}"),
            tag("td", strip(earlier, story.outcome)),
        ))  # fmt: skip
    head = tag("thead", tag("tr", *[tag("th", name) for name in ("Outcome", "Expectation", "Since", "Last rounds")]))
    return document(
        "History", tag("h1", "History"), tag("section", tag("table", head, tag("tbody", *rows)), class_="index")
    )


def newest_records(ids: Iterable[str], reports: Path) -> dict[str, tuple[Record, str]]:
    """What the newest reports say of rows, and of which round that is: the history has no words."""
    wanted, found = set(ids), dict[str, tuple[Record, str]]()
    for folder in newest_folders(reports)[:_MOST_REPORTS]:
        if wanted <= found.keys():
            break
        try:
            told = read_results(folder / "results.json")
        except (OSError, ValueError):  # that one was killed, or is just being written
            continue
        for record in told.records:
            if record.id in wanted:
                found.setdefault(record.id, (record, told.id))
    return found


def story_of_course(expectation: str, course: Course, found: tuple[Record, str] | None) -> Story:
    """The story as the history has it; what a report said of another round than the last one is not said again."""
    last = course.entries[-1]
    record = found[0] if found else None
    if found and found[1] != last.round:
        record = replace(found[0], summary="", waiver=None, cause=None, since=last.since)
    return Story(expectation, course.entries, course.known, last.at, record)


def pages_of_stories(stories: Iterable[Story]) -> Iterator[tuple[str, Html]]:
    """Names and pages of a folder with an index; one story at a time, for each may be long."""
    ends = []
    for story in stories:
        yield file_name(story.id), page(with_back(story, "index.html", "All histories"))
        ends.append(replace(story, entries=story.entries[-MOST_OUTCOMES - 1 :]))
    yield "index.html", index(ends)
