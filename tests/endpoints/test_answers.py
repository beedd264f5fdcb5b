"""What the probe sees of endpoints that answer, and of those that do it badly."""

import datetime as dt
import ipaddress
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import SecretStr

from rounds.fixtures.answers import Answer, epoch_seconds
from rounds.probe import PROBES, CouldNotLook, Unreachable
from rounds.targets import Endpoint

TOO_LATE = ("no complete answer within 450 ms", "no answer in time")  # the latter where not a byte came
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def look(endpoint: Endpoint, path: str = "/health", deadline: float | None = 2) -> Answer:
    seen: Answer = PROBES["page"].look(endpoint, path, 0, deadline)
    return seen


def test_a_good_answer_has_its_status_its_time_and_its_fields(saying: Callable[..., Endpoint]) -> None:
    answer = look(saying(200, {"status": "healthy", "workers": [{"name": "a"}, {"name": "b"}], "nothing": None}))
    assert (answer.status, answer.failure, answer.not_json) == (200, "", "")
    assert answer.seconds > 0
    assert answer.field("status") == "healthy"
    assert answer.field("workers.1.name") == "b"
    assert [answer.field(path) for path in ("nothing", "status.x", "workers.2", "workers.-1", "no")] == [None] * 5


def test_what_proves_who_asks_is_sent_and_never_shown() -> None:
    asked: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(dict(self.headers) | {"path": self.path})
            self.send_response(200)
            self.send_header("Set-Cookie", "session=from-the-first-look")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_port}/app/"
    try:
        answers = [
            look(
                Endpoint(name="a", url=base, bearer=SecretStr("s3cret-token"), headers={"X-Api-Key": SecretStr("k3y")}),
                "x?all=1",
            ),
            look(Endpoint(name="b", url=base.replace("//", "//jo:s3cret-word@")), "/x"),
            look(Endpoint(name="c", url=base, bearer=SecretStr("")), "/x"),
        ]
    finally:
        server.shutdown()
        server.server_close()
    assert asked[0]["Authorization"] == "Bearer s3cret-token"
    assert asked[0]["X-Api-Key"] == "k3y"
    assert asked[0]["path"] == "/app/x?all=1"
    assert asked[1]["Authorization"].startswith("Basic ")
    assert "Authorization" not in asked[2]
    assert not any("Cookie" in each for each in asked)
    assert "s3cret" not in repr(answers)


@pytest.mark.parametrize("token", ["two\nlines-s3cret", "ümlaut-s3cret", "blank-s3cret "])
def test_a_token_that_no_header_can_hold_is_not_told(saying: Callable[..., Endpoint], token: str) -> None:
    endpoint = saying(200, {}).model_copy(update={"bearer": SecretStr(token)})
    with pytest.raises(CouldNotLook, match="cannot be sent") as told:
        look(endpoint)
    assert "s3cret" not in f"{told.value!r} {told.value.__cause__!r}"


def test_a_refused_connection_is_a_fact() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    answer = look(Endpoint(name="api", url=f"http://127.0.0.1:{port}"))
    assert (answer.status, answer.failure) == (None, "connection refused")


def test_a_name_that_cannot_be_resolved_is_our_trouble() -> None:
    with pytest.raises(CouldNotLook, match="cannot be resolved"):
        look(Endpoint(name="api", url="http://nowhere.invalid"))


def test_trusted_certificates_that_are_missing_are_our_trouble() -> None:
    with pytest.raises(CouldNotLook, match=r"/nowhere/ca\.pem"):
        look(Endpoint(name="api", url="https://127.0.0.1:1", ca_file="/nowhere/ca.pem"))


def drip(connection: socket.socket, data: bytes) -> None:
    for byte in data:
        connection.sendall(bytes([byte]))
        time.sleep(0.1)


@pytest.mark.parametrize("before", [b"", HEAD + b"Content-Length: 1000\r\n\r\n", HEAD + b"\r\n"])
def test_a_server_that_gives_one_byte_now_and_then_does_not_outlive_the_deadline(
    talking: Callable[..., Endpoint], before: bytes
) -> None:
    def slow(connection: socket.socket) -> None:
        connection.sendall(before)
        drip(connection, HEAD * 10)

    begun = time.monotonic()
    answer = look(talking(slow), deadline=0.5)
    assert answer.failure in TOO_LATE
    assert time.monotonic() - begun < 30


def test_a_server_that_says_nothing_is_left_at_the_deadline(talking: Callable[..., Endpoint]) -> None:
    answer = look(talking(lambda _: time.sleep(20)), deadline=0.5)
    assert answer.failure in TOO_LATE
    assert answer.seconds < 15


def test_of_a_huge_body_two_megabytes_are_read(talking: Callable[..., Endpoint]) -> None:
    sent = 0

    def huge(connection: socket.socket) -> None:
        nonlocal sent
        connection.sendall(HEAD + b"Content-Length: 1000000000\r\n\r\n")
        for _ in range(1000):
            sent += connection.send(bytes(1_000_000))

    begun = time.monotonic()
    answer = look(talking(huge))
    assert (answer.status, answer.failure, answer.not_json) == (200, "", "is longer than 2 MB")
    assert sent < 20_000_000
    assert time.monotonic() - begun < 5


def test_a_connection_that_is_closed_too_early_is_a_failure(talking: Callable[..., Endpoint]) -> None:
    answer = look(talking(lambda connection: connection.sendall(HEAD + b'Content-Length: 99\r\n\r\n{"status":')))
    assert answer.status == 200
    assert "closed" in answer.failure
    assert "disconnected" in look(talking(lambda _: None)).failure


def test_something_that_is_not_http_is_a_failure(talking: Callable[..., Endpoint]) -> None:
    answer = look(talking(lambda connection: connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")))
    assert answer.status is None
    assert answer.failure


def test_a_redirect_is_not_followed(saying: Callable[..., Endpoint]) -> None:
    answer = look(saying(302, b"", "Location: /login?token=s3cret\r\n"))
    assert (answer.status, answer.redirects_to) == (302, "/login")
    assert look(saying(301, b"", "Location: /health\r\n")).status == 301


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"<html><body>healthy</body></html>", "is not JSON"),
        (b'{"status": "\xff\xfe"}', "is not UTF-8"),
        (b"", "is empty"),
        (b"[" * 500_000, "is not JSON"),
        (b'{"n": ' + b"9" * 5000 + b"}", "is not JSON"),
    ],
)
def test_a_body_that_is_no_json_is_told_as_such(saying: Callable[..., Endpoint], body: bytes, why: str) -> None:
    answer = look(saying(200, body))
    assert (answer.status, answer.not_json, answer.document) == (200, why, None)


@pytest.mark.parametrize(
    ("body", "twice"),
    [
        (b'{"status": "unhealthy", "status": "healthy"}', '"status"'),
        (b'{"status": "healthy", "components": [{"db": "down", "db": "healthy"}]}', '"db"'),
        (b'{"status": "healthy", "components": {"status": "healthy"}}', ""),
    ],
)
def test_a_key_that_stands_twice_in_one_object_is_told(
    saying: Callable[..., Endpoint], body: bytes, twice: str
) -> None:
    answer = look(saying(200, body))
    assert (answer.not_json, answer.twice, answer.document is None) == ("", twice, bool(twice))


@pytest.mark.parametrize(
    ("stamp", "seconds"),
    [
        ("2026-11-22T05:30:00Z", 1795325400),
        ("2026-11-22T05:30:00", 1795325400),
        ("2026-11-22T07:30:00.123456789+02:00", 1795325400.123456),
        (1795325400, 1795325400),
        (1795325400000, 1795325400),
        (True, None),
        (float("nan"), None),
        (10**400, None),
        ("0001-01-01T00:00:00+14:00", -62135647200),
        ("2026-11-31", None),
        ("soon", None),
        (None, None),
        ({}, None),
    ],
)
def test_stamps_are_read_as_iso_8601_or_unix_time(stamp: Any, seconds: float | None) -> None:
    assert epoch_seconds(stamp) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "written",
    [
        {"db": "healthy", "celery": "down"},
        {"db": {"status": "healthy"}, "celery": {"status": "down"}},
        [{"name": "db", "status": "healthy"}, {"name": "celery", "status": "down"}],
    ],
)
def test_components_are_read_from_each_of_three_forms(saying: Callable[..., Endpoint], written: Any) -> None:
    answer = look(saying(200, {"components": written}))
    assert answer.components("components") == [("db", "healthy"), ("celery", "down")]


@pytest.mark.parametrize("written", [None, [], {}, "healthy", 3])
def test_no_components_are_an_empty_list(saying: Callable[..., Endpoint], written: Any) -> None:
    assert look(saying(200, {"components": written})).components("components") == []


def test_a_component_without_name_or_state_is_missing_something(saying: Callable[..., Endpoint]) -> None:
    answer = look(saying(200, {"components": ["healthy", {"name": "db"}, {"name": "db", "status": True}]}))
    assert answer.components("components") == [("missing", "missing"), ("db", "missing"), ("db", "true")]


def test_tls_is_verified_and_has_the_deadline_too(tmp_path: Path, talking: Callable[..., Endpoint]) -> None:
    files = issue(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*files)

    def answers(plain: ssl.SSLSocket) -> None:
        plain.sendall(HEAD + b"Content-Length: 2\r\n\r\n{}")

    def drips(plain: ssl.SSLSocket) -> None:
        drip(plain, HEAD * 10)

    good, slow = (talking(talk, context) for talk in (answers, drips))
    good, slow = (each.model_copy(update={"url": each.url.replace("http:", "https:")}) for each in (good, slow))
    trusting = {"ca_file": str(files[0])}
    assert look(good).failure.startswith("its certificate is not trusted: self")
    assert look(good.model_copy(update=trusting)).document == {}
    begun = time.monotonic()
    assert look(slow.model_copy(update=trusting), deadline=0.5).failure in TOO_LATE
    assert time.monotonic() - begun < 30


def issue(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "cert.pem").write_bytes(certificate.public_bytes(pem))
    plain = serialization.NoEncryption()
    (folder / "key.pem").write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    return folder / "cert.pem", folder / "key.pem"


def test_the_module_alone_does_not_import_httpx() -> None:
    script = "import sys, rounds.fixtures.answers; print('httpx' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", script], text=True).strip() == "False"


def test_for_those_who_judge_what_stands_in_it_an_answer_that_never_came_is_a_cause() -> None:
    with pytest.raises(Unreachable, match=r"gives no answer: .*refused"):
        PROBES["answer"].look(Endpoint(name="api", system="shop", url="http://127.0.0.1:9"), "/health")
