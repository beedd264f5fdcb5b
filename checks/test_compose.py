"""The services of a compose project run, or are really stopped."""

from typing import Annotated

import pytest
from pydantic import Field, model_validator

from rounds.expectation import Expectation
from rounds.fixtures.containers import Container, Inside, Services
from rounds.judge import Observer
from rounds.limits import Limit, at_least, at_most, exactly
from rounds.quantities import Duration, shown
from rounds.targets import Compose, Postgres

UP = exactly("running", "running (healthy)")
ALIVE = ("running", "restarting", "paused", "removing")


class ComposeServicesUp(Expectation):
    """A compose project whose services all have to run, or those that are named.

    A container that was made anew was not restarted: `unbroken` and `restarts` count from its creation. `stable` is for
    a recovery, where people start services again: only what the restart policy had to start again counts.
    """

    compose: Compose
    services: Annotated[tuple[str, ...], Field(description="all of the compose file when left out")] = ()
    unbroken: Annotated[Duration, Field(description="how long no container may have been started again")] = 0.0
    stable: Annotated[
        Duration, Field(description="how long a container must have run since its restart policy started it again")
    ] = 0.0
    restarts: Annotated[Limit, Field(description="by its restart policy; judged when given")] = at_most(0)
    run_once: Annotated[tuple[str, ...], Field(description="services that have done their work and exited with 0")] = ()


def test_compose_services_up(expected: ComposeServicesUp, services: Services, observe: Observer) -> None:
    """Every service of the compose file has a running container, a healthy one where a health check is defined.

    Remedy: `docker compose -f FILE logs --tail 50 SERVICE` shows why it stopped, `docker inspect CONTAINER` what its
    health check said; then `docker compose -f FILE up -d SERVICE`, always with the file that is deployed.
    """
    if not services.names:
        observe.critical("services", "the compose file defines none")
    for service in expected.services or services.names:
        found = [each for each in services.containers if each.service == service]
        if service not in services.names:
            observe.unknown(f"service {service}", "the runbook and the system disagree: the compose file has none")
            continue
        _observe_service(f"service {service}", [_state(each) for each in found], service in expected.run_once, observe)
        _observe_restarts(service, [each.inside or Inside() for each in found], expected, observe)


def _observe_restarts(service: str, found: list[Inside], expected: ComposeServicesUp, observe: Observer) -> None:
    for each in found:
        if "restarts" in expected.model_fields_set:
            observe(f"restarts of {service}", each.restarts, expected.restarts)
        if expected.stable:
            _observe_stable(service, each, expected.stable, observe)
        if expected.unbroken and each.is_first_start:
            observe(f"{service} unbroken", each.started_seconds, unit="s", note="not restarted since it was made")
        elif expected.unbroken:
            observe(f"{service} unbroken", each.started_seconds, at_least(expected.unbroken, unit="s"))


def _observe_stable(service: str, inside: Inside, stable: float, observe: Observer) -> None:
    """Docker counts restarts from the last start by hand: with none, nothing has made it start again."""
    name = f"{service} stable"
    if inside.restarts is None or inside.started_seconds is None:
        observe.unknown(name, "docker inspect does not tell its restarts, or when it started")
    elif inside.restarts == 0:
        observe(name, inside.started_seconds, unit="s", note="not restarted since it was started")
    else:
        note = f"{inside.restarts} restarts by its policy"
        observe(name, inside.started_seconds, at_least(stable, unit="s"), note=note)


def _state(container: Container) -> str:
    ended = container.exit_code if container.state == "exited" else container.health
    return f"{container.state} ({ended})" if ended != "" else container.state


def _observe_service(name: str, states: list[str], runs_once: bool, observe: Observer) -> None:
    """Judge the worst of its containers; those that have exited do not count beside one that runs."""
    living = [state for state in states if not state.startswith("exited")] or states
    bad = [state for state in living if state not in UP.wanted]
    if not states:
        observe.critical(name, "it has no container")
    elif runs_once and states == ["exited (0)"] * len(states):
        observe(name, states[0], exactly("exited (0)"))
    elif bad and all(state == "running (starting)" for state in bad):
        observe.unknown(name, "its health check has not passed yet: look again in a minute", bad[0])
    else:
        note = f"{len(living) - len(bad)} of its {len(living)} containers run well" if len(living) > 1 else ""
        observe(name, (bad or living)[0], UP, note=note)


class ComposeServicesDown(Expectation):
    """Services that may have no running container, and a table to which nothing may have been added since.

    With `incident` they have to be stopped only while that file exists; without it the row is skipped.
    """

    compose: Compose
    services: Annotated[tuple[str, ...], Field(min_length=1)]
    database: Postgres | None = None
    table: Annotated[str, Field(description="what the services fill; with `database`")] = ""
    created: Annotated[str, Field(description="the column that tells when a row was made")] = "created_at"
    incident: Annotated[str, Field(pattern="^(/|$)", description="a file that stands for an open incident")] = ""

    @model_validator(mode="after")
    def _both_or_none(self) -> "ComposeServicesDown":
        if bool(self.database) != bool(self.table):
            raise ValueError("database and table are given both, or none")
        return self


def test_compose_services_down(
    expected: ComposeServicesDown,
    services: Services,
    newest_row: float | None,
    incident_seconds: float | None,
    observe: Observer,
) -> None:
    """Services that were stopped are really stopped, all their containers, and work no more.

    Remedy: `docker compose -f FILE ps --all` shows what still runs; `docker compose -f FILE stop SERVICE` ends it, and
    what somebody started by `docker compose run` needs `docker stop CONTAINER`. Rows that still come: who else writes?
    """
    if expected.incident and incident_seconds is None:
        pytest.skip(f"no incident is open (there is no {expected.incident}), so nothing has to be stopped")
    for service in expected.services:
        found = [each for each in (*services.containers, *services.one_off) if each.service == service]
        alive = [each.name for each in found if each.state in ALIVE]
        if service not in services.names and not found:
            observe.unknown(f"service {service}", "the runbook and the system disagree: the compose file has none")
        else:
            observe(f"running containers of {service}", len(alive), at_most(0), note=", ".join(alive))
    if expected.database:
        _observe_rows(expected, services.containers, newest_row, observe)


def _observe_rows(
    expected: ComposeServicesDown, containers: tuple[Container, ...], newest: float | None, observe: Observer
) -> None:
    stopped = [each.inside.finished_seconds for each in containers if each.service in expected.services and each.inside]
    since = min((age for age in stopped if age is not None), default=None)
    name = f"newest row of {expected.table}"
    if newest is None:
        observe.unknown(name, "the table has none")
    elif since is None:
        observe.unknown(name, "no container is left that tells when it stopped", newest, unit="s")
    else:
        observe(name, newest, at_least(since, unit="s"), note=f"stopped {shown(since, 's')} ago")
