"""Mistakes in the inventory: all are collected, each with its place and the nearest right word, then told at once."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from rounds.text import printable


@dataclass(frozen=True, order=True)
class Mistake:
    """One mistake: file, line (from 1), path in the document (`targets.api.url`), and what is wrong in plain words."""

    file: str
    line: int
    path: str
    what: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        said = f"{where}: {self.path}: {self.what}" if self.path else f"{where}: {self.what}"
        return " ".join(printable(said).splitlines())  # a key may hold anything, also what looks like the next mistake


def told(mistakes: Iterable[Mistake]) -> str:
    """All mistakes as one text, in the order of files and lines."""
    each = sorted(set(mistakes))
    heading = f"{len(each)} mistake{'s' if len(each) != 1 else ''} in the inventory; nothing was looked at"
    return "\n".join([heading, *(f"  {mistake}" for mistake in each)])


def nearest(word: str, words: Iterable[str]) -> str:
    """`; did you mean 'disk-usage'?`, or the words there are when none is near and they are few."""
    known = sorted(words)
    near = get_close_matches(word, known, n=1, cutoff=0.5)
    if near:
        return f"; did you mean {near[0]!r}?"
    return f"; there is {', '.join(known)}" if 0 < len(known) <= 12 else ""


def shown_path(path: Path) -> str:
    """The path as a person here would type it: relative to the current folder if it lies below."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)
