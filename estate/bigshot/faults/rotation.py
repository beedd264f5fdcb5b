import os
import time
from collections.abc import Iterator

from ...fault import fault
from ..estate import BigShot
from ..rotation import CONFIGURATION, months

TWENTY_DAYS = 20 * 86_400


@fault("the configuration of logrotate is gone", "bigshot.logs.rotated")
def rotation_removed(estate: BigShot) -> Iterator[None]:
    configuration = estate.home / CONFIGURATION
    aside = estate.root / CONFIGURATION
    configuration.rename(aside)
    yield
    aside.rename(configuration)


@fault("a log that nobody has written to for 20 days was not compressed", "bigshot.logs.old-compressed")
def log_left_over(estate: BigShot) -> Iterator[None]:
    left = estate.home / "logs" / "old-worker.log"
    left.write_text("the worker before the last one\n")
    then = time.time() - TWENTY_DAYS
    os.utime(left, (then, then))
    yield
    left.unlink()


@fault("the archive of last month is empty", "bigshot.logs.archived")
def archive_empty(estate: BigShot) -> Iterator[None]:
    aside = estate.root / "archived-logs"
    aside.mkdir()
    folders = months(estate.home)
    for folder in folders:
        folder.rename(aside / folder.name)
        folder.mkdir()
    yield
    for folder in folders:
        folder.rmdir()
        (aside / folder.name).rename(folder)
    aside.rmdir()
