import datetime as dt
from collections.abc import Iterator

from ...fault import fault
from ..estate import Perera
from ..stand_ins.records import record


def log_now(estate: Perera, logger: str, level: str, messages: list[str]) -> None:
    now = dt.datetime.now(dt.UTC)
    with estate.log.open("a") as log:
        log.write("".join(record(now, logger, level, message) for message in messages))


@fault("11 errors are logged", "perera.logs.recent-errors")
def errors_logged(estate: Perera) -> Iterator[None]:
    log_now(estate, "enrichment", "ERROR", [f"lead {8000 + n} could not be classified" for n in range(11)])
    yield


@fault("a single critical record is logged", "perera.logs.recent-errors")
def critical_logged(estate: Perera) -> Iterator[None]:
    log_now(estate, "storage", "CRITICAL", ["database disk image is malformed"])
    yield


@fault("101 warnings are logged", "perera.logs.recent-warnings")
def warnings_logged(estate: Perera) -> Iterator[None]:
    log_now(estate, "quality", "WARNING", [f"lead {8000 + n} has no address" for n in range(101)])
    yield


@fault("one source failed seven times", "perera.logs.source-errors")
def source_fails(estate: Perera) -> Iterator[None]:
    log_now(estate, "sources", "ERROR", ["data_source:government_bids answered 503"] * 7)
    yield


@fault(
    "three times the usual number of errors is logged",
    "perera.logs.error-trend",
    "perera.logs.recent-errors",
)
def errors_triple(estate: Perera) -> Iterator[None]:
    log_now(estate, "enrichment", "ERROR", [f"lead {8000 + n} could not be classified" for n in range(27)])
    yield


@fault("a service tells of an error after its start", "perera.logs.docker-post-update")
def start_fails(estate: Perera) -> Iterator[None]:
    words = "migration 0042 is missing\nTraceback (most recent call last):\nKeyError: 'score'"
    with estate.orders(says=words):
        yield
    estate.await_heard()  # else it would not say the same again
