"""A log of 1 GB is read from where the window begins, in little memory."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta

READ = r"""
import pathlib, re, sys
from rounds.fixtures import logs
from rounds.probe import PROBES
from rounds.targets import Log
log = Log(name="app", path=sys.argv[1], pattern=r"^(?P<time>\S+ \S+) (?P<level>[A-Z]+) ", time_format="%Y-%m-%d %H:%M:%S")
fact = PROBES["log_records"].look(log, 3600.0, {}, None)
errors = sum(tally.count for (level, _), tally in fact.kinds.items() if level == "ERROR")
peak = re.search(r"VmHWM:\s+(\d+) kB", pathlib.Path("/proc/self/status").read_text())[1]
print(fact.records, errors, int(peak) // 1024)
"""


def test_a_log_of_1_gb_is_read_in_little_memory(tmp_path):
    path = tmp_path / "app.log"
    now = datetime.now(UTC)
    with path.open("wb") as file:
        for hours in range(100, 0, -1):
            line = f"{now - timedelta(hours=hours, minutes=5):%Y-%m-%d %H:%M:%S} INFO app: {'x' * 160}\n".encode()
            file.write(line * (10_000_000 // len(line)))
        for minutes in (50, 40, 30):
            file.write(f"{now - timedelta(minutes=minutes):%Y-%m-%d %H:%M:%S} ERROR app: broken\n".encode())
    assert path.stat().st_size > 990_000_000
    done = subprocess.run([sys.executable, "-c", READ, path], capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr == ""
    records, errors, megabytes = map(int, done.stdout.split())
    assert (records, errors) == (3, 3)
    assert megabytes < 150
    path.unlink()
