"""The proxies of one provider: each port forwards GET requests for whole addresses, as an HTTP proxy does."""

import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.error import HTTPError
from urllib.request import ProxyHandler, build_opener

DIRECT = build_opener(ProxyHandler({}))


class Forwarding(BaseHTTPRequestHandler):
    """Asks for what it was asked for."""

    def do_GET(self) -> None:
        try:
            with DIRECT.open(self.path, timeout=9) as answer:
                status, body = answer.status, answer.read()
        except HTTPError as error:
            status, body = error.code, error.read()
        except (OSError, ValueError):
            status, body = 502, b""
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - http.server's name
        """Say nothing: these proxies write no log."""


def main(*ports: str) -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    servers = [ThreadingHTTPServer(("127.0.0.1", int(port)), Forwarding) for port in ports]
    for server in servers:
        server.daemon_threads = True
    for server in servers[1:]:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    servers[0].serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
