"""Rounds with receivers that are dead in every way: in time, with their own verdicts, and others are told."""

import contextlib
import socket
import ssl
import threading
import time

import pytest

from tests.alerting.processes import ROW, Telling
from tests.history.conftest import Place
from tests.machine.conftest import project
from tests.senders.conftest import receivers

_ = (project, receivers)  # fixtures

BAD = [("bad", ROW)]
START_AND_END_SECONDS = 26.0  # of Python, on a machine that does other things, too


def drips(handler):
    """A byte a second: no timeout of a socket ever comes."""
    with contextlib.suppress(OSError):
        for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n":
            handler.wfile.write(bytes([byte]))
            handler.wfile.flush()
            time.sleep(1)


WRONG_ANSWERS = {
    "drips": drips,
    "broken": 500,
    "busy": (429, {"Retry-After": "3600"}, b""),
    "nonsense": b"SSH-2.0-OpenSSH_9.2p1\r\n",
}


@pytest.fixture
def telling(project, tmp_path, receivers):
    return Telling(project, Place(tmp_path / "state"), {"chat": receivers()})


@pytest.fixture
def silent():
    """The URL of what takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


@pytest.fixture
def encrypted():
    """The URL, as plain HTTP, of what speaks only TLS."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)

    def serve():
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listening.accept()
                with connection, contextlib.suppress(OSError):
                    tls.wrap_socket(connection, server_side=True)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def dead(receivers, silent, encrypted):
    """The URLs of all kinds of dead receivers, by what is wrong with them."""
    urls = {"refused": "http://127.0.0.1:1", "silent": silent, "encrypted": encrypted}
    for name, answer in WRONG_ANSWERS.items():
        receiver = receivers()
        receiver.answers = [answer]
        urls[name] = receiver.url
    urls["plain"] = receivers().url.replace("http", "https")
    return urls


def channels(kind, dead):
    given = {"kind": kind, "deadline": "1s" if kind == "ping" else "55s"}
    if kind == "alertmanager":
        return {name: given | {"urls": [url]} for name, url in dead.items()}
    scheme = "json" if kind == "apprise" else "http"
    return {name: given | {"url": url.replace("http", scheme)} for name, url in dead.items()}


@pytest.mark.parametrize("kind", ["webhook", "alertmanager", "apprise", "pushgateway", "ping"])
def test_a_round_ends_in_time_with_its_verdicts_and_others_are_told(telling, dead, kind):
    telling.channels(channels(kind, dead), budget="4s")
    begun = time.monotonic()
    done = telling.run("run", "daily", "--deadline", "10s")
    assert time.monotonic() - begun < 10 + START_AND_END_SECONDS
    assert done.returncode == 1
    assert telling.project.outcomes() == {"disk": "critical"}
    assert telling.project.told().problems == []
    assert telling.told("chat") == BAD
    said = [line for line in done.stderr.splitlines() if line.startswith("NOT TOLD ")]
    assert {line.removeprefix("NOT TOLD ").partition(" ")[0].rstrip(":") for line in said} == dead.keys()
    assert "Traceback" not in done.stderr


def test_what_one_hangs_on_keeps_no_ping_no_figures_and_no_reminder_of_others(telling, silent, receivers):
    """The budget is used up by the one that hangs, in every round."""
    alive, figures, manager = (receivers() for _ in range(3))
    manager.answers = [(200, {}, b"[]")]
    others = {
        "alive": {"kind": "ping", "url": alive.url},
        "figures": {"kind": "pushgateway", "url": figures.url},
        "manager": {"kind": "alertmanager", "urls": [manager.url]},
    }
    telling.channels({"hangs": {"kind": "webhook", "url": silent, "deadline": "50s"}} | others, budget="4s")
    said = telling.run("run", "daily").stderr
    assert [line for line in said.splitlines() if "hangs" not in line] == []
    assert [each.path.partition("?")[0] for each in alive.seen] == ["/start", "/fail"]
    assert len(figures.seen) == 1
    assert telling.told("chat") == BAD


def test_a_ping_that_hangs_does_not_delay_what_is_judged(telling, silent):
    telling.channels({"alive": {"kind": "ping", "url": silent, "deadline": "50s"}}, budget="1s")
    telling.run("run", "daily", "--deadline", "6s")
    assert telling.project.outcomes() == {"disk": "critical"}
    assert telling.project.told().seconds < 20
