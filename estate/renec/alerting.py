"""The estate's Alertmanager, and the receiver of whoever is on call."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

from ..ground import write
from ..part import Part, free_port, wait_until

PROGRAM = Path(__file__).with_name("stand_ins") / "alerting.py"


class Alerting:
    """Both in one process, and the file that names the receiver's address."""

    def __init__(self, root: Path) -> None:
        ports = free_port(), free_port()
        self.alertmanager, self.receiver = (f"http://127.0.0.1:{port}" for port in ports)
        self.settings = root / "alertmanager.json"
        write(self.settings, json.dumps({"url": f"{self.receiver}/page"}))
        command = [sys.executable, "-I", "-S", str(PROGRAM), *map(str, ports), str(self.settings)]
        self.part = Part("alertmanager", command, root, root / "alertmanager.log")

    @contextmanager
    def receiver_at(self, url: str) -> Iterator[None]:
        before = self.settings.read_text()
        write(self.settings, json.dumps({"url": url}))
        try:
            yield
        finally:
            write(self.settings, before)

    def count(self, name: str) -> float:
        """A counter of its notifications; -1 while it gives no answer."""
        try:
            with urlopen(f"{self.alertmanager}/metrics", timeout=2) as answer:  # noqa: S310 - our own service on 127.0.0.1
                lines = answer.read().decode().splitlines()
        except OSError:
            return -1
        return next(float(line.rpartition(" ")[2]) for line in lines if line.startswith(f"{name}{{"))

    def raise_alert(self, name: str) -> None:
        alert = json.dumps([{"labels": {"alertname": name, "severity": "warning"}}]).encode()
        asked = Request(f"{self.alertmanager}/api/v2/alerts", alert, {"Content-Type": "application/json"})  # noqa: S310 - our own
        urlopen(asked, timeout=2).close()  # noqa: S310 - our own service on 127.0.0.1

    def await_ready(self) -> None:
        self.part.await_ready(lambda: self.count("alertmanager_notifications_total") >= 1)

    def await_failure(self) -> None:
        wait_until(lambda: self.count("alertmanager_notifications_failed_total") >= 1, "a notification should fail")

    def restart(self) -> None:
        self.part.stop()
        self.part.start()
        self.await_ready()
