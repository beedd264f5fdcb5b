"""Certificates are valid for a while yet, for the right name, and are the ones that were installed."""

from datetime import UTC, datetime

from rounds.expectation import Expectation
from rounds.fixtures.certificates import Certificates
from rounds.judge import Observer
from rounds.limits import Limit, at_least, at_most, exactly
from rounds.targets import Certificate


class TlsCertExpiry(Expectation):
    """How long the served certificate must still be valid, for the server name of its target."""

    certificate: Certificate
    valid_for: Limit = at_least(21 * 86400, unit="s")


def test_tls_cert_expiry(expected: TlsCertExpiry, certificates: Certificates, observe: Observer) -> None:
    """The certificate that visitors are shown is valid for a while yet, names the host, and is the one in the file.

    Remedy: renew it (`certbot renew`), copy it to the file the server reads, and reload the server: it shows the old
    one until then. If only the file differs, the reload or the copy is what was forgotten.
    """
    served, now = certificates.served, certificates.looked_at_epoch_seconds
    begins, ends = served.begins_epoch_seconds, served.ends_epoch_seconds
    host = expected.certificate.server_name
    names = ", ".join(served.names[:10]) or "no name (a common name does not count)"
    observe("valid for", ends - now, expected.valid_for, note=f"until {_day(ends)}")
    observe("time until it is valid", max(0.0, begins - now), at_most(0, unit="s"), note=f"from {_day(begins)}")
    observe("names the host", served.covers(host), exactly(True), note=f"{host} is due, it names {names}")
    file = certificates.file
    if certificates.file_trouble:
        observe.unknown("same as the file", certificates.file_trouble)
    elif file is not None:
        note = f"what is served ends {_day(ends)}, the file's {_day(file.ends_epoch_seconds)}"
        observe("same as the file", served.fingerprint == file.fingerprint, exactly(True), note=note)


def _day(epoch_seconds: float) -> str:
    return f"{datetime.fromtimestamp(epoch_seconds, UTC):%Y-%m-%d}"
