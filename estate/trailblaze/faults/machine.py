from collections.abc import Iterator

from ...fault import fault
from ...ground import write
from ..estate import DAY, TrailBlaze


@fault("all cores are busy", "trailblaze.resources.cpu")
def cpu_busy(estate: TrailBlaze) -> Iterator[None]:
    before, estate.machine.busy = estate.machine.busy, 0.97
    estate.machine.tick_now()
    yield
    estate.machine.busy = before
    estate.machine.tick_now()


@fault("5 % of the memory is available", "trailblaze.resources.memory")
def memory_taken(estate: TrailBlaze) -> Iterator[None]:
    before, estate.machine.available = estate.machine.available, 0.05
    estate.machine.tick_now()
    yield
    estate.machine.available = before
    estate.machine.tick_now()


@fault("a data volume is 85 % full", "trailblaze.resources.disk-free")
def volume_fills(estate: TrailBlaze) -> Iterator[None]:
    before = (estate.machine.df / "df-k.txt").read_text()
    estate.machine.fill_volume("/srv/trailblaze", 85)
    yield
    write(estate.machine.df / "df-k.txt", before)


@fault("one packet in 300 of a day got lost", "trailblaze.resources.network")
def packets_lost(estate: TrailBlaze) -> Iterator[None]:
    estate.machine.lost = estate.machine.packets(DAY) // 300
    estate.machine.tick_now()
    yield
    estate.machine.lost = 0
    estate.machine.tick_now()


@fault("the service manage is stopped", "trailblaze.health.manage-service")
def stop_manage(estate: TrailBlaze) -> Iterator[None]:
    estate.manage.stop()
    yield
    estate.manage.start()
