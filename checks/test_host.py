"""Hosts have room to work."""

from typing import Annotated

from pydantic import Field

from rounds.checks.windows import Watching
from rounds.expectation import Expectation
from rounds.fixtures.host import Machine, Processor
from rounds.fixtures.volumes import Volume
from rounds.judge import Observer
from rounds.limits import Limit, at_least, at_most
from rounds.quantities import Duration, shown
from rounds.targets import Host


class DiskUsage(Expectation):
    """How full a host's volumes may be: all that hold data, or only those mounted at `paths`."""

    host: Host
    paths: Annotated[tuple[str, ...], Field(description="mount points; all data volumes when left out")] = ()
    used: Limit = at_most(90, unit="%")
    free: Annotated[Limit, Field(description="judged when given")] = at_least(0, unit="%")
    inodes: Limit = at_most(90, unit="%")


def test_disk_usage(expected: DiskUsage, machine: Machine, observe: Observer) -> None:
    """Disks have room, for bytes and for files.

    Remedy: find what grew with `du -xh --max-depth=2 PATH | sort -h | tail`; rotate logs, prune old images and exports,
    or enlarge the volume. When inodes ran out, look for folders with very many small files (`du --inodes -x PATH`).
    """
    mounted = {volume.mount: volume for volume in machine.volumes}
    chosen = expected.paths or [volume.mount for volume in machine.volumes if volume.holds_data]
    for path in chosen:
        if path in mounted:
            _observe_volume(mounted[path], expected, observe)
        else:
            observe.critical(f"{path} used", "no volume is mounted there")
    complaint = machine.complaints.get("volumes", "")
    if complaint or not chosen:
        observe.unknown("volumes", complaint or "df shows no volume that holds data")


def _observe_volume(volume: Volume, expected: DiskUsage, observe: Observer) -> None:
    room = volume.used_bytes + max(0, volume.free_bytes)
    share = 100 * volume.used_bytes / room if room else None
    free = f"{shown(float(volume.free_bytes), 'B')} free"
    observe(f"{volume.mount} used", share, expected.used, note=free)
    if "free" in expected.model_fields_set:
        observe(f"{volume.mount} free", None if share is None else 100 - share, expected.free, note=free)
    if volume.inodes_used is not None and volume.inodes_free is not None:
        inodes = 100 * volume.inodes_used / (volume.inodes_used + volume.inodes_free)
        observe(f"{volume.mount} inodes used", inodes, expected.inodes)


class MemoryUsage(Expectation):
    """How much of a host's memory may be used (total minus available: caches do not count)."""

    host: Host
    used: Limit = at_most(90, unit="%")


def test_memory_usage(expected: MemoryUsage, machine: Machine, observe: Observer) -> None:
    """Memory stays free.

    Remedy: find what grew with `ps aux --sort=-rss | head`; restart what leaks, or give the host more memory.
    """
    if machine.memory is None:
        observe.unknown("memory used", machine.complaints.get("memory", "could not be read"))
        return
    available = machine.memory.available_bytes
    note = f"{shown(available, 'B')} available"
    observe("memory used", 100 * (1 - available / machine.memory.total_bytes), expected.used, note=note)


class LoadAverage(Expectation):
    """How many processes may run or wait per core, on average over 15 min."""

    host: Host
    per_core: Limit = at_most(1.5)


def test_load_average(expected: LoadAverage, machine: Machine, observe: Observer) -> None:
    """The machine keeps up with its work.

    Remedy: `top` shows who computes; many processes in state D (`ps -eo state,pid,args | grep ^D`) wait for disks or
    network mounts. Stop or move what need not run now, or give the host more cores.
    """
    if (load := machine.load) is None:
        observe.unknown("load per core", machine.complaints.get("load", "could not be read"))
        return
    note = f"{load.average_15min:g} on {load.cores} cores"
    observe("load per core", load.average_15min / load.cores, expected.per_core, note=note)


class SwapUsage(Expectation):
    """How much of a host's swap may be used. A host without swap uses none of it."""

    host: Host
    used: Limit = at_most(50, unit="%")


def test_swap_usage(expected: SwapUsage, machine: Machine, observe: Observer) -> None:
    """Programs do not live in swap.

    Remedy: `grep VmSwap /proc/*/status | sort -nk2 | tail` shows whose memory was moved out: restart it, or add memory.
    """
    if machine.memory is None:
        observe.unknown("swap used", machine.complaints.get("memory", "could not be read"))
        return
    total = machine.memory.swap_total_bytes
    used = 100 * (1 - machine.memory.swap_free_bytes / total) if total else 0.0
    observe("swap used", used, expected.used, note=f"of {shown(total, 'B')}" if total else "there is no swap")


class CpuUsage(Watching):
    """How busy a host's cores may be on average `over` some time; the look takes that long."""

    host: Host
    over: Annotated[Duration, Field(ge=0.1, le=1800, description="the time to watch")] = 300.0
    used: Limit = at_most(80, unit="%")


def test_cpu_usage(expected: CpuUsage, processor: Processor, observe: Observer) -> None:
    """The processor has time to spare.

    Remedy: `top` (press P) shows who computes. Restart what spins, move batch work to the night, or add cores.
    """
    observe("cpu used", processor.busy_percent, expected.used, note=f"over {shown(processor.seconds, 's')}")
