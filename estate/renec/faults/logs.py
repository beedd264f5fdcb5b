from collections.abc import Iterator

from ...fault import fault
from ..estate import Renec
from ..logs import log_now


@fault("eleven errors of several types are logged", "renec.logs.recent-errors")
def errors_logged(estate: Renec) -> Iterator[None]:
    messages = [f"type=kind-{number % 4} page {number} could not be read" for number in range(11)]
    log_now(estate.home / "logs", "spider", "ERROR", messages)
    yield


@fault("150 warnings are logged in the last hour", "renec.logs.warnings")
def warnings_logged(estate: Renec) -> Iterator[None]:
    log_now(estate.home / "logs", "api", "WARNING", [f"slow answer, {1800 + number} ms" for number in range(150)])
    yield


@fault(
    "100 errors of one type are logged",
    "renec.logs.errors-by-type",
    "renec.logs.recent-errors",  # so many errors are too many in all, too
)
def one_error_type(estate: Renec) -> Iterator[None]:
    log_now(estate.home / "logs", "spider", "ERROR", ["type=selector no title on the page"] * 100)
    yield
