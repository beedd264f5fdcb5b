"""Alertmanager and the receiver of whoever is on call, as far as Rounds asks them: two small web servers in one.

Alertmanager takes alerts, hands each on to the receiver that the file names (read anew for each), and counts.
"""

import json
import signal
import sys
import threading
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

RECEIVER = "on-call"
KEPT = 50


class Alerting:
    """What both servers know."""

    def __init__(self, settings: Path) -> None:
        self.settings = settings
        self.sent = self.failed = 0
        self.alerts: list[dict[str, Any]] = [{"labels": {"alertname": "Watchdog", "severity": "none"}}]
        self.received: list[dict[str, Any]] = []
        self.lock = threading.Lock()

    def hand_on(self, alert: dict[str, Any]) -> None:
        asked = json.dumps({"receiver": RECEIVER, "alerts": [alert]}).encode()
        try:
            url = json.loads(self.settings.read_text())["url"]
            urlopen(Request(url, asked, {"Content-Type": "application/json"}), timeout=2).close()  # noqa: S310 - our own receiver
            failed = 0
        except OSError:
            failed = 1
        with self.lock:
            self.sent, self.failed = self.sent + 1, self.failed + failed

    def metrics(self) -> str:
        of = f'{{integration="webhook",receiver_name="{RECEIVER}"}}'
        return (
            f"# TYPE alertmanager_notifications_total counter\nalertmanager_notifications_total{of} {self.sent}\n"
            "# TYPE alertmanager_notifications_failed_total counter\n"
            f"alertmanager_notifications_failed_total{of} {self.failed}\n"
        )

    def active(self) -> list[dict[str, Any]]:
        told = {"receivers": [{"name": RECEIVER}], "status": {"state": "active", "silencedBy": []}}
        return [alert | told | {"startsAt": datetime.now(UTC).isoformat()} for alert in self.alerts]


class Handler(BaseHTTPRequestHandler):
    """Answers for either server."""

    alerting: Alerting

    def do_GET(self) -> None:
        answers = {"/metrics": self.alerting.metrics, "/api/v2/alerts": self.alerting.active}
        answers["/received"] = lambda: self.alerting.received
        make = answers.get(self.path.partition("?")[0])
        self.say(200 if make else 404, make() if make else {"error": "not found"})

    def do_POST(self) -> None:
        given = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
        if self.path == "/page":
            self.alerting.received = [*self.alerting.received, given][-KEPT:]
        elif self.path == "/api/v2/alerts":
            for alert in given:
                threading.Thread(target=self.alerting.hand_on, args=(alert,), daemon=True).start()
        self.say(200, {})

    def say(self, status: int, answer: object) -> None:
        data = (answer if isinstance(answer, str) else json.dumps(answer)).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain" if isinstance(answer, str) else "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - http.server's name
        """Say nothing."""


def main(alertmanager_port: str, receiver_port: str, settings: str) -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    alerting = Handler.alerting = Alerting(Path(settings))
    servers = [ThreadingHTTPServer(("127.0.0.1", int(port)), Handler) for port in (receiver_port, alertmanager_port)]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    alerting.hand_on(alerting.alerts[0])
    while True:
        time.sleep(60)


if __name__ == "__main__":
    main(*sys.argv[1:])
