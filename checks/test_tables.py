"""Tables live: those that must change do, and none changes wildly."""

from itertools import pairwise
from typing import Annotated

from pydantic import Field

from rounds.expectation import Expectation
from rounds.fixtures.tables import TableChanges
from rounds.judge import Earlier, EarlierFigure, Observer
from rounds.limits import Limit, at_least, at_most
from rounds.quantities import shown
from rounds.targets import Postgres

_DAY = 86400


class VolumeBaseline(Expectation):
    """Tables that must change every day, and by how much the changes of a day may exceed the mean of the 7 days before.

    Changes are the server's counters of inserted, updated and deleted rows, as a difference between rounds. The mean
    is judged where it is known, for tables with at least `floor` changes in the day.
    """

    database: Postgres
    must_change: Annotated[tuple[str, ...], Field(min_length=1)]
    changed: Limit = at_least(1)
    times_mean: Limit = at_most(10)
    floor: int = 100


def test_volume_baseline(
    expected: VolumeBaseline, table_changes: TableChanges, earlier: Earlier, observe: Observer
) -> None:
    """Tables that must change every day do change, and none changes wildly.

    Remedy: a table that stands still: see whether the scheduler and the workers run. A counter that fell: the
    statistics were reset, by hand, a crash or a restore; if that was meant, the row recovers within a day. A table
    with far more changes than usual: look for a loop, an import, or a migration that nobody announced.
    """
    times_mean = {}
    for table, counted in table_changes.counted.items():
        figures = earlier.all(f"changes counted in {table}", at_most_old=9 * _DAY)
        observe(f"changes counted in {table}", counted)
        yesterday = _nearest_a_day_ago(figures)
        if table in expected.must_change:
            _must_have_changed(table, counted, yesterday, expected.changed, observe)
        if yesterday is not None:
            before = [figure for figure in figures if figure.age_seconds >= yesterday.age_seconds]
            times_mean[table] = _times_mean(counted, before, expected.floor)
    _none_changes_wildly({table: times for table, times in times_mean.items() if times is not None}, expected, observe)
    for table in sorted(set(expected.must_change) - table_changes.counted.keys()):
        observe.unknown(f"changes of {table} in a day", "the server keeps no statistics of it")


def _nearest_a_day_ago(figures: list[EarlierFigure]) -> EarlierFigure | None:
    fitting = [figure for figure in figures if _DAY / 2 <= figure.age_seconds <= 2.1 * _DAY]
    return min(fitting, key=lambda figure: abs(figure.age_seconds - _DAY), default=None)


def _must_have_changed(
    table: str, counted: int, yesterday: EarlierFigure | None, limit: Limit, observe: Observer
) -> None:
    name = f"changes of {table} in a day"
    if yesterday is None:
        observe.unknown(name, "this round keeps the first figure; a round of tomorrow can judge")
        return
    fell = "; the counter fell: it was reset" if counted < yesterday.value else ""
    note = f"against {shown(yesterday.age_seconds, 's')} ago{fell}"
    observe(name, counted - yesterday.value, limit, note=note)


def _times_mean(counted: int, before: list[EarlierFigure], floor: int) -> float | None:
    """The changes since `before[0]` as a multiple of the mean of the days before it; None while there is no mean."""
    yesterday, oldest = before[0], before[-1]
    days = (oldest.age_seconds - yesterday.age_seconds) / _DAY
    if days < 1 / 2:
        return None
    mean = sum(_growth(newer.value, older.value) for newer, older in pairwise(before)) / days
    today = _growth(counted, yesterday.value) * _DAY / yesterday.age_seconds
    return today / max(mean, 1.0) if today >= floor else 0.0


def _growth(newer: float, older: float) -> float:
    """How far a counter went on; one that fell began anew."""
    return newer - older if newer >= older else newer


def _none_changes_wildly(times_mean: dict[str, float], expected: VolumeBaseline, observe: Observer) -> None:
    name = "most changes against the mean"
    if not times_mean:
        observe(name, "not known yet", note="it takes rounds of two days")
        return
    table = max(times_mean, key=lambda each: times_mean[each])
    observe(name, times_mean[table], expected.times_mean, note=table)
