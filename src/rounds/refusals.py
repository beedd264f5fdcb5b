"""What a round refuses before it looks at anything: mistakes that show only when rows, checks and options meet."""

import fnmatch
import re
from collections import Counter
from collections.abc import Iterable, Iterator

import pytest

from rounds.expectation import CADENCES, Expectation
from rounds.inventory.load import Inventory, Row
from rounds.inventory.mistakes import Mistake, nearest, told
from rounds.probe import probes_of
from rounds.settings import Settings

_OURS = ("observe", "earlier", "looking")
# Words that mean something to pytest, or already to us, cannot name a system or an area: they would act as markers.
_TAKEN = {
    "skip", "skipif", "xfail", "parametrize", "usefixtures", "filterwarnings", "tryfirst", "trylast", "xdist_group",
    "critical", "warning", "and", "or", "not", *CADENCES,
}  # fmt: skip


def refusals(items: Iterable[pytest.Item], inventory: Inventory, settings: Settings, config: pytest.Config) -> str:
    """Everything that is wrong with the inventory and the options, in words; empty if nothing is."""
    items = list(items)
    rows = {row.id: row for row in inventory.rows}
    for row in inventory.rows:
        _refuse_taken_words(row)
    for item in items:
        expected = expected_of(item)
        if isinstance(expected, Expectation):
            _refuse_strange_arguments(item, expected, rows[expected.id])
    named = [expected.id for item in items if isinstance(expected := expected_of(item), Expectation)]
    for id_, count in Counter(named).items():
        if count > 1:
            where = ", ".join(sorted({item.nodeid.partition("[")[0] for item in items if f"[{id_}" in item.nodeid}))
            _mistake(
                rows[id_],
                f"its check stands for {count} items, one is due: {where} (two checks of a name, or parametrised)",
            )
    mistakes = [*inventory.mistakes, *_of_options(items, rows, settings, config)]
    return told(mistakes) if mistakes else ""


def expected_of(item: pytest.Item) -> object:
    """The row an item judges, as its check's model; None for a plain test."""
    callspec = getattr(item, "callspec", None)
    return callspec.params.get("expected") if callspec else None


def _of_options(
    items: list[pytest.Item], rows: dict[str, Row], settings: Settings, config: pytest.Config
) -> Iterator[Mistake]:
    ids = {*rows, *(item.nodeid for item in items)}
    for asked in settings.only_ids:
        if not fnmatch.filter(ids, asked):
            yield Mistake("--id", 0, "", f"there is no expectation {asked!r}{nearest(asked, ids)}")
    known = {re.split(r"[:(]", line)[0].strip() for line in config.getini("markers")}
    expression = re.sub(r"\([^()]*=[^()]*\)", "", str(config.getoption("markexpr") or ""))
    for word in re.findall(r"[\w-]+", expression):
        if word not in known and word not in ("and", "or", "not"):
            yield Mistake("-m", 0, "", f"{word!r} is no cadence, severity, area or system{nearest(word, known)}")


def _refuse_taken_words(row: Row) -> None:
    system, area, _ = row.id.split(".")
    for word in (system, area):
        if word.replace("-", "_") in _TAKEN:
            _mistake(row, f"{word!r} cannot be a system or an area: it is a word of pytest or of the rows", "id")


def _refuse_strange_arguments(item: pytest.Item, expected: Expectation, row: Row) -> None:
    for probe in probes_of(item):
        for name in probe.arguments:
            if name not in type(expected).model_fields and not hasattr(type(expected), name):
                _mistake(row, f"the probe {probe.name} needs {name!r}, which {type(expected).__name__} does not have")
    fixtures = getattr(getattr(item, "_fixtureinfo", None), "name2fixturedefs", {})
    for name in _OURS:
        if name in fixtures and fixtures[name][-1].func.__module__ != "rounds.judging":
            _mistake(
                row, f"the fixture {name} is defined again in {fixtures[name][-1].func.__module__}: that name is ours"
            )


def _mistake(row: Row, what: str, key: str = "check") -> None:
    row.document.mistake((*row.place, key), what)
