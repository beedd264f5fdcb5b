import datetime as dt
import gzip
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ...fault import fault
from ..estate import Perera

STAMP = re.compile(r"(?m)^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
MOST_BYTES = 11 * 1024**2


@contextmanager
def rotated_put_back(logs: Path) -> Iterator[None]:
    """Give every rotated file back as it was, with its time, and remove what was not there."""
    kept = {path: (path.read_bytes(), path.stat().st_mtime) for path in logs.glob("app.log.*")}
    try:
        yield
    finally:
        for path in set(logs.glob("app.log.*")) - kept.keys():
            path.unlink()
        for path, (content, when) in kept.items():
            path.write_bytes(content)
            os.utime(path, times=(when, when))


@contextmanager
def rewritten(estate: Perera, change: Callable[[str], str]) -> Iterator[None]:
    """Change the live log in place, while nobody writes to it."""
    with estate.orders(quiet=True):
        before = estate.log.read_text()
        estate.log.write_text(change(before))
        try:
            yield
        finally:
            estate.log.write_text(before)


@fault(
    "nothing was logged for 25 hours",
    "perera.logs.not-silent",
    "perera.logs.live-writer-after-rotation",
    "perera.logs.postrotate-signal",
    "perera.logs.recent-errors",
    "perera.logs.recent-warnings",
    "perera.logs.source-errors",
    "perera.logs.error-trend",
    may_redden={"perera.logs.rotated-count-14": "what was rotated before the silence is as old as that, and more"},
)
def log_falls_silent(estate: Perera) -> Iterator[None]:
    long_ago = dt.timedelta(hours=25, minutes=5)
    newest = estate.logs / "app.log.1"
    with rotated_put_back(estate.logs), rewritten(estate, lambda text: earlier(text, long_ago)):
        for path in (estate.log, newest):
            when = path.stat().st_mtime - long_ago.total_seconds()
            if path == newest:
                path.write_text(earlier(path.read_text(), long_ago))
            os.utime(path, times=(when, when))
        yield


def earlier(text: str, by: dt.timedelta) -> str:
    return STAMP.sub(lambda stamp: str(dt.datetime.fromisoformat(stamp[0]) - by), text)


@fault(
    "the log was moved away and a new one made, and its writer knows nothing of it",
    "perera.logs.live-writer-after-rotation",
    "perera.logs.postrotate-signal",
)
def log_moved(estate: Perera) -> Iterator[None]:
    moved = estate.log.rename(estate.logs / "former.log")
    estate.log.touch()
    yield
    moved.replace(estate.log)


@fault("the live log has more than 10 MiB", "perera.logs.file-size")
def log_grows(estate: Perera) -> Iterator[None]:
    with rewritten(estate, lambda text: text + bulk(text.splitlines(keepends=True)[-1])):
        yield


def bulk(line: str) -> str:
    return (line.rstrip("\n") + " " + "x" * 2000 + "\n") * (MOST_BYTES // 2000)


@fault("a sixth rotated file is kept", "perera.logs.rotated-count-5")
def sixth_rotated(estate: Perera) -> Iterator[None]:
    with rotated_put_back(estate.logs):
        oldest = estate.logs / "app.log.5.gz"
        day = dt.timedelta(days=1)
        sixth = oldest.with_name("app.log.6.gz")
        sixth.write_bytes(gzip.compress(earlier(gzip.decompress(oldest.read_bytes()).decode(), day).encode(), 1))
        when = oldest.stat().st_mtime - day.total_seconds()
        os.utime(sixth, times=(when, when))
        yield


@fault("a rotated file was left uncompressed", "perera.logs.rotated-compressed")
def left_uncompressed(estate: Perera) -> Iterator[None]:
    with rotated_put_back(estate.logs):
        unpack(estate.logs / "app.log.3.gz")
        yield


@fault("logrotate did nothing for three days", "perera.logs.rotated-count-14")
def rotation_stopped(estate: Perera) -> Iterator[None]:
    names = ("app.log.3.gz", "app.log.2.gz", "app.log.1")
    parts = [read(estate.logs / name) for name in names]
    with rotated_put_back(estate.logs), rewritten(estate, lambda text: "".join([*parts, text])):
        for name in names:
            (estate.logs / name).unlink()
        (estate.logs / "app.log.4.gz").rename(estate.logs / "app.log.1.gz")
        (estate.logs / "app.log.5.gz").rename(estate.logs / "app.log.2.gz")
        yield


def read(path: Path) -> str:
    return (gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()).decode()


def unpack(path: Path) -> None:
    when = path.stat().st_mtime
    plain = path.with_suffix("")
    plain.write_text(read(path))
    os.utime(plain, times=(when, when))
    path.unlink()
