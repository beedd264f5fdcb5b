"""The reports of a round: results.json, metrics.prom, junit.xml and report.html, all made from the same records."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rounds.reports import html, junit, metrics, results
from rounds.round import Round

WRITERS: dict[str, Callable[[Round, Path], None]] = {
    "results.json": results.write,
    "metrics.prom": metrics.write,
    "junit.xml": junit.write,
    "report.html": html.write,
}
"""The truth first, the slowest last: whatever stops a round while it tells leaves the more important ones."""


def write_all(told: Round, folder: Path) -> list[str]:
    """Write all reports, each whole or not at all; what could not be written is returned in plain words."""
    problems = []
    for name, write in WRITERS.items():
        try:
            with whole(folder / name) as unfinished:
                write(told, unfinished)
        except Exception as error:  # noqa: BLE001 - a report that cannot be written must not stop the others
            problems.append(f"{name} could not be written: {_reason(error)}")
    return problems + _write_histories(told, folder)


def _write_histories(told: Round, folder: Path) -> list[str]:
    """The pages that report.html links to; where one cannot be written, the next could not be either."""
    if not told.past.courses:
        return []
    from rounds.reports.history_pages import pages_of_round  # noqa: PLC0415 - most rounds have nothing to draw

    name = "a page of the history"
    try:
        for name, page in pages_of_round(told, folder.parent):
            with whole(folder / name, is_safe=False) as unfinished:
                unfinished.write_text(page, encoding="utf-8", errors="backslashreplace")
    except Exception as error:  # noqa: BLE001 - the same
        return [f"{name} could not be written: {_reason(error)}"]
    return []


@contextmanager
def whole(path: Path, *, is_safe: bool = True) -> Iterator[Path]:
    """A name in the same folder to write to; it takes the place of `path` only when all of it is written.

    If it is to be `safe`, it is on the disk by then, too: nothing is lost with the power.
    """
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished.unlink(missing_ok=True)
    try:
        yield unfinished
        if is_safe:
            with unfinished.open("rb") as written:
                os.fsync(written.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return f"{type(error).__name__}: {error}"
