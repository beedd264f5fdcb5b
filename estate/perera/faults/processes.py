import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

from ...control import told
from ...damage import changed
from ...estate import ask
from ...fault import fault
from ...ground import write
from ...part import wait_until
from ..estate import Perera

WORKER_MIB = 1536
BATCH_MIB = 1200


@fault(
    "the orchestrator has no handler for SIGUSR1, and the signal after a rotation ends it",
    "perera.logs.postrotate-signal",
    "perera.logs.live-writer-after-rotation",
    "perera.health.units-active",
    "perera.health.component-orchestrator",
    "perera.health.all-components-healthy",
    "perera.resources.batch-peak-memory",
)
def signal_ends_orchestrator(estate: Perera) -> Iterator[None]:
    with estate.orders(deaf=True):
        estate.orchestrator.tell(signal.SIGUSR1)
        wait_until(lambda: not estate.orchestrator.alive, "the signal should end the orchestrator")
        yield
    estate.start_orchestrator()
    os.utime(newest := estate.logs / "app.log.1", times=(at := newest.stat().st_mtime, at))  # rotated since it began


@fault("systemd has restarted the orchestrator for the seventh time a minute ago", "perera.health.units-active")
def orchestrator_flaps(estate: Perera) -> Iterator[None]:
    path = estate.root / "units.json"
    before = path.read_text()
    units = json.loads(before)
    units["perera-lead-scraper-orchestrator.service"] |= {"up": 60, "restarts": 7}
    write(path, json.dumps(units))
    yield
    write(path, before)


@fault("a worker of the API holds a gibibyte and a half", "perera.resources.process-memory")
def worker_leaks(estate: Perera) -> Iterator[None]:
    with told(estate.home, api_worker_mib=WORKER_MIB):
        ask(f"{estate.api.url}/api/health")
        estate.show_workers(estate.api.part, WORKER_MIB)
        yield
    ask(f"{estate.api.url}/api/health")
    estate.show_workers(estate.api.part)


@fault("the orchestrator works through all leads in one batch", "perera.resources.batch-peak-memory")
def one_batch(estate: Perera) -> Iterator[None]:
    with estate.orders(batch_mib=BATCH_MIB):
        estate.show_workers(estate.orchestrator, BATCH_MIB)
        yield
    estate.show_workers(estate.orchestrator)


@fault(
    "the metrics collector is stopped",
    "perera.health.component-monitoring",
    "perera.health.all-components-healthy",
)
def stop_collector(estate: Perera) -> Iterator[None]:
    estate.collector.stop()
    yield
    estate.collector.start()
    estate.await_component("monitoring", "healthy")


@fault(
    "the data folder is read-only",
    "perera.health.component-storage",
    "perera.health.all-components-healthy",
)
def data_read_only(estate: Perera) -> Iterator[None]:
    data = estate.home / "data"
    before = data.stat().st_mode
    data.chmod(0o555)
    yield
    data.chmod(before)


@fault(
    "a source of the configuration has an address where nobody listens",
    "perera.health.sources-all-pass",
    may_redden={"perera.backup.pre-update-config": "the configuration is another than that of the copy"},
)
def source_unreachable(estate: Perera) -> Iterator[None]:
    def edit(path: Path) -> None:
        path.write_text(
            path.read_text().replace(f"{estate.sources.url}/city_permits", "http://127.0.0.1:1/city_permits")
        )

    with changed(estate.home / "config.yml", edit):
        yield
