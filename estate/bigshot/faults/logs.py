import datetime as dt
import os
from collections.abc import Iterator
from pathlib import Path

from ...fault import fault
from ..estate import BigShot
from ..logs import access_line, append, stamped


def log_now(estate: BigShot, level: str, messages: list[str]) -> None:
    now = dt.datetime.now(dt.UTC)
    append(estate.home / "logs" / "app.log", [stamped(now, level, message) for message in messages])


@fault("the application logs 11 errors", "bigshot.logs.recent-errors", "bigshot.logs.post-update")
def errors_logged(estate: BigShot) -> Iterator[None]:
    log_now(estate, "ERROR", [f"bigshot.report: report {n} could not be rendered" for n in range(11)])
    yield


@fault("the application logs 150 warnings", "bigshot.logs.warnings")
def warnings_logged(estate: BigShot) -> Iterator[None]:
    log_now(estate, "WARNING", [f"bigshot.database: slow query, {800 + n} ms" for n in range(150)])
    yield


@fault("30 unauthorized requests are in today's log", "bigshot.security.suspicious-log-lines")
def unauthorized_requests(estate: BigShot) -> Iterator[None]:
    paths = [f"/api/v1/domains/{n}" for n in range(30)]
    log_now(estate, "WARNING", [f"bigshot.auth: unauthorized access to {path} from 203.0.113.9" for path in paths])
    yield


@fault("a user made himself administrator, and nobody acknowledged it", "bigshot.security.security-events")
def privilege_escalation(estate: BigShot) -> Iterator[None]:
    event = "bigshot.security: event=privilege-escalation id=18 user=user12 role=admin by=user12"
    log_now(estate, "WARNING", [event])
    yield


@fault("some 5 % of the day's requests ended in 502, none of them lately", "bigshot.logs.nginx-error-share")
def gateway_errors(estate: BigShot) -> Iterator[None]:
    path = estate.frontend.access_log
    before = path.read_bytes()
    lines = before.decode().splitlines(keepends=True)
    begin = dt.datetime.now(dt.UTC) - dt.timedelta(hours=2)
    place = next(place for place, line in enumerate(lines) if when(line) >= begin)
    bad = [access_line(begin - dt.timedelta(milliseconds=220 - n), n, 502) + "\n" for n in range(1, len(lines) // 19)]
    overwrite(path, "".join([*lines[:place], *bad, *lines[place:]]).encode())
    length = path.stat().st_size
    yield
    with path.open("rb") as file:
        file.seek(length)
        since = file.read()
    overwrite(path, before + since)


def when(line: str) -> dt.datetime:
    return dt.datetime.strptime(line.split("[", 1)[1].split("]", 1)[0], "%d/%b/%Y:%H:%M:%S %z")


def overwrite(path: Path, content: bytes) -> None:
    """Change the file in place: nginx goes on appending to the one it opened."""
    with path.open("r+b", buffering=0) as file:
        os.pwrite(file.fileno(), content, 0)
        file.truncate(len(content))
