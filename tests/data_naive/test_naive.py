"""Whatever is in a table: each figure of the fused scan is that of a statement of its own, written by hand."""

import math
import sqlite3
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings

from rounds.fixtures.data_scan import scan
from rounds.measures import Grouped, Scope
from rounds.probe import CouldNotLook
from rounds.targets import Dataset, Postgres, Sqlite
from tests.data_naive.figures import FAILED, FIGURES, Figure, quoted
from tests.data_naive.tables import HOUR, Condition, Naive, Table, tables
from tests.postgres.conftest import Server

FEW = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
WINDOW = 20.0 * HOUR


@pytest.fixture(scope="module")
def connection(server: Server) -> Iterator[Any]:
    # A prepared statement outlives its table, and then fails on another one of the same name.
    with psycopg.connect(server.dsn("super"), autocommit=True, prepare_threshold=None) as opened:
        opened.execute("SET TimeZone = 'UTC'")
        yield opened


@FEW
@given(table=tables(special=True))
def test_in_postgres(connection: Any, server: Server, table: Table) -> None:
    _compare(Naive(connection, table, is_postgres=True), server.target(user="super"))


@FEW
@given(table=tables(special=False))
def test_in_sqlite(tmp_path_factory: pytest.TempPathFactory, table: Table) -> None:
    path = tmp_path_factory.mktemp("naive") / "naive.sqlite"
    opened = sqlite3.connect(path, isolation_level=None)
    try:
        opened.create_function("regexp", 2, lambda pattern, text: None if text is None else pattern in text)
        opened.create_function("sqrt", 1, math.sqrt)
        _compare(Naive(opened, table, is_postgres=False), Sqlite(name="file", system="shop", path=str(path)))
    finally:
        opened.close()


def _compare(naive: Naive, database: Postgres | Sqlite) -> None:
    naive.make()
    try:
        columns = naive.table.columns
        dataset = Dataset(name="random", system="shop", database=database, table=naive.table.name,
                          time=columns["made"], samples=0)  # fmt: skip
        measures = {(figure.name, scope): figure.measure(columns, _scope(scope, columns))
                    for figure in FIGURES for scope in SCOPES}  # fmt: skip
        answers = scan(dataset, [*measures.values()], 30)
        for figure in FIGURES:
            for scope in SCOPES:
                answer = answers[measures[figure.name, scope]]
                due = _due(figure, scope, naive)
                assert _is_same(_told(figure, answer), due), (figure.name, scope, answer, due)
    finally:
        naive.drop()


SCOPES = ("all", "where", "window", "grp", "hour")


def _scope(scope: str, columns: dict[str, str]) -> Scope:
    return {
        "all": Scope(), "where": Scope(where=f"{quoted(columns['other'])} >= 0"), "window": Scope(window=WINDOW),
        "grp": Scope(per=columns["grp"]), "hour": Scope(window=WINDOW, per="hour"),
    }[scope]  # fmt: skip


def _due(figure: Figure, scope: str, naive: Naive) -> Any:
    """What statements by hand say; a mapping for groups."""
    if scope in figure.refused or (scope in figure.refused_by_sqlite and not naive.is_postgres):
        return FAILED
    window = (f"{naive.made_seconds} >= {naive.now - WINDOW}", ())
    ahead = [(f"{naive.made_seconds} <= {naive.now + 300}", ())] if figure.until_now else []
    hour = f"floor({naive.made_seconds} / 3600)" if naive.is_postgres else f"{naive.made_seconds} / 3600"
    same = "{grp} IS NOT DISTINCT FROM %s::text" if naive.is_postgres else "{grp} IS %s"
    if scope == "grp":
        return _by_group(figure, naive, {name: [(same, (name,))] for (name,) in naive.rows("DISTINCT {grp}", [])})
    if scope == "hour":
        hours = [int(number) for (number,) in naive.rows(f"DISTINCT {hour}", [window])]
        return _by_group(
            figure, naive, {number * HOUR: [window, (f"{hour} = {number}", ()), *ahead] for number in hours}
        )
    conditions: list[Condition] = {"all": [], "where": [("{other} >= 0", ())], "window": [window, *ahead]}[scope]
    return _figure(figure, naive, conditions)


def _by_group(figure: Figure, naive: Naive, groups: dict[Any, list[Condition]]) -> Any:
    found = {name: _figure(figure, naive, conditions) for name, conditions in groups.items()}
    return FAILED if FAILED in found.values() else found


def _figure(figure: Figure, naive: Naive, conditions: list[Condition]) -> Any:
    try:
        return figure.naive(naive, conditions)
    except (psycopg.Error, sqlite3.Error):
        return FAILED


def _told(figure: Figure, answer: Any) -> Any:
    if isinstance(answer, CouldNotLook):
        return FAILED
    if isinstance(answer, Grouped):
        return {name: figure.told(reading) for name, reading in answer.groups.items()}
    return figure.told(answer)


def _is_same(told: Any, due: Any) -> bool:
    if isinstance(told, dict) and isinstance(due, dict):
        return told.keys() == due.keys() and all(_is_same(told[name], due[name]) for name in told)
    if isinstance(told, int | float) and isinstance(due, int | float):
        return math.isclose(told, due, rel_tol=1e-9, abs_tol=1e-9) or (math.isnan(told) and math.isnan(due))
    return bool(told == due)
