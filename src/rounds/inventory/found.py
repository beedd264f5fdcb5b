"""Find checks by their function names, without importing them: `test_disk_usage(expected, …)` is `disk-usage`."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_CHECK = re.compile(r"^def test_(?P<name>\w+)\((?P<arguments>[^)]*\bexpected\b[^)]*)\)", re.MULTILINE)


@dataclass(frozen=True)
class FoundCheck:
    """A check's name as rows write it, and the file that holds its function."""

    name: str
    path: Path


def check_name(function: str) -> str:
    """`test_disk_usage` is `disk-usage`."""
    return function.removeprefix("test_").replace("_", "-")


def find_checks(folders: Iterable[Path]) -> dict[str, FoundCheck]:
    """Every check in the `test_*.py` files at or below some folders; the first folder that has a name keeps it."""
    found: dict[str, FoundCheck] = {}
    for folder in folders:
        for path in sorted(folder.rglob("test_*.py")):
            for match in _CHECK.finditer(path.read_text(encoding="utf-8", errors="replace")):
                name = check_name(match["name"])
                found.setdefault(name, FoundCheck(name, path))
    return found
