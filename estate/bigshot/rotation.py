"""What logrotate and the month's end left behind: a configuration, its state, and compressed logs in their archive."""

import datetime as dt
import gzip
import os
from pathlib import Path

CONFIGURATION = "logrotate.conf"
STATE = "logrotate.status"
STANZA = """\
{logs} {{
    weekly
    rotate 8
    compress
    delaycompress
    missingok
    notifempty
    copytruncate
}}
"""
DAY = dt.timedelta(days=1)


def write(home: Path) -> None:
    now = dt.datetime.now().astimezone()
    logs = [home / "logs" / name for name in ("app.log", "worker.log", "nginx/access.log", "nginx/error.log")]
    configuration = home / CONFIGURATION
    configuration.write_text(STANZA.format(logs=" ".join(map(str, logs))))
    configuration.chmod(0o644)  # logrotate ignores what others may write to
    turned = now - dt.timedelta(hours=26)
    lines = [f'"{path}" {turned.year}-{turned.month}-{turned.day}-{turned:%H:%M:%S}\n' for path in logs]
    (home / STATE).write_text("".join(["logrotate state -- version 2\n", *lines]))
    compress(home / "logs" / "app.log.2.gz", now - 9 * DAY)
    for day in (now.replace(day=1) - DAY, now):  # an estate may live through the end of a month
        folder = home / "archive" / f"{day:%Y%m}"
        folder.mkdir()
        for weeks in range(4):
            for name in ("app.log", "worker.log"):
                compress(folder / f"{name}.{2 + weeks}.gz", day - weeks * 7 * DAY)


def months(home: Path) -> list[Path]:
    """Give the folders of archived logs, one for each month."""
    return sorted((home / "archive").glob("[0-9]" * 6))


def compress(path: Path, day: dt.datetime) -> None:
    path.write_bytes(gzip.compress(f"{day:%Y-%m-%d %H:%M:%S},000 INFO bigshot.jobs: job started\n".encode() * 50))
    os.utime(path, (day.timestamp(), day.timestamp()))
