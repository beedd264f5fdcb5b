from collections.abc import Iterator

from ...fault import fault
from ...ground import write
from ..estate import BigShot


@fault("a data volume is 91 % full", "bigshot.resources.disk")
def volume_full(estate: BigShot) -> Iterator[None]:
    before = (estate.machine.df / "df-k.txt").read_text()
    estate.machine.fill_volume("/srv/bigshot", 91)
    yield
    write(estate.machine.df / "df-k.txt", before)


@fault("5 % of the memory is available", "bigshot.resources.memory")
def memory_taken(estate: BigShot) -> Iterator[None]:
    before, estate.machine.available = estate.machine.available, 0.05
    estate.machine.tick_now()
    yield
    estate.machine.available = before
    estate.machine.tick_now()


@fault("four processes per core want to run", "bigshot.resources.load")
def load_high(estate: BigShot) -> Iterator[None]:
    before, estate.machine.load = estate.machine.load, 4.0 * len(estate.machine.cores)
    estate.machine.tick_now()
    yield
    estate.machine.load = before
    estate.machine.tick_now()


@fault("all cores are busy", "bigshot.resources.cpu")
def cpu_busy(estate: BigShot) -> Iterator[None]:
    before, estate.machine.busy = estate.machine.busy, 0.97
    estate.machine.tick_now()
    yield
    estate.machine.busy = before
    estate.machine.tick_now()
