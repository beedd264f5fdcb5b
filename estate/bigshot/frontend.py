"""The way in: nginx with TLS before the backend, or a stand-in that writes the same log where no nginx is."""

import signal
import socket
import ssl
import sys
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPSConnection
from pathlib import Path

from ..ground import Servant
from ..part import Part, free_port, python_env
from ..servers import nginx

HOST = "bigshot.example"
CONF = """\
daemon off;
worker_processes 1;
pid {home}/nginx.pid;
error_log {error_log} warn;
events {{ worker_connections 512; }}
http {{
  log_format bigshot '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent '
                     '"$http_referer" "$http_user_agent" $request_time';
  access_log {access_log} bigshot;
  client_body_temp_path {home}/body; proxy_temp_path {home}/proxy; fastcgi_temp_path {home}/fastcgi;
  uwsgi_temp_path {home}/uwsgi; scgi_temp_path {home}/scgi;
  server {{
    listen 127.0.0.1:{port} ssl;
    server_name {host};
    ssl_certificate {ssl}/cert.pem;
    ssl_certificate_key {ssl}/key.pem;
    location / {{ proxy_pass http://127.0.0.1:{backend}; proxy_connect_timeout 2s; }}
  }}
}}
"""


@dataclass
class Frontend:
    """The TLS server of host name bigshot.example."""

    root: Path
    bigshot: Path
    servant: Servant
    backend: int
    port: int = field(default_factory=free_port)

    def __post_init__(self) -> None:
        self.home = self.root / "frontend"
        self.ssl = self.bigshot / "ssl"
        self.access_log = self.bigshot / "logs" / "nginx" / "access.log"
        self.error_log = self.access_log.with_name("error.log")
        program = nginx(self.root, self.servant)
        self.real = program is not None
        conf = self.home / "nginx.conf"
        module = f"{__package__}.stand_ins.frontend"
        stand_in = [
            sys.executable,
            "-m",
            module,
            str(self.port),
            str(self.backend),
            str(self.ssl),
            str(self.access_log),
        ]
        command = [str(program), "-p", str(self.home), "-c", str(conf)] if program else stand_in
        env = python_env()
        self.part = Part("frontend", command, self.home, self.home / "frontend.log", env)
        if program:
            self.part.servant = self.servant
            self.part.death_signal = signal.SIGTERM  # a master that is killed leaves its worker behind

    def prepare(self) -> None:
        self.home.mkdir()
        logs = self.access_log.parent
        conf = CONF.format(
            home=self.home,
            error_log=self.error_log,
            access_log=self.access_log,
            port=self.port,
            host=HOST,
            ssl=self.ssl,
            backend=self.backend,
        )
        (self.home / "nginx.conf").write_text(conf)
        for path in (self.home, logs, *logs.iterdir(), self.ssl / "key.pem"):
            self.servant.own(path)

    def await_ready(self) -> None:
        self.part.await_ready(lambda: self.served() != b"")

    def served(self) -> bytes:
        """Give the certificate that is really served, or nothing while no one answers."""
        try:
            with (
                socket.create_connection(("127.0.0.1", self.port), timeout=2) as plain,
                trusting_all().wrap_socket(plain, server_hostname=HOST) as secure,
            ):
                return secure.getpeercert(binary_form=True) or b""
        except OSError:
            return b""

    def visit(self, path: str) -> int:
        """Ask for one page as a visitor; 0 stands for no answer."""
        connection = HTTPSConnection("127.0.0.1", self.port, timeout=15, context=trusting_all())
        try:
            connection.request("GET", path, headers={"Host": HOST, "User-Agent": "Mozilla/5.0 (estate visitor)"})
            answer = connection.getresponse()
            answer.read()
        except (OSError, HTTPException):
            return 0
        else:
            return answer.status
        finally:
            connection.close()


def trusting_all() -> ssl.SSLContext:
    """Trust any certificate: a fault may serve a bad one, and visitors of the estate come all the same."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
