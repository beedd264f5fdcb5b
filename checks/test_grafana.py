"""Grafana shows what somebody relies on."""

from typing import Annotated

from pydantic import Field

from rounds.expectation import Expectation
from rounds.fixtures.answers import said
from rounds.fixtures.grafana import Board, Grafana
from rounds.judge import Observer
from rounds.limits import at_least, at_most, exactly
from rounds.quantities import Duration
from rounds.targets import Endpoint


class GrafanaDashboard(Expectation):
    """That Grafana is well, its data sources answer, and dashboards have these panels with data in them.

    Without `panels`, every panel of the dashboards that has a query must bring data.
    """

    endpoint: Endpoint
    dashboards: Annotated[tuple[str, ...], Field(min_length=1, description="titles")]
    panels: Annotated[tuple[str, ...], Field(description="titles; each must be on one of the dashboards")] = ()
    over: Annotated[Duration, Field(description="the time that the panels show")] = 3600.0


def test_grafana_dashboard(expected: GrafanaDashboard, grafana: Grafana, observe: Observer) -> None:
    """The dashboards can be opened and their panels show data.

    Remedy: open the dashboard; a panel without data: run its query in Explore and look whether the metric still
    exists. A data source that is not well: test it in Grafana's settings (address, login, network from Grafana's host).
    """
    health = grafana.health
    if health.failure:
        observe.critical("answer", f"{health.url}: {health.failure}", "missing")
        return
    observe("http status", health.status, exactly(200))
    observe("database", said(health.field("database")), exactly("ok"))
    if health.status != 200:
        return
    if grafana.refused:
        observe.unknown("data sources", f"our credentials may not see {grafana.refused}")
        return
    observe("data sources", len(grafana.sources), at_least(1))
    unwell = [f"{name}: {why}" for name, why in grafana.sources.items() if why]
    observe("data sources that are not well", len(unwell), at_most(0), note="; ".join(unwell)[:300])
    for board in grafana.boards:
        _observe_board(board, expected, observe)
    shown = {panel.title for board in grafana.boards for panel in board.panels}
    for title in expected.panels:
        if title not in shown:
            observe.critical(f"panel {title}", "no dashboard that could be read has it", "missing")


def _observe_board(board: Board, expected: GrafanaDashboard, observe: Observer) -> None:
    if board.complaint:
        observe.critical(f"dashboard {board.title}", board.complaint, "unreadable" if board.found else "missing")
        return
    if not board.panels and not expected.panels:
        observe.critical(f"dashboard {board.title}", "it has no panel with a query", "empty")
        return
    observe(f"dashboard {board.title}", len(board.panels), note="panels that were looked at")
    for panel in board.panels:
        if panel.queries == 0:
            observe.critical(f"panel {panel.title}", "it has no query", "empty")
        else:
            note = "; ".join(panel.without_data)[:300]
            observe(f"panel {panel.title}: queries without data", len(panel.without_data), at_most(0), note=note)
