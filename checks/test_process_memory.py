"""Processes keep to their memory. Names and numbers are told, command lines never: they may hold secrets."""

from collections.abc import Sequence

from rounds.checks.processes import OfProcesses, chosen
from rounds.expectation import Expectation
from rounds.fixtures.host import Machine
from rounds.fixtures.processes import Process
from rounds.judge import Earlier, Observer
from rounds.limits import Limit, at_most
from rounds.quantities import Duration, shown
from rounds.targets import Host


class ProcessTreeMemory(OfProcesses):
    """How much memory processes may hold together: the sum of what is resident, shared pages counted in each."""

    total: Limit = at_most(unit="B")


def test_process_tree_memory(expected: ProcessTreeMemory, machine: Machine, observe: Observer) -> None:
    """A service keeps to its memory.

    Remedy: `ps -eo pid,ppid,rss,etime,args --sort=-rss | head` shows which of its processes grew. Restart the service
    to win time, then find what it was working on when the growth began.
    """
    found, why = chosen(expected, machine)
    if not found:
        observe.unknown("resident memory", why)
        return
    total = sum(each.resident_bytes for each in found)
    observe("resident memory", total, expected.total, note=f"{len(found)} processes, {_largest(found)}")


def _largest(found: Sequence[Process]) -> str:
    largest = max(found, key=lambda each: each.resident_bytes)
    return f"the largest {largest.name} ({largest.pid}) with {shown(largest.resident_bytes, 'B')}"


class ProcessPeakMemory(OfProcesses):
    """How much memory a single process may have held at its peak since it started."""

    peak: Limit = at_most(unit="B")


def test_process_peak_memory(expected: ProcessPeakMemory, machine: Machine, observe: Observer) -> None:
    """Memory stayed bounded also at its peak.

    Remedy: see which run was so large (`grep VmHWM /proc/PID/status`, and the log of that time): work through it in
    smaller batches, and release each before the next.
    """
    found, why = chosen(expected, machine)
    highest = max(found, key=lambda each: each.peak_bytes, default=None)
    if highest is None or not highest.peak_bytes:
        observe.unknown("peak memory", why or "the kernel tells no peak (VmHWM)")
        return
    observe("peak memory", highest.peak_bytes, expected.peak, note=f"{highest.name} ({highest.pid})")


class ProcessWorkerMemory(OfProcesses):
    """How much memory each process may hold, and how much more than when the oldest of them had `settled`.

    Growth is the largest process's memory as a multiple of what it was in the first round after that.
    """

    worker: Limit = at_most(1_073_741_824, unit="B")
    growth: Limit = at_most(2)
    settled: Duration = 3600.0


def test_process_worker_memory(
    expected: ProcessWorkerMemory, machine: Machine, earlier: Earlier, observe: Observer
) -> None:
    """No worker's memory grows without bound.

    Remedy: `ps -eo pid,rss,etime,args --sort=-rss | head` shows which worker grows. Restart the service to win time,
    then find the leak: what was deployed when the growth began? Recycling workers after some requests only hides it.
    """
    found, why = chosen(expected, machine)
    if not found:
        observe.unknown("largest worker", why)
        return
    largest = max(each.resident_bytes for each in found)
    observe("largest worker", largest, expected.worker, note=f"of {len(found)}")
    age = max((each.age_seconds for each in found if each.age_seconds is not None), default=None)
    if age is None:
        observe.unknown("growth", "the host does not tell since when the workers run")
        return
    settled = earlier.all("largest worker", at_most_old=age - expected.settled)
    note = "" if settled else "no round has seen it settled: growth is judged from then on"
    observe("age of the oldest worker", age, unit="s", note=note)
    if settled and settled[-1].value > 0:
        since = f"since {shown(settled[-1].age_seconds, 's')} ago"
        observe("growth", largest / settled[-1].value, expected.growth, note=since)


class LargestProcess(Expectation):
    """Which share of a host's memory a single process may hold."""

    host: Host
    share: Limit = at_most(50, unit="%")


def test_largest_process(expected: LargestProcess, machine: Machine, observe: Observer) -> None:
    """No single process eats the memory.

    Remedy: `ps -eo pid,rss,etime,args --sort=-rss | head -3` shows it. Restart it if it leaks; give it a limit of its
    own (MemoryMax of its unit), or the host more memory if it needs so much.
    """
    why = machine.complaints.get("processes") or machine.complaints.get("memory", "")
    if machine.memory is None or not machine.processes or why:
        observe.unknown("largest process", why or "the host tells of no process")
        return
    largest = max(each.resident_bytes for each in machine.processes)
    share = 100 * largest / machine.memory.total_bytes
    observe("largest process", share, expected.share, note=_largest(machine.processes))
