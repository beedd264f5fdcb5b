"""Containers run, and within their limits."""

from typing import Annotated

from pydantic import Field

from rounds.expectation import Expectation
from rounds.fixtures.containers import Container, Services, Use, WorkerMemory
from rounds.judge import Earlier, Observer
from rounds.limits import Limit, at_most, exactly
from rounds.pattern import Pattern
from rounds.quantities import shown
from rounds.targets import Compose

UP = exactly("running", "running (healthy)")
NO_LIMIT = "no memory limit is set, so there is nothing to compare with: set mem_limit, or name it under unlimited"
DAY = 86_400.0


class ComposeServicesUp(Expectation):
    """A compose project whose services all have to run."""

    compose: Compose
    run_once: Annotated[tuple[str, ...], Field(description="services that have done their work and exited with 0")] = ()


def test_compose_services_up(expected: ComposeServicesUp, services: Services, observe: Observer) -> None:
    """Every service of the compose file has a running container, a healthy one where a health check is defined.

    Remedy: `docker compose -f FILE logs --tail 50 SERVICE` shows why it stopped, `docker inspect CONTAINER` what its
    health check said; then `docker compose -f FILE up -d SERVICE`, always with the file that is deployed.
    """
    if not services.names:
        observe.critical("services", "the compose file defines none")
    for service in services.names:
        states = [_state(each) for each in services.containers if each.service == service]
        _observe_service(f"service {service}", states, service in expected.run_once, observe)


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


class DockerResources(Expectation):
    """How much of its memory limit and of its CPU allowance each running container of a project may use."""

    compose: Compose
    memory: Limit = at_most(90, unit="%")
    cpu: Limit = at_most(80, unit="%")
    unlimited: Annotated[tuple[str, ...], Field(description="services that have no memory limit on purpose")] = ()


def test_docker_resources(expected: DockerResources, resource_use: tuple[Use, ...], observe: Observer) -> None:
    """No container is near its limits.

    Remedy: `docker stats --no-stream` and `docker top CONTAINER` show who uses it; read the container's log, restart
    what leaks, or raise `mem_limit` or `cpus` in the compose file where the need is real.
    """
    if not resource_use:
        observe.unknown("containers", "no container of the project runs")
    for use in resource_use:
        on_purpose = use.service in expected.unlimited
        _observe_memory(f"{use.name} memory", use, expected.memory, observe, on_purpose=on_purpose)
        cpu = _share(use.cpu_cores, use.cpu_limit_cores)
        observe(f"{use.name} cpu", cpu, expected.cpu, note=f"of {use.cpu_limit_cores or 0:g} cores")


def _observe_memory(name: str, use: Use, limit: Limit, observe: Observer, *, on_purpose: bool = False) -> None:
    if use.memory_limit_bytes is None and on_purpose:
        observe(name, use.memory_bytes, unit="B", note="has no limit")
    elif use.memory_limit_bytes is None:
        observe.unknown(name, NO_LIMIT, use.memory_bytes, unit="B")
    else:
        share = _share(use.memory_bytes, use.memory_limit_bytes)
        observe(name, share, limit, note=f"of {shown(use.memory_limit_bytes, 'B')}")


def _share(part: float | None, whole: float | None) -> float | None:
    return None if part is None or not whole else 100 * part / whole


class ProcessMemory(Expectation):
    """How much memory the worker processes of a service may hold, and how fast they may grow."""

    compose: Compose
    service: str
    workers: Annotated[Pattern, Field(description="regular expression on the command lines of the workers")]
    worker: Limit = at_most(1_073_741_824, unit="B")
    container: Limit = at_most(90, unit="%")
    growth_per_day: Limit = at_most(20, unit="%")


def test_process_memory(
    expected: ProcessMemory, worker_memory: WorkerMemory, earlier: Earlier, observe: Observer
) -> None:
    """The workers' memory stays within bounds and does not creep upwards.

    Remedy: `docker top CONTAINER -eo pid,rss,etime,args` shows which worker grows. Restart the service to win time,
    then find the leak: what was deployed when the growth began? Recycling workers after some requests only hides it.
    """
    for use in worker_memory.containers:
        _observe_memory(f"{use.name} memory", use, expected.container, observe)
    if not worker_memory.workers_bytes:
        observe.unknown("workers", f"none of {worker_memory.processes} processes fits the pattern {expected.workers}")
        return
    count, total = len(worker_memory.workers_bytes), sum(worker_memory.workers_bytes)
    observe("largest worker", max(worker_memory.workers_bytes), expected.worker, note=f"of {count}")
    before = earlier.newest("memory of all workers", at_least_old=20 * 3600)
    note = "" if before else "no figure of 20 h ago or more yet: growth is judged from then on"
    observe("memory of all workers", total, unit="B", note=note)
    if before and before.value > 0:
        growth = 100 * (total / before.value - 1) / (before.age_seconds / DAY)
        observe("growth per day", growth, expected.growth_per_day, note=f"since {shown(before.age_seconds, 's')} ago")
