"""The parts of report.html that are ours: the verdict above the table, the table's rows, and the details of a row."""

from collections.abc import Sequence
from datetime import datetime
from html import escape

from rounds.causes import CommonCause, causes_of
from rounds.outcome import Outcome
from rounds.past import Past, main_figure
from rounds.quantities import shown
from rounds.record import Observation, Record
from rounds.reports.course import course, strip
from rounds.reports.history_pages import link_to
from rounds.reports.markup import NOTHING, Html, html, tag
from rounds.reports.plot import plot
from rounds.reports.text import body
from rounds.round import Round
from rounds.waivers.notices import notices

# pytest-html has a filter for each of its results: six of the seven are ours, one to one.
RESULTS = {
    Outcome.CRITICAL: "failed",
    Outcome.UNKNOWN: "error",
    Outcome.WARNING: "xpassed",
    Outcome.WAIVED: "xfailed",
    Outcome.SKIPPED: "skipped",
    Outcome.OK: "passed",
}
_COLUMNS = ("outcome", "severity", "system", "expectation", "observed", "since", "target", "runbook and remedy")
_UNSORTED = ("observed", "runbook and remedy")
_QUIET = (Outcome.OK, Outcome.SKIPPED)
_MOST_OBSERVATIONS = 20
# pytest-html puts a video player into every row: without it 10,000 rows are there in a third of the time.
_WITHOUT_VIDEO = Html(
    "<script>document.querySelector('#template_results-table__tbody')"
    "?.content.querySelector('.media')?.replaceChildren()</script>"
)


def summary(told: Round) -> Html:
    """What a tired person reads first: one word, how many of what, when, and what went wrong with the round itself."""
    counts = [html(tag("b", str(count)), f" {outcome}") for outcome, count in told.counts.items() if count]
    facts = {
        "Batch": told.batch,
        "Started": _moment(told.started_at),
        "Took": shown(told.seconds, "s"),
        "Ended": told.ended or "not yet",
    }
    listed = tag("dl", *[tag("div", tag("dt", name), tag("dd", fact)) for name, fact in facts.items()])
    counted = tag("p", Html(", ".join(counts)) or "nothing was judged", class_="counts")
    word = tag("p", told.outcome, class_="word")
    return html(
        tag("section", word, tag("div", counted, listed), class_=f"verdict {told.outcome}"),
        _problems(told.problems),
        _causes(causes_of(told)),
        _notices(notices(told)),
        tag("p", "Worst first. A click on a row shows more of it.", _where_history_is(told.past), class_="hint"),
        tag(
            "noscript",
            tag("p", "The table needs JavaScript. results.json and junit.xml beside this file say the same."),
        ),
        _WITHOUT_VIDEO,
    )


def _where_history_is(past: Past) -> str:
    if not past.outcomes:
        return ""
    return " Rows that are not fine, or lately were not, link to their history; `rounds history ID` shows that of any."


def _problems(problems: list[str]) -> Html:
    if not problems:
        return NOTHING
    listed = tag("ul", *[tag("li", problem) for problem in problems])
    return tag("section", tag("h2", "Problems of the round itself"), listed, class_="problems")


def _notices(said: list[str]) -> Html:
    if not said:
        return NOTHING
    listed = tag("ul", *[tag("li", notice) for notice in said])
    return tag("section", tag("h2", "Worth knowing"), listed, class_="notices")


def _causes(causes: list[CommonCause]) -> Html:
    """Each once; the rows behind it stand in the table as well."""
    if not causes:
        return NOTHING
    listed = tag("ul", *[tag("li", tag("b", cause.reason), ": ", cause.rows, _since(cause)) for cause in causes])
    return tag("section", tag("h2", "What cannot be reached"), listed, class_="problems")


def _since(cause: CommonCause) -> str:
    return f" (since {_moment(cause.since)})" if cause.since else ""


def head() -> Sequence[str]:
    """The header cells. The first two columns are only for pytest-html's script: its result, and an anchor."""
    hidden = [tag("th", class_="sortable", data_column_type=name, hidden="") for name in ("result", "testId")]
    return hidden + [
        tag("th", name.capitalize()) if name in _UNSORTED
        else tag("th", name.capitalize(), class_="sortable", data_column_type=name)
        for name in _COLUMNS
    ]  # fmt: skip


def row(record: Record, until: str, past: Past) -> Sequence[str]:
    """The cells of one expectation; a column is sorted by the text of its cells, comments included."""
    outcome = record.outcome
    rank = Html(f"<!--{Outcome.CRITICAL.badness - outcome.badness}-->")
    is_told_by_figures = outcome is Outcome.OK and record.observations and not record.attempts
    sentence = NOTHING if is_told_by_figures else tag("p", record.summary)
    remedy = NOTHING if outcome in _QUIET else tag("p", record.remedy)
    return [
        tag("td", RESULTS[outcome], class_="col-result", hidden=""),
        tag("td", record.id, class_="col-testId", hidden=""),
        tag("td", rank, tag("b", outcome, class_=f"badge {outcome}"), class_="col-outcome"),
        _cell("severity", record.severity),
        _cell("system", record.system),
        tag("td", tag("b", record.id), sentence, class_="col-expectation"),
        _cell("observed", _observed(record, past)),
        _cell("since", _moment(record.since), _age(record, until), *_earlier(record, past)),
        _cell("target", record.target),
        _cell("runbook", tag("cite", record.runbook), remedy),
    ]


def _cell(name: str, *parts: str) -> Html:
    return tag("td", *parts, class_=f"col-{name}", data_label=name.capitalize())


def _earlier(record: Record, past: Past) -> tuple[Html, Html]:
    """The last outcomes, and where more of them is; a click there must not fold the row."""
    last = strip(past.outcomes.get(record.id, ()), record.outcome)
    if record.id not in past.courses:
        return last, NOTHING
    return last, tag("a", "History", href=link_to(record.id), onclick="event.stopPropagation()", class_="history")


def _observed(record: Record, past: Past) -> Html:
    observations = record.observations
    if not observations:
        return NOTHING
    main = main_figure(record) if past.figures else None
    earlier = past.figures.get((record.id, main.name), ()) if main else ()
    lines = [
        _figure(seen, earlier if seen is main else ())
        for seen in sorted(observations, key=lambda seen: -seen.verdict.badness)[:_MOST_OBSERVATIONS]
    ]
    if len(observations) > _MOST_OBSERVATIONS:
        lines.append(tag("li", f"and {len(observations) - _MOST_OBSERVATIONS} more, in results.json"))
    return tag("ul", *lines)


def _figure(seen: Observation, earlier: Sequence[float]) -> Html:
    allowed = html(", allowed ", tag("i", seen.allowed)) if seen.allowed else NOTHING
    verdict = NOTHING if seen.verdict is Outcome.OK else html(" ", tag("em", seen.verdict))
    value = tag("b", shown(seen.value, seen.unit))
    return tag("li", seen.name, ": ", value, allowed, verdict, plot(seen), course(seen, earlier), class_=seen.verdict)


def details(record: Record) -> Html:
    """What is folded away below a row."""
    facts = [("In words", record.summary), ("Remedy", record.remedy)] if record.outcome in _QUIET else []
    if record.waiver and record.real_outcome:
        waiver = record.waiver
        until = _moment(waiver["until"])
        ticket = f", {waiver['ticket']}" if "ticket" in waiver else ""
        facts.append(
            (
                "Waived",
                f"by {waiver['owner']} until {until}: {waiver['reason']}{ticket} (in truth {record.real_outcome})",
            )
        )
    if record.cause:
        facts.append(("Cause", f"{record.cause['target']} cannot be reached: {record.cause['words']}"))
    facts += [
        *(
            (f"Attempt {number}", f"{each['outcome']}: {each['summary']}, {_moment(each['judged_at'])}")
            for number, each in enumerate(record.attempts, 1)
        ),
        ("Check", record.check),
        ("When", ", ".join(record.when)),
        ("Judged", f"{_moment(record.judged_at)}, took {shown(record.seconds, 's')}"),
        *((seen.name, seen.note) for seen in record.observations[:_MOST_OBSERVATIONS] if seen.note),
    ]
    listed = tag("dl", *[html(tag("dt", name), tag("dd", fact)) for name, fact in facts])
    traceback = tag("pre", Html(escape(body(record.detail)) + "\n")) if record.detail else NOTHING
    return tag("div", listed, traceback, class_="details")


def _age(record: Record, until: str) -> Html:
    """How long it has been like this; that something is fine needs no second line."""
    if not record.since or not until or record.outcome in _QUIET:
        return NOTHING
    seconds = max((datetime.fromisoformat(until) - datetime.fromisoformat(record.since)).total_seconds(), 0)
    step = 86400 if seconds > 172800 else 3600 if seconds > 7200 else 60
    return tag("p", shown(round(seconds / step) * step, "s"))


def _moment(moment: str) -> str:
    """`2026-11-22T03:00:01.123Z` as a person reads it."""
    return f"{moment[:10]} {moment[11:16]} UTC" if moment else ""
