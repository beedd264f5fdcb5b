"""The page of one expectation: how it went, drawn, with what is allowed and what to do. It needs no script."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from json import dumps
from pathlib import Path

from rounds.outcome import Outcome
from rounds.past import Course, Entry, Known, drawn_names
from rounds.quantities import shown
from rounds.record import Record
from rounds.reports.history_plot import TALL, Drawing, axis
from rounds.reports.history_times import WIDE, Change, Piece, Times, changes, lasted, moment
from rounds.reports.markup import NOTHING, Html, html, tag
from rounds.reports.plot import pixels

_MOST_ROUNDS = 30
_MOST_CHANGES = 15
_LARGEST = 1e308
_QUIET = (Outcome.OK, Outcome.SKIPPED)
_ROOM, _MORE_ROOM = 120.0, 330.0  # of the drawing's width, for the words of a change: on a screen, on a phone
_CSS = [Path(__file__).with_name(name) for name in ("colours.css", "history.css")]


@dataclass(frozen=True)
class Story:
    """What a page tells: what rounds saw, the last one at the end, and the row as the last report has it.

    `until` is when that was (seconds since 1970), `back` a link and its word, `links` are rounds with a report of
    theirs to link to.
    """

    id: str
    entries: Sequence[Entry]
    known: dict[str, Known]
    until: float
    record: Record | None = None
    back: tuple[str, str] | None = None
    links: dict[str, str] = field(default_factory=dict)

    @property
    def outcome(self) -> Outcome:
        return Outcome(self.entries[-1].outcome)


def story_of_round(record: Record, course: Course, round_id: str, started_at: str, finished_at: str) -> Story:
    """The story of a row up to a round, from the rounds before and its record."""
    figures = {
        seen.name: (float(seen.value), Known(seen.unit, seen.allowed, dumps(seen.limit, default=str)))
        for seen in record.observations
        if isinstance(seen.value, int | float) and -_LARGEST < seen.value < _LARGEST
    }
    at = datetime.fromisoformat(started_at).timestamp()
    now = Entry(at, str(record.outcome), record.since, round_id, {name: each[0] for name, each in figures.items()})
    known = course.known | {name: each[1] for name, each in figures.items()}
    until = datetime.fromisoformat(finished_at or started_at).timestamp()
    drawn = {name: known[name] for name in drawn_names(record, known)}
    return Story(record.id, [*course.entries, now], drawn, until, record)


def page(story: Story) -> Html:
    """The whole page."""
    times = Times(story.entries, story.until)
    pieces = times.pieces(story.entries)
    drawings = [Drawing(name, known, story.entries, times) for name, known in story.known.items()]
    told = changes(story.entries, story.record.since if story.record else "", story.until)
    return document(
        f"{story.outcome}: {story.id}",
        _head(story, told),
        _course(story, times, pieces, told),
        *[_figure(each, pieces) for each in drawings if each.is_news],
        _changes(told),
        _rounds(story),
    )


def document(title: str, *parts: str) -> Html:
    return html(
        Html('<!DOCTYPE html>\n<html lang="en">'),
        tag("head", Html('<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'),
            tag("title", title), Html(f"<style>{_style()}</style>")),
        tag("body", *parts),
        Html("</html>\n"),
    )  # fmt: skip


@cache
def _style() -> str:
    return "".join(each.read_text(encoding="utf-8") for each in _CSS)


def _head(story: Story, told: Sequence[Change]) -> Html:
    record, last = story.record, told[0]
    back = tag("nav", tag("a", story.back[1], href=story.back[0])) if story.back else NOTHING
    for_long = f"since {moment(last.at)}{_for(last, ', for ')}"
    sentence = tag("p", record.summary, class_="sentence") if record and record.summary else NOTHING
    verdict = tag(
        "header",
        tag("p", story.outcome, class_="word"),
        tag("div", tag("h1", story.id), sentence, tag("p", for_long, class_="since")),
        class_=f"verdict {story.outcome}",
    )
    return html(back, verdict, _words(story))


def _words(story: Story) -> Html:
    """What the row says; what to do comes first where something is wrong."""
    record = story.record
    if record is None:
        return tag(
            "p", "No report with this row is there any more: what its runbook says is not known here.", class_="hint"
        )
    allowed = "; ".join(f"{name}: {each.allowed}" for name, each in story.known.items() if each.allowed)
    facts = [("Remedy", record.remedy), ("Allowed", allowed), ("Runbook", record.runbook), ("Target", record.target)]
    if record.outcome in _QUIET:
        facts = [*facts[1:], facts[0]]
    if record.waiver:
        until = f"{record.waiver.get('until', '')[:16].replace('T', ' ')} UTC"
        said = f"by {record.waiver.get('owner', '')} until {until}: {record.waiver.get('reason', '')}"
        facts.insert(0, ("Waived", f"{said} (in truth {record.real_outcome})"))
    if record.cause:
        facts.insert(0, ("Cause", f"{record.cause['target']} cannot be reached: {record.cause['words']}"))
    facts.append(("Severity", record.severity))
    return tag("dl", *[html(tag("dt", name), tag("dd", said)) for name, said in facts if said], class_="facts")


def _course(story: Story, times: Times, pieces: Sequence[Piece], told: Sequence[Change]) -> Html:
    """The outcomes as a band: what is good is low and what is bad is high, so colours alone say nothing."""
    counts = Counter(each.outcome for each in story.entries)
    worst_first = sorted(counts, key=lambda outcome: -Outcome(outcome).badness)
    counted = [html(tag("b", str(counts[each]), class_=each), f" {each}") for each in worst_first]
    many = f"{len(story.entries)} rounds" if len(story.entries) > 1 else "the first round"
    first = story.entries[0].at
    span = f"{moment(first)} to {moment(story.until)}" if len(story.entries) > 1 else moment(first)
    band = tag(
        "svg", *[_piece(times, each) for each in pieces],
        class_="band", role="img", viewBox=f"0 0 {pixels(WIDE)} {pixels(TALL)}", preserveAspectRatio="none",
        aria_label=", ".join(f"{counts[each]} {each}" for each in worst_first),
    )  # fmt: skip
    drawn = tag("div", *_marks(times, told), band, class_="canvas")
    return tag(
        "section",
        tag("h2", "Outcome"),
        tag("p", Html(", ".join(counted)), f" in {many}, {span}", class_="caption"),
        tag("div", tag("div", class_="figures"), drawn, axis(times), class_="drawing outcomes"),
    )


def _piece(times: Times, piece: Piece) -> Html:
    left, width = times.left_and_width(piece)
    top = TALL * {Outcome.OK: 0.62, Outcome.SKIPPED: 0.8, Outcome.WAIVED: 0.5, Outcome.WARNING: 0.3}.get(
        piece.outcome, 0
    )
    place = {"x": pixels(left), "width": pixels(width), "y": pixels(top), "height": pixels(TALL - top)}
    said = f"{piece.outcome} from {moment(piece.begins)}, {lasted(piece.ends - piece.begins)}"
    return tag("rect", tag("title", said), class_=str(piece.outcome), **place)


def _marks(times: Times, told: Sequence[Change]) -> list[Html]:
    """Words above the band where something was bad, as many as there is room for, the newest first."""
    kept: list[Html] = []
    ends, phone_ends = WIDE * 2, WIDE * 2
    for change in told:
        if change.outcome in _QUIET:
            continue
        place = max(times.of(change.at), 0.0)
        is_last = place > WIDE - _MORE_ROOM  # its words stand to the left
        if ends - place < _ROOM:
            continue
        class_ = f"mark {change.outcome}" + (" last" if is_last else "")
        if phone_ends - place < _MORE_ROOM:
            class_ += " wide"
        else:
            phone_ends = place - _MORE_ROOM if is_last else place
        ends = place - _ROOM if is_last else place
        said = f"{change.outcome}{_for(change, ' ')}"
        kept.append(tag("span", said, class_=class_, style=f"left:{pixels(place * 100 / WIDE)}%"))
    return kept


def _figure(drawing: Drawing, pieces: Sequence[Piece]) -> Html:
    last, least, most = (
        drawing.shown(each) for each in (drawing.figures[-1], min(drawing.figures), max(drawing.figures))
    )
    span = f", lowest {least}, highest {most}" if least != most else ", and never otherwise"
    allowed = html(", allowed ", tag("i", drawing.known.allowed)) if drawing.known.allowed else NOTHING
    shades = [each for each in pieces if each.outcome not in _QUIET]
    caption = tag("p", "last ", tag("b", last), allowed, span, class_="caption")
    return tag("section", tag("h2", drawing.name), caption, drawing.html(shades))


def _changes(told: Sequence[Change]) -> Html:
    rows = [
        tag("tr", _cell("When", moment(each.at)), _cell("What", tag("b", each.words, class_=each.outcome)),
            _cell("For", _for(each, after=" so far, " if each.lasts else ", "), _many(each.rounds)))
        for each in told[:_MOST_CHANGES]
    ]  # fmt: skip
    more = f"and {len(told) - _MOST_CHANGES} earlier ones" if len(told) > _MOST_CHANGES else ""
    return tag("section", tag("h2", "Changes"), _table(("When", "What", "For"), rows), tag("p", more, class_="hint"))


def _for(change: Change, before: str = "", after: str = "") -> str:
    """How long it was so; nothing of what was seen only once, just now."""
    return f"{before}{lasted(change.seconds)}{after}" if change.seconds >= 1 else ""


def _rounds(story: Story) -> Html:
    rows = []
    for entry in list(story.entries)[: -_MOST_ROUNDS - 1 : -1]:
        figures = [
            html(tag("i", name), f" {_said(story, name, entry)}") for name in story.known if name in entry.figures
        ]
        link = story.links.get(entry.round)
        name = tag("a", entry.round, href=link) if link else tag("span", entry.round)
        rows.append(
            tag("tr", _cell("When", moment(entry.at)), _cell("Outcome", tag("b", entry.outcome, class_=entry.outcome)),
                _cell("Figures", Html(", ".join(figures))), _cell("Round", name))
        )  # fmt: skip
    title = "Last rounds" if len(story.entries) > 1 else "The only round so far"
    return tag("section", tag("h2", title), _table(("When", "Outcome", "Figures", "Round"), rows))


def _said(story: Story, name: str, entry: Entry) -> str:
    return shown(entry.figures[name], story.known[name].unit)


def _table(names: Sequence[str], rows: Sequence[Html]) -> Html:
    return tag("table", tag("thead", tag("tr", *[tag("th", name) for name in names])), tag("tbody", *rows))


def _cell(name: str, *parts: str) -> Html:
    return tag("td", *parts, class_=f"c-{name.lower()}")


def _many(rounds: int) -> str:
    return f"{rounds} rounds" if rounds > 1 else "1 round"


def with_back(story: Story, link: str, word: str, links: dict[str, str] | None = None) -> Story:
    """The same story with where to go from its page."""
    return replace(story, back=(link, word), links=links or {})
