"""Containers run, and within their limits."""

from typing import Annotated

from pydantic import Field

from rounds.checks.windows import Watching
from rounds.expectation import Expectation
from rounds.fixtures.containers import Inside, Services, Use, WorkerMemory
from rounds.judge import Earlier, Observer
from rounds.limits import Limit, at_least, at_most
from rounds.pattern import Pattern
from rounds.quantities import shown
from rounds.targets import Compose

NO_LIMIT = "no memory limit is set, so there is nothing to compare with: set mem_limit, or name it under unlimited"
DAY = 86_400.0
ABOVE_NOTHING = at_least(1, unit="B")


class DockerResources(Watching):
    """How much of its memory limit and of its CPU allowance each running container of a project may use.

    One sample, or the mean `over` some time.
    """

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


class ContainerLimits(Expectation):
    """Each container of a project has limits, so that none can take the whole host."""

    compose: Compose
    unlimited: Annotated[tuple[str, ...], Field(description="services that have no limits on purpose")] = ()


def test_container_limits(expected: ContainerLimits, services: Services, observe: Observer) -> None:
    """Every container has a limit on memory and on processor time.

    Remedy: give the service `mem_limit` and `cpus` (or deploy.resources.limits) in the compose file, well above what it
    uses (`docker stats`), then `docker compose -f FILE up -d SERVICE`.
    """
    if not services.containers:
        observe.unknown("containers", "the project has none")
    for each in services.containers:
        if each.service not in expected.unlimited:
            inside = each.inside or Inside()
            observe(f"{each.name} memory limit", inside.memory_limit_bytes or 0, ABOVE_NOTHING)
            observe(f"{each.name} cpu limit", inside.cpu_limit_cores or 0, at_least(0.001))


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
