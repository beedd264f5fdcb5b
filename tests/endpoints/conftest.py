"""Real servers on real sockets, good and bad."""

import contextlib
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from rounds.targets import Endpoint

Talk = Callable[[Any], None]


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
