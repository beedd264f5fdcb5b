from collections.abc import Iterator

from ...control import told
from ...fault import fault
from ..estate import BigShot

LEAK_MIB = 1120
HOG_MIB = 1424


@fault(
    "a second process in the backend's container takes nearly all of its memory",
    "bigshot.resources.containers",
    may_redden={"bigshot.resources.backend-memory": "it is the backend's container that is full"},
)
def memory_hog(estate: BigShot) -> Iterator[None]:
    with told(estate.home, hog_mib=HOG_MIB):
        estate.ask("/api/v1/health")
        estate.await_memory(HOG_MIB)
        yield
    estate.ask("/api/v1/health")


@fault("the backend has leaked more than a gibibyte", "bigshot.resources.backend-memory")
def backend_leaks(estate: BigShot) -> Iterator[None]:
    with told(estate.home, leak_mib=LEAK_MIB):
        estate.ask("/api/v1/health")
        estate.await_memory(LEAK_MIB)
        yield
    estate.ask("/api/v1/health")


@fault(
    "nginx ends again and again, and docker starts it each time",
    "bigshot.health.services-prod-file",
    "bigshot.recovery.services-recovered",
)
def restarts_in_a_loop(estate: BigShot) -> Iterator[None]:
    part = estate.frontend.part
    for restarts in (1, 2):
        part.stop()
        part.restarts = restarts
        part.start()
        estate.frontend.await_ready()
    yield
    part.restarts = 0  # as in a container that is made anew
    part.changed()
