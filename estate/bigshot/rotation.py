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
    month(home).mkdir()
    for weeks in range(4):
        for name in ("app.log", "worker.log"):
            compress(month(home) / f"{name}.{2 + weeks}.gz", last_month(now) - weeks * 7 * DAY)


def last_month(now: dt.datetime) -> dt.datetime:
    """Give the last day of the month before."""
    return now.replace(day=1) - DAY


def month(home: Path) -> Path:
    """Give the folder of the archive of last month."""
    return home / "archive" / last_month(dt.datetime.now().astimezone()).strftime("%Y%m")


def compress(path: Path, day: dt.datetime) -> None:
    path.write_bytes(gzip.compress(f"{day:%Y-%m-%d %H:%M:%S},000 INFO bigshot.jobs: job started\n".encode() * 50))
    os.utime(path, (day.timestamp(), day.timestamp()))
