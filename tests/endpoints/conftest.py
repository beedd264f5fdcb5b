"""Real servers on real sockets, good and bad."""

import contextlib
import importlib
import inspect
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

import rounds.fixtures
from rounds.expectation import Expectation
from rounds.judge import Earlier, Observer
from rounds.probe import PROBES, Later
from rounds.targets import Endpoint

Talk = Callable[[Any], None]


@dataclass(frozen=True)
class Asked:
    """One request as a server sees it; names of headers in small letters."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Reply = tuple[int, Any] | tuple[int, Any, dict[str, str]]
Site = Callable[[Asked], Reply]


@pytest.fixture
def serving() -> Iterator[Callable[..., Endpoint]]:
    """Start a site: a function from what was asked to (status, JSON or bytes, headers)."""
    servers: list[ThreadingHTTPServer] = []

    def start(site: Site, name: str = "api", **given: Any) -> Endpoint:
        servers.append(ThreadingHTTPServer(("127.0.0.1", 0), _handler(site)))
        servers[-1].daemon_threads = True
        threading.Thread(target=servers[-1].serve_forever, args=(0.02,), daemon=True).start()
        return Endpoint(name=name, system="shop", url=f"http://127.0.0.1:{servers[-1].server_port}", **given)

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def _handler(site: Site) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _do(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, content, *more = site(Asked(self.command, self.path, headers, self.rfile.read(length)))
            body = content if isinstance(content, bytes) else json.dumps(content).encode()
            self.send_response(status)
            for name, value in (more[0] if more else {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    for method in ("GET", "POST", "PUT", "DELETE", "OPTIONS"):
        setattr(Handler, f"do_{method}", Handler._do)
    return Handler


@pytest.fixture
def looked() -> Callable[..., Observer]:
    """Look and judge as a round does: the check's probes get the row's fields, and the check their facts."""
    modules = Later("rounds.fixtures", Path(next(iter(rounds.fixtures.__path__)))).modules

    def look(check: Callable[..., None], expected: Expectation, earlier: Earlier | None = None) -> Observer:
        observer = Observer()
        given: dict[str, Any] = {"expected": expected, "observe": observer, "earlier": earlier or Earlier()}
        for name in inspect.signature(check).parameters.keys() - given.keys():
            importlib.import_module(modules[name])
            probe = PROBES[name]
            given[name] = probe.look(**{argument: getattr(expected, argument) for argument in probe.arguments})
        check(**{name: given[name] for name in inspect.signature(check).parameters})
        return observer

    return look


@pytest.fixture
def told(
    row: Callable[..., Any], serving: Callable[..., Endpoint], looked: Callable[..., Observer]
) -> Callable[..., Observer]:
    """What a check tells of a site, by a row with these fields: `told(check, Model, site, path="/x")`."""
    return lambda check, model, site, **given: looked(check, row(model, endpoint=serving(site), **given))


@pytest.fixture
def talking() -> Iterator[Callable[..., Endpoint]]:
    """Start a server that reads one request a connection and then does what it is told with the socket."""
    listeners: list[socket.socket] = []

    def start(talk: Talk, tls: ssl.SSLContext | None = None) -> Endpoint:
        listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        listeners.append(listener)
        threading.Thread(target=_accept, args=(listener, talk, tls), daemon=True).start()
        return Endpoint(name="api", system="shop", url=f"http://127.0.0.1:{listener.getsockname()[1]}")

    yield start
    for listener in listeners:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()


@pytest.fixture
def saying(talking: Callable[..., Endpoint]) -> Callable[..., Endpoint]:
    """Start a server that always gives one answer: `saying(200, {"status": "healthy"})` or `saying(200, b"<html>")`."""

    def start(status: int, content: Any = b"", headers: str = "") -> Endpoint:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        head = f"HTTP/1.1 {status} Some words\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode()
        return talking(lambda connection: connection.sendall(head + body))

    return start


def _accept(listener: socket.socket, talk: Talk, tls: ssl.SSLContext | None) -> None:
    with contextlib.suppress(OSError):
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=_serve, args=(connection, talk, tls), daemon=True).start()


def _serve(plain: socket.socket, talk: Talk, tls: ssl.SSLContext | None) -> None:
    with contextlib.suppress(OSError), plain, tls.wrap_socket(plain, server_side=True) if tls else plain as connection:
        request = b""
        while b"\r\n\r\n" not in request:
            request += connection.recv(65536)
        talk(connection)
