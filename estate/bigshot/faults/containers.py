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
