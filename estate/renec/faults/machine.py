import re
from collections.abc import Iterator
from contextlib import contextmanager

from ...fault import fault
from ...stand_ins.ballast import BLOCK_MIB
from ..estate import Renec

KIB = 1024  # in a MiB


@contextmanager
def running(estate: Renec, name: str, mib: int) -> Iterator[None]:
    """Let a process hold so much memory meanwhile."""
    part = estate.process(name, mib)
    part.start()

    def holds() -> bool:
        status = estate.machine.proc / str(part.pid) / "status"
        found = re.search(r"VmRSS:\s+(\d+)", status.read_text()) if status.exists() else None
        return found is not None and int(found[1]) >= mib * KIB

    try:
        part.await_ready(holds)
        yield
    finally:
        part.stop(0.5)
        estate.let_go(part)


@fault("one process holds 60 % of the memory", "renec.resources.top-memory-processes")
def memory_hog(estate: Renec) -> Iterator[None]:
    text = (estate.machine.proc / "meminfo").read_text()
    total = int(re.findall(r"MemTotal:\s+(\d+)", text)[0]) // KIB
    with running(estate, "report-export", (total * 60 // 100 // BLOCK_MIB + 1) * BLOCK_MIB):
        yield


@fault("a worker of the API has leaked more than a gibibyte", "renec.resources.python-memory")
def worker_leaks(estate: Renec) -> Iterator[None]:
    with running(estate, "gunicorn-worker-leaking", 1120):
        yield
