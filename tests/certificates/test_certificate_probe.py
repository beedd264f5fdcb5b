"""What the probe sees of real TLS servers and of certificate files."""

import contextlib
import datetime as dt
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from rounds.fixtures.certificates import Certificates, Shown
from rounds.probe import PROBES, CouldNotLook
from rounds.targets import Certificate

Serve = Callable[..., Certificate]


def issue(path: Path, names: tuple[str, ...] = ("shop.example",), days: tuple[float, float] = (-30, 60)) -> Path:
    """Write a key and a certificate of its own into one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "shop.example")])
    now = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now + dt.timedelta(days=days[0]))
        .not_valid_after(now + dt.timedelta(days=days[1]))
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName([general(each) for each in names]), critical=False)
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(private + builder.sign(key, hashes.SHA256()).public_bytes(pem))
    return path


def general(name: str) -> x509.GeneralName:
    with contextlib.suppress(ValueError):
        return x509.IPAddress(ipaddress.ip_address(name))
    return x509.DNSName(name)


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serve a certificate: by name where `others` are given, as servers of many hosts do."""
    listeners: list[socket.socket] = []

    def start(pem: Path, file: Path | None = None, others: dict[str, Path] | None = None) -> Certificate:
        contexts = {name: context_of(path) for name, path in (others or {}).items()}
        context = context_of(pem)

        def choose(connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
            connection.context = contexts.get(name or "", context)

        context.sni_callback = choose
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)
        threading.Thread(target=accept, args=(listener, context), daemon=True).start()
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        given = None if file is None else str(file)
        return Certificate(name="web", system="shop", address=address, server_name="shop.example", file=given)

    yield start
    for listener in listeners:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def context_of(pem: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem)
    return context


def accept(listener: socket.socket, context: ssl.SSLContext) -> None:
    with contextlib.suppress(OSError):
        while True:
            plain, _ = listener.accept()
            with plain, contextlib.suppress(OSError), context.wrap_socket(plain, server_side=True) as secure:
                secure.recv(1)


def look(certificate: Certificate, deadline: float | None = 5) -> Certificates:
    seen: Certificates = PROBES["certificates"].look(certificate, deadline)
    return seen


def test_what_is_served_and_what_is_filed_are_seen(tmp_path: Path, serve: Serve) -> None:
    pem = issue(tmp_path / "a.pem")
    seen = look(serve(pem, file=pem))
    assert seen.file == seen.served
    assert seen.served.names == ("shop.example",)
    assert seen.served.ends_epoch_seconds - seen.looked_at_epoch_seconds == pytest.approx(60 * 86400, abs=60)
    assert not seen.file_trouble


def test_a_renewed_file_that_is_not_served_yet_differs(tmp_path: Path, serve: Serve) -> None:
    seen = look(serve(issue(tmp_path / "old.pem"), file=issue(tmp_path / "new.pem")))
    assert seen.file
    assert seen.file.fingerprint != seen.served.fingerprint


@pytest.mark.parametrize("days", [(-90, -1), (1, 90)])
def test_expired_and_future_certificates_are_read_all_the_same(
    tmp_path: Path, serve: Serve, days: tuple[float, float]
) -> None:
    seen = look(serve(issue(tmp_path / "a.pem", days=days)))
    assert seen.served.ends_epoch_seconds - seen.looked_at_epoch_seconds == pytest.approx(days[1] * 86400, abs=60)


def test_the_server_is_asked_by_its_name(tmp_path: Path, serve: Serve) -> None:
    other, own = issue(tmp_path / "other.pem", ("other.example",)), issue(tmp_path / "own.pem")
    assert look(serve(other, others={"shop.example": own})).served.names == ("shop.example",)


def test_of_a_chain_the_first_certificate_counts(tmp_path: Path, serve: Serve) -> None:
    leaf, root = issue(tmp_path / "leaf.pem"), issue(tmp_path / "root.pem")
    chain = tmp_path / "chain.pem"
    chain.write_bytes(leaf.read_bytes() + root.read_bytes())
    seen = look(serve(leaf, file=chain))
    assert seen.file == seen.served


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "the runbook and the system disagree"), (b"no PEM", "holds no certificate"), (b"", "holds no certificate")],
)
def test_trouble_with_the_file_does_not_hide_what_is_served(
    tmp_path: Path, serve: Serve, content: bytes | None, words: str
) -> None:
    file = tmp_path / "cert.pem"
    if content is not None:
        file.write_bytes(content)
    seen = look(serve(issue(tmp_path / "a.pem"), file=file))
    assert seen.served.names == ("shop.example",)
    assert words in seen.file_trouble
    assert seen.file is None


def test_a_folder_in_place_of_the_file_is_told(tmp_path: Path, serve: Serve) -> None:
    assert "cannot be read" in look(serve(issue(tmp_path / "a.pem"), file=tmp_path)).file_trouble


def web(port: int) -> Certificate:
    return Certificate(name="web", address=f"127.0.0.1:{port}", server_name="shop.example")


def test_where_nobody_listens_nothing_can_be_seen() -> None:
    with pytest.raises(CouldNotLook, match="Connection refused"):
        look(web(1))


@pytest.mark.parametrize("words", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"", None])
def test_a_server_without_tls_is_told_in_time(words: bytes | None) -> None:
    def talk(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(4096)
            if words is None:
                time.sleep(2)
            connection.sendall(words or b"")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=talk, args=(listener,), daemon=True)
        thread.start()
        begun = time.monotonic()
        with pytest.raises(CouldNotLook, match=r"127\.0\.0\.1:\d+"):
            look(web(listener.getsockname()[1]), deadline=1)
        assert time.monotonic() - begun < 5
        thread.join()


@pytest.mark.parametrize(
    ("names", "host", "covered"),
    [
        (("shop.example",), "shop.example", True),
        (("SHOP.example",), "shop.Example.", True),
        (("other.example",), "shop.example", False),
        ((), "shop.example", False),
        (("*.example",), "shop.example", True),
        (("*.shop.example",), "www.shop.example", True),
        (("*.shop.example",), "shop.example", False),
        (("*.shop.example",), "a.b.shop.example", False),
        (("w*.shop.example",), "www.shop.example", False),
        (("*",), "localhost", False),
        (("*.0.0.1",), "127.0.0.1", False),
        (("127.0.0.1",), "127.0.0.1", True),
        (("2001:db8::1",), "[2001:db8:0::1]", True),
        (("xn--bcher-kva.example",), "bücher.example", True),
    ],
)
def test_names_are_covered_as_browsers_do(names: tuple[str, ...], host: str, covered: bool) -> None:
    assert Shown("", names, 0, 0).covers(host) is covered


def test_names_and_addresses_are_read_from_the_certificate(tmp_path: Path, serve: Serve) -> None:
    names = ("*.shop.example", "shop.example", "127.0.0.1", "::1")
    assert look(serve(issue(tmp_path / "a.pem", names))).served.names == names
    assert look(serve(issue(tmp_path / "b.pem", ()))).served.names == ()
