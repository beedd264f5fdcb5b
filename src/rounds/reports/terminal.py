"""What a round tells a terminal: what is wrong, worst first, one closing line, and where to read on."""

from itertools import groupby
from pathlib import Path
from textwrap import wrap

from rounds.causes import CommonCause, causes_of
from rounds.outcome import Outcome
from rounds.quantities import shown
from rounds.record import Record
from rounds.reports.text import line
from rounds.round import Durations, Round
from rounds.waivers.notices import notices

_COLOURS = {Outcome.CRITICAL: "1;31", Outcome.UNKNOWN: "1;35", Outcome.WARNING: "1;33", Outcome.OK: "1;32"}
_WORD = 8  # columns: as long as the longest outcome that is listed
_LONGEST = 300
_FEWEST_TOLD_ONCE = 3


def lines(
    told: Round, *, colour: bool, width: int | None, report: Path | None = None, durations: bool = False
) -> list[str]:
    """The lines to print, without line ends; `width` is a terminal's, `report` is where to read on.

    With `durations` a table says for each system where the time went.
    """
    wrong = [record for record in told.worst_first if record.outcome.badness >= Outcome.WARNING.badness]
    said = [f"{_word(Outcome.UNKNOWN, colour)} {line(problem, _LONGEST)}" for problem in told.problems]
    said += _lines_of_records([record for record in wrong if record.outcome is Outcome.CRITICAL], colour, width)
    causes = causes_of(told)
    for cause in causes:
        sentence = f"{line(cause.reason, _LONGEST)}: {line(cause.rows)}{_since(cause.since)}"
        said.append(f"{_word(Outcome.UNKNOWN, colour)} {sentence}")
    told_once = {record.id for cause in causes for record in cause.records}
    rest = [record for record in wrong if record.outcome is not Outcome.CRITICAL and record.id not in told_once]
    said += _lines_of_records(rest, colour, width)
    said += _lines_of_records([each for each in told.worst_first if _is_late(each)], colour, width)
    said += [f"{'NOTICE':<{_WORD}} {line(notice, _LONGEST)}" for notice in notices(told)]
    if durations:
        said += table(told.durations)
    said.append(_closing(told, colour))
    if report:
        said.append(f"Report: {line(str(report))}")
    return said


def _is_late(record: Record) -> bool:
    """Whether it is fine, but was not at the first attempt: nothing is hidden."""
    return record.outcome is Outcome.OK and bool(record.attempts)


def _lines_of_records(records: list[Record], colour: bool, width: int | None) -> list[str]:
    """A line each, and below rows of one remedy that remedy once."""
    said: list[str] = []
    for remedy, alike in groupby(records, key=_remedy):
        told = list(alike)
        said += [_line_of_record(record, colour) for record in told] if remedy else _lines_without_remedy(told, colour)
        said += _lines_of_remedy(remedy, width)
    return said


def _lines_without_remedy(records: list[Record], colour: bool) -> list[str]:
    """A line each; rows that are unknown in the very same words, as those on a file that is cut off, have one."""
    alike: dict[tuple[str, ...], list[Record]] = {}
    for record in records:
        is_unknown = record.outcome is Outcome.UNKNOWN
        key = (record.system, record.target, record.summary) if is_unknown else (record.id,)
        alike.setdefault(key, []).append(record)
    said: list[str] = []
    for told in alike.values():
        if len(told) < _FEWEST_TOLD_ONCE:
            said += [_line_of_record(record, colour) for record in told]
        else:
            said.append(_line_of_records(told, colour))
    return said


def _remedy(record: Record) -> str:
    return record.remedy if record.outcome in (Outcome.CRITICAL, Outcome.WARNING) else ""


def _since(moment: str) -> str:
    return f" (since {line(moment[:16].replace('T', ' '))} UTC)" if moment else ""


def _line_of_record(record: Record, colour: bool) -> str:
    since = "" if record.outcome is Outcome.OK else _since(record.since)
    return f"{_word(record.outcome, colour)} {line(record.id)}: {line(record.summary, _LONGEST)}{since}"


def _line_of_records(records: list[Record], colour: bool) -> str:
    alike = CommonCause(records[0].target, "", records)
    word = _word(records[0].outcome, colour)
    return f"{word} {line(records[0].summary, _LONGEST)}: {line(alike.rows)}{_since(alike.since)}"


def _lines_of_remedy(remedy: str, width: int | None) -> list[str]:
    if not remedy:
        return []
    indent, remedy = " " * (_WORD + 1), f"-> {line(remedy)}"
    wide = max(width - len(indent), 20) if width else len(remedy)
    return [indent + part for part in wrap(remedy, wide, subsequent_indent="   ")]


def table(durations: list[Durations]) -> list[str]:
    """A line a system: rows, looks, seconds of all looks together and of judging, and the slowest look."""
    cells = [("SYSTEM", "ROWS", "LOOKS", "LOOKING", "JUDGING", "SLOWEST LOOK")]
    for took in durations:
        slowest = took["slowest_look"]
        look = f"{shown(slowest['seconds'], 's')} {slowest['probe']}" if slowest else "none"
        look += f" at {slowest['target']}" if slowest and slowest["target"] else ""
        seconds = shown(took["looking_seconds"], "s"), shown(took["judging_seconds"], "s")
        cells.append((line(took["system"]), str(took["rows"]), str(took["looks"]), *seconds, line(look)))
    wide = [max(len(row[column]) for row in cells) for column in range(5)]
    return [
        "  ".join(
            [
                f"{row[0]:<{wide[0]}}",
                *(f"{cell:>{size}}" for cell, size in zip(row[1:5], wide[1:], strict=True)),
                row[5],
            ]
        )
        for row in cells
    ]


def _word(outcome: Outcome, colour: bool) -> str:
    return _coloured(f"{outcome.upper():<{_WORD}}", outcome, colour)


def _coloured(word: str, outcome: Outcome, colour: bool) -> str:
    return f"\x1b[{_COLOURS[outcome]}m{word}\x1b[0m" if colour and outcome in _COLOURS else word


def _closing(told: Round, colour: bool) -> str:
    """`Round daily is critical: 2 critical, 1 unknown, 180 ok, in 3.2 s`."""
    counts = ", ".join(f"{count} {outcome}" for outcome, count in told.counts.items() if count) or "nothing was judged"
    word = _coloured(told.outcome, told.outcome, colour)
    return f"Round {line(told.batch)} is {word}: {counts}, in {shown(told.seconds, 's')}"
