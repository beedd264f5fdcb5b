"""The past of BigShot's logs, in exactly the formats that the running parts go on with."""

import datetime as dt
import os
from collections.abc import Iterator
from pathlib import Path

Record = tuple[dt.datetime, str]
AGENTS = ("Mozilla/5.0 (X11; Linux x86_64) Firefox/132.0", "Mozilla/5.0 (Macintosh) Safari/605.1.15", "curl/8.9.1")
SIZES = (512, 1834, 45123, 7020, 50312, 2048, 40417, 931)
CALM = (
    "bigshot.jobs: job finished, 0 errors",
    "bigshot.sync: synchronised 40 domains, failed: 0",
    "bigshot.http: GET /domains/17 200",
    "bigshot.jobs: job started",
    "bigshot.mail: 3 messages sent",
)
TRACEBACK = """
Traceback (most recent call last):
  File "/app/bigshot/report.py", line 88, in render
    total = sums["error"]
            ~~~~^^^^^^^^^
KeyError: 'error'"""

WORKER = (
    "[%Y-%m-%d %H:%M:%S,105: INFO/MainProcess] Task bigshot.add[0f6c4f0e-7d5b-4b57-9a43-6a1f7a] received",
    "[%Y-%m-%d %H:%M:%S,131: INFO/ForkPoolWorker-1] Task bigshot.add[0f6c4f0e-7d5b-4b57-9a43-6a1f7a] succeeded: 3",
)
DATABASE = (
    "%Y-%m-%d %H:%M:%S.120 UTC [27] 00000 LOG:  checkpoint starting: time",
    "%Y-%m-%d %H:%M:%S.980 UTC [27] 00000 LOG:  checkpoint complete: wrote 41 buffers (1.0%), wrote 2 SLRU buffers",
)


def stamped(when: dt.datetime, level: str, message: str) -> Record:
    return when, f"{when:%Y-%m-%d %H:%M:%S},{when.microsecond // 1000:03d} {level} {message}"


def write_past(logs: Path, database: Path) -> None:
    now = dt.datetime.now(dt.UTC)
    older = sorted(calm(now, dt.timedelta(hours=80), dt.timedelta(hours=26)))
    older += [
        stamped(now - dt.timedelta(hours=27, minutes=n), "ERROR", "bigshot.http: upstream reset") for n in range(9)
    ]
    save(logs / "app.log.1", older)
    save(logs / "app.log", [*calm(now, dt.timedelta(hours=26), dt.timedelta(seconds=30)), *noise(now)])
    (logs / "nginx").mkdir()
    lines = "".join(line + "\n" for line in access_lines(now))
    (logs / "nginx" / "access.log").write_text(lines)
    (logs / "nginx" / "error.log").touch()
    for path, formats in ((logs / "worker.log", WORKER), (database, DATABASE)):
        path.write_text("".join(seldom(now, formats)))
    weeks_ago = now - dt.timedelta(days=20)
    save(logs / "imports.log", [stamped(weeks_ago, "INFO", "bigshot.imports: 40 domains imported")])
    os.utime(logs / "imports.log", (weeks_ago.timestamp(), weeks_ago.timestamp()))


def save(path: Path, records: list[Record]) -> None:
    path.write_text("".join(text + "\n" for _, text in sorted(records, key=lambda record: record[0])))


def seldom(now: dt.datetime, formats: tuple[str, ...]) -> Iterator[str]:
    """Yield what a quiet service tells of every half hour of a day and a bit."""
    for half_hours in range(52, 0, -1):
        when = now - dt.timedelta(minutes=30 * half_hours)
        yield from (when.strftime(form) + "\n" for form in formats)


def calm(now: dt.datetime, since: dt.timedelta, until: dt.timedelta) -> Iterator[Record]:
    when, number = now - since, 0
    while when < now - until:
        yield stamped(when, "INFO", CALM[number % len(CALM)])
        when += dt.timedelta(seconds=97 + number % 13)
        number += 1


def noise(now: dt.datetime) -> Iterator[Record]:
    """Yield an ordinary day's 3 errors and 12 warnings, two of them failed log-ins of today."""
    for hours, more in ((20, ""), (11, TRACEBACK), (5, "")):
        yield stamped(now - dt.timedelta(hours=hours), "ERROR", f"bigshot.report: report could not be rendered{more}")
    for hours in range(2, 20, 2):
        yield stamped(now - dt.timedelta(hours=hours, minutes=7), "WARNING", "bigshot.database: slow query, 812 ms")
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=1000)
    for minutes, user in ((25, "user12"), (8, "user31")):
        when = max(midnight, now - dt.timedelta(minutes=minutes))
        yield stamped(when, "WARNING", f"bigshot.auth: failed login of {user} from 198.51.100.{minutes}")
    seen = now - dt.timedelta(hours=4)
    yield stamped(seen, "WARNING", "bigshot.security: event=privilege-change id=17 user=user7 role=editor by=ops")
    yield stamped(seen + dt.timedelta(minutes=9), "INFO", "bigshot.security: event-acknowledged id=17 by=ops")


def access_lines(now: dt.datetime) -> Iterator[str]:
    """Yield 4,000 requests of a day, 0.2 % of them 5xx and 2 % 4xx, then 250 good ones of the last five minutes."""
    begin, step = now - dt.timedelta(hours=24, minutes=50), dt.timedelta(seconds=22)
    for number in range(4000):
        yield access_line(
            begin + number * step, number, 502 if number % 500 == 250 else 404 if number % 50 == 7 else 200
        )
    for number in range(250):
        yield access_line(now - dt.timedelta(seconds=1.1 * (251 - number)), number, 200)


def access_line(when: dt.datetime, number: int, status: int) -> str:
    seconds = 0.005 + number * 37 % 116 / 1000 + (0.4 if number % 97 == 0 else 0)
    size = 157 if status >= 400 else SIZES[number % len(SIZES)]
    agent = AGENTS[number % len(AGENTS)]
    return (
        f"198.51.100.{1 + number % 200} - - [{when:%d/%b/%Y:%H:%M:%S} +0000] "
        f'"GET /domains/{1 + number * 7 % 2000} HTTP/1.1" {status} {size} "-" "{agent}" {seconds:.3f}'
    )


def requests_since(access_log: Path, span: dt.timedelta) -> int:
    """Count the requests of the last while."""
    begin = dt.datetime.now(dt.UTC) - span
    stamps = (line.split("[", 1)[1].split("]", 1)[0] for line in access_log.read_text().splitlines())
    return sum(dt.datetime.strptime(stamp, "%d/%b/%Y:%H:%M:%S %z") >= begin for stamp in stamps)


def append(path: Path, records: list[Record]) -> None:
    with path.open("a") as file:
        file.write("".join(text + "\n" for _, text in records))
