"""A round in a few lines: the verdict first, then what is not good."""

from collections.abc import Iterator

from rounds.outcome import Outcome
from rounds.reports.text import line
from rounds.round import Round

_LONGEST_REASON = 300
_MARGIN = 40  # for "and 12345 more"


def body_of(told: Round, longest_bytes: int) -> str:
    """As much of a round as fits into so many bytes of UTF-8, cut between lines."""
    kept: list[str] = []
    size, all_lines = 0, list(_lines(told))
    for number, each in enumerate(all_lines):
        size += len(each.encode("utf-8", "backslashreplace")) + 1
        is_last = number == len(all_lines) - 1
        if kept and size > longest_bytes - (0 if is_last else _MARGIN):
            kept.append(f"and {len(all_lines) - number} more")
            break
        kept.append(each)
    return "\n".join(kept).encode("utf-8", "backslashreplace")[:longest_bytes].decode("utf-8", "ignore")


def _lines(told: Round) -> Iterator[str]:
    counts = ", ".join(f"{count} {outcome}" for outcome, count in told.counts.items() if count) or "nothing was judged"
    yield line(f"{told.outcome}: {told.batch} round {told.id}: {counts}", _LONGEST_REASON)
    for problem in told.problems:
        yield f"problem: {line(problem, _LONGEST_REASON)}"
    for record in told.worst_first:
        if record.outcome in (Outcome.CRITICAL, Outcome.UNKNOWN, Outcome.WARNING):
            yield f"{record.outcome}: {line(record.id, 200)}: {line(record.summary, _LONGEST_REASON)}"
