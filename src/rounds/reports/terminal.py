"""What a round tells a terminal: what is wrong, worst first, one closing line, and where to read on."""

from collections.abc import Iterator
from pathlib import Path
from textwrap import wrap

from rounds.outcome import Outcome
from rounds.quantities import shown
from rounds.record import Record
from rounds.reports.text import line
from rounds.round import Round

_COLOURS = {Outcome.CRITICAL: "1;31", Outcome.UNKNOWN: "1;35", Outcome.WARNING: "1;33", Outcome.OK: "1;32"}
_WORD = 8  # columns: as long as the longest outcome that is listed
_LONGEST = 300


def lines(told: Round, *, colour: bool, width: int | None, report: Path | None = None) -> list[str]:
    """The lines to print, without line ends; `width` is a terminal's, `report` is where to read on."""
    wrong = [record for record in told.worst_first if record.outcome.badness >= Outcome.WARNING.badness]
    said = [f"{_word(Outcome.UNKNOWN, colour)} {line(problem, _LONGEST)}" for problem in told.problems]
    for record in wrong:
        said += _lines_of_record(record, colour, width)
    said.append(_closing(told, colour))
    if report:
        said.append(f"Report: {line(str(report))}")
    return said


def _lines_of_record(record: Record, colour: bool, width: int | None) -> Iterator[str]:
    since = f" (since {line(record.since[:16].replace('T', ' '))} UTC)" if record.since else ""
    yield f"{_word(record.outcome, colour)} {line(record.id)}: {line(record.summary, _LONGEST)}{since}"
    if record.outcome in (Outcome.CRITICAL, Outcome.WARNING) and record.remedy:
        indent, remedy = " " * (_WORD + 1), f"-> {line(record.remedy)}"
        wide = max(width - len(indent), 20) if width else len(remedy)
        yield from (indent + part for part in wrap(remedy, wide, subsequent_indent="   "))


def _word(outcome: Outcome, colour: bool) -> str:
    return _coloured(f"{outcome.upper():<{_WORD}}", outcome, colour)


def _coloured(word: str, outcome: Outcome, colour: bool) -> str:
    return f"\x1b[{_COLOURS[outcome]}m{word}\x1b[0m" if colour and outcome in _COLOURS else word


def _closing(told: Round, colour: bool) -> str:
    """`Round daily is critical: 2 critical, 1 unknown, 180 ok, in 3.2 s`."""
    counts = ", ".join(f"{count} {outcome}" for outcome, count in told.counts.items() if count) or "nothing was judged"
    word = _coloured(told.outcome, told.outcome, colour)
    return f"Round {line(told.batch)} is {word}: {counts}, in {shown(told.seconds, 's')}"
