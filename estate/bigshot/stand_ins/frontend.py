"""A TLS server before the backend, where no nginx exists: it writes the same log lines."""

import http.client
import signal
import socket
import ssl
import sys
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


class Handler(BaseHTTPRequestHandler):
    """Hand each GET on to the backend."""

    backend: int
    access_log: Path

    def do_GET(self) -> None:
        begin = time.monotonic()
        status, body = self.from_backend()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.note(status, len(body), time.monotonic() - begin)

    def from_backend(self) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.backend, timeout=60)
        kept = {name: value for name, value in self.headers.items() if name.lower() == "authorization"}
        try:
            connection.request("GET", self.path, headers=kept)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            return 502, b"<html><body>502 Bad Gateway</body></html>"
        finally:
            connection.close()

    def note(self, status: int, size: int, seconds: float) -> None:
        now = datetime.now(UTC)
        agent = self.headers.get("User-Agent", "-")
        line = (
            f"{self.client_address[0]} - - [{now:%d/%b/%Y:%H:%M:%S} +0000] "
            f'"{self.requestline}" {status} {size} "-" "{agent}" {seconds:.3f}\n'
        )
        with self.access_log.open("a") as log:
            log.write(line)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class says so
        """Write nothing elsewhere."""


class Server(ThreadingHTTPServer):
    """Each connection's TLS begins in its own thread: a slow visitor keeps nobody waiting."""

    daemon_threads = True
    request_queue_size = 256
    context: ssl.SSLContext

    def server_bind(self) -> None:
        """Bind without asking for our host name, which may take seconds."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_name, self.server_port = "bigshot", int(self.server_address[1])

    def finish_request(self, request: Any, client_address: Any) -> None:
        request.settimeout(10)
        try:
            with self.context.wrap_socket(request, server_side=True) as secure:
                super().finish_request(secure, client_address)
        except OSError:
            return  # a visitor who went away, or looked at the certificate only


def load(folder: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


def main(port: int, backend: int, certificates: Path, access_log: Path) -> None:
    Handler.backend, Handler.access_log = backend, access_log
    Server.context = load(certificates)
    signal.signal(signal.SIGHUP, lambda *_: setattr(Server, "context", load(certificates)))
    Server(("127.0.0.1", port), Handler).serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4]))
